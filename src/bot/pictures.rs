//! Fetches pictures that Telegram cannot fetch itself, without being led astray by an address.
//!
//! Private addresses are connected to only at the search endpoint's own host and port, link-local
//! and cloud metadata addresses never; each is checked after name resolution, and at each of at
//! most three redirects. What comes must be a picture of at most 50 MB.

use std::time::Duration;

use crate::error::{Error, Kind, Result};
use crate::http;
use crate::http::{Allowed, Bytes, Place};
use crate::media::picture_type;
use crate::secret::Secret;

/// Most that Telegram accepts as an uploaded photo.
pub const MAX_BYTES: u64 = 10_000_000;
/// Most that Telegram accepts as an uploaded file.
pub const MAX_FILE_BYTES: u64 = 50_000_000;
const TIMEOUT: Duration = Duration::from_secs(30);

/// A picture file.
#[derive(Debug, Clone, PartialEq)]
pub struct PictureFile {
    /// The file.
    pub bytes: Bytes,
    /// What is in it.
    pub form: PictureForm,
}

/// What a picture file holds, by its first bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PictureForm {
    /// Media type by content, whatever the server called it.
    pub media_type: &'static str,
    /// Usual ending of such a file's name.
    pub extension: &'static str,
    /// Whether Telegram shows it as a photo: still, width + height at most 10,000, neither side
    /// more than 20 times the other. Else it can be sent as a document.
    pub fits_as_photo: bool,
}

/// Fetches pictures.
#[derive(Debug)]
pub struct Fetcher {
    client: http::Client,
    own: Option<Own>,
}

/// How the endpoint's own pictures are fetched: those that are saved are shown with its token alone. No
/// redirect is followed, which would carry the token along.
#[derive(Debug)]
struct Own {
    /// What their addresses begin with.
    start: String,
    token: Secret,
    client: http::Client,
}

impl Fetcher {
    /// A fetcher for the hits of the search endpoint at `endpoint`.
    #[must_use]
    pub fn new(endpoint: &str) -> Self {
        let allowed = Allowed::PublicOr(Place::of(endpoint));
        Self {
            client: http::Client::for_downloads(allowed),
            own: None,
        }
    }

    /// The same, which shows `token` to the endpoint whose searches are at `endpoint`, and to nobody else.
    #[must_use]
    pub fn with_token(self, endpoint: &str, token: Secret) -> Self {
        let base = endpoint.strip_suffix("/search").unwrap_or(endpoint);
        let own = Own {
            start: format!("{base}/images/"),
            token,
            client: http::Client::new(1),
        };
        Self {
            own: Some(own),
            ..self
        }
    }

    /// Downloads the picture at `url` and appends it to `bytes`, unless it is larger than
    /// `limit`; nothing stays appended after an error.
    ///
    /// # Errors
    /// Those of [`http::Client::send`]; [`Kind::Garbled`] for another status than 200;
    /// [`Kind::Unusable`] when what comes is no picture.
    pub fn fetch(&self, url: &str, bytes: &mut Vec<u8>, limit: u64) -> Result<PictureForm> {
        let request = http::Request::get(url).timeout(TIMEOUT).limit(limit);
        let own = self.own.as_ref();
        let answer = match own.filter(|own| url.starts_with(&own.start)) {
            Some(own) => {
                let token = format!("Bearer {}", own.token.expose());
                own.client.open(&request.header("authorization", token))?
            }
            None => self.client.open(&request)?,
        };
        let status = answer.head.status;
        if status != 200 {
            let context = format!("the picture's server answered with status {status}");
            return Err(Error::new(
                Kind::Garbled {
                    status: Some(status),
                },
                context,
            ));
        }
        let before = bytes.len();
        answer.read_into(bytes)?;
        let form = PictureForm::of(&bytes[before..]);
        form.inspect_err(|_| bytes.truncate(before))
    }
}

impl PictureForm {
    /// Takes `bytes` as a picture.
    ///
    /// # Errors
    /// [`Kind::Unusable`] when they are no JPEG, PNG, WebP or GIF.
    pub fn of(bytes: &[u8]) -> Result<Self> {
        let Some((media_type, extension)) = picture_type(bytes) else {
            let context = "what came is not a JPEG, PNG, WebP or GIF picture";
            return Err(Error::new(Kind::Unusable, context));
        };
        let fits = imagesize::blob_size(bytes).is_ok_and(|size| {
            let (width, height) = (size.width, size.height);
            width.min(height) > 0
                && width + height <= 10_000
                && width.max(height) <= 20 * width.min(height)
        });
        let fits_as_photo = fits && extension != "gif";
        Ok(Self {
            media_type,
            extension,
            fits_as_photo,
        })
    }
}

/// Whether Telegram's servers surely cannot reach `url`: its host is an address that is not
/// public, or a name that only means something in a local network.
#[must_use]
pub fn is_local(url: &str) -> bool {
    Place::of(url).is_none_or(|place| place.is_local())
}

/// `text` without private addresses, which its reader cannot reach: they become "…".
#[must_use]
pub fn without_private(text: &str) -> String {
    text.split_inclusive(char::is_whitespace)
        .map(|word| {
            let end = word.trim_end();
            let start = ["http://", "https://"]
                .iter()
                .filter_map(|scheme| end.to_ascii_lowercase().find(scheme))
                .min();
            let bare = end.trim_start_matches(['(', '<', '"', '\'']);
            let is_private = match start.and_then(|start| end.get(start..)) {
                Some(url) => Place::of(url).is_none_or(|place| place.is_local()),
                // An address without a scheme has at least three dots or colons.
                None if bare.matches(['.', ':']).count() < 3 => false,
                None => Place::of(&format!("http://{bare}"))
                    .is_some_and(|place| place.is_address() && place.is_local()),
            };
            if is_private {
                format!("…{}", &word[end.len()..])
            } else {
                word.to_owned()
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_caption_shows_no_private_address() {
        let table = [
            ("a red bus", "a red bus"),
            (
                "at https://a.example/1.jpg, 2.5",
                "at https://a.example/1.jpg, 2.5",
            ),
            ("at http://127.0.0.1:8080/1.jpg now", "at … now"),
            ("(http://nas.lan/1.jpg)\nHTTP://[::1]/x", "…\n…"),
            ("see=http://0x7f.1/a 192.168.1.7:8080/b", "… …"),
            (
                "10.0.0.1 8.8.8.8 1.2.3.4.jpg fe80::1",
                "… 8.8.8.8 1.2.3.4.jpg fe80::1",
            ),
            ("http://", "…"),
        ];
        for (caption, expected) in table {
            assert_eq!(without_private(caption), expected, "{caption}");
        }
    }

    #[test]
    fn a_picture_is_known_by_its_content() {
        let png = |width: u32, height: u32| {
            let mut bytes = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR".to_vec();
            bytes.extend(width.to_be_bytes());
            bytes.extend(height.to_be_bytes());
            bytes.extend([8, 2, 0, 0, 0]);
            bytes
        };
        let fits = |width, height| {
            PictureForm::of(&png(width, height))
                .expect("a PNG")
                .fits_as_photo
        };
        assert_eq!(
            PictureForm::of(&png(1, 1)).expect("a PNG").media_type,
            "image/png"
        );
        assert!(fits(5000, 5000) && fits(20, 1));
        assert!(!fits(5001, 5000) && !fits(21, 1) && !fits(0, 1));
        for junk in [&b"<html>"[..], b"", b"%PDF-1.7"] {
            assert!(PictureForm::of(junk).is_err(), "{junk:?}");
        }
    }
}
