//! One picture on the ladder.

use super::caption::caption_with_link;
use super::{Item, Rung, SendForm};
use crate::bot::pictures;
use crate::bot::reply::Shown;
use crate::error::{Error, Kind};
use crate::telegram::request::{Attachment, Photo};

impl Rung {
    /// What remains for a picture at `url` that cannot be sent.
    pub(super) fn last(url: &str) -> Self {
        if pictures::is_local(url) {
            Self::Withheld
        } else {
            Self::Link
        }
    }
}

impl Item {
    /// Where whoever reads it finds the picture.
    pub(super) fn address(&self) -> &str {
        match &self.hit.link {
            Some(link) if self.hit.url.is_empty() || pictures::is_local(&self.hit.url) => link,
            _ => &self.hit.url,
        }
    }

    /// What is said of it below the album, once it was sent.
    pub(super) fn shown(&self, is_kept: impl Fn(&str) -> bool) -> Option<Shown> {
        Some(Shown {
            message: self.message?,
            is_kept: self.hit.collection.as_deref().is_some_and(is_kept),
        })
    }

    pub(super) fn photo(&self, index: usize) -> Photo {
        let (media, file) = match &self.rung {
            Rung::FileId(file_id) | Rung::FileIdOfFile(file_id) => (file_id.clone(), None),
            Rung::Upload(_, picture) => {
                let name = format!("picture{index}");
                let file = Attachment {
                    file_name: format!("{}.{}", index + 1, picture.form.extension),
                    media_type: picture.form.media_type,
                    bytes: picture.bytes.clone(),
                    name: name.clone(),
                };
                (format!("attach://{name}"), Some(file))
            }
            Rung::Url | Rung::Fetch(_) | Rung::Link | Rung::Withheld | Rung::Sent => {
                (self.hit.url.clone(), None)
            }
        };
        Photo {
            media,
            caption: caption_with_link(&self.hit),
            file,
            is_covered: self.hit.sensitive,
        }
    }

    /// Telegram takes larger files than photos; what cannot be had at all becomes a link.
    pub(super) fn cannot_be_fetched(&mut self, error: &Error) {
        if *error.kind() == Kind::TooLarge && self.rung != Rung::Fetch(SendForm::Document) {
            tracing::info!("picture {} goes as a file: {}", self.hit.url, error.chain());
            self.rung = Rung::Fetch(SendForm::Document);
            return;
        }
        self.rung = match error.kind() {
            Kind::Blocked => Rung::Withheld,
            _ => Rung::last(self.address()),
        };
        let what = match self.rung {
            Rung::Link => "sent as a link",
            _ => "left out, since its address is private",
        };
        tracing::warn!("picture {} is {what}: {}", self.hit.url, error.chain());
    }

    pub(super) fn climb_down(&mut self, error: &Error) {
        tracing::debug!(
            "Telegram refused picture {} in this form: {}",
            self.hit.url,
            error.chain()
        );
        let last = Rung::last(self.address());
        self.rung = match std::mem::replace(&mut self.rung, Rung::Link) {
            Rung::FileId(file_id) if self.hit.url.is_empty() => Rung::FileIdOfFile(file_id),
            Rung::FileId(_) if !pictures::is_local(&self.hit.url) => Rung::Url,
            Rung::FileId(_) | Rung::Url => Rung::Fetch(SendForm::Together),
            Rung::Upload(SendForm::Together, picture) => Rung::Upload(SendForm::Alone, picture),
            Rung::Upload(SendForm::Alone, picture) => Rung::Upload(SendForm::Document, picture),
            Rung::Sent => Rung::Sent,
            Rung::FileIdOfFile(_)
            | Rung::Fetch(_)
            | Rung::Upload(SendForm::Document, _)
            | Rung::Link
            | Rung::Withheld => last,
        };
    }
}
