//! `preprocess` does each task of standard input, on texts or pictures, and answers with a line of
//! JSON; for `tests/peers/clip-preprocess`.

use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::time::Instant;

use clip::description::Fit;
use clip::preprocess::preprocess;
use clip::tokenizer::{Tokenizer, TokenizerFile};
use clip_bot::picture::decode;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::{cases, damaged};

static TOKENIZER: OnceLock<TokenizerFile> = OnceLock::new();

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum Task {
    /// The tokens of a text.
    Tokens {
        text: String,
        vocabulary: usize,
        context: usize,
        /// A `tokenizer.json`, unless it is CLIP's; the same one in all tasks.
        #[serde(default)]
        tokenizer: Option<PathBuf>,
        /// As transformers makes them, without the changes for what people type.
        exact: bool,
    },
    /// Writes the pixels of the picture `file` to `pixels`, and what CLIP sees of it to `seen`, as
    /// bytes.
    See {
        file: PathBuf,
        side: u32,
        #[serde(default)]
        fit: Fit,
        pixels: PathBuf,
        seen: PathBuf,
    },
    /// Damages the picture `file` in so many ways, always the same ones, and reads each.
    Damage { file: PathBuf, cases: u64 },
}

pub fn run() {
    for task in cases() {
        println!("{}", done(task));
    }
}

fn done(task: Task) -> Value {
    match task {
        Task::Tokens {
            text,
            vocabulary,
            context,
            tokenizer: file,
            exact,
        } => {
            let tokenizer = match &file {
                None => &TokenizerFile::CLIP,
                Some(file) => TOKENIZER.get_or_init(|| {
                    let file = std::fs::read(file).expect("a tokenizer.json");
                    TokenizerFile::read(&file).unwrap_or_else(|error| panic!("{error}"))
                }),
            };
            let tokenizer = Tokenizer::new(tokenizer.kind, &tokenizer.tables, vocabulary);
            let tokenizer = tokenizer.unwrap_or_else(|error| panic!("{error}"));
            json!(if exact {
                tokenizer.encode_exactly(&text, context)
            } else {
                tokenizer.encode(&text, context)
            })
        }
        Task::See {
            file,
            side,
            fit,
            pixels,
            seen,
        } => see(&file, (side, fit), &pixels, &seen),
        Task::Damage { file, cases } => {
            damaged::decode_all(&std::fs::read(file).expect("a file"), cases)
        }
    }
}

fn see(file: &Path, (side, fit): (u32, Fit), pixels: &Path, seen: &Path) -> Value {
    let bytes = std::fs::read(file).expect("a file");
    let start = Instant::now();
    let picture = match decode(&bytes) {
        Ok(picture) => picture,
        Err(error) => return json!({"error": error.chain()}),
    };
    let decoded = start.elapsed().as_secs_f64() * 1e3;
    let start = Instant::now();
    // What is left of a pixel's byte with this mean and this deviation is the byte itself.
    let values = preprocess(&picture, side, fit, [0.0; 3], [1.0 / 255.0; 3]);
    let preprocessed = start.elapsed().as_secs_f64() * 1e3;
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    let seen_bytes: Vec<u8> = values.iter().map(|value| value.round() as u8).collect();
    std::fs::write(seen, seen_bytes).expect("room for the values");
    std::fs::write(pixels, &picture.rgb).expect("room for the pixels");
    json!({"width": picture.width, "height": picture.height, "decode_ms": decoded, "preprocess_ms": preprocessed})
}
