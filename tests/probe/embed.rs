//! `embed MODEL` encodes each case of standard input with the model in the file MODEL and prints the
//! vector as JSON; for `tests/peers/clip-parity`.

use std::path::{Path, PathBuf};

use clip::Encoder;
use clip::fast::{FastEncoder, Tolerance};
use clip::model::Model;
use clip_bot::picture::decode_enough;
use serde::Deserialize;

use crate::cases;

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum Case {
    Text(String),
    Tokens(Vec<u32>),
    /// The file of a picture.
    Picture(PathBuf),
    /// The same, decoded as small as a picture that is saved by chat,
    Saved(PathBuf),
    /// and as small as `index add` does it.
    Indexed(PathBuf),
    /// A file of little-endian 32-bit floats, in planes.
    Pixels(PathBuf),
    /// The same, encoded as `index add` does it.
    Coarse(PathBuf),
}

pub fn run(file: &Path) {
    let model = Model::open(file).unwrap_or_else(|error| panic!("{error}"));
    for case in cases() {
        let vector = match case {
            Case::Text(text) => model.encode_text(&text),
            Case::Tokens(tokens) => model.encode_tokens(&tokens),
            Case::Picture(path) => scaled(&model, &path, u32::MAX),
            Case::Saved(path) => scaled(&model, &path, model.enough()),
            Case::Indexed(path) => {
                let fast = FastEncoder::new(&model, Tolerance::Near);
                scaled(&model, &path, fast.enough())
            }
            Case::Pixels(path) => model
                .encode_pixels(&[floats(&path)])
                .map(|all| all.concat()),
            Case::Coarse(path) => {
                let quickest = model.isa().quickest();
                let vectors = model.encode_quantised(&[floats(&path)], quickest);
                vectors.map(|all| all.concat())
            }
        };
        let vector = vector.unwrap_or_else(|error| panic!("{error}"));
        println!("{}", serde_json::to_string(&vector).expect("numbers"));
    }
}

fn scaled(model: &Model, path: &Path, enough: u32) -> clip::Result<Vec<f32>> {
    let bytes = std::fs::read(path).expect("a picture");
    let decoded = decode_enough(&bytes, enough);
    let (picture, size) = decoded.unwrap_or_else(|error| panic!("{}", error.chain()));
    model.encode_scaled(&picture, size)
}

fn floats(path: &Path) -> Vec<f32> {
    let bytes = std::fs::read(path).expect("pixels");
    let floats = bytes.as_chunks().0.iter();
    floats.map(|bytes| f32::from_le_bytes(*bytes)).collect()
}
