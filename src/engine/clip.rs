//! The engine that searches by meaning: an encoder turns the query into a vector, a store finds the
//! pictures with similar vectors.

mod beside;
mod found;
mod images;
mod keeper;
mod no_folders;
mod presence;
mod sensitive;
mod stripped;
mod texts;
mod thumbnails;

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Instant, SystemTime};

use ::clip::Encoder;

use crate::collection::asked::{Asked, understand};
use crate::collection::saved::Saved;
use crate::collection::{Place, Record, ScoredRecord, Search, VectorStore};
use crate::error::{Error, Result, one_line};
use crate::http::percent_encode;
use crate::picture;
use crate::search::{
    Engine, Failure, Filter, Forget, Hit, HitPlace, Image, NewImage, Page, Query, Reason, Remark,
    SavedImage, Subject,
};

pub use no_folders::NoFolders;

use found::Found;
use images::Images;
use presence::Presence;
use texts::Texts;

/// Results that can be paged through; a query beyond them gets an empty answer.
const MAX_RESULTS: usize = 10_000;
/// Longest side of a picture as it is served, in pixels: Telegram shows at most 2560, and accepts
/// files of at most 10 MB.
const MAX_SIDE: u32 = 2048;
/// The lowest possible cosine: no threshold.
pub const MIN_SCORE: f32 = -1.0;
/// How much lower a score may be where a time, a place or a folder says part of what is meant.
const SAID_OTHERWISE: f32 = 0.1;
/// The words for a picture of which nothing but time or place is said.
const ANY_PICTURE: &str = "a photo";
/// Width of a thumbnail, in pixels.
const THUMBNAIL_WIDTH: u32 = 320;

/// Finds pictures by meaning.
pub struct ClipEngine {
    encoder: Arc<dyn Encoder>,
    texts: Texts,
    store: Arc<dyn VectorStore>,
    /// Threshold for searches by text: results with a lower cosine are left out.
    min_score: f32,
    /// Address that a file's path below the indexed folder is appended to, with a slash at the end.
    public_base: Option<String>,
    images: Arc<Images>,
    /// What is said beside an empty answer.
    remark: Option<Remark>,
    /// Pictures that were sent to the endpoint.
    saved: Option<Arc<Saved>>,
}

impl ClipEngine {
    /// An engine that searches `store`, whose vectors must come from `encoder`. Searches by text
    /// leave out results with a cosine below `min_score`. Hits link to `/images/{id}` of the
    /// endpoint, or, where `public_base` is given, to the file's path below the indexed folder, below
    /// that address. Smaller pictures are kept in the folder `cache`, where that is given.
    ///
    /// # Errors
    /// [`crate::error::Kind::Config`] when the store's vectors come from another encoder.
    pub fn new(
        encoder: Arc<dyn Encoder>,
        store: Arc<dyn VectorStore>,
        min_score: f32,
        public_base: Option<String>,
        cache: Option<PathBuf>,
    ) -> Result<Self> {
        let (ours, theirs) = (encoder.name(), store.encoder_name());
        if ours != theirs {
            return Err(Error::config(format!(
                "the index was made with the model {theirs}, and CLIP_SEARCH_MODEL is {ours}: set \
                 the model it was made with, or make it anew with `clip-search index add --rebuild`"
            )));
        }
        Ok(Self {
            images: Arc::new(Images::new(Arc::clone(&store), cache)),
            texts: Texts::new(Arc::clone(&encoder)),
            encoder,
            store,
            min_score,
            public_base,
            remark: None,
            saved: None,
        })
    }

    /// Says `remark` beside empty answers.
    #[must_use]
    pub fn with_remark(mut self, remark: Option<Remark>) -> Self {
        self.remark = remark;
        self
    }

