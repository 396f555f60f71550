//! The bot signs its searches with the credentials of the instance's role, which it gets from a
//! scripted metadata service.

use std::collections::BTreeMap;
use std::net::TcpListener;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use clip_bot::bot::search_client::SearchClient;
use clip_bot::config::{BotConfig, Environment};
use clip_bot::search::{Query, Reason};
use serde_json::json;

use crate::support::process::Program;
use crate::support::server::{Reply, Request, Server};

const ROLES: &str = "/latest/meta-data/iam/security-credentials/";
/// Longer than a test waits for a program, so that only giving up earlier passes.
const SEARCH_TIMEOUT: &str = "10m";

/// A metadata service that hands out keys 1, 2, …, and only to who shows its token.
struct Metadata {
    server: Server,
    issued: Arc<AtomicUsize>,
    down: Arc<AtomicBool>,
}

impl Metadata {
    /// Its credentials are good for `life`.
    fn start(life: Duration) -> Self {
        let issued = Arc::new(AtomicUsize::new(0));
        let down = Arc::new(AtomicBool::new(false));
        let (count, out) = (Arc::clone(&issued), Arc::clone(&down));
        let server = Server::start(move |request| {
            if out.load(Ordering::SeqCst) {
                return Reply::html(500, "out of order");
            }
            answer(request, &count, life)
        });
        Self {
            server,
            issued,
            down,
        }
    }

    fn issued(&self) -> usize {
        self.issued.load(Ordering::SeqCst)
    }

    fn client(&self, endpoint: &Server) -> SearchClient {
        client(endpoint, &self.server.url(""))
    }
}

fn answer(request: &Request, issued: &AtomicUsize, life: Duration) -> Reply {
    let lasts = request.header("x-aws-ec2-metadata-token-ttl-seconds");
    let token = request.header("x-aws-ec2-metadata-token");
    match (request.method.as_str(), request.target.as_str()) {
        ("PUT", "/latest/api/token") if lasts.is_some() => Reply::html(200, "session=="),
        ("GET", _) if token != Some("session==") => Reply::html(401, "Unauthorized"),
        ("GET", ROLES) => Reply::html(200, "bot-role"),
        ("GET", path) if path == format!("{ROLES}bot-role") => {
            let number = issued.fetch_add(1, Ordering::SeqCst) + 1;
            let until = humantime::format_rfc3339_seconds(SystemTime::now() + life);
            let keys = json!({
                "Code": "Success",
                "Type": "AWS-HMAC",
                "AccessKeyId": format!("ASIA{number}"),
                "SecretAccessKey": "secret/+=",
                "Token": format!("session-of-key-{number}"),
                "Expiration": until.to_string(),
            });
            Reply::json(200, &keys)
        }
        _ => Reply::html(404, "Not Found"),
    }
}

/// Like API Gateway: lets in who holds key `wanted`, or any for 0.
fn gateway(wanted: usize) -> Server {
    Server::start(move |request| {
        let key = key_of(request);
        if key.is_empty() || (wanted > 0 && key != format!("ASIA{wanted}")) {
            return Reply::json(403, &json!({"message": "Forbidden"}));
        }
        Reply::json(200, &json!(["https://example.org/1.jpg"]))
    })
}

/// The key that signed the request, if it came with its session token.
fn key_of(request: &Request) -> String {
    let authorization = request.header("authorization").unwrap_or_default();
    let key = authorization
        .strip_prefix("AWS4-HMAC-SHA256 Credential=")
        .and_then(|rest| rest.split('/').next())
        .unwrap_or_default();
    let token = request.header("x-amz-security-token").unwrap_or_default();
    let number = key.trim_start_matches("ASIA");
    if token == format!("session-of-key-{number}") {
        key.to_owned()
    } else {
        String::new()
    }
}

fn settings(endpoint: &Server, metadata: &str) -> BTreeMap<String, String> {
    let url = endpoint.url("");
    let settings = [
        ("CLIP_BOT_TOKEN", "1:x"),
        ("CLIP_BOT_SEARCH_URL", url.as_str()),
        ("CLIP_BOT_SEARCH_AUTH", "aws-iam"),
        ("CLIP_BOT_SEARCH_TIMEOUT", SEARCH_TIMEOUT),
        ("AWS_REGION", "eu-central-1"),
        ("AWS_EC2_METADATA_SERVICE_ENDPOINT", metadata),
    ];
    settings
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .into()
}

fn client(endpoint: &Server, metadata: &str) -> SearchClient {
    let environment = Environment {
        variables: settings(endpoint, metadata),
        read: |path| std::fs::read_to_string(path),
        is_open: |_| false,
    };
    let config = BotConfig::from_environment(&environment).expect("good settings");
    SearchClient::new(&config, 1)
}

fn query() -> Query {
    Query::text("red bus", 5, 0).expect("a query")
}

fn keys(endpoint: &Server) -> Vec<String> {
    endpoint.requests().iter().map(key_of).collect()
}

