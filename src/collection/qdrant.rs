//! A collection in Qdrant, a vector database, for more pictures than this machine can hold.
//!
//! It is used over its REST API. Each picture is a point: the point's id is a UUID made from the
//! record's id, and its payload is the record and the name of the encoder. Qdrant keeps quantised
//! vectors in memory and whole ones on disk, and ranks its results by the latter, as our own index
//! does; but its search is approximate. Of several copies of a file only one is returned. Other
//! near-duplicates are not left out: that would need their vectors.
//!
//! A point carries our mark if its payload has one and its id is made from the payload's. A collection
//! with other points belongs to somebody else, and is never written to.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::time::Duration;

use serde_json::json;

use crate::collection::index::Index;
use crate::collection::{Place, Record, ScoredRecord, VectorStore};
use crate::error::{Error, Result};
use crate::secret::Secret;
use crate::shutdown::Shutdown;
use api::{Api, malformed};
use payload::{payload_of, scored_record_of, uuid};

mod api;
mod payload;

const SEARCH_TIMEOUT: Duration = Duration::from_secs(20);
/// Points in one request.
const REQUEST_POINTS: usize = 256;
/// Pictures to remove that are named to whoever is asked.
const REMOVAL_EXAMPLES: usize = 5;

/// A collection in Qdrant whose points are pictures.
#[derive(Debug)]
pub struct Qdrant {
    api: Api,
    encoder: String,
}

/// What [`Push::run`] did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct PushSummary {
    /// Points that are new or changed.
    pub sent: usize,
    /// Points that Qdrant had already.
    pub unchanged: usize,
    /// Points that were removed, since their pictures are no longer in the index.
    pub removed: usize,
    /// The run was asked to stop before its end.
    pub is_interrupted: bool,
}

impl Qdrant {
    /// Opens the collection at `url`, such as `http://127.0.0.1:6333/collections/pictures`, which
    /// [`Push`] filled.
    ///
    /// # Errors
    /// Qdrant cannot be reached or does not accept the key, or the collection does not exist or
    /// holds no pictures.
    pub fn open(url: &str, key: Option<Secret>) -> Result<Self> {
        let api = Api::new(url, key)?;
        let body = json!({"limit": 1, "with_payload": ["encoder"], "with_vector": false});
        let page = api.call(api.post("/points/scroll", &body))?;
        let page = page.ok_or_else(|| {
            Error::config(
                "there is no such collection in Qdrant: make it with clip-search index push",
            )
        })?;
        let encoder = page["points"][0]["payload"]["encoder"].as_str();
        let encoder = encoder.ok_or_else(|| {
            Error::config(
                "the collection in Qdrant holds no pictures: fill it with clip-search index push",
            )
        })?;
        let encoder = encoder.to_owned();
        Ok(Self { api, encoder })
    }
}

impl VectorStore for Qdrant {
    fn encoder_name(&self) -> &str {
        &self.encoder
    }

    fn len(&self) -> Result<usize> {
        let api = &self.api;
        let answer = api.call_existing(api.post("/points/count", &json!({"exact": true})))?;
        let count = answer["count"].as_u64();
        count
            .and_then(|count| usize::try_from(count).ok())
            .ok_or_else(malformed)
    }

    fn search(&self, vector: &[f32], limit: usize, threshold: f32) -> Result<Vec<ScoredRecord>> {
        // Copies of a file are left out below.
        let mut asked = limit * 2 + 10;
        loop {
            let body = json!({
                "query": vector,
                "limit": asked,
                "score_threshold": threshold,
                "with_payload": true,
                "with_vector": false,
                "params": {"quantization": {"rescore": true, "oversampling": 2.0}},
            });
            let api = &self.api;
            let request = api.post("/points/query", &body).timeout(SEARCH_TIMEOUT);
            let answer = api.call_existing(request)?;
            let points = answer["points"].as_array().ok_or_else(malformed)?;
            let mut seen = HashSet::new();
            let mut found = Vec::new();
            for point in points {
                let hit = scored_record_of(point).ok_or_else(malformed)?;
                if seen.insert(hit.record.digest) && found.len() < limit {
                    found.push(hit);
                }
            }
            if found.len() == limit || points.len() < asked {
                return Ok(found);
            }
            asked *= 4;
        }
    }

