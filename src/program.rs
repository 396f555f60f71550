//! The three programs: what their commands do, from settings to exit code.

#[cfg(feature = "clip")]
pub mod bars;
pub mod bot;
pub mod check;
#[cfg(feature = "clip")]
mod choice;
pub mod command_line;
#[cfg(feature = "clip")]
mod import;
#[cfg(feature = "clip")]
pub mod index;
#[cfg(feature = "clip")]
pub mod model;
#[cfg(feature = "playground")]
pub mod playground;
#[cfg(feature = "search")]
mod query;
#[cfg(feature = "clip")]
mod saved;
#[cfg(feature = "search")]
pub mod search;