#[test]
fn the_role_is_asked_for_once_as_imdsv2_wants_it() {
    let metadata = Metadata::start(Duration::from_hours(6));
    let endpoint = gateway(0);
    let client = metadata.client(&endpoint);
    for _ in 0..2 {
        let page = client.search(&query()).expect("let in");
        assert_eq!(page.hits[0].url, "https://example.org/1.jpg");
    }
    assert_eq!(keys(&endpoint), ["ASIA1", "ASIA1"]);
    let asked: Vec<String> = metadata
        .server
        .requests()
        .iter()
        .map(|request| format!("{} {}", request.method, request.target))
        .collect();
    let role = format!("GET {ROLES}");
    assert_eq!(
        asked,
        ["PUT /latest/api/token", &role, &format!("{role}bot-role")]
    );
}

#[test]
fn credentials_are_renewed_before_they_expire() {
    let metadata = Metadata::start(Duration::from_mins(4));
    let endpoint = gateway(0);
    let client = metadata.client(&endpoint);
    for _ in 0..2 {
        client.search(&query()).expect("let in");
    }
    assert_eq!(keys(&endpoint), ["ASIA1", "ASIA2"]);
}

/// They used to be thrown away when the service failed in their last five minutes.
#[test]
fn credentials_serve_to_their_end_while_there_are_no_others() {
    let metadata = Metadata::start(Duration::from_mins(4));
    let endpoint = gateway(0);
    let client = metadata.client(&endpoint);
    client.search(&query()).expect("let in");
    metadata.down.store(true, Ordering::SeqCst);
    client.search(&query()).expect("let in");
    assert_eq!(keys(&endpoint), ["ASIA1", "ASIA1"]);
}

#[test]
fn a_refusal_renews_the_credentials_once() {
    let metadata = Metadata::start(Duration::from_hours(6));
    let endpoint = gateway(2);
    metadata.client(&endpoint).search(&query()).expect("let in");
    assert_eq!(keys(&endpoint), ["ASIA1", "ASIA2"]);

    let closed = gateway(99);
    let failure = metadata.client(&closed).search(&query()).expect_err("shut");
    assert_eq!(failure.reason, Reason::Forbidden);
    assert_eq!(keys(&closed), ["ASIA3", "ASIA4"]);
    assert_eq!(metadata.issued(), 4);
}

#[test]
fn keys_from_the_environment_need_no_metadata_service() {
    let metadata = Metadata::start(Duration::from_hours(6));
    let endpoint = gateway(99);
    let mut variables = settings(&endpoint, &metadata.server.url(""));
    for (name, value) in [
        ("AWS_ACCESS_KEY_ID", "ASIA7"),
        ("AWS_SECRET_ACCESS_KEY", "secret"),
        ("AWS_SESSION_TOKEN", "session-of-key-7"),
    ] {
        variables.insert(name.into(), value.into());
    }
    let ended = ask(&variables);
    assert_eq!(ended.0, Some(1), "{}", ended.1);
    assert!(ended.1.contains("forbidden"), "{}", ended.1);
    assert_eq!(keys(&endpoint), ["ASIA7"]);
    assert_eq!(metadata.server.connections(), 0);
}

#[test]
fn without_credentials_the_remedy_is_said_soon() {
    let endpoint = gateway(0);
    let closed = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let nobody = format!("http://{}", closed.local_addr().expect("bound"));
    drop(closed);
    let silent = Server::start(|_| Reply::Stall);
    let roleless = Server::start(|request| match request.method.as_str() {
        "PUT" => Reply::html(200, "session=="),
        _ => Reply::html(404, "Not Found"),
    });
    for address in [nobody, silent.url(""), roleless.url("")] {
        let (code, output) = ask(&settings(&endpoint, &address));
        assert_eq!(code, Some(1), "{output}");
        for words in [
            "no AWS credentials: give the instance a role",
            "AWS_ACCESS_KEY_ID",
        ] {
            assert!(output.contains(words), "{words:?} in {output}");
        }
    }
    assert_eq!(endpoint.requests().len(), 0, "nothing goes out unsigned");
}

#[test]
fn who_waits_for_credentials_gets_those_of_the_one_who_asked() {
    let metadata = Metadata::start(Duration::from_hours(6));
    let endpoint = gateway(0);
    let client = metadata.client(&endpoint);
    let failures = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                if let Err(failure) = client.search(&query()) {
                    failures.lock().expect("no panic while held").push(failure);
                }
            });
        }
    });
    assert!(failures.lock().expect("no panic while held").is_empty());
    assert_eq!((endpoint.requests().len(), metadata.issued()), (8, 1));
}

/// Exit code and output of `clip-bot query red bus`, which ends by itself.
fn ask(variables: &BTreeMap<String, String>) -> (Option<i32>, String) {
    let variables: Vec<(&str, &str)> = variables
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str()))
        .collect();
    let program = Program::start(
        env!("CARGO_BIN_EXE_clip-bot"),
        &["query", "red", "bus"],
        &variables,
    );
    let ended = program.wait();
    (ended.status.code(), ended.output)
}
