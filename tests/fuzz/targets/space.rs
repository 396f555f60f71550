//! What a Gradio server may answer, through the engine that asks it.

use std::collections::HashSet;
use std::io::{BufReader, Cursor};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use clip_bot::config::{SpaceArguments, SpaceConfig, SpaceLocation};
use clip_bot::engine::space::locations::Locations;
use clip_bot::engine::space::{Space, events, outputs};
use clip_bot::search::{Engine, Failure, MAX_LIMIT, MAX_URL_BYTES, Page, Query, Reason};
use serde_json::{Value, json};

use super::Input;
use super::peer::{Answer, Peer};

/// Kinds of outputs, each the only output of the function of that name.
const KINDS: [&str; 4] = ["json", "gallery", "html", "markdown"];
const PUBLIC: &str = "https://public.example/files/";

fn space_at(peer: &Peer, api: Option<&str>, public_base: Option<&str>) -> SpaceConfig {
    SpaceConfig {
        location: SpaceLocation::Url(peer.url()),
        api: api.map(str::to_owned),
        arguments: SpaceArguments::Positional(vec!["{query}".into(), "{limit}".into()]),
        public_base: public_base.map(str::to_owned),
        token: None,
        login: None,
        hub: peer.url(),
    }
}

/// The description of a Space with a function for each of [`KINDS`].
fn config(protocol: &str) -> Value {
    let inputs = [("textbox", 1), ("slider", 2)];
    let outputs = KINDS.iter().copied().zip(3..);
    let components: Vec<Value> = inputs
        .into_iter()
        .chain(outputs.clone())
        .map(|(kind, id)| json!({ "id": id, "type": kind, "props": { "label": kind } }))
        .collect();
    let functions: Vec<Value> = outputs
        .map(|(kind, id)| json!({ "api_name": kind, "inputs": [1, 2], "outputs": [id] }))
        .collect();
    json!({ "version": "5", "protocol": protocol, "components": components, "dependencies": functions })
}

fn ask(space: &Space) -> Result<Page, Failure> {
    let query = Query::text("red bus", MAX_LIMIT, 0).expect("a good query");
    // So far away that no estimate of a queue reaches it.
    let deadline = Instant::now() + Duration::from_hours(100_000);
    let answer = space.search(&query, deadline);
    match &answer {
        Ok(page) => check_page(page),
        Err(failure) => {
            check_failure(failure);
            let away = [Reason::SpaceDown, Reason::Timeout, Reason::Internal];
            assert!(!away.contains(&failure.reason), "{failure}");
            let day = Duration::from_hours(24);
            assert!(failure.retry_after.is_none_or(|delay| delay <= day));
        }
    }
    answer
}

/// Where a page holds pictures, Telegram can be told their addresses.
pub fn check_page(page: &Page) {
    assert!(page.hits.len() <= MAX_LIMIT);
    let mut seen = HashSet::new();
    for hit in &page.hits {
        assert!(seen.insert(&hit.url), "{hit:?} twice");
        for url in [Some(&hit.url), hit.thumbnail_url.as_ref()]
            .into_iter()
            .flatten()
        {
            assert!(
                url.starts_with("http://") || url.starts_with("https://"),
                "{hit:?}"
            );
            assert!(url.len() <= MAX_URL_BYTES, "{hit:?}");
            let breaks = |c: char| c.is_whitespace() || c.is_control();
            assert!(!url.contains(breaks), "{hit:?}");
        }
        let caption = hit.caption.as_deref().unwrap_or("x");
        assert!((1..=500).contains(&caption.chars().count()), "{hit:?}");
        assert!(hit.score.is_none_or(f64::is_finite));
    }
}

/// A failure is one line for the log, and the same on both sides of the wire.
pub fn check_failure(failure: &Failure) {
    // Longer than other messages, since it may list the functions of a Space.
    let text = failure.to_string();
    assert!(!text.contains(char::is_control), "{text:?}");
    assert!(text.chars().count() <= 9000, "{text:?}");
    let back = Failure::from_json(&failure.to_json(), None).expect("our own body");
    assert_eq!(
        (back.reason.code(), &back.message),
        (failure.reason.code(), &failure.message)
    );
}

