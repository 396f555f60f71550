//! What must hold for any bytes from outside. Each target takes one case; it is run by
//! `tests/it/seeds.rs` on stable Rust and by libFuzzer (`tests/fuzz/run`).

mod chat;
mod details;
mod endpoint;
mod engine;
mod inbox;
mod peer;
mod settings;
mod space;
mod wire;

/// Runs one case, and panics where something does not hold.
pub type Target = fn(&[u8]);

/// Every target by its name, which is also the name of its folder of seeds.
pub const TARGETS: [(&str, Target); 21] = [
    ("addresses", engine::addresses),
    ("arguments", settings::arguments),
    ("bot_api", wire::bot_api),
    ("command", chat::command),
    ("details", details::details),
    ("inbox", inbox::inbox),
    ("index", engine::index),
    ("links", chat::links),
    ("model", engine::model),
    ("outputs", space::outputs),
    ("picture", engine::picture),
    ("qdrant", engine::qdrant),
    ("refusal", space::refusal),
    ("request", endpoint::request),
    ("search", wire::search),
    ("settings", settings::settings),
    ("space", space::space),
    ("stream", space::stream),
    ("tokenizer", engine::tokenizer),
    ("update", chat::update),
    ("upload", wire::upload),
];

/// Takes a case apart from its start.
struct Input<'a>(&'a [u8]);

impl<'a> Input<'a> {
    /// The next byte; 0 at the end.
    fn byte(&mut self) -> u8 {
        let (first, rest) = self.0.split_first().unwrap_or((&0, &[]));
        self.0 = rest;
        *first
    }

    /// The bytes up to the next line end.
    fn line(&mut self) -> &'a [u8] {
        let all = self.0;
        let end = all.iter().position(|byte| *byte == b'\n');
        self.0 = end.map_or(&[], |end| &all[end + 1..]);
        &all[..end.unwrap_or(all.len())]
    }

    /// The lines up to the next empty one, as text.
    fn lines(&mut self) -> Vec<String> {
        let mut lines = Vec::new();
        while !self.0.is_empty() {
            match self.line() {
                [] => break,
                line => lines.push(String::from_utf8_lossy(line).into_owned()),
            }
        }
        lines
    }

    /// All that is left, as text.
    fn text(&self) -> String {
        String::from_utf8_lossy(self.0).into_owned()
    }
}

/// A message that stays on its line of a log or a terminal.
#[track_caller]
fn assert_one_line(text: &str) {
    assert!(!text.contains(char::is_control), "{text:?}");
    assert!(text.chars().count() <= 1000, "{text:?}");
}
