//! What callers of our endpoint may send.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use axum::body::{Body, HttpBody};
use axum::http::{HeaderName, HeaderValue, Method, Request, Uri};
use clip_bot::config::{EngineConfig, SearchConfig};
use clip_bot::endpoint::{Monitor, router};
use clip_bot::search::{Engine, Failure, MAX_LIMIT, MAX_QUERY_CHARS, Page, Query, Reason, Subject};
use clip_bot::secret::Secret;
use hyper::service::Service;
use hyper_util::service::TowerToHyperService;
use serde_json::Value;

use super::Input;

const TOKEN: &str = "s3cret";

/// Keeps what it was asked, and finds a picture of its own.
#[derive(Default)]
struct Listener(Mutex<Option<Query>>);

impl Engine for Listener {
    fn name(&self) -> &'static str {
        "mock"
    }

    fn search(&self, query: &Query, _: Instant) -> Result<Page, Failure> {
        *self.0.lock().expect("no panic while held") = Some(query.clone());
        Ok(Page {
            hits: vec![clip_bot::search::Hit::at("/images/1")],
            next_offset: None,
            ..Page::default()
        })
    }

    fn ready(&self, _: Instant) -> Result<(), Failure> {
        Ok(())
    }
}

struct Endpoint {
    engine: Arc<Listener>,
    service: TowerToHyperService<axum::Router>,
    runtime: tokio::runtime::Runtime,
}

impl Endpoint {
    fn new(token: Option<Secret>) -> Self {
        let engine = Arc::new(Listener::default());
        let config = SearchConfig {
            open: false,
            clip: clip_bot::config::ClipConfig::default(),
            engine: EngineConfig::Mock,
            listen: ([127, 0, 0, 1], 1).into(),
            page: Some(false),
            origins: clip_bot::config::Origins::default(),
            public_url: None,
            token,
            timeout: Duration::from_mins(1),
            idle: None,
            workers: 4,
            log: tracing::level_filters::LevelFilter::OFF,
            warnings: Vec::new(),
        };
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .build();
        Self {
            service: TowerToHyperService::new(router(engine.clone(), &config, &Monitor::default())),
            engine,
            runtime: runtime.expect("a runtime"),
        }
    }

    /// Status, and body as JSON.
    fn answer(&self, request: Request<Body>) -> (u16, Value) {
        self.runtime.block_on(async {
            let response = self
                .service
                .call(request)
                .await
                .expect("routers do not fail");
            let status = response.status().as_u16();
            let mut body = response.into_body();
            let mut bytes = Vec::new();
            while let Some(frame) =
                std::future::poll_fn(|context| std::pin::Pin::new(&mut body).poll_frame(context))
                    .await
            {
                bytes.extend(frame.expect("in memory").into_data().unwrap_or_default());
            }
            (status, serde_json::from_slice(&bytes).unwrap_or_default())
        })
    }
}

/// Any target, headers and body: a byte for method and token, a line, lines, the rest.
pub fn request(bytes: &[u8]) {
    thread_local! {
        static ENDPOINTS: [Endpoint; 2] = [Endpoint::new(None), Endpoint::new(Some(Secret::new(TOKEN)))];
    }
    let mut input = Input(bytes);
    let choice = usize::from(input.byte());
    let method = [Method::GET, Method::POST, Method::GET, Method::PUT][choice % 4].clone();
    let Ok(uri) = String::from_utf8_lossy(input.line()).parse::<Uri>() else {
        return;
    };
    let mut request = Request::new(Body::empty());
    let mut headers = input.lines();
    headers.truncate(100);
    for line in headers {
        let (name, value) = line.split_once(':').unwrap_or((&line, ""));
        if let (Ok(name), Ok(value)) = (
            name.parse::<HeaderName>(),
            value.trim().parse::<HeaderValue>(),
        ) {
            request.headers_mut().append(name, value);
        }
    }
    *request.method_mut() = method.clone();
    *request.uri_mut() = uri.clone();
    *request.body_mut() = Body::from(input.0.to_vec());
    let guarded = choice & 4 != 0;
    let shown = request
        .headers()
        .get("authorization")
        .map(|value| value.as_bytes().to_vec());
    let (status, body, asked) = ENDPOINTS.with(|endpoints| {
        let endpoint = &endpoints[usize::from(guarded)];
        *endpoint.engine.0.lock().expect("no panic while held") = None;
        let (status, body) = endpoint.answer(request);
        (
            status,
            body,
            endpoint
                .engine
                .0
                .lock()
                .expect("no panic while held")
                .take(),
        )
    });
    if status >= 400 {
        let error = Failure::from_json(&body, None).unwrap_or_else(|| panic!("{status}: {body}"));
        assert!(
            status == 401 || error.reason.status() == status,
            "{status}: {error}"
        );
        assert_ne!(error.reason, Reason::Internal, "{error}");
    }
    let Some(query) = asked else { return };
    assert_eq!((uri.path(), status), ("/search", 200), "{body}");
    if guarded {
        let shown = shown.unwrap_or_default();
        assert!(shown.ends_with(TOKEN.as_bytes()), "{shown:?}");
    }
    check_query(query, &method, input.0);
    check_page(&body);
}

/// What reached the engine is what was sent with `method`, within the limits.
fn check_query(query: Query, method: &Method, sent: &[u8]) {
    assert!((1..=MAX_LIMIT).contains(&query.limit));
    match query.subject {
        Subject::Text(text) => {
            assert!((1..=MAX_QUERY_CHARS).contains(&text.chars().count()));
            assert_eq!(text.trim(), text);
        }
        Subject::Picture { bytes, .. } => {
            assert_eq!(method, Method::POST);
            // As it is, or in a form.
            assert!(sent.windows(bytes.len()).any(|part| part == bytes));
        }
    }
}

fn check_page(body: &Value) {
    let page = Page::from_json(body).expect("a page");
    let url = &page.hits[0].url;
    let plain = |c: char| c.is_ascii_alphanumeric() || ":/[]._-".contains(c);
    assert!(
        url.starts_with("http") && url.ends_with("/images/1") && url.chars().all(plain),
        "{url}"
    );
}