/// Any stream as the answer of a queued call, whole and in pieces of any size, and what is then found
/// in its outputs.
pub fn stream(bytes: &[u8]) {
    let mut input = Input(bytes);
    let pieces = usize::from(input.byte()).max(1);
    let deadline = Instant::now() + Duration::from_hours(100_000);
    let read = |size| {
        let stream = BufReader::with_capacity(size, Cursor::new(input.0.to_vec()));
        events::result(stream, "space.example", deadline).map_err(|trouble| trouble.failure)
    };
    let answer = read(1 << 16);
    assert_eq!(answer, read(pieces), "in pieces of {pieces}");
    match answer {
        Ok(outputs) => KINDS.iter().for_each(|kind| look_at(&outputs, kind, None)),
        Err(failure) => check_failure(&failure),
    }
}

/// Any JSON or text as the outputs of a function, of every kind.
pub fn outputs(bytes: &[u8]) {
    let mut input = Input(bytes);
    let kind = usize::from(input.byte());
    let outputs = if kind & 8 == 0 {
        vec![input.text().into()]
    } else {
        match serde_json::from_slice(input.0) {
            Ok(Value::Array(outputs)) => outputs,
            Ok(output) => vec![output],
            Err(_) => return,
        }
    };
    let public = (kind & 4 != 0).then_some(PUBLIC);
    look_at(&outputs, KINDS[kind % KINDS.len()], public);
}

fn look_at(outputs: &[Value], kind: &str, public: Option<&str>) {
    let kinds = [kind.to_owned()];
    let locations = Locations::new("https://space.example", "", public);
    match outputs::hits(outputs, &kinds, &locations, &Anything) {
        Ok(hits) => check_page(&Page {
            hits,
            next_offset: None,
            ..Page::default()
        }),
        Err(failure) => check_failure(&failure),
    }
}

/// Keeps nothing, and takes everything for a picture.
struct Anything;

impl outputs::Pictures for Anything {
    fn keep(&self, _data: &str) -> Option<String> {
        None
    }

    fn is_picture(&self, _url: &str) -> bool {
        true
    }
}

/// Any description of a Space, with any template of arguments:
/// `{"config": …, "info": …, "api": …, "args": …}`.
pub fn space(bytes: &[u8]) {
    thread_local! {
        static PEER: Peer = Peer::start();
    }
    let Ok(mut case) = serde_json::from_slice::<Value>(bytes) else {
        return;
    };
    if !case.is_object() {
        return;
    }
    let arguments = match case["args"].take() {
        Value::Array(items) => SpaceArguments::Positional(items),
        Value::Object(object) => SpaceArguments::Named(object),
        _ => SpaceArguments::ByKind,
    };
    PEER.with(|peer| {
        let config = SpaceConfig {
            arguments,
            ..space_at(peer, case["api"].as_str(), None)
        };
        let Ok(space) = Space::new(&config) else {
            return;
        };
        let (description, info) = (case["config"].take(), case["info"].take());
        let functions = description["dependencies"].as_array().into_iter().flatten();
        let counts: Vec<usize> = functions
            .map(|function| function["inputs"].as_array().map_or(0, Vec::len))
            .collect();
        let called = Arc::new(Mutex::new(None));
        let inside = Arc::clone(&called);
        peer.answer(move |target, body| {
            if target == "/config" {
                return Answer::json(&description);
            }
            if target.ends_with("/info") {
                return Answer::json(&info);
            }
            if !body.is_empty() {
                let call: Value = serde_json::from_slice(body).unwrap_or_default();
                *inside.lock().expect("no panic while held") =
                    call["data"].as_array().map(Vec::len);
            }
            let completed =
                json!({ "msg": "process_completed", "success": true, "output": { "data": [[]] } });
            Answer {
                body: format!("{{\"data\": [[]]}}\ndata: {completed}\n").into_bytes(),
                ..Answer::json("")
            }
        });
        let answer = ask(&space);
        let called = *called.lock().expect("no panic while held");
        if let Some(count) = called {
            assert!(counts.contains(&count), "{count} arguments: {answer:?}");
        }
    });
}

/// Any answer at any step of a search.
pub fn refusal(bytes: &[u8]) {
    thread_local! {
        static PEER: Peer = Peer::start();
    }
    let mut input = Input(bytes);
    let step = usize::from(input.byte()) % 4;
    let answer = Answer::of(&mut input);
    PEER.with(|peer| {
        peer.answer(move |target, _| match (target, step) {
            ("/config", 1) => Answer::json(config("ws")),
            ("/config", 2 | 3) => Answer::json(config("sse_v3")),
            ("/queue/join", 3) => Answer::json("{}"),
            _ => answer.clone(),
        });
        let space = Space::new(&space_at(peer, Some("json"), None)).expect("a good config");
        let _ = ask(&space);
    });
}