    /// The vector to search with, and the lowest score a result may have.
    fn vector(&self, subject: &Subject, deadline: Instant) -> Result<(Vec<f32>, f32), Failure> {
        match subject {
            Subject::Text(text) => {
                let text = unquoted(text);
                let vector = self.texts.encode(text).map_err(broken)?;
                Ok((vector, self.min_score))
            }
            Subject::Picture { bytes, words, .. } => {
                let _reserved = self.images.reserve(bytes, deadline)?;
                let (picture, size) = picture::decode_enough(bytes, self.encoder.enough())
                    .map_err(|error| Failure::new(Reason::UnsupportedMedia, error.chain()))?;
                let vector = self.encoder.encode_scaled(&picture, size).map_err(broken)?;
                let encode = |text: &str| self.texts.encode(text).map_err(broken);
                let vector = beside::with_words(vector, words, encode)?;
                // Between pictures no threshold separates similar from different: the user judges.
                Ok((vector, MIN_SCORE))
            }
        }
    }

    /// The pictures for `query`, at most `limit`: those for the words, time, place and folder that it
    /// names, or, where there are none such, those for all of its text.
    fn answer(&self, query: &Query, limit: usize, deadline: Instant) -> Result<Answer, Failure> {
        let asked = self.asked(query);
        if let Some(asked) = asked {
            let is_any = asked.words.is_empty();
            let words = if is_any { ANY_PICTURE } else { &asked.words };
            let subject = Subject::Text(words.to_owned());
            let (vector, threshold) = self.vector(&subject, deadline)?;
            let search = Search {
                vector: &vector,
                words: &asked.words,
                language: query.language,
                filter: &merged(&query.filter, &asked.filter),
                accepts: &|_| true,
                limit,
                threshold: if is_any {
                    MIN_SCORE
                } else {
                    threshold - SAID_OTHERWISE
                },
            };
            let mut answer = self.find(&search)?;
            if !answer.found.is_empty() || answer.away > 0 {
                let has_folders = query.filter.has_folders();
                if let Some(year) = asked
                    .year
                    .filter(|_| has_folders && answer.found.len() < limit)
                {
                    self.add_named(query, &year, &mut answer.found, limit, deadline)?;
                }
                answer.understood = Some(asked.shown);
                return Ok(answer);
            }
        }
        let (vector, threshold) = self.vector(&query.subject, deadline)?;
        let words = match &query.subject {
            Subject::Text(text) => unquoted(text),
            Subject::Picture { .. } => "",
        };
        self.find(&Search {
            vector: &vector,
            words,
            language: query.language,
            filter: &query.filter,
            accepts: &|_| true,
            limit,
            threshold,
        })
    }

    /// What a query by words asks for besides them, if it does.
    fn asked(&self, query: &Query) -> Option<Asked> {
        let Subject::Text(text) = &query.subject else {
            return None;
        };
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
        let today = now.map_or(0, |now| now.as_secs() / 86_400).cast_signed();
        let asked = understand(text, today);
        (self.can_filter(&query.filter) && !asked.filter.is_empty()).then_some(asked)
    }

    /// Whether something of what is searched has times and places: the built-in pictures have none.
    fn can_filter(&self, filter: &Filter) -> bool {
        self.store.has_filters() || filter.saved().next().is_some()
    }

    /// Adds pictures that are called by the year, such as those in a folder `Rome 2019`, whenever they
    /// were taken.
    fn add_named(
        &self,
        query: &Query,
        year: &str,
        found: &mut Vec<Found>,
        limit: usize,
        deadline: Instant,
    ) -> Result<(), Failure> {
        let Subject::Text(text) = &query.subject else {
            return Ok(());
        };
        let known: HashSet<String> = found.iter().filter_map(Found::own_id).collect();
        // Captions of saved pictures were searched for the year already.
        let filter = query.filter.without_collections();
        let (vector, threshold) = self.vector(&query.subject, deadline)?;
        let named = self.find(&Search {
            vector: &vector,
            words: text,
            language: query.language,
            filter: &filter,
            accepts: &|record| is_called(record, year) && !known.contains(&record.id),
            limit: limit - found.len(),
            threshold,
        })?;
        found.extend(named.found);
        Ok(())
    }