    fn record(&self, id: &str) -> Result<Option<Record>> {
        let record = self.api.point(&uuid(id))?;
        // Another id could have the same UUID, however unlikely.
        Ok(record.filter(|record| record.id == id))
    }
}

/// What makes a collection hold the same pictures as an index: worked out before anything is changed, so
/// that somebody can look at it first.
#[derive(Debug)]
pub struct Push<'a> {
    api: Api,
    index: &'a Index,
    is_new: bool,
    /// The marks of the points that are there, by their ids.
    there: HashMap<String, String>,
    removal: Removal,
}

/// The pictures of a collection that are not in the index, and that a push therefore removes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Removal {
    /// Number of pictures to remove.
    pub pictures: usize,
    /// Number of pictures in the collection now.
    pub of: usize,
    /// Where some of those to remove were when they were indexed, a line each.
    pub examples: Vec<String>,
}

impl<'a> Push<'a> {
    /// Compares the collection at `url` with `index`, and changes nothing.
    ///
    /// # Errors
    /// Qdrant cannot be reached, the collection is made for other vectors, it holds points that no push
    /// wrote, or the index is damaged.
    pub fn prepare(index: &'a Index, url: &str, key: Option<Secret>) -> Result<Self> {
        let api = Api::new(url, key)?;
        let is_new = !api.exists(index.dimensions())?;
        let there = if is_new { HashMap::new() } else { api.marks()? };
        let removal = Removal::of(&api, index, &there)?;
        Ok(Self {
            api,
            index,
            is_new,
            there,
            removal,
        })
    }

    /// The pictures that [`Push::run`] removes.
    #[must_use]
    pub fn removal(&self) -> &Removal {
        &self.removal
    }

    /// Makes the collection if there is none, sends what is new or changed, then removes what is no
    /// longer in the index. An interrupted run can simply be repeated. `say` receives lines about the
    /// progress.
    ///
    /// # Errors
    /// Qdrant cannot be reached, or the index is damaged.
    pub fn run(mut self, shutdown: &Shutdown, mut say: impl FnMut(&str)) -> Result<PushSummary> {
        let api = &self.api;
        if self.is_new {
            api.create(self.index.dimensions())?;
        }
        let mut pushed = PushSummary::default();
        let mut batch = Vec::new();
        let all = self.index.len()?;
        self.index.each(|record, vector| {
            if shutdown.is_raised() {
                pushed.is_interrupted = true;
                return Ok(false);
            }
            let (mark, payload) = payload_of(&record, self.index.encoder_name());
            let id = uuid(&record.id);
            if self.there.remove(&id) == Some(mark) {
                pushed.unchanged += 1;
                return Ok(true);
            }
            batch.push(json!({"id": id, "vector": vector, "payload": payload}));
            if batch.len() == REQUEST_POINTS {
                pushed.sent += batch.len();
                api.upsert(std::mem::take(&mut batch))?;
                say(&format!("{} of {all} pictures sent", pushed.sent));
            }
            Ok(true)
        })?;
        if !batch.is_empty() {
            pushed.sent += batch.len();
            api.upsert(batch)?;
        }
        if !pushed.is_interrupted {
            // Only ids that were seen with our mark; what came since is left alone.
            let gone: Vec<String> = self.there.into_keys().collect();
            pushed.removed = gone.len();
            for batch in gone.chunks(REQUEST_POINTS) {
                api.delete(batch)?;
            }
        }
        Ok(pushed)
    }
}

impl Removal {
    fn of(api: &Api, index: &Index, there: &HashMap<String, String>) -> Result<Self> {
        let mut gone: BTreeSet<&str> = there.keys().map(String::as_str).collect();
        index.each(|record, _| {
            gone.remove(uuid(&record.id).as_str());
            Ok(!gone.is_empty())
        })?;
        let mut examples = Vec::new();
        for id in gone.iter().take(REMOVAL_EXAMPLES) {
            let place = api.point(id)?.map(|record| record.place);
            examples.push(match place {
                Some(Place::File { root, path }) => root.join(path).to_string_lossy().into_owned(),
                Some(Place::Url { url, .. }) => url,
                None => format!("point {id}"),
            });
        }
        Ok(Self {
            pictures: gone.len(),
            of: there.len(),
            examples,
        })
    }
}
