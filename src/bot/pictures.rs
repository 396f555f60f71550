//! Fetches pictures that Telegram cannot fetch itself, without being led astray by an address.
//!
//! Link-local and cloud metadata addresses are never connected to, private ones only where the
//! search endpoint itself lives in a private network; both are checked after name resolution
//! and at each of at most three redirects. What comes must be a picture of at most 10 MB.

use std::net::{IpAddr, ToSocketAddrs};
use std::sync::OnceLock;
use std::time::Duration;

use crate::error::{Error, Kind, Result};
use crate::http;
use crate::http::Bytes;
use crate::http::address::{is_forbidden, is_public};
use crate::media::picture_type;

/// Most that Telegram accepts as an uploaded photo.
pub const MAX_BYTES: u64 = 10_000_000;
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
    endpoint: String,
    lives_privately: OnceLock<bool>,
    public: http::Client,
    private: http::Client,
}

impl Fetcher {
    /// A fetcher for the hits of the search endpoint at `endpoint`.
    #[must_use]
    pub fn new(endpoint: &str) -> Self {
        Self {
            endpoint: endpoint.to_owned(),
            lives_privately: OnceLock::new(),
            public: http::Client::for_downloads(is_public),
            private: http::Client::for_downloads(|address| !is_forbidden(address)),
        }
    }

    /// Downloads the picture at `url` and appends it to `bytes`, unless it is larger than `limit` or
    /// [`MAX_BYTES`]; nothing stays appended after an error.
    ///
    /// # Errors
    /// Those of [`http::Client::send`]; [`Kind::Garbled`] for another status than 200;
    /// [`Kind::Unusable`] when what comes is no picture.
    pub fn fetch(&self, url: &str, bytes: &mut Vec<u8>, limit: u64) -> Result<PictureForm> {
        let client = if self.endpoint_lives_privately() {
            &self.private
        } else {
            &self.public
        };
        let request = http::Request::get(url).timeout(TIMEOUT);
        let answer = client.open(&request.limit(limit.min(MAX_BYTES)))?;
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

    /// Resolved when first needed, and kept once it is known.
    fn endpoint_lives_privately(&self) -> bool {
        if let Some(known) = self.lives_privately.get() {
            return *known;
        }
        let Some((host, port)) = host_and_port(&self.endpoint) else {
            return false;
        };
        match (host, port).to_socket_addrs() {
            Ok(addresses) => {
                let private = addresses
                    .into_iter()
                    .any(|address| !is_public(address.ip()));
                *self.lives_privately.get_or_init(|| private)
            }
            Err(_) => false,
        }
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
    let Some((host, _)) = host_and_port(url) else {
        return true;
    };
    if let Ok(address) = host.parse::<IpAddr>() {
        return !is_public(address);
    }
    let name = host.trim_end_matches('.').to_ascii_lowercase();
    let local_domain = [".local", ".localhost", ".lan", ".internal", ".home.arpa"];
    !name.contains('.') || local_domain.iter().any(|domain| name.ends_with(domain))
}

/// Host (IPv6 without brackets) and port of an http(s) address.
fn host_and_port(url: &str) -> Option<(&str, u16)> {
    let (rest, default) = match (url.strip_prefix("https://"), url.strip_prefix("http://")) {
        (Some(rest), _) => (rest, 443),
        (_, Some(rest)) => (rest, 80),
        _ => return None,
    };
    let authority = rest.split(['/', '?', '#']).next()?;
    let authority = authority.rsplit('@').next()?;
    if let Some(v6) = authority.strip_prefix('[') {
        let (host, port) = v6.split_once(']')?;
        return Some((
            host,
            port.strip_prefix(':')
                .map_or(Ok(default), str::parse)
                .ok()?,
        ));
    }
    match authority.split_once(':') {
        Some((host, port)) => Some((host, port.parse().ok()?)),
        None => Some((authority, default)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn local_addresses_are_known_by_sight() {
        for url in [
            "http://127.0.0.1:8080/1.jpg",
            "http://[::1]/1.jpg",
            "http://localhost/1.jpg",
            "http://nas:80/1.jpg",
            "http://nas.lan/1.jpg",
            "http://192.168.1.5:7860/file=/tmp/a b",
            "http://user@10.0.0.1/x",
            "ftp://example.org/1.jpg",
            "http://Printer.LOCAL./x",
        ] {
            assert!(is_local(url), "{url}");
        }
        for url in [
            "https://a.example.org/1.jpg",
            "http://8.8.8.8/x",
            "https://u-s.hf.space/file=/tmp/x",
        ] {
            assert!(!is_local(url), "{url}");
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
