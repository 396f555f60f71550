//! A collection in Qdrant, a vector database, for more pictures than this machine can hold.
//!
//! It is used over its REST API. Each picture is a point: the point's id is a UUID made from the
//! record's id, and its payload is the record and the name of the encoder. Qdrant keeps quantised
//! vectors in memory and whole ones on disk, and ranks its results by the latter, as our own index
//! does; but its search is approximate. Of several copies of a file only one is returned. Other
//! near-duplicates are not left out: that would need their vectors.

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

/// A collection in Qdrant whose points are pictures.
#[derive(Debug)]
pub struct Qdrant {
    api: Api,
    encoder: String,
}

/// What [`push`] did.
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
    /// [`push`] filled.
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
        let api = &self.api;
        let path = format!("/points/{}", uuid(id));
        let point = api.call(Request::get(api.url(&path)))?;
        let record = point.map(|point| record_of(&point["payload"]).ok_or_else(malformed));
        // Another id could have the same UUID, however unlikely.
        Ok(record.transpose()?.filter(|record| record.id == id))
    }
}

/// Makes the collection at `url` hold the same pictures as `index`. Only differences are sent, so
/// an interrupted run can simply be repeated. `say` receives lines about the progress.
///
/// # Errors
/// Qdrant cannot be reached, the collection is made for other vectors, or the index is damaged.
pub fn push(
    index: &Index,
    url: &str,
    key: Option<Secret>,
    shutdown: &Shutdown,
    mut say: impl FnMut(&str),
) -> Result<PushSummary> {
    let api = Api::new(url, key)?;
    api.prepare(index.dimensions())?;
    let mut there = api.marks()?;
    let mut pushed = PushSummary::default();
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
