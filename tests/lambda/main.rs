//! `clip-search` as a function, in a Lambda that the tests play: events in, answers and log out.
//!
//! `cargo test --features lambda --test lambda`

#[allow(dead_code, reason = "these tests need little of it")]
#[path = "../it/space/recording.rs"]
mod recording;
#[allow(dead_code, reason = "the other tests use the rest")]
#[path = "../it/support/mod.rs"]
mod support;

use std::collections::VecDeque;
use std::process::Command;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use base64::Engine;
use clip_bot::endpoint::lambda::time_left;
use serde_json::{Value, json};

use recording::gradio;
use support::endpoint::CLIP_SEARCH;
use support::process::Program;
use support::server::{Reply, Request, Server};

/// As long as API Gateway lets a function work.
const LONG: Duration = Duration::from_secs(29);

/// Hands `events` to the program, one after the other, each with the time that is left for it.
fn lambda(events: impl IntoIterator<Item = (Value, Duration)>) -> Server {
    let events: Mutex<VecDeque<_>> = Mutex::new(events.into_iter().collect());
    let number = AtomicUsize::new(0);
    Server::start(move |request| {
        if request.method == "POST" {
            return Reply::json(202, &json!({ "status": "OK" }));
        }
        // Lambda freezes a function until there is something to do.
        let Some((event, left)) = events.lock().expect("no panic while held").pop_front() else {
            return Reply::Stall;
        };
        let deadline = match SystemTime::now().duration_since(UNIX_EPOCH) {
            // As cargo-lambda's emulator has it.
            _ if left.is_zero() => Duration::from_mins(10),
            now => now.expect("it is later than 1970") + left,
        };
        let id = number.fetch_add(1, Ordering::SeqCst);
        Reply::json(200, &event)
            .with("lambda-runtime-aws-request-id", &format!("call-{id}"))
            .with(
                "lambda-runtime-deadline-ms",
                &deadline.as_millis().to_string(),
            )
            .with("lambda-runtime-invoked-function-arn", "arn:aws:lambda:x")
    })
}

fn event(method: &str, query: &str) -> Value {
    json!({
        "version": "2.0", "routeKey": "$default", "rawPath": "/search", "rawQueryString": query,
        "headers": {"host": "abc.execute-api.eu-west-1.amazonaws.com", "x-forwarded-proto": "https"},
        "requestContext": {
            "accountId": "1", "apiId": "abc", "domainName": "abc.execute-api.eu-west-1.amazonaws.com",
            "domainPrefix": "abc", "requestId": "r", "routeKey": "$default", "stage": "$default",
            "time": "22/Nov/2026:16:00:00 +0000", "timeEpoch": 1_795_363_200_000_u64,
            "http": {"method": method, "path": "/search", "protocol": "HTTP/1.1",
                "sourceIp": "192.0.2.1", "userAgent": "test"},
        },
        "isBase64Encoded": false,
    })
}

fn function(lambda: &Server, settings: &[(&str, &str)]) -> Program {
    let api = lambda.address().to_string();
    let given = [
        ("AWS_LAMBDA_RUNTIME_API", api.as_str()),
        ("AWS_LAMBDA_FUNCTION_NAME", "clip-search"),
        ("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST"),
        ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "128"),
    ];
    Program::start(CLIP_SEARCH, &[], &[&given, settings].concat())
}

fn is_answer(request: &Request) -> bool {
    request.method == "POST"
}

/// The first `count` answers of the function, as (status, whole answer, body).
fn answers(lambda: &Server, count: usize) -> Vec<(u64, Value, Value)> {
    let requests = lambda.wait_until("answers", |requests| {
        requests.iter().filter(|request| is_answer(request)).count() >= count
    });
    let answers = requests.iter().filter(|request| is_answer(request));
    let read = |request: &Request| {
        assert!(request.path().ends_with("/response"), "{}", request.target);
        let answer = request.json();
        let body = answer["body"].as_str().unwrap_or_default();
        let body = serde_json::from_str(body).unwrap_or(Value::Null);
        (
            answer["statusCode"].as_u64().expect("a status"),
            answer,
            body,
        )
    };
    answers.take(count).map(read).collect()
}

#[test]
fn queries_arrive_as_they_were_written() {
    let table = [
        ("query=red,blue&details=true", "red,blue"),
        ("query=red+bus&details=true", "red bus"),
        ("query=1%2B1%20bus&details=true", "1+1 bus"),
        (
            "query=%D0%BA%D0%BE%D1%82,%20%F0%9F%90%88&details=true",
            "кот, 🐈",
        ),
        ("query=first&query=second&details=true", "first"),
    ];
    let lambda = lambda(table.map(|(query, _)| (event("GET", query), LONG)));
    let _function = function(&lambda, &[("CLIP_SEARCH_ENGINE", "mock")]);
    for ((_, words), (status, answer, body)) in table.iter().zip(answers(&lambda, table.len())) {
        assert_eq!(status, 200, "{answer}");
        assert_eq!(body["query"], *words);
        assert_eq!(answer["headers"]["content-type"], "application/json");
    }
}

