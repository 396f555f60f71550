//! A whole scene: the real `clip-bot` between a scripted Telegram and a scripted endpoint.

use std::fs::OpenOptions;
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};

use serde_json::json;

use super::process::{Ended, Program};
use super::server::{Reply, Request, Server};
use super::telegram::{TOKEN, Telegram};

/// The scene. Dropping it kills the bot.
pub struct Stage {
    pub telegram: Telegram,
    pub endpoint: Server,
    pub bot: Program,
}

impl Stage {
    /// Starts the bot; the endpoint answers every search with `pictures(n)` addresses.
    pub fn start(n: usize) -> Self {
        Self::with_endpoint(move |_| found(n))
    }

    pub fn with_endpoint(endpoint: impl Fn(&Request) -> Reply + Send + Sync + 'static) -> Self {
        Self::with(Telegram::start(), endpoint, &[])
    }

    /// Starts the bot with `settings` besides those it needs.
    pub fn with(
        telegram: Telegram,
        endpoint: impl Fn(&Request) -> Reply + Send + Sync + 'static,
        settings: &[(&str, &str)],
    ) -> Self {
        let endpoint = Server::start(endpoint);
        let bot = start_bot(&telegram.url(), &endpoint.url(""), settings);
        Self {
            telegram,
            endpoint,
            bot,
        }
    }

    /// Stops the bot by SIGTERM and returns what it printed, which must not hold the token.
    pub fn stop(self) -> String {
        let ended = self.bot.stop();
        assert_eq!(ended.status.code(), Some(0), "{}", ended.output);
        without_token(ended)
    }
}

/// Starts `clip-bot run` at trace level.
pub fn start_bot(api_url: &str, search_url: &str, settings: &[(&str, &str)]) -> Program {
    let token_file = token_file();
    let mut variables = vec![
        (
            "CLIP_BOT_TOKEN_FILE",
            token_file.to_str().expect("a plain path"),
        ),
        ("CLIP_BOT_API_URL", api_url),
        ("CLIP_BOT_SEARCH_URL", search_url),
        ("CLIP_BOT_LOG", "trace"),
        ("CLIP_BOT_POLL_TIMEOUT", "2s"),
        ("CLIP_BOT_ALLOWED", "everyone"),
    ];
    variables.extend_from_slice(settings);
    Program::start(env!("CARGO_BIN_EXE_clip-bot"), &["run"], &variables)
}

/// A file with the token.
pub fn token_file() -> PathBuf {
    file("token", TOKEN)
}

/// A new file with `content`.
pub fn file(name: &str, content: &str) -> PathBuf {
    static NUMBER: AtomicU32 = AtomicU32::new(0);
    let number = NUMBER.fetch_add(1, Ordering::Relaxed);
    let name = format!("{name}-{}-{number}", std::process::id());
    let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
    let mut options = OpenOptions::new();
    let options = options.write(true).create(true).truncate(true).mode(0o600);
    let mut file = options
        .open(&path)
        .expect("the folder for tests can be written");
    file.write_all(content.as_bytes()).expect("there is room");
    path
}

/// The output of a program, which must not hold the token.
pub fn without_token(ended: Ended) -> String {
    let secret = TOKEN.split(':').nth(1).expect("id:secret");
    assert!(
        !ended.output.contains(secret),
        "the token is in the output:\n{}",
        ended.output
    );
    ended.output
}

/// Addresses as an endpoint gives them; no such host exists, Telegram would fetch them.
pub fn pictures(n: usize) -> Vec<String> {
    (0..n)
        .map(|i| format!("https://pictures.example.org/{i}.jpg"))
        .collect()
}

/// A search answer with `pictures(n)`.
pub fn found(n: usize) -> Reply {
    let results: Vec<_> = pictures(n)
        .into_iter()
        .map(|url| json!({"url": url}))
        .collect();
    Reply::json(200, &json!({"query": "q", "results": results}))
}

/// A failure in the form of the search contract.
pub fn failure(status: u16, code: &str, retry_after: Option<u32>) -> Reply {
    let reply = Reply::json(status, &json!({"error": {"code": code, "message": "m"}}));
    match retry_after {
        Some(seconds) => reply.with("retry-after", &seconds.to_string()),
        None => reply,
    }
}
