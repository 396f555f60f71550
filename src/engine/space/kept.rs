//! Pictures to be served at `/images/{id}`: those that a Space sent without an address, kept in
//! memory, and those that nobody else may fetch from it, of which the address is kept.

use std::collections::VecDeque;
use std::fmt;
use std::hash::{BuildHasher, RandomState};
use std::sync::{Arc, Mutex};
use std::time::Instant;

use base64::Engine as _;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig};
use base64::{alphabet, engine::DecodePaddingMode};

use crate::digest;
use crate::locked::locked;
use crate::media;
use crate::search::{Content, Failure, Image, ImageFile};

/// All pictures together, in bytes; the oldest go first.
const MAX_TOTAL_BYTES: u64 = 48 << 20;
/// Most pictures; the oldest go first.
const MAX_PICTURES: usize = 4096;
/// Digits of an id: enough that nobody finds a picture by trying.
const ID_DIGITS: usize = 40;
/// Some apps leave the padding out.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// The pictures, oldest first.
#[derive(Default)]
pub(super) struct KeptPictures {
    pictures: Mutex<VecDeque<KeptPicture>>,
    secret: RandomState,
}

/// How to read a picture that is still at the Space.
pub(super) type Fetch = Arc<dyn Fn(Instant) -> Result<Option<ImageFile>, Failure> + Send + Sync>;

struct KeptPicture {
    id: String,
    content: KeptContent,
}

enum KeptContent {
    Here(ImageFile),
    There(Fetch),
}

impl KeptPictures {
    /// Keeps the picture in a `data:` address and returns its id; none where it is no picture.
    pub fn keep(&self, data: &str) -> Option<String> {
        let (head, body) = data.strip_prefix("data:")?.split_once(',')?;
        if !head.ends_with(";base64") {
            return None;
        }
        let body: Vec<u8> = body
            .bytes()
            .filter(|byte| !byte.is_ascii_whitespace())
            .collect();
        self.keep_bytes(BASE64.decode(body).ok()?)
    }

    fn keep_bytes(&self, bytes: Vec<u8>) -> Option<String> {
        let (media_type, _) = media::picture_type(&bytes)?;
        let mut id = digest::sha256(&bytes).to_string();
        id.truncate(ID_DIGITS);
        let file = ImageFile {
            media_type,
            bytes: Arc::new(bytes),
        };
        self.add(id, KeptContent::Here(file))
    }

    /// Keeps how to read the picture at `url`, and returns its id.
    pub fn keep_address(&self, url: &str, fetch: Fetch) -> Option<String> {
        // Not to be found by whoever knows the address.
        let secret = self.secret.hash_one(url);
        let mut id = digest::sha256(format!("{secret} {url}").as_bytes()).to_string();
        id.truncate(ID_DIGITS);
        self.add(id, KeptContent::There(fetch))
    }

    fn add(&self, id: String, content: KeptContent) -> Option<String> {
        let mut pictures = locked(&self.pictures);
        pictures.retain(|picture| picture.id != id);
        pictures.push_back(KeptPicture {
            id: id.clone(),
            content,
        });
        let mut total: u64 = pictures.iter().map(KeptPicture::size).sum();
        while (total > MAX_TOTAL_BYTES || pictures.len() > MAX_PICTURES)
            && let Some(oldest) = pictures.pop_front()
        {
            total -= oldest.size();
        }
        (!pictures.is_empty()).then_some(id)
    }

    /// The picture with that id.
    pub fn get(&self, id: &str) -> Option<Image> {
        let pictures = locked(&self.pictures);
        let found = pictures.iter().find(|picture| picture.id == id)?;
        let content = match &found.content {
            KeptContent::Here(file) => Content::Ready(file.clone()),
            KeptContent::There(fetch) => {
                let fetch = Arc::clone(fetch);
                Content::Later(Box::new(move |deadline| fetch(deadline)))
            }
        };
        Some(Image {
            name: id.to_owned(),
            version: id.to_owned(),
            content,
        })
    }
}

impl KeptPicture {
    fn size(&self) -> u64 {
        match &self.content {
            KeptContent::Here(file) => file.bytes.size(),
            KeptContent::There(_) => 0,
        }
    }
}

impl fmt::Debug for KeptPictures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("KeptPictures")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::search::Reason;

    const MOST: usize = 48 << 20;
    const GIF: &str = "data:image/gif;base64,R0lGODlhAQABAAAAACwAAAAAAQABAAACAkQBADs=";

    #[test]
    fn a_picture_is_found_by_its_id_and_kept_once() {
        let kept = KeptPictures::default();
        let id = kept.keep(GIF).expect("a picture");
        assert_eq!(
            kept.keep(GIF.trim_end_matches('=')),
            Some(id.clone()),
            "without padding"
        );
        let Some(Content::Ready(file)) = kept.get(&id).map(|image| image.content) else {
            panic!("it is kept")
        };
        let mut head = [0; 6];
        file.bytes.read_at(0, &mut head).expect("it is in memory");
        assert_eq!((file.media_type, &head), ("image/gif", b"GIF89a"));
        assert_eq!(locked(&kept.pictures).len(), 1);
        assert!(kept.get("other").is_none());
        for other in [
            "data:text/plain;base64,aGFsbG8=",
            "data:image/svg+xml,<svg/>",
            "data:image/png;base64,!",
        ] {
            assert_eq!(kept.keep(other), None, "{other}");
        }
    }

    #[test]
    fn a_picture_that_is_elsewhere_is_read_when_it_is_wanted() {
        let kept = KeptPictures::default();
        let fetch: Fetch = Arc::new(|_| Err(Failure::new(Reason::SpaceAsleep, "read")));
        let id = kept
            .keep_address("http://h/1", Arc::clone(&fetch))
            .expect("an id");
        assert_eq!(
            kept.keep_address("http://h/1", fetch),
            Some(id.clone()),
            "its id stays"
        );
        let Some(Content::Later(work)) = kept.get(&id).map(|image| image.content) else {
            panic!("it is kept")
        };
        let failure = work(Instant::now()).map(drop).expect_err("it is read now");
        assert_eq!(failure.message, "read");
    }

    #[test]
    fn the_oldest_go_when_there_is_no_more_room() {
        let kept = KeptPictures::default();
        let large = |fill: u8| {
            let mut bytes = b"GIF89a".to_vec();
            bytes.resize(MOST / 3, fill);
            kept.keep_bytes(bytes).expect("a picture by its head")
        };
        let ids: Vec<String> = (0..4).map(large).collect();
        let found: Vec<bool> = ids.iter().map(|id| kept.get(id).is_some()).collect();
        assert_eq!(found, [false, true, true, true]);
        assert_eq!(
            kept.keep_bytes([b"GIF89a".to_vec(), vec![9; MOST]].concat()),
            None
        );
    }
}
