//! Turns texts into tokens. Each kind of tokenizer is a file; CLIP has one.

mod clip;

pub use clip::Tokenizer;
