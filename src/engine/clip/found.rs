//! What a search found in the owner's folders and in collections of saved pictures, as one ranking.

use std::collections::HashSet;

use ::clip::kernel::Isa;
use ::clip::kernel::scan::ScanQuery;

use crate::collection::NEAR_DUPLICATE;
use crate::collection::ScoredRecord;
use crate::collection::saved::ScoredPicture;

/// A picture that was found.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Found {
    /// In the owner's folders.
    Own(ScoredRecord),
    /// In a collection of saved pictures.
    Saved(ScoredPicture),
}

impl Found {
    /// The id of a picture in the owner's folders.
    pub fn own_id(&self) -> Option<String> {
        match self {
            Self::Own(found) => Some(found.record.id.clone()),
            Self::Saved(_) => None,
        }
    }

    fn score(&self) -> f32 {
        match self {
            Self::Own(found) => found.score,
            Self::Saved(found) => found.score,
        }
    }

    /// What tells a file from others.
    fn content(&self) -> [u8; 16] {
        match self {
            Self::Own(found) => {
                let mut content = [0; 16];
                content.copy_from_slice(&found.record.digest.0[..16]);
                content
            }
            Self::Saved(found) => found.picture.content,
        }
    }
}

/// The best `limit` of `rankings`, each of which is best first. A picture that is in several, or nearly
/// the same as a better one of another, is there once. Longer rankings append results and change none of
/// the first ones.
pub(super) fn best(rankings: Vec<Vec<Found>>, limit: usize) -> Vec<Found> {
    if let [_] = rankings.as_slice() {
        let mut only = rankings.concat();
        only.truncate(limit);
        return only;
    }
    let mut all: Vec<Found> = rankings.into_iter().flatten().collect();
    // Stable: of equals, the one in the ranking that was named first.
    all.sort_by(|one, other| other.score().total_cmp(&one.score()));
    let mut contents = HashSet::new();
    let mut better: Vec<ScanQuery> = Vec::new();
    all.retain(|found| {
        if better.len() >= limit || !contents.insert(found.content()) {
            return false;
        }
        if let Found::Saved(ScoredPicture { vector, .. }) = found {
            let query = ScanQuery::new(vector, vector.len());
            let halves: Vec<u8> = vector
                .iter()
                .flat_map(|x| half::f16::from_f32(*x).to_le_bytes())
                .collect();
            let is_near =
                |better: &ScanQuery| Isa::detect().dot_f16(&halves, better) >= NEAR_DUPLICATE;
            if better.iter().any(is_near) {
                return false;
            }
            better.push(query);
        }
        true
    });
    all.truncate(limit);
    all
}
