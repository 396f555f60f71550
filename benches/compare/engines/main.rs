//! `engines KIND MODEL VECTORS [QUERY]`: searches with CLIP in Rust, as `clip_peer.py` does in Python.
//!
//! Answers QUERY and ends, or reads the lines that `clip_peer.py` reads, all but `padded`. KIND and
//! MODEL are `candle` and a checkpoint's folder, `rten` or `rten-int8` and the folder that
//! `clip_onnx.py` made, or `ours` and a file of our own, to compare vectors with. Tokens and pixels
//! are ours for all, so that only the engines differ.

mod candle;
mod rten;
mod vectors;

use std::error::Error;
use std::io::{BufRead, stdin};
use std::path::Path;

use clip::Encoder;
use clip::model::Model;
use clip_bot::picture::decode;
use clip::description::Fit;
use clip::preprocess::preprocess;
use clip::tokenizer::ClipTokenizer;
use vectors::{Vectors, unit};

type Result<T> = std::result::Result<T, Box<dyn Error>>;

const VOCABULARY: usize = 49_408;
const CONTEXT: usize = 77;
const SIDE: usize = 224;
const MEAN: [f32; 3] = [0.481_454_66, 0.457_827_5, 0.408_210_73];
const STD: [f32; 3] = [0.268_629_54, 0.261_302_6, 0.275_777_1];

/// Turns tokens and pixels into vectors of any length.
trait Engine {
    fn text(&self, tokens: &[u32]) -> Result<Vec<f32>>;

    /// `pixels` are three planes of [`SIDE`] by [`SIDE`].
    fn picture(&self, pixels: Vec<f32>) -> Result<Vec<f32>>;
}

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [kind, model, vectors, query @ ..] = &*arguments else {
        return Err("expected: KIND MODEL VECTORS [QUERY]".into());
    };
    let model = Path::new(model);
    let searcher = Searcher {
        engine: match &**kind {
            "candle" => Box::new(candle::open(model)?),
            "rten" => Box::new(rten::open(model, "")),
            "rten-int8" => Box::new(rten::open(model, ".int8")),
            "ours" => Box::new(Model::open(model).map_err(told)?),
            other => return Err(format!("no engine is called {other}").into()),
        },
        tokenizer: ClipTokenizer::new(VOCABULARY).map_err(told)?,
        vectors: Vectors::open(Path::new(vectors))?,
    };
    if let [query] = query {
        println!("{}", searcher.answer("unpadded", query)?);
        return Ok(());
    }
    println!("ready");
    for line in stdin().lock().lines() {
        let line = line?;
        let (what, value) = line.split_once(' ').ok_or("expected: WHAT VALUE")?;
        println!("{}", searcher.answer(what, value)?);
    }
    Ok(())
}

struct Searcher {
    engine: Box<dyn Engine>,
    tokenizer: ClipTokenizer,
    vectors: Vectors,
}

impl Searcher {
    fn answer(&self, what: &str, value: &str) -> Result<String> {
        Ok(match what {
            "unpadded" => serde_json::to_string(&self.vectors.best(&self.text(value)?))?,
            "picture" => {
                self.picture(value)?;
                "[]".to_owned()
            }
            "text-vector" => serde_json::to_string(&self.text(value)?)?,
            "picture-vector" => serde_json::to_string(&self.picture(value)?)?,
            _ => return Err(format!("cannot answer {what}").into()),
        })
    }

    fn text(&self, text: &str) -> Result<Vec<f32>> {
        let tokens = self.tokenizer.encode(text, CONTEXT);
        Ok(unit(self.engine.text(&tokens)?))
    }

    fn picture(&self, path: &str) -> Result<Vec<f32>> {
        let picture = decode(&std::fs::read(path)?).map_err(told)?;
        let side = u32::try_from(SIDE)?;
        let pixels = preprocess(&picture, side, Fit::Middle, MEAN, STD);
        Ok(unit(self.engine.picture(pixels)?))
    }
}

impl Engine for Model {
    fn text(&self, tokens: &[u32]) -> Result<Vec<f32>> {
        self.encode_tokens(tokens).map_err(told)
    }

    fn picture(&self, pixels: Vec<f32>) -> Result<Vec<f32>> {
        self.encode_pixels(&[pixels])
            .map(|vectors| vectors.concat())
            .map_err(told)
    }
}

fn told(error: impl Into<clip_bot::error::Error>) -> Box<dyn Error> {
    error.into().chain().into()
}
