//! Small models with random weights: against CLIP as its definition reads, and damaged ones.

mod numbers;
mod plain;
mod recorded;
mod tiny;

use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};

use safetensors::tensor::Dtype;

use super::*;
use crate::convert::convert;
use crate::description::Precision;
pub(crate) use numbers::{noise, phi};
use plain::Plain;
use tiny::{Side, Tiny};

/// A folder that goes with the test.
struct Folder(PathBuf);

impl Folder {
    fn new() -> Self {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let parent = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/tmp");
        let folder = parent.join(format!("model-{}-{number}", std::process::id()));
        std::fs::create_dir_all(&folder).expect("a folder of our own");
        Self(folder)
    }

    fn model(&self, sizes: &Tiny, dtype: Dtype, precision: Precision) -> Model {
        sizes.save(&self.0, dtype);
        let (model, notes) =
            convert(&self.0, &self.0.join("model.clip"), precision).expect("converted");
        assert!(notes.is_empty(), "{notes:?}");
        model
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

impl Tiny {
    /// One in which nothing is a multiple of the width of any register.
    pub fn odd() -> Self {
        Self {
            text: Side {
                hidden: 21,
                heads: 3,
                inner: 37,
                layers: 1,
            },
            vision: Side {
                hidden: 35,
                heads: 5,
                inner: 19,
                layers: 2,
            },
            vocabulary: 515,
            context: 7,
            patch: 3,
            grid: 3,
            dimensions: 13,
            activation: "gelu",
        }
    }

    pub fn side(&self) -> usize {
        self.patch * self.grid
    }

    /// A text of `length` tokens with start and end.
    pub fn tokens(&self, length: u32) -> Vec<u32> {
        let last = u32::try_from(self.vocabulary).expect("small") - 1;
        let words = (2..length).map(|at| at * 37 % (last - 1));
        [last - 1].into_iter().chain(words).chain([last]).collect()
    }

    pub fn pixels(&self, seed: u32) -> Vec<f32> {
        noise(seed, 3 * self.side() * self.side())
    }
}

/// A model with weights of 8 bits, and what makes pixels for it.
pub(crate) fn some_model() -> (Model, impl Fn(u32) -> Vec<f32>) {
    let (sizes, folder) = (Tiny::new(), Folder::new());
    let model = folder.model(&sizes, Dtype::F32, Precision::I8);
    (model, move |seed| sizes.pixels(seed))
}

fn cosine(x: &[f32], y: &[f64]) -> f64 {
    assert_eq!(x.len(), y.len());
    x.iter().zip(y).map(|(x, y)| f64::from(*x) * y).sum()
}

#[test]
fn vectors_are_what_the_definition_says() {
    let exact = 0.999_999;
    let table = [
        (Dtype::F32, Precision::F32, exact),
        (Dtype::F32, Precision::F16, 0.9999),
        (Dtype::F32, Precision::I8, 0.999),
        (Dtype::F16, Precision::F16, 0.9999),
        (Dtype::BF16, Precision::F32, 0.999),
    ];
    for sizes in [Tiny::new(), Tiny::odd()] {
        let plain = Plain::new(&sizes);
        for (dtype, precision, least) in table {
            let folder = Folder::new();
            let mut model = folder.model(&sizes, dtype, precision);
            for isa in Isa::available() {
                model = model.with_isa(isa);
                let case = format!("{dtype:?} as {precision:?} with {isa}");
                for length in [2, 5, 7] {
                    let tokens = sizes.tokens(length);
                    let found = model.encode_tokens(&tokens).expect("a text");
                    let alike = cosine(&found, &plain.text(&tokens));
                    assert!(alike > least, "{case}: {length} tokens: {alike}");
                }
                for seeds in [1..2, 1..4] {
                    let pictures: Vec<_> = seeds.map(|seed| sizes.pixels(seed)).collect();
                    let found = model.encode_pixels(&pictures).expect("pictures");
                    assert_eq!(found.len(), pictures.len());
                    for (found, pixels) in found.iter().zip(&pictures) {
                        let alike = cosine(found, &plain.picture(pixels));
                        assert!(
                            alike > least,
                            "{case}: {} pictures: {alike}",
                            pictures.len()
                        );
                    }
                }
            }
        }
    }
}

#[test]
fn texts_have_the_same_vectors_together_and_alone() {
    for sizes in [Tiny::new(), Tiny::odd()] {
        for precision in [Precision::F32, Precision::F16, Precision::I8] {
            let folder = Folder::new();
            let model = folder.model(&sizes, Dtype::F32, precision);
            let texts: Vec<Vec<u32>> = [7, 2, 5, 5, 3, 7, 6, 2]
                .into_iter()
                .map(|length| sizes.tokens(length))
                .collect();
            let all: Vec<&[u32]> = texts.iter().map(Vec::as_slice).collect();
            let together = model.encode_all_tokens(&all).expect("texts");
            assert_eq!(together.len(), texts.len());
            for (found, tokens) in together.iter().zip(&texts) {
                let alone = model.encode_tokens(tokens).expect("a text");
                let apart = found.iter().zip(&alone).map(|(a, b)| (a - b).abs());
                let apart = apart.fold(0f32, f32::max);
                assert!(
                    apart < 1e-6,
                    "{precision:?}, {} tokens: {apart}",
                    tokens.len()
                );
            }
        }
    }
}

#[test]
fn a_first_row_that_is_known_changes_nothing() {
    let sizes = Tiny::new();
    let new = || Folder::new().model(&sizes, Dtype::F32, Precision::I8);
    let (text, end) = (sizes.tokens(6), sizes.tokens(2)[1]);
    // One begins otherwise, and one has nothing but its end.
    let (other, empty) = ([&[7], &text[1..]].concat(), [end]);
    let texts: [&[u32]; 4] = [&text, &sizes.tokens(3), &other, &empty];
    let model = new();
    for tokens in texts.into_iter().chain(texts) {
        let unlearnt = new().encode_tokens(tokens).expect("a text");
        let found = model.encode_tokens(tokens).expect("a text");
        assert_eq!(found, unlearnt, "{tokens:?}");
    }
    let together = model.encode_all_tokens(&texts).expect("texts");
    assert_eq!(together, new().encode_all_tokens(&texts).expect("texts"));
}

#[test]
fn what_follows_the_end_of_a_text_changes_nothing() {
    let (sizes, folder) = (Tiny::new(), Folder::new());
    let model = folder.model(&sizes, Dtype::F32, Precision::F32);
    let tokens = sizes.tokens(6);
    let mut padded = tokens.clone();
    padded.resize(sizes.context, 3);
    let vector = model.encode_tokens(&tokens).expect("a text");
    assert_eq!(model.encode_tokens(&padded).expect("a text"), vector);
    let alike = cosine(&vector, &Plain::new(&sizes).text(&padded));
    assert!(alike > 0.999_999, "{alike}");
}

#[test]
fn wrong_input_is_refused() {
    let (sizes, folder) = (Tiny::new(), Folder::new());
    let model = folder.model(&sizes, Dtype::F32, Precision::I8);
    for tokens in [&[][..], &[598], &[598, 600, 599], &[598; 30]] {
        assert!(model.encode_tokens(tokens).is_err(), "{tokens:?}");
    }
    assert!(model.encode_pixels(&[vec![0.0; 1199]]).is_err());
    assert!(model.encode_pixels(&[vec![0.0; 1200]]).is_ok());
    assert!(model.encode_pixels(&[vec![f32::NAN; 1200]]).is_err());
}

#[test]
fn the_file_tells_what_it_is() {
    let (sizes, folder) = (Tiny::odd(), Folder::new());
    let model = folder.model(&sizes, Dtype::F32, Precision::I8);
    let description = model.description();
    assert_eq!(description.name, "somebody/tiny");
    assert_eq!(description.licence.as_deref(), Some("mit"));
    assert_eq!(description.text.tower.heads, 3);
    assert_eq!(description.vision.side, 9);
    assert_eq!(description.dimensions, 13);
    assert!(model.is_intact().expect("readable"));
    let short = &description.digest[..16];
    assert_eq!(model.name(), format!("somebody/tiny {short}"));
    let other = folder.model(&sizes, Dtype::F32, Precision::F16);
    assert_ne!(other.name(), model.name());
}

#[test]
fn checkpoints_that_are_none_are_refused_and_replace_nothing() {
    let (sizes, folder) = (Tiny::new(), Folder::new());
    let before = folder.model(&sizes, Dtype::F32, Precision::I8);
    let target = folder.0.join("model.clip");
    let checkpoint = folder.0.join("model.safetensors");
    let config = folder.0.join("config.json");
    let refusal = |what: &str| {
        let error = convert(&folder.0, &target, Precision::I8).expect_err(what);
        assert!(
            error.chain().contains("model.safetensors"),
            "{}",
            error.chain()
        );
        assert_eq!(
            Model::open(&target).expect("still there").name(),
            before.name()
        );
        assert!(!folder.0.join("model.clip.new").exists());
        error.chain()
    };
    let good = std::fs::read_to_string(&config).expect("text");
    std::fs::write(&config, good.replace("quick_gelu", "relu")).expect("written");
    assert!(refusal("another activation").contains("relu"));
    std::fs::write(&config, good.replace("599", "5")).expect("written");
    assert!(refusal("another end").contains("end of a text"));
    std::fs::write(&config, good.replace(":3", ":7")).expect("written");
    assert!(refusal("heads that do not divide").contains("7 heads of 48"));
    std::fs::write(&config, good).expect("written");
    let bytes = std::fs::read(&checkpoint).expect("bytes");
    std::fs::write(&checkpoint, &bytes[..bytes.len() - 1]).expect("written");
    refusal("a short file");
    std::fs::write(&checkpoint, b"").expect("written");
    refusal("an empty file");
    std::fs::remove_file(&checkpoint).expect("removed");
    refusal("no file");
    let error = Model::open(&folder.0.join("absent")).expect_err("no file");
    assert!(error.chain().contains("absent"), "{}", error.chain());
}

/// No damage leads to a panic; what the file says about itself and the small tensors are checked
/// when it is opened.
#[test]
fn damaged_files_are_refused_or_harmless() {
    let (sizes, folder) = (Tiny::odd(), Folder::new());
    drop(folder.model(&sizes, Dtype::F32, Precision::I8));
    let bytes = std::fs::read(folder.0.join("model.clip")).expect("bytes");
    let path = folder.0.join("damaged.clip");
    let (tokens, pixels) = (sizes.tokens(5), sizes.pixels(1));
    let mut refused = 0;
    let mut attempt = |bytes: &[u8]| {
        // Another file each time, as ours are never changed while they are mapped.
        std::fs::remove_file(&path).ok();
        std::fs::write(&path, bytes).expect("written");
        match Model::open(&path) {
            Ok(model) => {
                let _ = model.encode_tokens(&tokens);
                let _ = model.encode_pixels(std::slice::from_ref(&pixels));
            }
            Err(error) => {
                refused += 1;
                let line = error.chain();
                assert!(
                    line.contains("damaged.clip") && line.contains("convert"),
                    "{line}"
                );
            }
        }
    };
    let header = 8 + usize::try_from(u64::from_le_bytes(*bytes.first_chunk().expect("8 bytes")))
        .expect("small");
    for length in (0..64).chain((64..bytes.len()).step_by(997)) {
        attempt(&bytes[..length]);
    }
    let flips = (0..16)
        .chain((16..header).step_by(31))
        .chain((header..bytes.len()).step_by(499));
    for at in flips {
        for bit in [0, 4, 6, 7] {
            let mut damaged = bytes.clone();
            damaged[at] ^= 1 << bit;
            attempt(&damaged);
        }
    }
    assert!(refused > 500, "{refused}");
}
