//! A Gradio server that says again what a real one said.

use std::sync::Mutex;

use serde_json::{Value, json};

use crate::support::server::{Reply, Request, Server, Step};

/// The recorded versions, each with the prefix of its paths.
pub const VERSIONS: [(&str, &str); 4] = [
    ("3.50", ""),
    ("4.44", ""),
    ("5.50", "/gradio_api"),
    ("6.31", "/gradio_api"),
];

/// `{"config": …, "info": …, "answers": {function: body}}` of that version.
pub fn recorded(version: &str) -> Value {
    let text = match version {
        "3.50" => include_str!("../recorded/gradio-3.50.json"),
        "4.44" => include_str!("../recorded/gradio-4.44.json"),
        "5.50" => include_str!("../recorded/gradio-5.50.json"),
        "6.31" => include_str!("../recorded/gradio-6.31.json"),
        other => panic!("no recording of {other}"),
    };
    serde_json::from_str(text).expect("a recording is JSON")
}

/// Starts the server of `version`; where `instead` has a reply, that is given.
pub fn gradio(
    version: &str,
    instead: impl Fn(&Request) -> Option<Reply> + Send + Sync + 'static,
) -> Server {
    let recording = recorded(version);
    // Tests ask one after the other, so one name is enough.
    let called = Mutex::new((String::new(), 0));
    Server::start(move |request| {
        let (called, steps) = &mut *called.lock().expect("no panic while held");
        if request.path().ends_with("/queue/join") {
            *called = function(&recording["config"], &request.json()["fn_index"]);
        }
        instead(request).unwrap_or_else(|| replay(&recording, request, called, steps))
    })
}

/// A stream of `events`, each as a `data:` line.
pub fn events(events: &[Value]) -> Reply {
    let lines: String = events
        .iter()
        .map(|event| format!("data: {event}\n\n"))
        .collect();
    stream(vec![Step::Send(lines.into_bytes())])
}

pub fn stream(steps: Vec<Step>) -> Reply {
    Reply::Stream {
        content_type: "text/event-stream",
        steps,
    }
}

/// The event that ends a stream with `outputs`.
pub fn completed(outputs: &Value) -> Value {
    json!({ "msg": "process_completed", "success": true, "output": { "data": outputs } })
}

/// A result of sixty pictures.
pub fn many_pictures(request: &Request) -> Option<Reply> {
    let pictures: Value = (0..60)
        .map(|n| format!("http://pictures.test/{n}"))
        .collect();
    request
        .path()
        .ends_with("/queue/data")
        .then(|| events(&[completed(&json!([pictures]))]))
}

/// `steps` counts the calls that continue a generator of Gradio 3.
fn replay(recording: &Value, request: &Request, called: &str, steps: &mut u32) -> Reply {
    let prefix = recording["config"]["api_prefix"].as_str().unwrap_or("");
    let answer = |function: &str| {
        recording["answers"][function]
            .as_str()
            .expect("a recorded function")
    };
    let path = request.path();
    if path == "/config" {
        return Reply::json(200, &recording["config"]);
    }
    let known = path.strip_prefix(prefix).unwrap_or("");
    match (known, known.strip_prefix("/run/")) {
        ("/info", _) => Reply::json(200, &recording["info"]),
        ("/queue/join", _) => Reply::json(200, &json!({ "event_id": "1" })),
        ("/queue/data", _) => stream(vec![Step::Send(answer(called).as_bytes().to_vec())]),
        ("/upload", _) => Reply::json(200, &json!(["/tmp/up/query.png"])),
        (_, Some(function)) => {
            let mut body = answer(function).to_owned();
            // A generator of two values, the first of which is recorded.
            if body.contains("\"is_generating\":true") {
                *steps += 1;
                body = match *steps {
                    1 => body,
                    2 => json!({ "data": [["http://pictures.test/red%20caf%C3%A9.png", "http://pictures.test/green"]], "is_generating": true }).to_string(),
                    _ => json!({ "data": [null], "is_generating": false }).to_string(),
                };
            }
            let status = if body.starts_with("{\"error\"") {
                500
            } else {
                200
            };
            Reply::bytes(status, "application/json", body.into_bytes())
        }
        _ => Reply::json(404, &json!({ "detail": "Not Found" })),
    }
}

/// The name of the function with this number.
fn function(config: &Value, number: &Value) -> String {
    let functions = config["dependencies"].as_array().expect("recorded");
    let found = functions.iter().find(|function| function["id"] == *number);
    found
        .and_then(|function| function["api_name"].as_str())
        .unwrap_or_default()
        .to_owned()
}
