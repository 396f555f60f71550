//! What the client of the endpoint does beside searching: it saves pictures there, and has them forgotten.

use std::hash::{BuildHasher, RandomState};

use serde_json::{Value, json};

use super::{MAX_ANSWER_BYTES, SearchClient, failure_of, no_answer};
use crate::bot::saving::NewPicture;
use crate::http;
use crate::search::{Failure, Reason, bot_and_file};

/// What stands before the id of a file that was not sent as a photo.
pub const FILE: &str = "file:";

impl SearchClient {
    /// What is saved as the `file_id` of `picture`: an id is worth something to the bot that got it alone.
    fn own_file_id(&self, picture: &NewPicture) -> String {
        let kind = if picture.is_file { FILE } else { "" };
        format!("{}:{kind}{}", self.bot, picture.sent)
    }

    /// The `file_id` in `saved`, if this bot got it; what was saved before that was noted is taken for its own.
    pub(super) fn usable_file_id(&self, saved: &str) -> Option<String> {
        match bot_and_file(saved) {
            Some((bot, file_id)) => {
                let is_ours = bot == self.bot && !file_id.is_empty();
                is_ours.then(|| file_id.to_owned())
            }
            None => Some(saved.to_owned()),
        }
    }

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

    /// Telegram's name of the size of `picture` that is to be fetched and saved: the largest where files are
    /// kept, else one that is large enough to be understood.
    #[must_use]
    pub fn saved_size<'a>(&self, picture: &'a NewPicture) -> &'a str {
        if self.keep_files {
            &picture.sent
        } else {
            &picture.fetched
        }
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
            "file_id": self.own_file_id(picture),
            "keep": self.keep_files,
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{BotConfig, Environment};

    #[test]
    fn a_file_id_is_of_use_to_the_bot_that_got_it_alone() {
        let variables = [
            ("CLIP_BOT_TOKEN", "42:secret"),
            ("CLIP_BOT_SEARCH_URL", "http://h"),
        ];
        let environment = Environment {
            variables: variables.map(|(n, v)| (n.to_owned(), v.to_owned())).into(),
            read: |_| Err(std::io::ErrorKind::NotFound.into()),
            is_open: |_| false,
        };
        let config = BotConfig::from_environment(&environment).expect("good settings");
        let client = SearchClient::new(&config, 1);
        let picture = |is_file| NewPicture {
            sent: "AgAC-x".to_owned(),
            is_file,
            ..NewPicture::default()
        };
        let saved = client.own_file_id(&picture(false));
        assert_eq!(saved, "42:AgAC-x");
        let usable = |id: &str| client.usable_file_id(id);
        assert_eq!(usable(&saved).as_deref(), Some("AgAC-x"));
        let of_file = client.own_file_id(&picture(true));
        assert_eq!(usable(&of_file).as_deref(), Some("file:AgAC-x"));
        assert_eq!(usable("AgAC-old").as_deref(), Some("AgAC-old"));
        for of_others in ["43:AgAC-x", "4:AgAC-x", "42:", "420:file:AgAC-x"] {
            assert_eq!(usable(of_others), None, "{of_others}");
        }
    }
}
