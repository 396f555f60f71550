//! `qdrant make FOLDER COUNT` brings FOLDER/index up to date with COUNT pictures; `qdrant compare
//! FOLDER URL` compares what Qdrant finds with what the index finds; for `tests/peers/clip-qdrant`.

use std::path::Path;

use clip::{Encoder, Picture, Result};
use clip_bot::collection::VectorStore;
use clip_bot::collection::add::{Options, add};
use clip_bot::collection::index::Index;
use clip_bot::collection::qdrant::Qdrant;
use clip_bot::progress::Silent;
use clip_bot::secret::Secret;
use clip_bot::shutdown::Shutdown;

/// Vectors of 96 components from the colours of three pixels: not of a length that kernels like.
struct Pixels;

impl Pixels {
    fn vector(rgb: &[u8]) -> Vec<f32> {
        let waves = (0..96u8).map(|place| {
            let colour = f32::from(rgb[usize::from(place) % 9]) / 40.0;
            (colour * f32::from(place / 9 + 1)).sin()
        });
        let vector: Vec<f32> = waves.collect();
        let length = vector.iter().map(|x| x * x).sum::<f32>().sqrt();
        vector.into_iter().map(|x| x / length).collect()
    }
}

impl Encoder for Pixels {
    fn name(&self) -> &'static str {
        "pixels"
    }

    fn dimensions(&self) -> usize {
        96
    }

    fn encode_text(&self, text: &str) -> Result<Vec<f32>> {
        Ok(Self::vector(&text.as_bytes()[..9]))
    }

    fn encode_pixels(&self, pictures: &[Vec<f32>]) -> Result<Vec<Vec<f32>>> {
        Ok(pictures.to_vec())
    }

    fn pixels(&self, picture: &Picture) -> Result<Vec<f32>> {
        Ok(Self::vector(&picture.rgb[..9]))
    }
}

/// Nine bytes that look like chance.
fn pixels(number: u32) -> Vec<u8> {
    let mut state = number.wrapping_mul(2_654_435_761) | 1;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 17;
        state ^= state << 5;
        state.to_le_bytes()[1]
    };
    (0..9).map(|_| next()).collect()
}

pub fn make(folder: &Path, count: u32) {
    let pictures = folder.join("pictures");
    let _ = std::fs::remove_dir_all(&pictures);
    std::fs::create_dir_all(&pictures).expect("room");
    for number in 0..count {
        let picture = image::RgbImage::from_raw(3, 1, pixels(number)).expect("nine bytes");
        let name = format!("picture {number} “äöü”.png");
        picture.save(pictures.join(name)).expect("room");
    }
    let options = Options {
        prune: true,
        ..Options::default()
    };
    let shutdown = Shutdown::default();
    let index = folder.join("index");
    let summary = add(
        &index,
        &[pictures],
        &Pixels,
        options,
        &mut Silent,
        &shutdown,
    );
    println!("{:?}", summary.expect("indexed"));
}

pub fn compare(folder: &Path, url: &str) {
    let key = std::env::var("QDRANT_KEY")
        .ok()
        .map(|key| Secret::new(&key));
    let ours = Index::open(&folder.join("index")).expect("a good index");
    let theirs = Qdrant::open(url, key).expect("the collection");
    assert_eq!(theirs.encoder_name(), ours.encoder_name());
    assert_eq!(theirs.len().expect("reachable"), ours.len().expect("good"));
    let mut compared = 0;
    for number in 0..40 {
        let query = Pixels::vector(&pixels(number * 7 + 3));
        for (want, at_least) in [(1, -1.0), (10, -1.0), (25, 0.3), (3, 0.9)] {
            let expected = ours.search(&query, want, at_least).expect("good");
            let found = theirs.search(&query, want, at_least).expect("reachable");
            assert_eq!(found.len(), expected.len(), "{number} {want} {at_least}");
            for (found, expected) in found.iter().zip(&expected) {
                let (theirs, ours) = (found.score, expected.score);
                assert!((theirs - ours).abs() < 2e-3, "{theirs} is not {ours}");
                compared += 1;
            }
            if let (Some(found), Some(expected)) = (found.first(), expected.first()) {
                assert_eq!(found.record, expected.record);
                let record = theirs.record(&expected.record.id).expect("reachable");
                assert_eq!(record.as_ref(), Some(&expected.record));
            }
        }
    }
    assert_eq!(theirs.record("0000000000000000").expect("reachable"), None);
    println!("{compared} results compared");
}
