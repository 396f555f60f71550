//! `clip-search model …` on small checkpoints.

use std::path::{Path, PathBuf};
use std::process::Command;

use clip::Encoder;
use clip::model::Model;
use safetensors::tensor::Dtype;
use serde_json::Value;

use crate::support::tiny::Tiny;

fn folder(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("clip-model-{name}"));
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder).expect("a folder of our own");
    folder
}

/// Exit code, standard output and standard error of `clip-search model`.
fn model(folder: &Path, words: &[&str]) -> (Option<i32>, String, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_clip-search"))
        .arg("model")
        .args(words)
        .current_dir(folder)
        .env_clear()
        .output()
        .expect("the program starts");
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("text");
    (
        output.status.code(),
        text(output.stdout),
        text(output.stderr),
    )
}

#[test]
fn a_checkpoint_becomes_a_model_that_encodes() {
    let (sizes, folder) = (Tiny::new(), folder("convert"));
    sizes.save(&folder, Dtype::F32);
    for precision in ["i8", "f16", "f32"] {
        let (code, lines, errors) = model(&folder, &["convert", ".", "tiny.clip", precision]);
        assert_eq!((code, errors.as_str()), (Some(0), ""), "{precision}");
        assert!(lines.contains("somebody/tiny"), "{lines}");
        let (code, lines, _) = model(&folder, &["info", "tiny.clip"]);
        assert_eq!(code, Some(0), "{lines}");
        for part in [
            "licence  mit",
            "24 components",
            "600 tokens",
            "20 × 20 pixels",
        ] {
            assert!(lines.contains(part), "{part}: {lines}");
        }
        let model = Model::open(&folder.join("tiny.clip")).expect("a model");
        let vector = model.encode_text("a red bus").expect("a vector");
        let length: f32 = vector.iter().map(|x| x * x).sum();
        assert!(vector.len() == 24 && (length - 1.0).abs() < 1e-5);
    }
}

#[test]
fn a_checkpoint_alone_is_taken_with_a_note() {
    let (sizes, folder) = (Tiny::new(), folder("alone"));
    sizes.save(&folder, Dtype::F16);
    std::fs::remove_file(folder.join("config.json")).expect("removed");
    let (code, lines, _) = model(&folder, &["convert", "model.safetensors", "tiny.clip"]);
    assert_eq!(code, Some(0), "{lines}");
    assert!(lines.starts_with("note: no config.json"), "{lines}");
}

#[test]
fn info_finds_any_damage() {
    let (sizes, folder) = (Tiny::new(), folder("damage"));
    sizes.save(&folder, Dtype::F32);
    assert_eq!(model(&folder, &["convert", ".", "tiny.clip"]).0, Some(0));
    let path = folder.join("tiny.clip");
    let mut bytes = std::fs::read(&path).expect("bytes");
    let last = bytes.len() - 1;
    bytes[last] ^= 1;
    std::fs::write(&path, bytes).expect("written");
    let (code, lines, _) = model(&folder, &["info", "tiny.clip"]);
    assert_eq!(code, Some(1));
    assert!(lines.contains("DAMAGED"), "{lines}");
}

#[test]
fn wrong_use_is_explained() {
    let folder = folder("use");
    for words in [
        &[][..],
        &["info"],
        &["convert", "."],
        &["convert", ".", "x", "f64"],
    ] {
        let (code, _, errors) = model(&folder, words);
        assert_eq!(code, Some(2), "{words:?}: {errors}");
    }
    let (code, _, errors) = model(&folder, &["convert", ".", "x"]);
    assert_eq!(code, Some(1));
    assert!(errors.contains("model.safetensors"), "{errors}");
}

/// What transformers makes of the same weights, as recorded/clip/make.py wrote it down.
#[test]
fn vectors_are_those_of_transformers() {
    let recorded = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/recorded/clip");
    let golden = std::fs::read_to_string(recorded.join("golden.json")).expect("recorded");
    let golden: Value = serde_json::from_str(&golden).expect("JSON");
    let numbers = |value: &Value| -> Vec<f64> {
        let numbers = value.as_array().expect("numbers").iter();
        numbers.filter_map(Value::as_f64).collect()
    };
    let pixels: Vec<f32> = (0..3 * 40 * 40_u32)
        .map(|number| f32::from(u8::try_from(number * 37 % 101).expect("small")) / 50.0 - 1.0)
        .collect();
    let folder = folder("golden");
    for name in ["quick-gelu", "gelu"] {
        let golden = &golden[name];
        for (precision, least) in [("f32", 0.9999), ("f16", 0.9999), ("i8", 0.999)] {
            let from = recorded.join(name);
            let from = from.to_str().expect("plain");
            let (code, _, errors) = model(&folder, &["convert", from, "golden.clip", precision]);
            assert_eq!(code, Some(0), "{errors}");
            let model = Model::open(&folder.join("golden.clip")).expect("a model");
            let alike = |vector: &[f32], expected: &Value| {
                let pairs = vector.iter().zip(numbers(expected));
                let cosine: f64 = pairs.map(|(ours, theirs)| f64::from(*ours) * theirs).sum();
                assert!(cosine >= least, "{name}, {precision}: {cosine}");
            };
            let texts = golden["tokens"].as_array().expect("texts").iter();
            for (tokens, expected) in texts.zip(golden["texts"].as_array().expect("vectors")) {
                let tokens = serde_json::from_value::<Vec<u32>>(tokens.clone()).expect("tokens");
                alike(&model.encode_tokens(&tokens).expect("a vector"), expected);
            }
            let picture = model
                .encode_pixels(std::slice::from_ref(&pixels))
                .expect("a vector");
            alike(&picture.concat(), &golden["picture"]);
        }
    }
}
