//! Texts to tokens; one file a kind of tokenizer.

mod clip;

pub use clip::Tokenizer;
