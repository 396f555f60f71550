//! Vectors in a collection of Qdrant, where they are too many for this machine.
//!
//! Over its REST API. A point's id is a UUID made from the record's id, its payload is the record
//! and the name of the encoder. Qdrant keeps signed bytes in memory and vectors on disk, and ranks
//! what it finds by the latter, as our own index does; but it searches approximately. Of copies of
//! a file one is shown, and pictures that are merely alike are not folded: that would need their
//! vectors.

use std::collections::{HashMap, HashSet};
use std::ffi::OsString;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use serde_json::{Map, Value, json};

use crate::collection::index::Index;
use crate::collection::{Found, Place, Record, VectorStore};
use crate::digest::{Digest, sha256};
use crate::error::{Error, Kind, Result, one_line};
use crate::http::{Client, Request, Response};
use crate::secret::Secret;
use crate::shutdown::Shutdown;

const SEARCH_TIMEOUT: Duration = Duration::from_secs(20);
/// Qdrant may be busy with its own order while points come in.
const WRITE_TIMEOUT: Duration = Duration::from_mins(2);
/// Points in one request.
const BATCH: usize = 256;
/// Largest answer.
const LIMIT: u64 = 64 << 20;
/// Connections kept for searches at the same time.
const CONNECTIONS: usize = 8;

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
        let count = api.call(api.post("/points/count", &json!({"exact": true})))?;
        let count = count.and_then(|count| count["count"].as_u64());
        count
            .and_then(|count| usize::try_from(count).ok())
            .ok_or_else(not_understood)
    }

    fn search(&self, vector: &[f32], want: usize, at_least: f32) -> Result<Vec<Found>> {
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
            let answer = api.call(api.post("/points/query", &body).timeout(SEARCH_TIMEOUT))?;
            let points = answer
                .as_ref()
                .and_then(|answer| answer["points"].as_array());
            let points = points.ok_or_else(not_understood)?;
            let mut seen = HashSet::new();
            let mut found = Vec::new();
            for point in points {
                let hit = found_of(point).ok_or_else(not_understood)?;
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
        let record = point.map(|point| record_of(&point["payload"]).ok_or_else(not_understood));
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
        if batch.len() == BATCH {
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
        for batch in gone.chunks(BATCH) {
            let body = json!({ "points": batch });
            let request = api.post("/points/delete?wait=true", &body);
            api.call(request.timeout(WRITE_TIMEOUT))?;
        }
    }
    Ok(pushed)
}

/// The calls to one collection.
#[derive(Debug)]
struct Api {
    client: Client,
    collection: String,
    key: Option<Secret>,
}

impl Api {
    fn new(url: &str, key: Option<Secret>) -> Result<Self> {
        let url = url.trim_end_matches('/');
        let is_collection = url.rsplit_once('/').is_some_and(|(before, name)| {
            before.ends_with("/collections") && before.contains("://") && !name.is_empty()
        });
        if !is_collection {
            return Err(Error::config(
                "the address of a collection in Qdrant is like \
                 http://127.0.0.1:6333/collections/pictures",
            ));
        }
        Ok(Self {
            client: Client::new(CONNECTIONS),
            collection: url.to_owned(),
            key,
        })
    }

    fn url(&self, path: &str) -> String {
        format!("{}{path}", self.collection)
    }

    fn post(&self, path: &str, body: &Value) -> Request {
        Request::post_json(self.url(path), body)
    }

    /// The `result` of the answer; none for what is not there.
    fn call(&self, request: Request) -> Result<Option<Value>> {
        let request = match &self.key {
            Some(key) => request.header("api-key", key.expose()),
            None => request,
        };
        let answer = self.client.send(&request.limit(LIMIT));
        let answer = answer.map_err(|error| error.context("failed to ask Qdrant"))?;
        match answer.head.status {
            200 => Ok(Some(answer.json()?["result"].take())),
            404 => Ok(None),
            401 | 403 => Err(Error::new(
                Kind::Refused,
                "Qdrant does not accept the key: set CLIP_SEARCH_QDRANT_KEY_FILE",
            )),
            status => Err(refusal(status, &answer)),
        }
    }

    /// Makes the collection, or makes sure that it takes vectors of ours.
    fn prepare(&self, dimensions: usize) -> Result<()> {
        if let Some(collection) = self.call(Request::get(self.url("")))? {
            let vectors = &collection["config"]["params"]["vectors"];
            if vectors["size"] == dimensions && vectors["distance"] == "Cosine" {
                return Ok(());
            }
            return Err(Error::config(format!(
                "the collection in Qdrant is not one of vectors with {dimensions} components to be \
                 compared by cosine: name another one, which is made then"
            )));
        }
        let body = json!({
            "vectors": {"size": dimensions, "distance": "Cosine", "on_disk": true},
            "quantization_config": {"scalar": {"type": "int8", "always_ram": true}},
            "on_disk_payload": true,
        });
        let request = Request::put_json(self.url(""), &body).timeout(WRITE_TIMEOUT);
        self.call(request)?.map(drop).ok_or_else(not_understood)
    }

    /// The marks of all points there are, by their ids.
    fn marks(&self) -> Result<HashMap<String, String>> {
        let mut marks = HashMap::new();
        let mut offset = Value::Null;
        loop {
            let body = json!({
                "limit": 10_000,
                "offset": offset,
                "with_payload": ["mark"],
                "with_vector": false,
            });
            let page = self.call(self.post("/points/scroll", &body))?;
            let mut page = page.ok_or_else(not_understood)?;
            for point in page["points"].as_array().ok_or_else(not_understood)? {
                let id = point["id"].as_str();
                let mark = point["payload"]["mark"].as_str();
                // What is not ours in a collection of ours is removed.
                let id = id.map_or_else(|| point["id"].to_string(), str::to_owned);
                marks.insert(id, mark.unwrap_or_default().to_owned());
            }
            offset = page["next_page_offset"].take();
            if offset.is_null() {
                return Ok(marks);
            }
        }
    }

    fn upsert(&self, points: Vec<Value>) -> Result<()> {
        let body = json!({ "points": points });
        let request = Request::put_json(self.url("/points?wait=true"), &body);
        let done = self.call(request.timeout(WRITE_TIMEOUT))?;
        done.map(drop).ok_or_else(not_understood)
    }
}

/// In Qdrant's own words, if it has any.
fn refusal(status: u16, answer: &Response) -> Error {
    let body = answer.json().unwrap_or_default();
    let words = body["status"]["error"].as_str().unwrap_or_default();
    let words: String = one_line(words).chars().take(300).collect();
    let what = format!("Qdrant answered with status {status}: {words}");
    Error::new(
        Kind::Garbled {
            status: Some(status),
        },
        what,
    )
}

fn not_understood() -> Error {
    let what = "Qdrant's answer is not understood: is it the address of a collection of ours?";
    Error::new(Kind::Garbled { status: None }, what)
}

/// A UUID (version 8: made as one likes) that always is the same for `id`.
fn uuid(id: &str) -> String {
    let digest = sha256(id.as_bytes()).to_string();
    let (a, b, c, d) = (
        &digest[..8],
        &digest[8..12],
        &digest[13..16],
        &digest[17..20],
    );
    format!("{a}-{b}-8{c}-8{d}-{}", &digest[20..32])
}

/// A record as a point's payload, with a mark that changes when anything of it does.
fn payload_of(record: &Record, encoder: &str) -> (String, Value) {
    let mut payload = json!({
        "encoder": encoder,
        "id": record.id,
        "caption": record.caption,
        "width": record.width,
        "height": record.height,
        "bytes": record.bytes,
        "digest": record.digest.to_string(),
    });
    let since = record
        .modified
        .map(|time| time.duration_since(SystemTime::UNIX_EPOCH));
    if let Some(Ok(since)) = since {
        payload["modified"] = json!([since.as_secs(), since.subsec_nanos()]);
    }
    match &record.place {
        Place::File { root, path } => {
            payload["root"] = path_as_json(root);
            payload["path"] = path_as_json(path);
        }
        Place::Url { list, url } => {
            payload["list"] = path_as_json(list);
            payload["url"] = json!(url);
        }
    }
    let mark = sha256(payload.to_string().as_bytes()).to_string();
    let mark = mark[..16].to_owned();
    payload["mark"] = json!(mark);
    (mark, payload)
}

fn found_of(point: &Value) -> Option<Found> {
    #[expect(
        clippy::cast_possible_truncation,
        reason = "it was made from such a number"
    )]
    let score = point["score"].as_f64()? as f32;
    let record = record_of(&point["payload"])?;
    Some(Found { record, score })
}