    /// As [`VectorStore::find`], among the pictures that can be shown.
    fn find(&self, search: &Search<'_>) -> Result<Answer, Failure> {
        let presence = Presence::new(self.store.as_ref());
        // The store of folders knows no collections.
        let own = search.filter.without_collections();
        // What another server hands out need not be on this machine.
        let is_shown = |record: &Record| {
            (search.accepts)(record) && (self.public_base.is_some() || presence.is_there(record))
        };
        let mut rankings = Vec::new();
        if search.filter.has_folders() && (own.is_empty() || self.store.has_filters()) {
            let found = self.store.find(&Search {
                accepts: &is_shown,
                filter: &own,
                ..*search
            });
            let found = found.map_err(broken)?;
            rankings.push(found.into_iter().map(Found::Own).collect());
        }
        for collection in search.filter.saved() {
            let found = self.keeper()?.find(collection, search);
            let found = found.map_err(keeper::refused)?;
            rankings.push(found.into_iter().map(Found::Saved).collect());
        }
        Ok(Answer {
            found: found::best(rankings, search.limit),
            away: presence.away(),
            understood: None,
        })
    }

    fn hit(&self, found: Found) -> Hit {
        match found {
            Found::Own(found) => self.own_hit(found),
            Found::Saved(found) => Self::saved_hit(found),
        }
    }

    fn own_hit(&self, found: ScoredRecord) -> Hit {
        let ScoredRecord { record, score } = found;
        let address = format!("/images/{}", record.id);
        let whole = (record.width, record.height);
        let (url, thumbnail_url, (width, height)) = match (&record.place, &self.public_base) {
            (Place::Url { url, .. }, _) => (url.clone(), None, whole),
            (Place::File { path, .. }, Some(base)) => {
                (base.clone() + &public_path(path), None, whole)
            }
            (Place::File { .. }, None) => {
                let shown = shown(record.width, record.height);
                let url = if shown == whole {
                    address.clone()
                } else {
                    format!("{address}?w={}", shown.0)
                };
                (url, Some(format!("{address}?w={THUMBNAIL_WIDTH}")), shown)
            }
        };
        let folder = match &record.place {
            Place::File { path, .. } if path.is_relative() => path.parent(),
            _ => None,
        };
        let folder = folder.and_then(Path::file_name);
        Hit {
            folder: folder.map(|name| one_line(&name.to_string_lossy())),
            sensitive: sensitive::is_sensitive(&record.place),
            url,
            thumbnail_url,
            width: Some(width),
            height: Some(height),
            caption: Some(record.caption.clone()).filter(|caption| !caption.is_empty()),
            score: Some((f64::from(score) * 1e4).round() / 1e4),
            taken: record.taken().map(|taken| taken.to_string()),
            place: record.details.position.map(|position| HitPlace {
                lat: position.latitude(),
                lon: position.longitude(),
            }),
            id: Some(record.id),
            collection: None,
            file_id: None,
            link: None,
        }
    }
}

