//! The real programs against scripted peers. One binary, so that it links once.

mod space;
mod support;
