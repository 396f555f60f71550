//! The commands of `clip-search` that keep models and the index.

pub mod index;
pub mod model;
pub mod progress;
