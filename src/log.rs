//! Writes log lines to journald where systemd connected the program to it, else to standard error;
//! on AWS Lambda as JSON.
//!
//! The configured level holds for this program's own events. Libraries log warnings and errors
//! only, since at lower levels some print whole addresses, and so the bot token.

pub mod events;

use std::sync::OnceLock;
use std::time::SystemTime;

use serde_json::{Map, Value};
use tracing::field::{Field, Visit};
use tracing::level_filters::LevelFilter;
use tracing::{Event, Subscriber};
use tracing_journald::{Priority, PriorityMappings};
use tracing_subscriber::filter::Targets;
use tracing_subscriber::fmt::format::{Writer, debug_fn};
use tracing_subscriber::fmt::{FmtContext, FormatEvent, FormatFields};
use tracing_subscriber::prelude::*;
use tracing_subscriber::registry::LookupSpan;
use tracing_subscriber::{Registry, reload};

/// Where log lines go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sink {
    /// Structured entries, read with `journalctl -u`.
    Journal,
    /// One line for each event.
    StandardError,
}

/// Selects the events that are logged; it can change while the program runs.
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
        let journal = journal
            .with_field_prefix(None)
            .with_priority_mappings(PriorityMappings {
                info: Priority::Informational,
                debug: Priority::Debug,
                ..PriorityMappings::new()
            });
        let _ = registry.with(journal.with_filter(own)).try_init();
        return Sink::Journal;
    }
    // The message already contains the values of the fields.
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

/// Starts logging for the whole process as lines of JSON on standard error, as AWS Lambda keeps
/// them.
pub fn start_json(level: LevelFilter) {
    let (own, handle) = reload::Layer::new(passing(level));
    let _ = FILTER.set(handle);
    let lines = tracing_subscriber::fmt::layer()
        .event_format(Json)
        .with_writer(std::io::stderr);
    let _ = tracing_subscriber::registry()
        .with(lines.with_filter(own))
        .try_init();
}

/// One JSON object for each event.
struct Json;

impl<S, N> FormatEvent<S, N> for Json
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
{
    fn format_event(
        &self,
        _: &FmtContext<'_, S, N>,
        mut writer: Writer<'_>,
        event: &Event<'_>,
    ) -> std::fmt::Result {
        let mut fields = Fields(Map::new());
        event.record(&mut fields);
        let Fields(mut line) = fields;
        // Of an answer the fields say all that may be kept: in the words of a Space there may be the
        // user's.
        if line.contains_key("status") {
            line.remove("message");
        }
        let now = humantime::format_rfc3339_millis(SystemTime::now());
        line.insert("timestamp".to_owned(), now.to_string().into());
        let level = event.metadata().level().as_str();
        line.insert("level".to_owned(), level.into());
        writeln!(writer, "{}", Value::from(line))
    }
}

/// The fields of an event, without the prefix that they have in the journal.
struct Fields(Map<String, Value>);

impl Fields {
    fn insert(&mut self, field: &Field, value: Value) {
        let name = field.name();
        let name = name.strip_prefix("clip_").unwrap_or(name);
        self.0.insert(name.to_owned(), value);
    }
}

impl Visit for Fields {
    fn record_u64(&mut self, field: &Field, value: u64) {
        self.insert(field, value.into());
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.insert(field, value.into());
    }

    fn record_debug(&mut self, field: &Field, value: &dyn std::fmt::Debug) {
        self.insert(field, format!("{value:?}").into());
    }
}

/// Changes the level that is logged.
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
