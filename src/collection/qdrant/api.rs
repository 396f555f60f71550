//! The calls to one collection over Qdrant's REST API.

use std::collections::HashMap;
use std::time::Duration;

use serde_json::{Value, json};

use crate::error::{Error, Kind, Result, one_line};
use crate::http::{Client, Request, Response};
use crate::secret::Secret;

/// Qdrant may be busy with its own optimisation while points come in.
pub(super) const WRITE_TIMEOUT: Duration = Duration::from_mins(2);
/// Largest answer, in bytes.
const MAX_ANSWER: u64 = 64 << 20;
/// Connections that are kept open for simultaneous searches.
const CONNECTIONS: usize = 8;

/// A client for one collection.
#[derive(Debug)]
pub(super) struct Api {
    client: Client,
    collection: String,
    key: Option<Secret>,
}

impl Api {
    pub fn new(url: &str, key: Option<Secret>) -> Result<Self> {
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

    pub fn url(&self, path: &str) -> String {
        format!("{}{path}", self.collection)
    }

    pub fn post(&self, path: &str, body: &Value) -> Request {
        Request::post_json(self.url(path), body)
    }

    /// The `result` of the answer; none if Qdrant answers that the thing is not there.
    pub fn call(&self, request: Request) -> Result<Option<Value>> {
        let request = match &self.key {
            Some(key) => request.header("api-key", key.expose()),
            None => request,
        };
        let answer = self.client.send(&request.limit(MAX_ANSWER));
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

    /// As [`Api::call`], for what must be there.
    pub fn call_existing(&self, request: Request) -> Result<Value> {
        self.call(request)?.ok_or_else(|| not_understood(404))
    }

    /// Makes the collection, or makes sure that it takes vectors with that many `dimensions`.
    pub fn prepare(&self, dimensions: usize) -> Result<()> {
        if let Some(collection) = self.call(Request::get(self.url("")))? {
            let vectors = &collection["config"]["params"]["vectors"];
            if vectors["size"] == dimensions && vectors["distance"] == "Cosine" {
                return Ok(());
            }
            return Err(Error::config(format!(
                "the collection in Qdrant is not made for vectors of {dimensions} components that \
                 are compared by cosine: name one that does not exist yet, which is then made"
            )));
        }
        let body = json!({
            "vectors": {"size": dimensions, "distance": "Cosine", "on_disk": true},
            "quantization_config": {"scalar": {"type": "int8", "always_ram": true}},
            "on_disk_payload": true,
        });
        let request = Request::put_json(self.url(""), &body).timeout(WRITE_TIMEOUT);
        self.call_existing(request).map(drop)
    }

    /// The marks of all points in the collection, by their ids.
    pub fn marks(&self) -> Result<HashMap<String, String>> {
        let mut marks = HashMap::new();
        let mut offset = Value::Null;
        loop {
            let body = json!({
                "limit": 10_000,
                "offset": offset,
                "with_payload": ["mark"],
                "with_vector": false,
            });
            let mut page = self.call_existing(self.post("/points/scroll", &body))?;
            for point in page["points"].as_array().ok_or_else(malformed)? {
                let id = point["id"].as_str();
                let mark = point["payload"]["mark"].as_str();
                // Points without a mark are not from `push`, which removes them.
                let id = id.map_or_else(|| point["id"].to_string(), str::to_owned);
                marks.insert(id, mark.unwrap_or_default().to_owned());
            }
            offset = page["next_page_offset"].take();
            if offset.is_null() {
                return Ok(marks);
            }
        }
    }

    /// Adds points, or replaces those with the same ids.
    pub fn upsert(&self, points: Vec<Value>) -> Result<()> {
        let body = json!({ "points": points });
        let request = Request::put_json(self.url("/points?wait=true"), &body);
        self.call_existing(request.timeout(WRITE_TIMEOUT)).map(drop)
    }
}

/// An answer with an error, in Qdrant's own words if it has any.
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

fn not_understood(status: u16) -> Error {
    let what = "Qdrant's answer is not understood: is this the address of a collection that \
                clip-search index push made?";
    Error::new(
        Kind::Garbled {
            status: Some(status),
        },
        what,
    )
}

/// An answer of status 200 that lacks something.
pub(super) fn malformed() -> Error {
    not_understood(200)
}

#[cfg(test)]
mod tests {
    use super::*;

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
