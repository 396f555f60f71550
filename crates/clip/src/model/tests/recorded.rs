//! Small models of the other kinds with random weights, and what `open_clip` and transformers make of texts
//! and pictures with them. Made by `tests/peers/clip-parity/run` with UPDATE=1.

use serde::Deserialize;

use super::*;

#[derive(Deserialize)]
struct Vectors {
    /// Tokens and vectors.
    texts: Vec<(Vec<u32>, Vec<f32>)>,
    /// Pixels and a vector.
    picture: (Vec<f32>, Vec<f32>),
}

fn agrees(kind: &str, tokenizer: &str) {
    let recorded = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/model/tests/recorded");
    let folder = Folder::new();
    for file in std::fs::read_dir(recorded.join(kind)).expect("recorded") {
        let file = file.expect("a file");
        std::fs::copy(file.path(), folder.0.join(file.file_name())).expect("copied");
    }
    let golden: serde_json::Value = serde_json::from_str(tokenizer).expect("JSON");
    let tokenizer = golden["tokenizer"].to_string();
    std::fs::write(folder.0.join("tokenizer.json"), tokenizer).expect("written");
    let vectors = std::fs::read(folder.0.join("vectors.json")).expect("recorded");
    let vectors: Vectors = serde_json::from_slice(&vectors).expect("JSON");
    for (precision, least) in [
        (Precision::F32, 0.9999),
        (Precision::F16, 0.9999),
        (Precision::I8, 0.999),
    ] {
        let file = folder.0.join("model.clip");
        let (model, _) = convert(&folder.0, &file, precision).expect("converted");
        let cosine = |x: &[f32], y: &[f32]| x.iter().zip(y).map(|(x, y)| x * y).sum::<f32>();
        for (tokens, expected) in &vectors.texts {
            let found = model.encode_tokens(tokens).expect("a text");
            let cosine = cosine(&found, expected);
            assert!(cosine > least, "{kind} {precision:?} {tokens:?}: {cosine}");
        }
        let (pixels, expected) = &vectors.picture;
        let found = model
            .encode_pixels(std::slice::from_ref(pixels))
            .expect("a picture");
        let cosine = cosine(&found[0], expected);
        assert!(cosine > least, "{kind} {precision:?} picture: {cosine}");
        assert!(model.is_intact().expect("read"));
    }
}

#[test]
fn a_model_with_xlm_roberta_gives_the_vectors_of_open_clip() {
    agrees("roberta", include_str!("../../tokenizer/unigram.json"));
}

#[test]
fn a_siglip_model_gives_the_vectors_of_transformers() {
    agrees("siglip", include_str!("../../tokenizer/letters.json"));
}
