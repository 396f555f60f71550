//! The page and its JSON interface, on the same origin as the Bot API.
//!
//! `GET /` and the page's other files (`assets`); `GET /api/events` (server-sent events); `GET
//! /api/files/{file_id}`; `POST /api/say`, `/api/photo`, `/api/press`, `/api/inline` and
//! `/api/faults`. No other web page may use it, though it runs on a loopback address that every
//! page in the browser can reach: see `guard`.

mod assets;
mod events;
mod guard;

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Instant;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{Path, Request, State};
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::middleware::{Next, from_fn, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use percent_encoding::percent_decode_str;
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::sync::watch;

use super::bot_api::{BotApi, RefusalWords};
use super::faults::{Fault, Faults};
use super::traffic::Traffic;

/// Largest request body that the page sends: an uploaded picture.
const MAX_BODY_BYTES: usize = 11 << 20;

/// What the page shows about the system behind it.
#[derive(Debug, Clone, Default)]
pub struct About {
    /// The search engine's name.
    pub engine: String,
    /// The endpoint's address.
    pub endpoint: String,
    /// The bot's token, for whoever wants to try requests of their own.
    pub token: String,
    /// Sentences shown beside the engine, as they are now; may be empty.
    pub note: watch::Sender<String>,
}

/// The state that all routes share.
#[derive(Clone)]
struct PageState {
    api: BotApi,
    traffic: Traffic,
    faults: Faults,
    about: Arc<About>,
}

/// The page, its interface, and the Bot API, whose requests are recorded in `traffic` and obey
/// `faults`.
pub fn router(api: &BotApi, traffic: &Traffic, faults: &Faults, about: About) -> Router {
    faults.plug_into(api);
    let page = PageState {
        api: api.clone(),
        traffic: traffic.clone(),
        faults: faults.clone(),
        about: Arc::new(about),
    };
    let routes = assets::routes()
        .route("/api/events", get(events::stream))
        .route("/api/files/{file_id}", get(file))
        .route("/api/say", post(say))
        .route("/api/photo", post(photo))
        .route("/api/press", post(press))
        .route("/api/inline", post(inline))
        .route("/api/faults", post(set_fault))
        .layer(axum::extract::DefaultBodyLimit::max(MAX_BODY_BYTES))
        .layer(from_fn(guard::page))
        .with_state(page.clone());
    let bot_api = api.router().layer(from_fn_with_state(page, record));
    routes.merge(bot_api)
}

/// Records a request to the Bot API when it has ended.
async fn record(State(page): State<PageState>, request: Request, next: Next) -> Response {
    let start = Instant::now();
    // The path contains the token, so only the part after it is recorded.
    let path = request.uri().path();
    let what = match path.strip_prefix("/file/") {
        Some(rest) => format!("file {}", rest.split_once('/').map_or("", |(_, path)| path)),
        None => path.rsplit('/').next().unwrap_or_default().to_owned(),
    };
    let response = next.run(request).await;
    let refused = response.extensions().get::<RefusalWords>();
    let refused = refused.map(|refused| refused.0.clone());
    let status = response.status().as_u16();
    page.traffic
        .record("telegram", &what, status, start.elapsed(), refused);
    response
}

/// An answer to the page: JSON, or 400 with an `error`.
struct PageReply(Result<Value, String>);

impl IntoResponse for PageReply {
    fn into_response(self) -> Response {
        let (status, body) = match self.0 {
            Ok(body) => (StatusCode::OK, body),
            Err(words) => (StatusCode::BAD_REQUEST, json!({ "error": words })),
        };
        let kind = [(CONTENT_TYPE, "application/json")];
        (status, kind, body.to_string()).into_response()
    }
}

fn parse<'a, T: Deserialize<'a>>(body: &'a [u8]) -> Result<T, String> {
    serde_json::from_slice(body).map_err(|cause| format!("the request cannot be read: {cause}"))
}

#[derive(Deserialize)]
struct Say {
    user: i64,
    chat: i64,
    text: String,
    reply_to: Option<i64>,
}

async fn say(State(page): State<PageState>, body: Bytes) -> PageReply {
    PageReply(parse::<Say>(&body).and_then(|say| {
        if !(1..=4096).contains(&say.text.trim().chars().count()) {
            return Err("a message has 1 to 4096 characters".to_owned());
        }
        page.check_place(say.user, say.chat)?;
        let id = page
            .api
            .say(say.user, say.chat, say.text.trim(), say.reply_to);
        Ok(json!({ "update_id": id }))
    }))
}

async fn photo(State(page): State<PageState>, request: Request) -> PageReply {
    let parameters = parameters(request.uri().query().unwrap_or_default());
    let Ok(body) = axum::body::to_bytes(request.into_body(), MAX_BODY_BYTES).await else {
        return PageReply(Err("the picture is too large".to_owned()));
    };
    let number = |name: &str| {
        let value = parameters.get(name).and_then(|value| value.parse().ok());
        value.ok_or_else(|| format!("{name} must be a number"))
    };
    let send = || {
        let (user, chat) = (number("user")?, number("chat")?);
        page.check_place(user, chat)?;
        let caption = parameters
            .get("caption")
            .map_or("", |caption| caption.trim());
        let id = page.api.send_picture(user, chat, body.to_vec(), caption)?;
        Ok(json!({ "update_id": id }))
    };
    PageReply(send())
}

#[derive(Deserialize)]
struct Press {
    user: i64,
    chat: i64,
    message: i64,
    data: String,
}

async fn press(State(page): State<PageState>, body: Bytes) -> PageReply {
    PageReply(parse::<Press>(&body).and_then(|press| {
        page.check_place(press.user, press.chat)?;
        let Press {
            user,
            chat,
            message,
            data,
        } = press;
        let id = page.api.press(user, chat, message, &data)?;
        Ok(json!({ "id": id.to_string() }))
    }))
}

#[derive(Deserialize)]
struct Inline {
    user: i64,
    query: String,
    #[serde(default)]
    offset: String,
}

async fn inline(State(page): State<PageState>, body: Bytes) -> PageReply {
    PageReply(parse::<Inline>(&body).map(|inline| {
        let id = page
            .api
            .ask_inline(inline.user, &inline.query, &inline.offset);
        json!({ "id": id.to_string() })
    }))
}

#[derive(Deserialize)]
struct Switch {
    name: String,
    on: bool,
}

async fn set_fault(State(page): State<PageState>, body: Bytes) -> PageReply {
    PageReply(parse::<Switch>(&body).and_then(|switch| {
        let fault = Fault::named(&switch.name).ok_or("there is no such switch")?;
        page.faults.set(fault, switch.on);
        Ok(page.faults.to_json())
    }))
}

async fn file(State(page): State<PageState>, Path(file_id): Path<String>) -> Response {
    match page.api.file(&file_id) {
        Some((kind, bytes)) => ([(CONTENT_TYPE, kind)], bytes.to_vec()).into_response(),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

impl PageState {
    /// Fails unless `user` is a member of `chat`.
    fn check_place(&self, user: i64, chat: i64) -> Result<(), String> {
        if self.api.is_member(user, chat) {
            return Ok(());
        }
        Err("this user is not in this chat".to_owned())
    }
}

/// The parameters of a query string.
fn parameters(query: &str) -> HashMap<String, String> {
    let decode = |text: &str| {
        let text = text.replace('+', " ");
        percent_decode_str(&text).decode_utf8_lossy().into_owned()
    };
    let pairs = query.split('&').filter_map(|pair| pair.split_once('='));
    pairs
        .map(|(name, value)| (decode(name), decode(value)))
        .collect()
}