#[test]
fn a_picture_is_taken_and_what_is_wrong_is_told() {
    let picture = |kind: &str, body: &str| {
        let mut event = event("POST", "limit=2");
        event["headers"]["content-type"] = kind.into();
        event["body"] = body.into();
        event["isBase64Encoded"] = true.into();
        (event, LONG)
    };
    let lambda = lambda([
        picture("image/png", "iVBORw0KGgo="),
        picture("image/png", "R0lGODlh"),
        picture("text/plain", "aGVsbG8="),
        (event("GET", "query="), LONG),
        (event("DELETE", ""), LONG),
    ]);
    let space = gradio("6.31", |_| None);
    let space = space.url("");
    let settings = [
        ("CLIP_SEARCH_SPACE", space.as_str()),
        (
            "CLIP_SEARCH_SPACE_ARGS",
            r#"{"text_prompt":"{query}","image_prompt":"{image}","prompt_type":"{type}"}"#,
        ),
        ("CLIP_SEARCH_SPACE_API", "predict"),
    ];
    let _function = function(&lambda, &settings);
    let told = answers(&lambda, 5);
    assert_eq!(told[0].0, 200, "{:?}", told[0]);
    assert_eq!(told[0].2.as_array().map(Vec::len), Some(2));
    let codes: Vec<_> = told[1..]
        .iter()
        .map(|(status, answer, body)| {
            assert_eq!(answer["headers"]["connection"], Value::Null);
            (*status, body["error"]["code"].as_str().expect("a code"))
        })
        .collect();
    let expected = [
        (415, "unsupported_media"),
        (415, "unsupported_media"),
        (400, "bad_query"),
        (405, "method_not_allowed"),
    ];
    assert_eq!(codes, expected);
}

