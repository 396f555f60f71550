//! `signature` signs each request of standard input as the bot signs its searches, and prints the address and the headers as JSON; for `tests/peers/aws-signature`.

use std::time::{Duration, UNIX_EPOCH};

use clip_bot::aws::signature::{Credentials, Scope, Signable, headers};
use clip_bot::http::Request;
use clip_bot::secret::Secret;
use serde::Deserialize;
use serde_json::json;

use crate::cases;

#[derive(Deserialize)]
struct Case {
    /// The address without query.
    url: String,
    /// Names and values, not encoded.
    query: Vec<(String, String)>,
    /// A GET has none.
    body: Option<String>,
    access_key: String,
    secret_key: String,
    session_token: Option<String>,
    region: String,
    service: String,
    /// Seconds since 1970.
    time: u64,
}

pub fn run() {
    for case in cases() {
        println!("{}", signed(case));
    }
}

fn signed(case: Case) -> serde_json::Value {
    let request = match case.body {
        None => Request::get(case.url),
        Some(body) => Request::post(case.url, "image/png", body.into_bytes()),
    };
    let request = case
        .query
        .iter()
        .fold(request, |request, (name, value)| request.query(name, value));
    let credentials = Credentials {
        access_key: case.access_key,
        secret_key: Secret::new(&case.secret_key),
        session_token: case.session_token.as_deref().map(Secret::new),
    };
    let scope = Scope {
        region: &case.region,
        service: &case.service,
    };
    let time = UNIX_EPOCH + Duration::from_secs(case.time);
    let signable = Signable::of(&request);
    let headers = headers(signable, &credentials, scope, time);
    json!({
        "url": signable.url,
        "headers": headers.into_iter().collect::<std::collections::BTreeMap<_, _>>(),
    })
}
