//! Log lines to journald where systemd connected us to it, else to standard error.
//!
//! Only this program's own events pass at the level asked for; libraries are heard from `warn`
//! on, since some print whole addresses (and so the bot token) when they trace.

pub mod events;

use std::sync::OnceLock;

use tracing::level_filters::LevelFilter;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::fmt::format::debug_fn;
use tracing_subscriber::prelude::*;
use tracing_subscriber::{Registry, reload};

/// Where the lines went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sink {
    /// Structured entries, read with `journalctl -u`.
    Journal,
    /// One line an event.
    StandardError,
}

/// Which events pass, to be changed while the program runs.
static FILTER: OnceLock<Filter> = OnceLock::new();

type Filter = reload::Handle<Targets, Registry>;

/// Starts logging for the whole process. `journal_stream` is systemd's `$JOURNAL_STREAM`
/// (device:inode of the journal's socket); it counts only while standard error still is that one.
#[must_use]
pub fn start(level: LevelFilter, journal_stream: Option<&str>) -> Sink {
    let (own, handle) = reload::Layer::new(passing(level));
    let _ = FILTER.set(handle);
    let registry = tracing_subscriber::registry();
    if journal_stream.is_some_and(is_standard_error)
        && let Ok(journal) = tracing_journald::layer()
    {
        // Fields are named in full where they are given, since the journal's own ones
        // (MESSAGE_ID) take no prefix.
        let journal = journal.with_field_prefix(None);
        let _ = registry.with(journal.with_filter(own)).try_init();
        return Sink::Journal;
    }
    // The facts stand in the message; repeating the fields would only make the line longer.
    let message = debug_fn(|writer, field, value| match field.name() {
        "message" => write!(writer, "{value:?}"),
        _ => Ok(()),
    });
    let lines = tracing_subscriber::fmt::layer()
        .with_ansi(false)
        .with_target(false)
        .fmt_fields(message)
        .with_writer(std::io::stderr);
    let _ = registry.with(lines.with_filter(own)).try_init();
    Sink::StandardError
}

/// Lets events of `level` pass from now on.
pub fn set_level(level: LevelFilter) {
    if let Some(filter) = FILTER.get() {
        let _ = filter.reload(passing(level));
    }
}

fn passing(level: LevelFilter) -> Targets {
    Targets::new()
        .with_target("clip_bot", level)
        .with_default(level.min(LevelFilter::WARN))
}

fn is_standard_error(journal_stream: &str) -> bool {
    use std::os::unix::fs::MetadataExt;
    std::fs::metadata("/proc/self/fd/2")
        .is_ok_and(|stderr| format!("{}:{}", stderr.dev(), stderr.ino()) == journal_stream)
}
