//! What a picture says about itself beside its content: when and where it was taken, with what, and
//! by which words its owner described it.

use std::path::Path;
use std::time::SystemTime;

use crate::search::{Position, Taken};

/// What was read from a picture's metadata, or from a file beside it. Whatever is unknown is none or
/// empty.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Details {
    /// When it was taken, by the camera's clock.
    pub taken: Option<Taken>,
    /// Where it was taken.
    pub position: Option<Position>,
    /// Maker and model of the camera, in one line.
    pub camera: String,
    /// Words or short phrases that somebody gave it: tags, names of people, an album.
    pub keywords: Vec<String>,
}

impl Details {
    /// When a picture was taken: as it says itself, as the name of its file at `path` says, or else when
    /// its file was `modified`.
    #[must_use]
    pub fn taken_or_else(&self, path: &Path, modified: Option<SystemTime>) -> Option<Taken> {
        let named = || Taken::in_name(&path.file_stem()?.to_string_lossy());
        let changed = || {
            let since = modified?.duration_since(SystemTime::UNIX_EPOCH).ok()?;
            let seconds = i64::try_from(since.as_secs()).ok()?;
            let offset = None;
            Some(Taken { seconds, offset })
        };
        self.taken.or_else(named).or_else(changed)
    }
}
