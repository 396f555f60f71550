//! Where vectors of pictures are kept and compared: [`crate::collection::index`] on this machine, or
//! [`crate::collection::qdrant`] where the collection outgrew it.

use std::borrow::Cow;
use std::io::ErrorKind;
use std::path::PathBuf;
use std::time::SystemTime;

pub mod add;
pub mod index;
pub mod qdrant;

use crate::digest::Digest;
use crate::error::{Error, Result};
use crate::picture;

/// Finds records by the likeness of their vectors.
pub trait VectorStore: Send + Sync {
    /// The name of the encoder that made the vectors: a query's vector must come from the same one.
    fn encoder_name(&self) -> &str;

    /// How many pictures there are.
    ///
    /// # Errors
    /// The store cannot be read or reached.
    fn len(&self) -> Result<usize>;

    /// Whether there are none.
    ///
    /// # Errors
    /// As [`VectorStore::len`].
    fn is_empty(&self) -> Result<bool> {
        Ok(self.len()? == 0)
    }

    /// The pictures whose vectors are most like `vector`: at most `want`, best first, none with a
    /// score below `at_least`. The first ones are the same for any larger `want`, so a page is
    /// what follows the first `offset` of `offset + limit`.
    ///
    /// # Errors
    /// The store cannot be read or reached, or its vectors have another length.
    fn search(&self, vector: &[f32], want: usize, at_least: f32) -> Result<Vec<ScoredRecord>>;

    /// The record with that [`Record::id`]. Any text may be asked for.
    ///
    /// # Errors
    /// The store cannot be read or reached.
    fn record(&self, id: &str) -> Result<Option<Record>>;

    /// The file of the picture that `record` is about; none if it is gone, has become
    /// something else, or is not on this machine.
    ///
    /// # Errors
    /// The file cannot be read.
    fn file(&self, record: &Record) -> Result<Option<Cow<'static, [u8]>>> {
        let Some(path) = record.place.file() else {
            return Ok(None);
        };
        match picture::read(&path) {
            Ok(bytes) => Ok(bytes.map(Cow::Owned)),
            Err(cause) if cause.kind() == ErrorKind::NotFound => Ok(None),
            Err(cause) => {
                let what = format!("cannot read {}", path.display());
                Err(Error::system(what, cause))
            }
        }
    }
}

/// A picture that was found.
#[derive(Debug, Clone, PartialEq)]
pub struct ScoredRecord {
    /// Which one.
    pub record: Record,
    /// Cosine similarity to the query, at most 1.
    pub score: f32,
}

/// What is known of a picture.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// Lower-case hexadecimal digits and hyphens; the same for as long as the picture's content is,
    /// also when its file is moved. Tells nothing of where the file is.
    pub id: String,
    /// Where the picture is.
    pub place: Place,
    /// A line of text about it.
    pub caption: String,
    /// In pixels.
    pub width: u32,
    /// In pixels.
    pub height: u32,
    /// Of the file.
    pub bytes: u64,
    /// When the file was last changed; not known for one that was fetched.
    pub modified: Option<SystemTime>,
    /// Of the file's content.
    pub digest: Digest,
}

/// Where a picture is.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Place {
    /// A file on this machine.
    File {
        /// The folder that was indexed.
        root: PathBuf,
        /// Path from there; any bytes that a name can have.
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
    /// The folder or list that it came by.
    #[must_use]
    pub fn root(&self) -> &PathBuf {
        match self {
            Self::File { root, .. } => root,
            Self::Url { list, .. } => list,
        }
    }

    /// The file, for a picture on this machine.
    #[must_use]
    pub fn file(&self) -> Option<PathBuf> {
        match self {
            Self::File { root, path } => Some(root.join(path)),
            Self::Url { .. } => None,
        }
    }
}
