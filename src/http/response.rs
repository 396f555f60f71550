//! What comes back: an [`Answer`] while it arrives, a [`Response`] when all of it is there.

use std::io::{BufRead, BufReader, Read};
use std::marker::PhantomData;
use std::time::{Duration, SystemTime};

use serde::de::DeserializeSeed;
use serde_json::Value;

use super::failure::read_error;
use crate::error::{Error, Kind, Result};

/// Status and headers of an answer.
#[derive(Debug)]
pub struct Head {
    /// HTTP status code.
    pub status: u16,
    /// Those that are text, with names in lower case.
    pub(super) headers: Vec<(String, String)>,
}

impl Head {
    /// The first value of the header `name` that is text; `name` is in lower case.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.header_values(name).next()
    }

    /// All values of the header `name` that are text; `name` is in lower case.
    pub fn header_values<'a>(&'a self, name: &str) -> impl Iterator<Item = &'a str> {
        self.headers
            .iter()
            .filter(move |(header, _)| header == name)
            .map(|(_, value)| value.as_str())
    }

    /// The `Retry-After` header where it is a number of seconds.
    #[must_use]
    pub fn retry_after(&self) -> Option<Duration> {
        let seconds: f64 = self.header("retry-after")?.trim().parse().ok()?;
        Duration::try_from_secs_f64(seconds).ok()
    }

    /// The `Date` header in the one form that is still in use: `Sun, 06 Nov 1994 08:49:37 GMT`.
    #[must_use]
    pub fn date(&self) -> Option<SystemTime> {
        const MONTHS: [&str; 12] = [
            "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
        ];
        let words: Vec<&str> = self.header("date")?.split_whitespace().collect();
        let [_, day, month, year, time, "GMT"] = words[..] else {
            return None;
        };
        let month = MONTHS.iter().position(|name| *name == month)? + 1;
        humantime::parse_rfc3339(&format!("{year}-{month:02}-{day}T{time}Z")).ok()
    }

    /// Whether the content type is HTML.
    #[must_use]
    pub fn is_html(&self) -> bool {
        self.header("content-type")
            .is_some_and(|kind| kind.to_ascii_lowercase().contains("html"))
    }
}

/// A complete answer, whatever its status.
#[derive(Debug)]
pub struct Response {
    /// Status and headers.
    pub head: Head,
    /// The body, at most as long as the request's limit.
    pub body: Vec<u8>,
}

impl Response {
    /// The body as JSON.
    ///
    /// # Errors
    /// [`Kind::Garbled`] when the body is not JSON, or does not fit.
    pub fn json(&self) -> Result<Value> {
        self.json_by(PhantomData)
    }

    /// The body, which is JSON, deserialised by `seed`.
    ///
    /// # Errors
    /// [`Kind::Garbled`] when the body is not JSON, or does not fit.
    pub fn json_by<'a, S: DeserializeSeed<'a>>(&'a self, seed: S) -> Result<S::Value> {
        let status = self.head.status;
        let mut reader = serde_json::Deserializer::from_slice(&self.body);
        let found = seed.deserialize(&mut reader);
        let whole = found.and_then(|found| reader.end().map(|()| found));
        whole.map_err(|cause| {
            let what = if self.head.is_html() {
                "an HTML page"
            } else {
                "something"
            };
            let context = format!("{what} instead of JSON came with status {status}");
            Error::new(
                Kind::Garbled {
                    status: Some(status),
                },
                context,
            )
            .because(cause)
        })
    }
}

/// An answer whose body is still arriving.
pub struct Answer {
    /// Status and headers.
    pub head: Head,
    pub(super) body: Box<dyn Read + Send>,
    pub(super) limit: u64,
}

impl Answer {
    /// The body as it arrives; reading fails at the request's timeout or limit with an error that
    /// [`read_error`] translates.
    #[must_use]
    pub fn into_body(self) -> impl BufRead + Send + use<> {
        BufReader::new(self.body)
    }

    /// Reads the whole body.
    ///
    /// # Errors
    /// [`Kind::Lost`] when the connection breaks or the time is over, [`Kind::TooLarge`].
    pub fn read(self) -> Result<Response> {
        let mut body = Vec::new();
        let head = self.read_into(&mut body)?;
        Ok(Response { head, body })
    }

    /// Appends the whole body to `bytes`; nothing stays appended after an error.
    ///
    /// # Errors
    /// As [`Answer::read`]. What is announced as too large is not read.
    pub fn read_into(mut self, bytes: &mut Vec<u8>) -> Result<Head> {
        let too_large = || {
            let context = format!("the answer is larger than {} bytes", self.limit);
            Err(Error::new(Kind::TooLarge, context))
        };
        let announced = self.head.header("content-length");
        let announced = announced.and_then(|length| length.trim().parse::<u64>().ok());
        if announced.is_some_and(|length| length > self.limit) {
            return too_large();
        }
        let before = bytes.len();
        // One byte more than allowed tells "too large" from "exactly as large as allowed".
        let mut body = self.body.by_ref().take(self.limit + 1);
        let read = body.read_to_end(bytes).map_err(read_error);
        if let Err(error) = read {
            bytes.truncate(before);
            return Err(error);
        }
        if (bytes.len() - before) as u64 > self.limit {
            bytes.truncate(before);
            return too_large();
        }
        Ok(self.head)
    }
}

#[cfg(test)]
mod tests {
    use std::time::UNIX_EPOCH;

    use super::*;

    #[test]
    fn the_date_is_read_or_none() {
        let date = |text: &str| {
            let headers = vec![("date".to_owned(), text.to_owned())];
            let head = Head {
                status: 200,
                headers,
            };
            head.date()
        };
        let known = UNIX_EPOCH + Duration::from_secs(784_111_777);
        assert_eq!(date("Sun, 06 Nov 1994 08:49:37 GMT"), Some(known));
        for odd in [
            "",
            "Sunday, 06-Nov-94 08:49:37 GMT",
            "Sun, 06 Nov 1994 08:49:37 CET",
            "Sun, 66 Nov 1994 08:49:37 GMT",
            "Sun, ж Nov 1994 08:49:37 GMT",
        ] {
            assert_eq!(date(odd), None, "{odd}");
        }
    }
}
