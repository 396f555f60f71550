//! What transformers makes of texts with vocabularies of `XLM-RoBERTa`'s and Gemma's kinds, which were
//! trained for this. Made by `UPDATE=1 tests/peers/clip-tokens/run`.

use serde::Deserialize;

use super::*;

#[derive(Deserialize)]
struct Golden {
    tokenizer: serde_json::Value,
    vocabulary: usize,
    /// Texts, and their tokens with start and end.
    cases: Vec<(String, Vec<u32>)>,
}

fn golden(file: &str) -> (TokenizerFile, Golden) {
    let golden: Golden = serde_json::from_str(file).expect("JSON");
    let read = TokenizerFile::read(golden.tokenizer.to_string().as_bytes());
    (read.expect("a known tokenizer"), golden)
}

fn agrees(file: &str) {
    let (file, golden) = golden(file);
    let tokenizer =
        Tokenizer::new(file.kind, &file.tables, golden.vocabulary).expect("sound tables");
    assert!(golden.cases.len() >= 200);
    for (text, expected) in &golden.cases {
        let found = tokenizer.encode_exactly(text, usize::MAX);
        assert_eq!(found, *expected, "{text:?}");
    }
    let cut = tokenizer.encode("ein roter Bus bei Nacht", 5);
    assert_eq!(cut.len(), 5);
    assert_eq!(cut.last(), tokenizer.encode("", 5).last());
}

#[test]
fn likely_pieces_are_those_of_transformers() {
    agrees(include_str!("unigram.json"));
}

#[test]
fn pairs_of_letters_are_those_of_transformers() {
    agrees(include_str!("letters.json"));
}

#[test]
fn damaged_tables_are_refused_or_give_other_tokens() {
    for file in [include_str!("unigram.json"), include_str!("letters.json")] {
        let (file, golden) = golden(file);
        let size = file.tables.len();
        for length in [0, 3, 40, size / 2, size - 1] {
            let cut = &file.tables[..length];
            assert!(Tokenizer::new(file.kind, cut, golden.vocabulary).is_err());
        }
        let mut spoilt = file.tables;
        for byte in spoilt.iter_mut().skip(40).step_by(7) {
            *byte ^= 0x55;
        }
        if let Ok(tokenizer) = Tokenizer::new(file.kind, &spoilt, golden.vocabulary) {
            assert!(!tokenizer.encode("a photo of a cat", 77).is_empty());
        }
    }
}
