//! The calls to one collection over Qdrant's REST API.

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use serde_json::{Value, json};

use super::payload::{record_of, uuid};
use crate::collection::Record;
use crate::error::{Error, Kind, Result, one_line};
use crate::http::{Client, Request, Response};
use crate::secret::Secret;

/// Qdrant may be busy with its own optimisation while points come in.
const WRITE_TIMEOUT: Duration = Duration::from_mins(2);
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
            200 => Ok(Some(take(&mut answer.json()?, "result"))),
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

    /// Whether there is the collection.
    ///
    /// # Errors
    /// It does not take vectors with that many `dimensions`.
    pub fn exists(&self, dimensions: usize) -> Result<bool> {
        let Some(collection) = self.call(Request::get(self.url("")))? else {
            return Ok(false);
        };
        let vectors = &collection["config"]["params"]["vectors"];
        if vectors["size"] == dimensions && vectors["distance"] == "Cosine" {
            return Ok(true);
        }
        Err(Error::config(format!(
            "the collection in Qdrant is not made for vectors of {dimensions} components that \
             are compared by cosine: name one that does not exist yet, which is then made"
        )))
    }

    /// Makes the collection.
    pub fn create(&self, dimensions: usize) -> Result<()> {
        let body = json!({
            "vectors": {"size": dimensions, "distance": "Cosine", "on_disk": true},
            "quantization_config": {"scalar": {"type": "int8", "always_ram": true}},
            "on_disk_payload": true,
        });
        let request = Request::put_json(self.url(""), &body).timeout(WRITE_TIMEOUT);
        self.call_existing(request).map(drop)
    }

    /// The marks of all points in the collection, by their ids.
    ///
    /// # Errors
    /// There are points that no push wrote.
    pub fn marks(&self) -> Result<HashMap<String, String>> {
        let mut marks = HashMap::new();
        let mut foreign = Foreign::default();
        let mut offset = Value::Null;
        let mut seen = HashSet::new();
        loop {
            let body = json!({
                "limit": 10_000,
                "offset": offset,
                "with_payload": ["id", "mark"],
                "with_vector": false,
            });
            let mut page = self.call_existing(self.post("/points/scroll", &body))?;
            for point in page["points"].as_array().ok_or_else(malformed)? {
                match mark_of(point) {
                    Some((id, mark)) => drop(marks.insert(id, mark)),
                    None => foreign.add(&point["id"]),
                }
            }
            offset = take(&mut page, "next_page_offset");
            if offset.is_null() {
                break;
            }
            // Or it would go round for ever.
            if !seen.insert(offset.to_string()) {
                return Err(malformed());
            }
        }
        foreign.refuse()?;
        Ok(marks)
    }

    /// The picture that the point with that `id` stands for; none if there is no such point.
    pub fn point(&self, id: &str) -> Result<Option<Record>> {
        let path = format!("/points/{id}");
        let point = self.call(Request::get(self.url(&path)))?;
        let record = point.map(|point| record_of(&point["payload"]).ok_or_else(malformed));
        record.transpose()
    }

    /// Removes the points with these `ids`.
    pub fn delete(&self, ids: &[String]) -> Result<()> {
        let body = json!({ "points": ids });
        let request = self.post("/points/delete?wait=true", &body);
        self.call_existing(request.timeout(WRITE_TIMEOUT)).map(drop)
    }

    /// Adds points, or replaces those with the same ids.
    pub fn upsert(&self, points: Vec<Value>) -> Result<()> {
        let body = json!({ "points": points });
        let request = Request::put_json(self.url("/points?wait=true"), &body);
        self.call_existing(request.timeout(WRITE_TIMEOUT)).map(drop)
    }
}

/// Id and mark of a point that a push wrote; none if somebody else did.
pub(super) fn mark_of(point: &Value) -> Option<(String, String)> {
    let (id, payload) = (point["id"].as_str()?, &point["payload"]);
    let mark = payload["mark"].as_str()?;
    (uuid(payload["id"].as_str()?) == id).then(|| (id.to_owned(), mark.to_owned()))
}

/// Points that no push wrote.
#[derive(Debug, Default)]
struct Foreign {
    points: usize,
    /// Some of their ids, as JSON.
    ids: Vec<String>,
}

impl Foreign {
    fn add(&mut self, id: &Value) {
        self.points += 1;
        if self.ids.len() < 3 {
            self.ids.push(one_line(&id.to_string()));
        }
    }

    fn refuse(&self) -> Result<()> {
        if self.points == 0 {
            return Ok(());
        }
        Err(Error::config(format!(
            "the collection in Qdrant holds points that clip-search did not write ({}, such as {}), and \
             nothing was changed: name a collection that does not exist yet, which is then made",
            self.points,
            self.ids.join(", ")
        )))
    }
}

/// The value of `name` in `answer`, which is null if there is none or `answer` is no object.
fn take(answer: &mut Value, name: &str) -> Value {
    answer.get_mut(name).map(Value::take).unwrap_or_default()
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
    fn an_answer_of_another_form_has_no_result() {
        for mut answer in [json!(1), json!([1]), json!("x"), json!(null), json!({})] {
            assert_eq!(take(&mut answer, "result"), Value::Null);
        }
        assert_eq!(take(&mut json!({"result": 7}), "result"), json!(7));
    }

    #[test]
    fn only_points_with_our_mark_are_ours() {
        let id = uuid("0123456789abcdef");
        let ours = json!({"id": id, "payload": {"id": "0123456789abcdef", "mark": "a mark"}});
        assert_eq!(mark_of(&ours), Some((id.clone(), "a mark".to_owned())));
        for foreign in [
            json!({"id": 7, "payload": {"id": "0123456789abcdef", "mark": "a mark"}}),
            json!({"id": "7", "payload": {"id": "0123456789abcdef", "mark": "a mark"}}),
            json!({"id": id, "payload": {"id": "another", "mark": "a mark"}}),
            json!({"id": id, "payload": {"id": "0123456789abcdef"}}),
            json!({"id": id, "payload": {"mark": "a mark"}}),
            json!({"id": id, "payload": null}),
            json!({"id": id}),
            json!(null),
        ] {
            assert_eq!(mark_of(&foreign), None, "{foreign}");
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