fn record_of(payload: &Value) -> Option<Record> {
    let payload: &Map<String, Value> = payload.as_object()?;
    let text = |name: &str| Some(payload.get(name)?.as_str()?.to_owned());
    let number = |name: &str| payload.get(name)?.as_u64();
    let small = |name: &str| u32::try_from(number(name)?).ok();
    let path = |name: &str| path_of(payload.get(name)?);
    let place = match payload.get("url") {
        Some(_) => Place::Url {
            list: path("list")?,
            url: text("url")?,
        },
        None => Place::File {
            root: path("root")?,
            path: path("path")?,
        },
    };
    let modified = payload.get("modified").and_then(|modified| {
        let nanos = u32::try_from(modified[1].as_u64()?).ok()?;
        let since = Duration::from_secs(modified[0].as_u64()?);
        let since = since.checked_add(Duration::from_nanos(nanos.into()))?;
        SystemTime::UNIX_EPOCH.checked_add(since)
    });
    Some(Record {
        id: text("id")?,
        place,
        caption: text("caption")?,
        width: small("width")?,
        height: small("height")?,
        bytes: number("bytes")?,
        modified,
        digest: digest_of(&text("digest")?)?,
    })
}

/// Text, or bytes where it is none.
fn path_as_json(path: &Path) -> Value {
    match path.to_str() {
        Some(text) => json!(text),
        None => json!(path.as_os_str().as_bytes()),
    }
}

