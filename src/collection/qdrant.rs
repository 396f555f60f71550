//! Vectors in a collection of Qdrant, where they are too many for this machine.
//!
//! Over its REST API. A point's id is a UUID made from the record's id, its payload is the record
//! and the name of the encoder. Qdrant keeps signed bytes in memory and vectors on disk, and ranks
//! what it finds by the latter, as our own index does; but it searches approximately. Of copies of
//! a file one is shown, and pictures that are merely alike are not folded: that would need their
//! vectors.

use std::collections::HashSet;
use std::time::Duration;

use serde_json::json;

use crate::collection::index::Index;
use crate::collection::{Record, ScoredRecord, VectorStore};
use crate::error::{Error, Result};
use crate::http::Request;
use crate::secret::Secret;
use crate::shutdown::Shutdown;
use api::{Api, WRITE_TIMEOUT, malformed};
use payload::{payload_of, record_of, scored_record_of, uuid};

mod api;
mod payload;

const SEARCH_TIMEOUT: Duration = Duration::from_secs(20);
/// Points in one request.
const REQUEST_POINTS: usize = 256;

/// A collection whose points are pictures.
#[derive(Debug)]
pub struct Qdrant {
    api: Api,
    encoder: String,
}

/// What came of [`push`].
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Pushed {
    /// Points that were not there, or were others.
    pub sent: usize,
    /// Points that were there.
    pub unchanged: usize,
    /// Points that are no longer in the index.
    pub removed: usize,
    /// It was asked to stop before the end.
    pub is_interrupted: bool,
}

impl Qdrant {
    /// Opens the collection at `url`, such as `http://127.0.0.1:6333/collections/pictures`, which
    /// [`push`] filled.
    ///
    /// # Errors
    /// It cannot be reached, does not accept the key, or holds nothing of ours.
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

    fn search(&self, vector: &[f32], want: usize, at_least: f32) -> Result<Vec<ScoredRecord>> {
        let mut limit = want * 2 + 10;
        loop {
            let body = json!({
                "query": vector,
                "limit": limit,
                "score_threshold": at_least,
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
                if seen.insert(hit.record.digest) && found.len() < want {
                    found.push(hit);
                }
            }
            if found.len() == want || points.len() < limit {
                return Ok(found);
            }
            limit *= 4;
        }
    }

    fn record(&self, id: &str) -> Result<Option<Record>> {
        let api = &self.api;
        let path = format!("/points/{}", uuid(id));
        let point = api.call(Request::get(api.url(&path)))?;
        let record = point.map(|point| record_of(&point["payload"]).ok_or_else(malformed));
        // Another id may have the same UUID, if hardly ever.
        Ok(record.transpose()?.filter(|record| record.id == id))
    }
}

/// Makes the collection at `url` hold what `index` does: points that are there already stay, so
/// whoever is interrupted says it again. `say` is told how far it is.
///
/// # Errors
/// The collection cannot be reached, or is one of other vectors; the index is damaged.
pub fn push(
    index: &Index,
    url: &str,
    key: Option<Secret>,
    shutdown: &Shutdown,
    mut say: impl FnMut(&str),
) -> Result<Pushed> {
    let api = Api::new(url, key)?;
    api.prepare(index.dimensions())?;
    let mut there = api.marks()?;
    let mut pushed = Pushed::default();
    let mut batch = Vec::new();
    let all = index.len()?;
    index.each(|record, vector| {
        if shutdown.is_raised() {
            pushed.is_interrupted = true;
            return Ok(false);
        }
        let (mark, payload) = payload_of(&record, index.encoder_name());
        let id = uuid(&record.id);
        if there.remove(&id) == Some(mark) {
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
        let gone: Vec<String> = there.into_keys().collect();
        pushed.removed = gone.len();
        for batch in gone.chunks(REQUEST_POINTS) {
            let body = json!({ "points": batch });
            let request = api.post("/points/delete?wait=true", &body);
            api.call(request.timeout(WRITE_TIMEOUT))?;
        }
    }
    Ok(pushed)
}
