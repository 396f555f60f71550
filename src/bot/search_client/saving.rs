//! What the client of the endpoint does beside searching: it saves pictures there, and has them forgotten.

use std::hash::{BuildHasher, RandomState};

use serde_json::{Value, json};

use super::{MAX_ANSWER_BYTES, SearchClient, failure_of, no_answer};
use crate::bot::saving::NewPicture;
use crate::http;
use crate::search::{Failure, Reason};

impl SearchClient {
    /// Whether the endpoint saves pictures, as its `/health` says; none where that is not a page of ours.
    ///
    /// # Errors
    /// As [`SearchClient::search`], where the endpoint does not answer.
    pub fn can_save(&self) -> Result<Option<bool>, Failure> {
        let health = self.health()?;
        let can = health.get("can").and_then(Value::as_array);
        let saves = can.is_some_and(|can| can.iter().any(|one| one == "save"));
        Ok(health.get("engine").map(|_| saves))
    }

    /// Saves the picture in `bytes` in `collection`, and returns whether it was not there before. Once
    /// that returns, it is on the endpoint's disk.
    ///
    /// # Errors
    /// As [`SearchClient::search`].
    pub fn save(
        &self,
        collection: &str,
        picture: &NewPicture,
        media_type: &str,
        bytes: &[u8],
    ) -> Result<bool, Failure> {
        let mut about = json!({
            "collection": collection,
            "key": picture.key,
            "taken": picture.date,
            "file_id": picture.sent,
        });
        let by = picture.by.map(|by| by.to_string());
        let texts = [
            // What is posted again without words keeps those that it had.
            ("caption", Some(picture.caption.clone())),
            ("link", Some(picture.link.clone())),
            ("by", by),
        ];
        for (name, text) in texts {
            if let Some(text) = text.filter(|text| !text.is_empty()) {
                about[name] = text.into();
            }
        }
        let boundary = format!("clip-bot-{:016x}", RandomState::new().hash_one(bytes.len()));
        let head = format!(
            "--{boundary}\r\ncontent-disposition: form-data; name=\"about\"\r\n\
             content-type: application/json\r\n\r\n{about}\r\n\
             --{boundary}\r\ncontent-disposition: form-data; name=\"picture\"; filename=\"picture\"\r\n\
             content-type: {media_type}\r\n\r\n"
        );
        let tail = format!("\r\n--{boundary}--\r\n");
        let body = [head.as_bytes(), bytes, tail.as_bytes()].concat();
        let kind = format!("multipart/form-data; boundary={boundary}");
        let answer = self.done(http::Request::post(self.place("/pictures"), &kind, body))?;
        // What stands between us and the endpoint may answer 200, too, and save nothing.
        said(&answer, "id")?.as_str().ok_or_else(garbled)?;
        Ok(answer.head.status == 201)
    }

    /// Has the picture with this key forgotten, or all of `collection`, and returns how many there were.
    ///
    /// # Errors
    /// As [`SearchClient::search`].
    pub fn forget(&self, collection: &str, key: Option<&str>) -> Result<usize, Failure> {
        let mut request =
            http::Request::delete(self.place("/pictures")).query("collection", collection);
        if let Some(key) = key {
            request = request.query("key", key);
        }
        self.forgotten(request)
    }

    /// Has the picture with this key forgotten, if `by` posted it, where that is said, and returns how many
    /// there were.
    ///
    /// # Errors
    /// As [`SearchClient::search`].
    pub fn forget_of(
        &self,
        collection: &str,
        key: &str,
        by: Option<i64>,
    ) -> Result<usize, Failure> {
        let mut request = http::Request::delete(self.place("/pictures"))
            .query("collection", collection)
            .query("key", key);
        if let Some(by) = by {
            request = request.query("by", &by.to_string());
        }
        self.forgotten(request)
    }

    /// The picture with this key has this caption from now on, if it is there.
    ///
    /// # Errors
    /// As [`SearchClient::search`].
    pub fn change_caption(
        &self,
        collection: &str,
        key: &str,
        caption: &str,
    ) -> Result<(), Failure> {
        let about = json!({ "caption": caption });
        let request = http::Request::patch_json(self.place("/pictures"), &about)
            .query("collection", collection)
            .query("key", key);
        match self.done(request) {
            Err(failure) if failure.reason == Reason::NotFound => Ok(()),
            answer => answer.map(drop),
        }
    }

    fn forgotten(&self, request: http::Request) -> Result<usize, Failure> {
        let answer = match self.done(request) {
            Err(failure) if failure.reason == Reason::NotFound => return Ok(0),
            answer => answer?,
        };
        let count = said(&answer, "forgotten")?.as_u64().ok_or_else(garbled)?;
        Ok(usize::try_from(count).unwrap_or(usize::MAX))
    }

    fn done(&self, request: http::Request) -> Result<http::Response, Failure> {
        let request = request.timeout(self.timeout).limit(MAX_ANSWER_BYTES);
        let start = std::time::Instant::now();
        let answer = self
            .http
            .send(&self.auth.add_to(request)?)
            .map_err(|error| no_answer(&error, start.elapsed() < self.timeout))?;
        match answer.head.status {
            200 | 201 => Ok(answer),
            _ => Err(failure_of(&answer)),
        }
    }
}

/// What the answer says under `name`.
fn said(answer: &http::Response, name: &str) -> Result<Value, Failure> {
    let body = answer.json().ok();
    let value = body.and_then(|mut body: Value| body.get_mut(name).map(Value::take));
    value.ok_or_else(garbled)
}

fn garbled() -> Failure {
    Failure::new(
        Reason::Garbled,
        "the answer is not one of an endpoint that saves",
    )
}
