//! Who answers: the trait [`Engine`].

use std::path::PathBuf;
use std::time::{Duration, Instant};

use serde_json::Value;

use super::{Failure, Forget, Hit, Image, NewImage, Page, Query, Reason, SavedImage};

/// What a search by text sends to somebody else.
#[derive(Debug, Clone, PartialEq)]
pub struct Plan {
    /// The function that is called, such as `/search`.
    pub function: String,
    /// Names and values of its arguments, in order: `{query}` and `{limit}` stand for those of the
    /// query.
    pub arguments: Vec<(String, Value)>,
}

/// Answers queries: by a Space, by CLIP, or by the words of the built-in drawings. Calls block.
pub trait Engine: Send + Sync {
    /// The name in `/health`: `space`, `clip` or `mock`.
    fn name(&self) -> &'static str;

    /// Finds pictures for `query`, best first, before `deadline`. An address that starts with `/`
    /// is a path at the endpoint itself.
    ///
    /// # Errors
    /// A [`Failure`] of the engine's own kinds; [`Reason::Timeout`] when `deadline` passes.
    fn search(&self, query: &Query, deadline: Instant) -> Result<Page, Failure>;

    /// How long a search that was given `time` may take at most, where it shows that it goes on.
    fn longest(&self, time: Duration) -> Duration {
        time
    }

    /// Whether a search would be answered now.
    ///
    /// # Errors
    /// The [`Failure`] that a search would meet.
    fn ready(&self, deadline: Instant) -> Result<(), Failure>;

    /// What a search sends, as far as the last [`Engine::ready`] learned it: function, arguments and
    /// what becomes of them; none for an engine that sends nothing.
    fn plan(&self) -> Option<Plan> {
        None
    }

    /// Whether it can search by picture, as far as it knows without asking anybody.
    fn takes_pictures(&self) -> bool {
        true
    }

    /// Whether it heeds the filter of a query.
    fn takes_filters(&self) -> bool {
        false
    }

    /// Whether it saves pictures, for searches that name their collections.
    fn saves(&self) -> bool {
        false
    }

    /// Saves a picture before `deadline`: it survives a power cut once this returns.
    ///
    /// # Errors
    /// A [`Failure`] of the engine's own kinds, with which nothing was saved;
    /// [`Reason::NotSupported`] unless [`Engine::saves`].
    fn save(&self, _picture: &NewImage, _deadline: Instant) -> Result<SavedImage, Failure> {
        Err(self.saves_nothing())
    }

    /// The picture in `collection` with this key has this caption from now on: returns its id, none where
    /// there is no such picture.
    ///
    /// # Errors
    /// As [`Engine::save`].
    fn recaption(
        &self,
        _collection: &str,
        _key: &str,
        _caption: &str,
    ) -> Result<Option<String>, Failure> {
        Err(self.saves_nothing())
    }

    /// Forgets saved pictures; returns how many there were.
    ///
    /// # Errors
    /// As [`Engine::save`].
    fn forget(&self, _what: &Forget, _deadline: Instant) -> Result<usize, Failure> {
        Err(self.saves_nothing())
    }

    /// Why it saves nothing.
    fn saves_nothing(&self) -> Failure {
        let message = format!(
            "the engine {} cannot save pictures: only clip-search with a CLIP model of its own can \
             (CLIP_SEARCH_ENGINE=clip)",
            self.name()
        );
        Failure::new(Reason::NotSupported, message)
    }

    /// Whether the picture with that id is a saved one, which is shown only to whoever has the token.
    fn is_saved(&self, _id: &str) -> bool {
        false
    }

    /// Removes from disk what was forgotten. Called now and then; with `all`, once a day, everything that
    /// can be tidied up is.
    fn tidy(&self, _all: bool) {}

    /// How many pictures it searches, where it knows.
    fn pictures(&self) -> Option<usize> {
        None
    }

    /// The name of the model that it searches with, where it has one.
    fn model(&self) -> Option<&str> {
        None
    }

    /// The file of `hit`, one of its own, where that is on this machine: for who runs this program, and
    /// nobody else.
    fn path(&self, _hit: &Hit) -> Option<PathBuf> {
        None
    }

    /// Addresses of the servers that the settings name, whose pictures may be handed out even where
    /// their addresses are private.
    fn own_servers(&self) -> Vec<String> {
        Vec::new()
    }

    /// The engine's picture with that id, to be served at `/images/{id}`; scaled down to `width`
    /// pixels where that is given and the engine can. None if there is no such picture.
    ///
    /// # Errors
    /// It is there and cannot be served; none of its files is too large to be read in portions.
    fn image(&self, _id: &str, _width: Option<u32>) -> Result<Option<Image>, Failure> {
        Ok(None)
    }
}
