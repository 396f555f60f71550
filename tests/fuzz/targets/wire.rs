//! The bot's two peers: what they answer, and the bodies they are sent.

use std::collections::BTreeMap;

use clip_bot::backoff;
use clip_bot::bot::search_client::SearchClient;
use clip_bot::config::{BotConfig, Environment};
use clip_bot::error::Class;
use clip_bot::http::Bytes;
use clip_bot::search::{MAX_URL_BYTES, Page, Query};
use clip_bot::secret::Secret;
use clip_bot::telegram::client::Client;
use clip_bot::telegram::request::{
    Address, Attachment, Call, Photo, send_media_group, send_message,
};
use clip_bot::telegram::upload::multipart;
use serde_json::Value;

use super::Input;
use super::peer::{Answer, Peer};
use super::space::check_failure;

const TOKEN: &str = "4242:AAsecret-secret_secret";
const LIMIT: usize = 5;

/// Any answer of a search endpoint; also as a page, which stays itself when it is passed on.
pub fn search(bytes: &[u8]) {
    thread_local! {
        static CLIENT: (Peer, SearchClient) = {
            let peer = Peer::start();
            let url = peer.url();
            let variables = [("CLIP_BOT_TOKEN", TOKEN), ("CLIP_BOT_SEARCH_URL", &url)];
            let config = BotConfig::from_environment(&Environment {
                variables: variables.map(|(name, value)| (name.into(), value.into())).into(),
                read: |_| Err(std::io::ErrorKind::NotFound.into()),
            is_open: |_| false,
            });
            let client = SearchClient::new(&config.expect("a good config"), 2);
            (peer, client)
        };
    }
    let answer = Answer::of(&mut Input(bytes));
    if let Some(page) = serde_json::from_slice(&answer.body)
        .ok()
        .as_ref()
        .and_then(Page::from_json)
    {
        let again = Page::from_json(&page.to_details(Some("x"))).expect("our own page");
        assert_eq!(without_scores(again), without_scores(page));
    }
    let query = Query::text("red bus", LIMIT, 0).expect("a good query");
    let answer = CLIENT.with(|(peer, client)| {
        peer.answer(move |_, _| answer.clone());
        client.search(&query)
    });
    match answer {
        Ok(page) => {
            assert!(page.hits.len() <= LIMIT);
            for hit in page.hits {
                assert!(hit.url.starts_with("http"), "{hit:?}");
                assert!(hit.url.len() <= MAX_URL_BYTES, "{hit:?}");
            }
        }
        Err(failure) => check_failure(&failure),
    }
}

/// JSON keeps numbers to the last digit but one.
fn without_scores(mut page: Page) -> Page {
    for hit in &mut page.hits {
        hit.score = hit.score.map(|_| 0.0);
    }
    page
}

/// Any answer of a Bot API server.
pub fn bot_api(bytes: &[u8]) {
    thread_local! {
        static CLIENT: (Peer, Client) = {
            let peer = Peer::start();
            let client = Client::new(&peer.url(), Secret::new(TOKEN), 2);
            (peer, client)
        };
    }
    let answer = Answer::of(&mut Input(bytes));
    let call = send_message(Address::default(), "x");
    let tells_token = contains(&answer.body, TOKEN.as_bytes());
    let answer = CLIENT.with(|(peer, client)| {
        peer.answer(move |_, _| answer.clone());
        client.call(&call)
    });
    if let Err(error) = answer {
        let line = error.chain();
        assert!(!line.contains(char::is_control), "{line:?}");
        // What a server says that knows the token is its own.
        assert!(tells_token || !line.contains(TOKEN), "{line}");
        if let Class::Retry { after: Some(after) } = error.class() {
            assert!(!backoff::in_words(after).to_string().is_empty());
        }
    }
}

/// Any captions and files in a body with parts, read back by the rules of RFC 7578.
pub fn upload(bytes: &[u8]) {
    let mut input = Input(bytes);
    let count = usize::from(input.byte() % 4);
    let mut photos = Vec::new();
    for number in 0..=count {
        let caption = String::from_utf8_lossy(input.line()).into_owned();
        let content = if number == count {
            input.0
        } else {
            input.line()
        };
        let name = format!("picture{number}");
        photos.push(Photo {
            media: format!("attach://{name}"),
            caption: (!caption.is_empty()).then_some(caption),
            file: Some(Attachment {
                file_name: format!("{number}.png"),
                name,
                media_type: "image/png",
                bytes: Bytes::from(content.to_vec()),
            }),
            is_covered: false,
        });
    }
    let call = send_media_group(Address::default(), photos);
    let (kind, pieces) = multipart(&call);
    let body = pieces
        .iter()
        .map(Bytes::as_slice)
        .collect::<Vec<_>>()
        .concat();
    let boundary = kind
        .strip_prefix("multipart/form-data; boundary=")
        .expect("its type");
    assert!(
        boundary.len() <= 70
            && boundary
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b == b'-')
    );
    let parts = parts(&body, boundary);
    assert_eq!(parts.len(), call.parameters.len() + call.files.len());
    for (name, value) in &call.parameters {
        let text = match value {
            Value::String(text) => text.clone(),
            other => other.to_string(),
        };
        assert_eq!(parts[name.as_str()], text.as_bytes());
    }
    check_files(&call, &parts);
}

fn check_files(call: &Call, parts: &BTreeMap<String, &[u8]>) {
    for file in &call.files {
        assert_eq!(parts[&file.name], file.bytes.as_slice());
    }
}

/// Names and contents of the parts; every byte of `body` belongs to one or to its frame.
fn parts<'a>(body: &'a [u8], boundary: &str) -> BTreeMap<String, &'a [u8]> {
    let mut parts = BTreeMap::new();
    let mut rest = body
        .strip_prefix(format!("--{boundary}").as_bytes())
        .expect("a first part");
    let next = format!("\r\n--{boundary}");
    while rest != b"--\r\n" {
        rest = rest
            .strip_prefix(b"\r\n")
            .expect("a line end behind the boundary");
        let blank = position(rest, b"\r\n\r\n");
        let head = std::str::from_utf8(&rest[..blank]).expect("text");
        let name = head.split("name=\"").nth(1).expect("a name");
        let name = name.split('"').next().unwrap_or_default().to_owned();
        let content = &rest[blank + 4..];
        let end = position(content, next.as_bytes());
        assert!(
            parts.insert(name, &content[..end]).is_none(),
            "{head} twice"
        );
        rest = &content[end + next.len()..];
    }
    parts
}

fn contains(bytes: &[u8], wanted: &[u8]) -> bool {
    bytes.windows(wanted.len()).any(|window| window == wanted)
}

fn position(bytes: &[u8], wanted: &[u8]) -> usize {
    let found = bytes
        .windows(wanted.len())
        .position(|window| window == wanted);
    found.expect("a frame that is complete")
}
