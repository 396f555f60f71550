//! The commands of `clip-search` that keep models.

pub mod model;