#[test]
fn forms_are_understood_as_over_http() {
    let post = |kind: &str, body: &[u8]| {
        let mut event = event("POST", "");
        if !kind.is_empty() {
            event["headers"]["content-type"] = kind.into();
        }
        event["body"] = base64::engine::general_purpose::STANDARD
            .encode(body)
            .into();
        event["isBase64Encoded"] = true.into();
        (event, LONG)
    };
    let form = "multipart/form-data; boundary=X";
    let file = b"--X\r\nContent-Disposition: form-data; name=\"file\"; filename=\"x\"\r\n\r\n\
        \x89PNG\r\n\x1a\n\r\n--X--\r\n";
    let words = b"--X\r\nContent-Disposition: form-data; name=\"query\"\r\n\r\nbus\r\n--X--\r\n";
    let expected = [
        (post(form, file), 501),
        (post("image/jpg", b"\xff\xd8\xff\xe0"), 501),
        (post("", b"\xff\xd8\xff\xe0"), 501),
        (post(form, words), 200),
        (
            post("application/json", br#"{"query": "bus", "details": true}"#),
            200,
        ),
        (post("application/x-www-form-urlencoded", b"q=bus"), 400),
        ((event("GET", "query=bus&details=True"), LONG), 200),
        ((event("GET", "query=bus&details=maybe"), LONG), 400),
        ((event("GET", "q=bus"), LONG), 400),
    ];
    let lambda = lambda(expected.clone().map(|(request, _)| request));
    let _function = function(&lambda, &[("CLIP_SEARCH_ENGINE", "mock")]);
    let told = answers(&lambda, expected.len());
    let statuses: Vec<u64> = told.iter().map(|(status, ..)| *status).collect();
    assert_eq!(statuses, expected.map(|(_, status)| status), "{told:?}");
}

/// What a function writes is gone with it.
#[test]
fn nothing_is_saved_there() {
    let mut save = event("POST", "collection=user:1&key=a");
    save["rawPath"] = "/pictures".into();
    save["requestContext"]["http"]["path"] = "/pictures".into();
    save["headers"]["authorization"] = "Bearer s3cret-of-the-test".into();
    let lambda = lambda([(save, LONG)]);
    let folder = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join("saved-by-a-function");
    let settings = [
        ("CLIP_SEARCH_ENGINE", "clip"),
        ("CLIP_SEARCH_SAVED", folder.to_str().expect("UTF-8")),
        ("CLIP_SEARCH_TOKEN", "s3cret-of-the-test"),
    ];
    let _function = function(&lambda, &settings);
    let (status, _, body) = answers(&lambda, 1).remove(0);
    let code = &body["error"]["code"];
    assert_eq!((status, code), (501, &json!("not_supported")), "{body}");
    assert!(!folder.exists());
}

#[test]
fn a_search_ends_before_lambda_does() {
    let space = Server::start(|_| Reply::Stall);
    let left = Duration::from_millis(2300);
    let lambda = lambda([(event("GET", "query=bus"), left)]);
    let space = space.url("");
    let settings = [
        ("CLIP_SEARCH_SPACE", space.as_str()),
        ("CLIP_SEARCH_TIMEOUT", "10m"),
    ];
    let _function = function(&lambda, &settings);
    let (status, answer, body) = answers(&lambda, 1).remove(0);
    assert_eq!((status, &body["error"]["code"]), (504, &json!("timeout")));
    assert_eq!(answer["headers"]["retry-after"], "10");
}

#[test]
fn a_space_is_described_once_and_again_when_it_changed() {
    let joins = AtomicUsize::new(0);
    // The third search finds another Space.
    let space = gradio("6.31", move |request| {
        let join = request.path().ends_with("/queue/join");
        let is_changed = join && joins.fetch_add(1, Ordering::SeqCst) == 2;
        is_changed.then(|| Reply::json(404, &json!({ "detail": "Not Found" })))
    });
    // A time that is over is unknown.
    let times = [LONG, LONG, LONG, Duration::ZERO];
    let lambda = lambda(times.map(|left| (event("GET", "query=red&limit=2"), left)));
    let address = space.url("");
    let settings = [
        ("CLIP_SEARCH_SPACE", address.as_str()),
        ("CLIP_SEARCH_SPACE_API", "gallery"),
    ];
    let _function = function(&lambda, &settings);
    for (status, answer, _) in answers(&lambda, 4) {
        assert_eq!(status, 200, "{answer}");
    }
    let asked = |path| {
        space
            .requests()
            .iter()
            .filter(|r| r.path().ends_with(path))
            .count()
    };
    assert_eq!((asked("/config"), asked("/queue/join")), (2, 5));
}

#[test]
fn each_call_is_one_line_of_json_without_its_words() {
    let space = gradio("6.31", |_| None);
    let space = space.url("");
    let lambda = lambda(
        ["gallery", "", "fail"]
            .map(|words| (event("GET", &format!("query={words}&limit=2")), LONG)),
    );
    let settings = [
        ("CLIP_SEARCH_SPACE", space.as_str()),
        ("CLIP_SEARCH_SPACE_API", "fail"),
    ];
    let function = function(&lambda, &settings);
    answers(&lambda, 3);
    function.signal("TERM");
    let output = function.wait().output;
    let lines: Vec<Value> = output
        .lines()
        .map(|line| serde_json::from_str(line).expect(line))
        .collect();
    assert_eq!(lines.len(), 3, "{output}");
    let told = |line: &Value, names: [&str; 4]| names.map(|name| line[name].clone());
    let names = ["level", "status", "engine", "failure"];
    let space_error = [
        json!("WARN"),
        json!(502),
        json!("space"),
        json!("space_error"),
    ];
    assert_eq!(told(&lines[0], names), space_error);
    let bad_query = [
        json!("INFO"),
        json!(400),
        json!("space"),
        json!("bad_query"),
    ];
    assert_eq!(told(&lines[1], names), bad_query);
    for line in &lines {
        assert!(
            line["millis"].is_u64() && line["timestamp"].is_string(),
            "{line}"
        );
        assert_eq!(
            line.get("message"),
            None,
            "a Space's words may hold the user's"
        );
    }
}

#[test]
fn half_of_a_lambda_is_refused() {
    let output = Command::new(CLIP_SEARCH)
        .env_clear()
        .env("AWS_LAMBDA_RUNTIME_API", "127.0.0.1:1")
        .output()
        .expect("the program runs");
    assert_eq!(output.status.code(), Some(2));
    let line = String::from_utf8_lossy(&output.stderr);
    assert!(line.contains("AWS_LAMBDA_FUNCTION_NAME is not"), "{line}");
}

#[test]
fn an_answer_is_on_its_way_before_lambda_gives_up() {
    let now = UNIX_EPOCH + Duration::from_hours(400_000);
    let table = [
        (29_000, Some(27_000)),
        (2_500, Some(500)),
        (1_000, Some(0)),
        (0, Some(0)),
    ];
    for (left, expected) in table {
        let deadline = now + Duration::from_millis(left);
        let expected = expected.map(Duration::from_millis);
        assert_eq!(time_left(deadline, now), expected, "{left} ms");
    }
    // cargo-lambda's emulator always says 600,000 ms after 1970.
    assert_eq!(time_left(UNIX_EPOCH + Duration::from_mins(10), now), None);
}
