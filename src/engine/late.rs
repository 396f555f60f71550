//! An engine whose index is not there yet: it says so, and opens the index once it is.

use std::path::PathBuf;
use std::sync::{Mutex, OnceLock};
use std::time::{Duration, Instant};

use crate::collection::index::Index;
use crate::collection::saved::is_id;
use crate::error::Result;
use crate::locked::locked;
use crate::search::{Engine, Failure, Forget, Image, NewImage, Page, Query, Reason, SavedImage};

/// When whoever asks too early is told to come back.
const RETRY_AFTER: Duration = Duration::from_secs(10);

/// The engine over the index in a folder, from the moment on in which there is one.
pub(super) struct LateEngine {
    name: &'static str,
    folder: PathBuf,
    /// The file of the model, where it is not the built-in one.
    model: Option<PathBuf>,
    open: Box<dyn Fn() -> Result<Box<dyn Engine>> + Send + Sync>,
    /// Saves pictures, and searches those, until there is an index.
    before: Option<Box<dyn Engine>>,
    opened: OnceLock<Box<dyn Engine>>,
    opening: Mutex<()>,
}

impl LateEngine {
    /// The engine called `name` that `open` opens once there is an index in `folder`, and the file
    /// `model`.
    pub fn new(
        name: &'static str,
        folder: PathBuf,
        model: Option<PathBuf>,
        open: impl Fn() -> Result<Box<dyn Engine>> + Send + Sync + 'static,
    ) -> Self {
        Self {
            name,
            folder,
            model,
            open: Box::new(open),
            before: None,
            opened: OnceLock::new(),
            opening: Mutex::default(),
        }
    }

    /// What saves pictures, and searches those, until there is an index.
    pub fn until_then(mut self, before: Option<Box<dyn Engine>>) -> Self {
        self.before = before;
        self
    }

    /// The engine for what needs no index.
    fn at_hand(&self) -> Result<&dyn Engine, Failure> {
        match &self.before {
            Some(before) if self.opened.get().is_none() => Ok(before.as_ref()),
            _ => self.engine(),
        }
    }

    fn engine(&self) -> Result<&dyn Engine, Failure> {
        if let Some(engine) = self.opened.get() {
            return Ok(engine.as_ref());
        }
        let _alone = locked(&self.opening);
        if let Some(engine) = self.opened.get() {
            return Ok(engine.as_ref());
        }
        let not_ready =
            |message: &str| Failure::new(Reason::NotReady, message).retry_after(RETRY_AFTER);
        if !Index::is_in(&self.folder) {
            return Err(not_ready(
                "there is no index of pictures yet: make one with clip-search index add FOLDER",
            ));
        }
        if self.model.as_ref().is_some_and(|model| !model.exists()) {
            return Err(not_ready(
                "the model is not there yet: fetch it with clip-search index add",
            ));
        }
        let engine = (self.open)().map_err(|error| {
            tracing::warn!("{}", error.chain());
            not_ready("the index cannot be used; the log of the endpoint says why")
        })?;
        tracing::info!("opened the index in {}", self.folder.display());
        Ok(self.opened.get_or_init(|| engine).as_ref())
    }
}

impl Engine for LateEngine {
    fn name(&self) -> &'static str {
        self.name
    }

    fn search(&self, query: &Query, deadline: Instant) -> Result<Page, Failure> {
        let names_saved = query.filter.saved().next().is_some();
        match self.engine() {
            Ok(engine) => engine.search(query, deadline),
            Err(_) if names_saved => self.at_hand()?.search(query, deadline),
            Err(failure) => Err(failure),
        }
    }

    fn ready(&self, deadline: Instant) -> Result<(), Failure> {
        self.engine()?.ready(deadline)
    }

    fn takes_filters(&self) -> bool {
        self.opened
            .get()
            .is_none_or(|engine| engine.takes_filters())
    }

    fn saves(&self) -> bool {
        self.at_hand().is_ok_and(Engine::saves)
    }

    fn save(&self, picture: &NewImage, deadline: Instant) -> Result<SavedImage, Failure> {
        self.at_hand()?.save(picture, deadline)
    }

    fn recaption(
        &self,
        collection: &str,
        key: &str,
        caption: &str,
    ) -> Result<Option<String>, Failure> {
        self.at_hand()?.recaption(collection, key, caption)
    }

    fn forget(&self, what: &Forget, deadline: Instant) -> Result<usize, Failure> {
        self.at_hand()?.forget(what, deadline)
    }

    fn saves_nothing(&self) -> Failure {
        match self.at_hand() {
            Ok(engine) => engine.saves_nothing(),
            Err(failure) => failure,
        }
    }

    fn is_saved(&self, id: &str) -> bool {
        is_id(id)
    }

    fn tidy(&self, all: bool) {
        if let Ok(engine) = self.at_hand() {
            engine.tidy(all);
        }
    }

    fn pictures(&self) -> Option<usize> {
        self.opened.get()?.pictures()
    }

    fn model(&self) -> Option<&str> {
        self.opened.get()?.model()
    }

    fn own_servers(&self) -> Vec<String> {
        match self.engine() {
            Ok(engine) => engine.own_servers(),
            Err(_) => Vec::new(),
        }
    }

    fn image(&self, id: &str, width: Option<u32>) -> Result<Option<Image>, Failure> {
        if is_id(id) {
            return self.at_hand()?.image(id, width);
        }
        self.engine()?.image(id, width)
    }
}
