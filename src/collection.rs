//! The collection of pictures that is searched: each has a record and a vector in a
//! [`VectorStore`].
//!
//! There are two stores: [`index`], a folder of files on this machine, and [`qdrant`], a server for
//! collections that are too large for it. [`add`] brings an index up to date with the pictures on
//! disk; [`qdrant`] copies an index to Qdrant.

use std::io::ErrorKind;
use std::path::PathBuf;
use std::time::SystemTime;

pub mod add;
pub mod asked;
pub mod away;
pub mod details;
pub mod index;
pub mod original;
mod patterns;
pub mod qdrant;
pub mod saved;
mod words;

use crate::digest::Digest;
use crate::error::{Error, Kind, Result};
use crate::search::{Filter, Language};
pub use crate::search::{Position, Taken};

pub use details::Details;
pub use original::Original;

/// From this cosine on, two pictures of the same shape are near-duplicates. With the built-in model, 23
/// photos and every fifth built-in drawing at a half, a fifth and 96 pixels, as WebP of quality 70
/// and JPEG of quality 60, have at least 0.990 to themselves; two different photos have at most 0.88, two
/// drawings 0.87.
pub const NEAR_DUPLICATE: f32 = 0.985;

/// Finds pictures by the similarity of their vectors.
pub trait VectorStore: Send + Sync {
    /// The name of the encoder that made the vectors. Queries must be encoded by the same one.
    fn encoder_name(&self) -> &str;

    /// The number of pictures.
    ///
    /// # Errors
    /// The store cannot be read or reached.
    fn len(&self) -> Result<usize>;

    /// Whether the store holds no pictures.
    ///
    /// # Errors
    /// As [`VectorStore::len`].
    fn is_empty(&self) -> Result<bool> {
        Ok(self.len()? == 0)
    }

    /// The pictures whose vectors are most similar to `vector`: at most `limit` of them, best
    /// first, none with a score below `threshold`. A larger `limit` appends results and changes
    /// none of the first ones, so a page is what follows the first `offset` results.
    ///
    /// # Errors
    /// The store cannot be read or reached, or its vectors have another length.
    fn search(&self, vector: &[f32], limit: usize, threshold: f32) -> Result<Vec<ScoredRecord>>;

    /// As [`VectorStore::search`], among the pictures that `accepts` holds for. It is asked about those
    /// only that would otherwise be results, best first, and may be asked about one several times.
    ///
    /// # Errors
    /// As [`VectorStore::search`].
    fn search_among(
        &self,
        accepts: &dyn Fn(&Record) -> bool,
        vector: &[f32],
        limit: usize,
        threshold: f32,
    ) -> Result<Vec<ScoredRecord>> {
        let mut asked = limit;
        loop {
            let mut found = self.search(vector, asked, threshold)?;
            let is_all = found.len() < asked;
            found.retain(|found| accepts(&found.record));
            if found.len() >= limit || is_all {
                found.truncate(limit);
                return Ok(found);
            }
            asked = asked.saturating_mul(2).saturating_add(10);
        }
    }

    /// As [`VectorStore::search`], among the pictures that a filter lets through, and with those that are
    /// called what the words say, whatever their vectors.
    ///
    /// # Errors
    /// As [`VectorStore::search`]; [`Kind::Unusable`] for a filter if [`VectorStore::has_filters`] is
    /// false.
    fn find(&self, search: &Search<'_>) -> Result<Vec<ScoredRecord>> {
        if !search.filter.is_empty() {
            let what = "this collection cannot be filtered by date, place or folder";
            return Err(Error::new(Kind::Unusable, what));
        }
        let Search { vector, limit, .. } = *search;
        self.search_among(search.accepts, vector, limit, search.threshold)
    }

    /// Whether [`VectorStore::find`] takes a filter.
    fn has_filters(&self) -> bool {
        false
    }

    /// The record with that [`Record::id`], if there is one. `id` may be any text.
    ///
    /// # Errors
    /// The store cannot be read or reached.
    fn record(&self, id: &str) -> Result<Option<Record>>;

    /// The file at the place of `record`, whatever it holds by now; none if it is gone, no file, or
    /// was never on this machine.
    ///
    /// # Errors
    /// The file cannot be opened.
    fn original(&self, record: &Record) -> Result<Option<Original>> {
        let Place::File { root, path } = &record.place else {
            return Ok(None);
        };
        match Original::open(root, path) {
            Ok(original) => Ok(original),
            Err(cause) if cause.kind() == ErrorKind::NotFound => Ok(None),
            Err(cause) => {
                let what = format!("cannot open {}", root.join(path).display());
                Err(Error::system(what, cause))
            }
        }
    }
}

/// What is sought in a [`VectorStore`].
#[derive(Clone, Copy)]
pub struct Search<'a> {
    /// The vector of the query.
    pub vector: &'a [f32],
    /// The query itself, if it is words: names, captions and keywords are searched for it. Pictures that
    /// they find need no score above the threshold. A store that keeps no words ignores it.
    pub words: &'a str,
    /// The language of who asks, where it is known.
    pub language: Option<Language>,
    /// What the results must meet besides.
    pub filter: &'a Filter,
    /// Holds for what may be a result. It is asked about pictures only that would otherwise be one, best
    /// first, and may be asked about one several times.
    pub accepts: &'a dyn Fn(&Record) -> bool,
    /// Most results.
    pub limit: usize,
    /// Lowest score of a result that is found by its vector.
    pub threshold: f32,
}

/// A picture that a search found.
#[derive(Debug, Clone, PartialEq)]
pub struct ScoredRecord {
    /// The picture.
    pub record: Record,
    /// Cosine similarity to the query, at most 1.
    pub score: f32,
}

/// What the collection knows about a picture.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// Lower-case hexadecimal digits and hyphens. It stays the same while the picture's content
    /// does, even if the file is moved, and reveals nothing about where the file is.
    pub id: String,
    /// Where the picture is.
    pub place: Place,
    /// A line of text about the picture; may be empty.
    pub caption: String,
    /// Width in pixels.
    pub width: u32,
    /// Height in pixels.
    pub height: u32,
    /// Size of the file.
    pub bytes: u64,
    /// When the file was last changed; unknown for a picture that was fetched.
    pub modified: Option<SystemTime>,
    /// SHA-256 of the file's content.
    pub digest: Digest,
    /// When and where it was taken, and the like.
    pub details: Details,
}

impl Record {
    /// When the picture was taken: as it says itself, as its name says, or else when its file was last
    /// changed.
    #[must_use]
    pub fn taken(&self) -> Option<Taken> {
        let path = match &self.place {
            Place::File { path, .. } => path.as_path(),
            Place::Url { url, .. } => std::path::Path::new(url),
        };
        self.details.taken_or_else(path, self.modified)
    }
}

/// Where a picture is.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Place {
    /// A file on this machine.
    File {
        /// The folder that was indexed.
        root: PathBuf,
        /// Path below that folder; not necessarily UTF-8.
        path: PathBuf,
    },
    /// An address that a list named.
    Url {
        /// The list.
        list: PathBuf,
        /// The address.
        url: String,
    },
}

impl Place {
    /// The folder or list through which the picture came into the collection.
    #[must_use]
    pub fn root(&self) -> &PathBuf {
        match self {
            Self::File { root, .. } => root,
            Self::Url { list, .. } => list,
        }
    }

    /// The path of the file, if the picture is on this machine.
    #[must_use]
    pub fn file(&self) -> Option<PathBuf> {
        match self {
            Self::File { root, path } => Some(root.join(path)),
            Self::Url { .. } => None,
        }
    }
}
