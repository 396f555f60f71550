//! `embed MODEL` encodes each case of standard input with the model in the file MODEL and prints the
//! vector as JSON; for `tests/peers/clip-parity`.

use std::path::{Path, PathBuf};

use clip::Encoder;
use clip::model::Model;
use clip_bot::picture::{ENOUGH, decode, decode_enough};
use serde::Deserialize;

use crate::cases;

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum Case {
    Text(String),
    Tokens(Vec<u32>),
    /// The file of a picture.
    Picture(PathBuf),
    /// The same, decoded as small as the index does it.
    Small(PathBuf),
    /// A file of little-endian 32-bit floats, in planes.
    Pixels(PathBuf),
    /// The same, encoded as `index add --fast` does it.
    Coarse(PathBuf),
}

pub fn run(file: &Path) {
    let model = Model::open(file).unwrap_or_else(|error| panic!("{error}"));
    for case in cases() {
        let vector = match case {
            Case::Text(text) => model.encode_text(&text),
            Case::Tokens(tokens) => model.encode_tokens(&tokens),
            Case::Picture(path) => {
                let bytes = std::fs::read(path).expect("a picture");
                let picture = decode(&bytes).unwrap_or_else(|error| panic!("{}", error.chain()));
                model.encode_picture(&picture)
            }
            Case::Small(path) => {
                let bytes = std::fs::read(path).expect("a picture");
                let small = decode_enough(&bytes, ENOUGH);
                let (picture, size) = small.unwrap_or_else(|error| panic!("{}", error.chain()));
                model.encode_scaled(&picture, size)
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

fn floats(path: &Path) -> Vec<f32> {
    let bytes = std::fs::read(path).expect("pixels");
    let floats = bytes.as_chunks().0.iter();
    floats.map(|bytes| f32::from_le_bytes(*bytes)).collect()
}
