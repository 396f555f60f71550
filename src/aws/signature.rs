//! Signature Version 4 for AWS requests, as API Gateway checks it. Pure: the time is passed in.
//!
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html>

use std::fmt;
use std::time::SystemTime;

use ring::hmac;

use crate::digest::{hex, sha256};
use crate::http::{Request, percent_encode};
use crate::secret::Secret;

const ALGORITHM: &str = "AWS4-HMAC-SHA256";

/// The keys of an AWS identity.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Credentials {
    /// The access key id, which is public.
    pub access_key: String,
    /// The secret access key.
    pub secret_key: Secret,
    /// The session token that temporary credentials have.
    pub session_token: Option<Secret>,
}

/// The region and service that a signature is valid for.
#[derive(Debug, Clone, Copy)]
pub struct Scope<'a> {
    /// Such as `eu-central-1`.
    pub region: &'a str,
    /// Such as `execute-api`.
    pub service: &'a str,
}

/// The signed parts of a request. Names and values in the address are percent-encoded as by
/// [`percent_encode`].
#[derive(Clone, Copy)]
pub struct Signable<'a> {
    /// In capitals.
    pub method: &'a str,
    /// The whole address; its path has no `.` or empty segments.
    pub url: &'a str,
    /// Empty where the request has no body.
    pub body: &'a [u8],
}

impl<'a> Signable<'a> {
    /// The signed parts of `request`.
    #[must_use]
    pub fn of(request: &'a Request) -> Self {
        Self {
            method: request.method(),
            url: request.url(),
            body: request.body(),
        }
    }
}

impl fmt::Debug for Signable<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Signable ({})", self.method)
    }
}

/// The headers that authenticate `request` to the service of `scope` as coming from the holder of
/// `credentials`, at `time`; they contain secrets.
#[must_use]
pub fn headers(
    request: Signable,
    credentials: &Credentials,
    scope: Scope,
    time: SystemTime,
) -> Vec<(&'static str, String)> {
    let stamp = time_stamp(time);
    let date = stamp.split('T').next().unwrap_or_default();
    let mut headers = vec![("x-amz-date", stamp.clone())];
    if let Some(token) = &credentials.session_token {
        headers.push(("x-amz-security-token", token.expose().to_owned()));
    }
    let address = UrlParts::of(request.url);
    let mut signed = format!("host:{}\n", address.authority);
    let mut names = "host".to_owned();
    for (name, value) in &headers {
        signed.push_str(&format!("{name}:{}\n", value.trim()));
        names.push_str(&format!(";{name}"));
    }
    let canonical = format!(
        "{}\n{}\n{}\n{signed}\n{names}\n{}",
        request.method,
        // Already encoded once: every service but S3 wants it twice.
        percent_encode(address.path, b"/"),
        address.sorted_query(),
        sha256(request.body),
    );
    let Scope { region, service } = scope;
    let purpose = format!("{date}/{region}/{service}/aws4_request");
    let digest = sha256(canonical.as_bytes());
    let to_sign = format!("{ALGORITHM}\n{stamp}\n{purpose}\n{digest}");
    let secret = format!("AWS4{}", credentials.secret_key.expose());
    let key = [date, region, service, "aws4_request"]
        .iter()
        .fold(secret.into_bytes(), |key, part| mac(&key, part));
    let signature = hex(&mac(&key, &to_sign));
    let access_key = &credentials.access_key;
    headers.push((
        "authorization",
        format!(
            "{ALGORITHM} Credential={access_key}/{purpose}, SignedHeaders={names}, Signature={signature}"
        ),
    ));
    headers
}

struct UrlParts<'a> {
    authority: &'a str,
    path: &'a str,
    query: &'a str,
}

impl<'a> UrlParts<'a> {
    fn of(url: &'a str) -> Self {
        let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
        let (rest, query) = rest.split_once('?').unwrap_or((rest, ""));
        let slash = rest.find('/').unwrap_or(rest.len());
        let (authority, path) = rest.split_at(slash);
        Self {
            authority,
            path: if path.is_empty() { "/" } else { path },
            query,
        }
    }

    fn sorted_query(&self) -> String {
        let mut pairs: Vec<(&str, &str)> = self
            .query
            .split('&')
            .filter(|pair| !pair.is_empty())
            .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
            .collect();
        pairs.sort_unstable();
        let pairs: Vec<String> = pairs
            .into_iter()
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        pairs.join("&")
    }
}

/// Such as `20261122T100203Z`.
fn time_stamp(time: SystemTime) -> String {
    let text = humantime::format_rfc3339_seconds(time).to_string();
    text.replace(['-', ':'], "")
}

fn mac(key: &[u8], text: &str) -> Vec<u8> {
    let key = hmac::Key::new(hmac::HMAC_SHA256, key);
    hmac::sign(&key, text.as_bytes()).as_ref().to_vec()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::{Duration, UNIX_EPOCH};

    fn credentials(session_token: Option<&str>) -> Credentials {
        Credentials {
            access_key: "AKIDEXAMPLE".into(),
            secret_key: Secret::new("wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"),
            session_token: session_token.map(Secret::new),
        }
    }

    fn signed(
        method: &str,
        url: &str,
        body: &[u8],
        token: Option<&str>,
    ) -> Vec<(&'static str, String)> {
        let request = Signable { method, url, body };
        // 2015-08-30T12:36:00Z, as in the test suite that AWS published.
        let time = UNIX_EPOCH + Duration::from_mins(24_015_636);
        let scope = Scope {
            region: "us-east-1",
            service: "service",
        };
        headers(request, &credentials(token), scope, time)
    }

    fn signature(headers: &[(&'static str, String)]) -> String {
        let (_, value) = headers.last().expect("there is one");
        value.rsplit('=').next().unwrap_or_default().to_owned()
    }

    /// From the test suite that AWS published for Signature Version 4.
    #[test]
    fn equals_the_published_examples() {
        let table = [
            (
                "GET",
                "https://example.amazonaws.com/",
                "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31",
            ),
            (
                "POST",
                "https://example.amazonaws.com/",
                "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b",
            ),
            (
                "GET",
                "https://example.amazonaws.com/?Param2=value2&Param1=value1",
                "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500",
            ),
        ];
        for (method, url, expected) in table {
            assert_eq!(
                signature(&signed(method, url, b"", None)),
                expected,
                "{method} {url}"
            );
        }
    }

    #[test]
    fn the_session_token_is_sent_and_signed() {
        let with = signed(
            "GET",
            "https://example.amazonaws.com/",
            b"",
            Some("token/+="),
        );
        assert_eq!(with[1], ("x-amz-security-token", "token/+=".to_owned()));
        assert!(
            with[2]
                .1
                .contains("SignedHeaders=host;x-amz-date;x-amz-security-token,")
        );
        let without = signed("GET", "https://example.amazonaws.com/", b"", None);
        assert_ne!(signature(&with), signature(&without));
    }

    #[test]
    fn the_body_and_the_port_count() {
        let of = |url, body| signature(&signed("POST", url, body, None));
        assert_ne!(of("http://h/", b"a"), of("http://h/", b"b"));
        assert_ne!(of("http://h/", b"a"), of("http://h:81/", b"a"));
    }

    #[test]
    fn nothing_secret_is_printed() {
        let shown = format!("{:?}", credentials(Some("hidden-token")));
        assert!(
            !shown.contains("wJalr") && !shown.contains("hidden"),
            "{shown}"
        );
    }
}
