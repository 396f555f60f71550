//! From the message to being found: `nice cargo bench --bench found` forwards pictures of 1280 × 960 pixels, one
//! after the other, to the real `clip-bot` before the playground's Telegram and the real `clip-search` with the
//! built-in model, and asks inline for each the moment the bot says that it is saved. Prints how long it takes
//! from the update being handed out until it was saved, and until an inline answer showed the picture by its
//! `file_id`. What is kept lies below `TMPDIR`. Not counted: one picture and query before, by which the words of the
//! built-in drawings are read. Half a minute; exits with 1 where the limit is broken. `-- MODEL.clip` takes a model of
//! that file, such as a ViT-B/32, in place of the built-in one, and of its limit.

use std::io::Cursor;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use clip_bot::engine::drawings;
use clip_bot::search::Language;
use serde_json::Value;

#[allow(dead_code, reason = "the tests use the rest")]
#[path = "../../tests/it/support/mod.rs"]
mod support;

use support::process::Program;
use support::telegram::Telegram;

const PICTURES: usize = 12;
const LIMIT: Duration = Duration::from_millis(250);
/// With a model of one's own.
const LIMIT_OF_MODEL: Duration = Duration::from_millis(400);
/// After so long a person counts as one who has not typed before: apps and the bot wait for who types on.
const QUIET: Duration = Duration::from_millis(2100);
const USER: i64 = 7;

fn main() -> ExitCode {
    let folder = std::env::temp_dir().join(format!("bench-found-{}", std::process::id()));
    std::fs::create_dir_all(&folder).expect("room");
    let model = std::env::args().skip(1).find(|word| !word.starts_with('-'));
    let limit = if model.is_some() {
        LIMIT_OF_MODEL
    } else {
        LIMIT
    };
    let scene = Scene::start(&folder, model.as_deref());
    scene.choose();
    let (mut saved, mut found): (Vec<Duration>, Vec<Duration>) =
        (1..=PICTURES).map(|number| scene.picture(number)).unzip();
    drop(scene);
    std::fs::remove_dir_all(&folder).expect("ours");
    for (what, times) in [("saved", &mut saved), ("found inline", &mut found)] {
        times.sort_unstable();
        let [median, most] = [times[times.len() / 2], times[times.len() - 1]].map(millis);
        println!("from the update to {what:<13} median {median:>6.1} ms, most {most:>6.1} ms");
    }
    let median = found[found.len() / 2];
    println!(
        "{PICTURES} pictures; the median may be {:.0} ms",
        millis(limit)
    );
    if median > limit {
        return ExitCode::FAILURE;
    }
    ExitCode::SUCCESS
}

/// The bot, what it talks to, and one person.
struct Scene {
    telegram: Telegram,
    _programs: [Program; 2],
}

impl Scene {
    fn start(folder: &Path, model: Option<&str>) -> Self {
        let path = |name: &str| -> PathBuf { folder.join(name) };
        let (saved, state, index) = (path("saved"), path("state"), path("no-index"));
        std::fs::create_dir_all(&state).expect("room");
        let token = "the-token-of-the-benchmark";
        let mut settings = vec![
            ("CLIP_SEARCH_ENGINE", "clip"),
            ("CLIP_SEARCH_SAVED", saved.to_str().expect("UTF-8")),
            ("CLIP_SEARCH_TOKEN", token),
        ];
        if let Some(model) = model {
            // The vectors of the built-in drawings are not of this model.
            let index = index.to_str().expect("UTF-8");
            settings.extend([("CLIP_SEARCH_MODEL", model), ("CLIP_SEARCH_INDEX", index)]);
        }
        let (endpoint, address) = support::endpoint::start(&settings);
        let telegram = Telegram::start();
        telegram.api.add_user(USER, "U", "en");
        let bot = support::stage::start_bot(
            &telegram.url(),
            &format!("http://{address}"),
            &[
                ("CLIP_BOT_SEARCH_TOKEN", token),
                ("CLIP_BOT_STATE_DIR", state.to_str().expect("UTF-8")),
                ("CLIP_BOT_RATE", "600/1m"),
                ("CLIP_BOT_LOG", "warn"),
                ("CLIP_BOT_POLL_TIMEOUT", "50s"),
            ],
        );
        Self {
            telegram,
            _programs: [bot, endpoint],
        }
    }

    /// Pictures are kept from now on; one is.
    fn choose(&self) {
        self.send(0, picture(0));
        self.telegram.press(USER, USER, "Keep them");
        self.saved(1);
        while !self.is_shown(0) {}
    }

    /// Forwards one picture: how long it takes until it is saved, and until it is found.
    fn picture(&self, number: usize) -> (Duration, Duration) {
        std::thread::sleep(QUIET);
        let file = picture(number);
        let start = Instant::now();
        self.send(number, file);
        self.saved(number + 1);
        let saved = start.elapsed();
        while !self.is_shown(number) {}
        (saved, start.elapsed())
    }

    fn send(&self, number: usize, file: Vec<u8>) {
        let sent = (self.telegram.api).send_picture(USER, USER, file, &caption(number));
        sent.expect("a good picture");
    }

    fn saved(&self, count: usize) {
        let says_so = |call: &support::telegram::Call| call.text() == "Saved.";
        self.telegram.wait_for_many("saved", count, says_so);
    }

    /// Whether an inline query shows the picture.
    fn is_shown(&self, number: usize) -> bool {
        let answer = self.telegram.ask_inline(USER, &caption(number));
        let results = answer.parameters["results"].as_array().expect("results");
        let is_it = |result: &Value| {
            let words = result["caption"].as_str().unwrap_or_default();
            words.starts_with(&caption(number)) && result["photo_file_id"].is_string()
        };
        results.iter().any(is_it)
    }
}

/// A drawing, as large as Telegram's photos are.
fn picture(number: usize) -> Vec<u8> {
    let drawing = image::load_from_memory(drawing(number).file).expect("a JPEG");
    let large = drawing.resize_exact(1280, 960, image::imageops::FilterType::Triangle);
    let mut file = Cursor::new(Vec::new());
    let written = large
        .to_rgb8()
        .write_to(&mut file, image::ImageFormat::Jpeg);
    written.expect("memory");
    file.into_inner()
}

fn drawing(number: usize) -> &'static drawings::Drawing {
    &drawings::all()[number * 61]
}

fn caption(number: usize) -> String {
    format!("our {} {number}", drawing(number).name(Language::En))
}

fn millis(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}