impl Engine for ClipEngine {
    fn name(&self) -> &'static str {
        "clip"
    }

    fn search(&self, query: &Query, deadline: Instant) -> Result<Page, Failure> {
        let end = query.offset.saturating_add(query.limit);
        if end > MAX_RESULTS {
            return Ok(Page::default());
        }
        if !self.takes_filters() {
            let own = query.filter.without_collections();
            own.refuse("this collection")?;
        }
        // One more than shown, to know whether there is a next page.
        let answer = self.answer(query, end + 1, deadline)?;
        let next_offset = (answer.found.len() > end).then_some(end);
        let is_short = answer.found.len() < end;
        let remark = self.remark.filter(|_| answer.found.is_empty());
        let page = answer.found.into_iter().take(end).skip(query.offset);
        Ok(Page {
            hits: page.map(|found| self.hit(found)).collect(),
            next_offset,
            away: if is_short { answer.away } else { 0 },
            remark,
            understood: answer.understood,
        })
    }

    fn takes_filters(&self) -> bool {
        self.store.has_filters() || self.saves()
    }

    fn saves(&self) -> bool {
        self.saved.is_some()
    }

    fn save(&self, picture: &NewImage, deadline: Instant) -> Result<SavedImage, Failure> {
        self.save_picture(picture, deadline)
    }

    fn recaption(
        &self,
        collection: &str,
        key: &str,
        caption: &str,
    ) -> Result<Option<String>, Failure> {
        self.change_caption(collection, key, caption)
    }

    fn forget(&self, what: &Forget, _deadline: Instant) -> Result<usize, Failure> {
        self.forget_pictures(what)
    }

    fn is_saved(&self, id: &str) -> bool {
        Self::is_saved_id(id)
    }

    fn saves_nothing(&self) -> Failure {
        let message =
            "this clip-search saves no pictures: set CLIP_SEARCH_SAVED to a folder for them";
        Failure::new(Reason::NotSupported, message)
    }

    fn tidy(&self, all: bool) {
        let Some(saved) = &self.saved else { return };
        let done = if all {
            saved.compact()
        } else {
            saved.checkpoint()
        };
        if let Err(error) = done {
            tracing::warn!("cannot tidy up the saved pictures: {}", error.chain());
        }
    }

    fn own_servers(&self) -> Vec<String> {
        self.public_base.iter().cloned().collect()
    }

    fn ready(&self, deadline: Instant) -> Result<(), Failure> {
        self.encoder.check().map_err(broken)?;
        // A search meets what counting would not: a file that was cut, a model that is gone.
        let query = Query {
            subject: Subject::Text("ready".to_owned()),
            limit: 1,
            offset: 0,
            filter: Filter::default(),
            language: None,
        };
        self.search(&query, deadline).map(drop)
    }

    fn pictures(&self) -> Option<usize> {
        self.store.len().ok()
    }

    fn model(&self) -> Option<&str> {
        Some(self.encoder.name())
    }

    fn path(&self, hit: &Hit) -> Option<PathBuf> {
        let id = hit.url.strip_prefix("/images/")?.split('?').next()?;
        let file = self.store.record(id).ok()??.place.file()?;
        // Those of the built-in pictures are in no folder.
        file.is_absolute().then_some(file)
    }

    fn image(&self, id: &str, width: Option<u32>) -> Result<Option<Image>, Failure> {
        if Self::is_saved_id(id) {
            return self.saved_image(id, width);
        }
        Ok(self.images.image(id, width))
    }
}

/// What a search found.
struct Answer {
    found: Vec<Found>,
    /// See [`Page::away`].
    away: usize,
    /// See [`Page::understood`].
    understood: Option<String>,
}

/// The filter that was given, and where it says nothing, the one that was understood.
fn merged(given: &Filter, understood: &Filter) -> Filter {
    let is_dated = given.after.is_some() || given.before.is_some();
    let dates = if is_dated { given } else { understood };
    Filter {
        after: dates.after,
        before: dates.before,
        near: given.near.or(understood.near),
        folder: given.folder.clone().or_else(|| understood.folder.clone()),
        collections: given.collections.clone(),
    }
}

/// Whether the name, a folder or the caption of a picture holds `year`.
fn is_called(record: &Record, year: &str) -> bool {
    let is_in = |text: &str| text.contains(year);
    let is_in_path = match &record.place {
        Place::File { path, .. } => is_in(&path.to_string_lossy()),
        Place::Url { url, .. } => is_in(url),
    };
    is_in_path || is_in(&record.caption)
}

/// Words in quotation marks are searched without these.
fn unquoted(text: &str) -> &str {
    let inner = text
        .trim()
        .strip_prefix('"')
        .and_then(|rest| rest.strip_suffix('"'));
    inner
        .filter(|inner| !inner.trim().is_empty())
        .unwrap_or(text)
}

fn broken(error: impl Into<Error>) -> Failure {
    Failure::new(Reason::Internal, error.into().chain())
}

/// Width and height as they are served: no side longer than [`MAX_SIDE`].
fn shown(width: u32, height: u32) -> (u32, u32) {
    let longest = width.max(height);
    if longest <= MAX_SIDE {
        return (width, height);
    }
    // At most `MAX_SIDE`, since no side is longer than the longest.
    let scaled = |side: u32| {
        let scaled = u64::from(side) * u64::from(MAX_SIDE) / u64::from(longest);
        u32::try_from(scaled).unwrap_or(MAX_SIDE).max(1)
    };
    (scaled(width), scaled(height))
}

/// The base name alone would give two pictures one address: cameras begin every folder with the same.
fn public_path(path: &Path) -> String {
    percent_encode(&path.to_string_lossy(), b"/")
}

#[cfg(test)]
mod tests;