fn path_of(value: &Value) -> Option<PathBuf> {
    if let Some(text) = value.as_str() {
        return Some(text.into());
    }
    let bytes = value.as_array()?.iter();
    let bytes = bytes.map(|byte| u8::try_from(byte.as_u64()?).ok());
    Some(OsString::from_vec(bytes.collect::<Option<_>>()?).into())
}

fn digest_of(text: &str) -> Option<Digest> {
    let (pairs, rest) = text.as_bytes().as_chunks::<2>();
    let mut bytes = [0; 32];
    if pairs.len() != bytes.len() || !rest.is_empty() {
        return None;
    }
    for (byte, pair) in bytes.iter_mut().zip(pairs) {
        *byte = u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()?;
    }
    Some(Digest(bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_payload_is_the_record_again() {
        let files = [&b"plain.png"[..], b"new\nline.png", b"\xff.png"];
        let files = files.map(|name| Place::File {
            root: "/pictures".into(),
            path: OsString::from_vec(name.to_vec()).into(),
        });
        let url = Place::Url {
            list: "/list.tsv".into(),
            url: "https://example.org/a.png".to_owned(),
        };
        let mut marks = HashSet::new();
        for (number, place) in (0..).zip(files.into_iter().chain([url])) {
            let record = Record {
                id: format!("0123456789abcdef-0000000{number}"),
                place,
                caption: "a “caption”".to_owned(),
                width: 3,
                height: u32::MAX,
                bytes: u64::MAX,
                modified: (number > 0).then(|| SystemTime::UNIX_EPOCH + Duration::new(7, number)),
                digest: sha256(b"it"),
            };
            let (mark, payload) = payload_of(&record, "a model");
            assert!(marks.insert(mark.clone()));
            assert_eq!(payload["mark"], mark);
            let sent: Value = serde_json::from_str(&payload.to_string()).expect("JSON");
            assert_eq!(record_of(&sent), Some(record));
            for name in ["id", "digest", "width", "caption", "bytes"] {
                let mut cut = sent.clone();
                cut[name] = Value::Null;
                assert_eq!(record_of(&cut), None, "{name}");
            }
        }
        assert_eq!(record_of(&Value::Null), None);
    }

    #[test]
    fn ids_become_uuids() {
        let ids = ["0123456789abcdef", "0123456789abcdef-00000001", ""];
        let uuids: HashSet<String> = ids.iter().map(|id| uuid(id)).collect();
        assert_eq!(uuids.len(), ids.len());
        for uuid in uuids {
            let lengths: Vec<usize> = uuid.split('-').map(str::len).collect();
            assert_eq!(lengths, [8, 4, 4, 4, 12], "{uuid}");
        }
    }

    #[test]
    fn only_addresses_of_collections_are_taken() {
        for url in [
            "http://127.0.0.1:6333",
            "http://127.0.0.1:6333/collections/",
            "pictures",
            "",
        ] {
            assert!(Api::new(url, None).is_err(), "{url}");
        }
        assert!(Api::new("http://127.0.0.1:6333/collections/pictures/", None).is_ok());
    }
}
