//! The bot's figures in a file, for the textfile collector of `node_exporter`: the bot listens nowhere.

use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant, UNIX_EPOCH};

use super::status::{Counts, Figures};
use crate::metrics::{Exposition, Format};

/// How old the file may be.
const EVERY: Duration = Duration::from_secs(15);

/// Writes the file anew from time to time.
#[derive(Debug)]
pub struct MetricsFile {
    path: PathBuf,
    written: Option<Instant>,
    failed: bool,
}

impl MetricsFile {
    /// A file at `path`, which the system removes when the bot has ended.
    #[must_use]
    pub fn new(path: PathBuf) -> Self {
        Self {
            path,
            written: None,
            failed: false,
        }
    }

    /// Writes the file if it is old; `updates` are in the inbox. A failure is said once.
    pub fn refresh(&mut self, figures: &Figures, counts: &Counts, updates: usize, now: Instant) {
        if self
            .written
            .is_some_and(|at| now.duration_since(at) < EVERY)
        {
            return;
        }
        self.written = Some(now);
        let text = exposed(figures, counts, updates);
        match replace(&self.path, &text) {
            Ok(()) => self.failed = false,
            Err(cause) if !self.failed => {
                self.failed = true;
                let path = self.path.display();
                tracing::warn!("the metrics in {path} are not up to date: {cause}");
            }
            Err(_) => {}
        }
    }
}

fn exposed(figures: &Figures, counts: &Counts, updates: usize) -> String {
    let mut text = Exposition::new(Format::Textfile);
    let version = [("version", env!("CARGO_PKG_VERSION"))];
    text.info("clip_bot", "The program.", &version);
    let help = "Queries with an answer, if only an apology.";
    text.counter("clip_bot_queries_answered", help, figures.answered);
    let help = "Queries without any answer.";
    text.counter("clip_bot_queries_given_up", help, figures.given_up);
    text.counters(
        "clip_bot_search_failures",
        "Searches that the endpoint did not answer, by the code of the failure.",
        "reason",
        figures.failures.iter().map(|(code, count)| (*code, *count)),
    );
    let help = "From the message to its answer.";
    text.histogram("clip_bot_query_duration_seconds", help, &figures.times);
    let help = "Messages that are accepted and not answered yet.";
    text.gauge("clip_bot_inbox_messages", help, updates);
    text.gauge("clip_bot_working", "Jobs at work.", counts.working);
    let asleep = u8::from(figures.is_asleep);
    text.gauge(
        "clip_bot_endpoint_asleep",
        "1 while the endpoint wakes up.",
        asleep,
    );
    let polled = figures
        .polled
        .and_then(|at| at.duration_since(UNIX_EPOCH).ok());
    let help = "When Telegram answered last.";
    let seconds = polled.unwrap_or_default().as_secs();
    text.gauge("clip_bot_last_poll_timestamp_seconds", help, seconds);
    text.finish()
}

/// Puts `text` into the file at once, for everybody to read.
fn replace(path: &Path, text: &str) -> std::io::Result<()> {
    let new = path.with_extension("new");
    // The mode of a file that is there would stay.
    let _ = std::fs::remove_file(&new);
    let mut options = std::fs::OpenOptions::new();
    let mut file = options
        .write(true)
        .create_new(true)
        .mode(0o644)
        .open(&new)?;
    // Whatever the umask says: the file names nobody, and another user's program reads it.
    file.set_permissions(std::os::unix::fs::PermissionsExt::from_mode(0o644))?;
    file.write_all(text.as_bytes())?;
    std::fs::rename(&new, path)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;
    use std::time::SystemTime;

    use super::*;
    use crate::bot::status::Status;

    #[test]
    fn the_file_is_for_everybody_and_written_anew_when_it_is_old() {
        let folder = tempfile();
        let path = folder.join("clip-bot.prom");
        let mut file = MetricsFile::new(path.clone());
        let (status, counts, start) = (Status::default(), Counts::default(), Instant::now());
        file.refresh(&status.figures(), &counts, 3, start);
        let text = std::fs::read_to_string(&path).expect("it was written");
        assert!(text.contains("\nclip_bot_inbox_messages 3\n"), "{text}");
        let mode = std::fs::metadata(&path).expect("it is there").permissions();
        assert_eq!(mode.mode() & 0o777, 0o644);
        for (later, messages) in [(EVERY / 2, "3"), (EVERY, "4")] {
            file.refresh(&status.figures(), &counts, 4, start + later);
            let text = std::fs::read_to_string(&path).expect("it is still there");
            let line = format!("\nclip_bot_inbox_messages {messages}\n");
            assert!(text.contains(&line), "{text}");
        }
        std::fs::remove_dir_all(&folder).expect("it is ours");
    }

    #[test]
    fn what_the_bot_did_is_exposed() {
        let status = Status::default();
        status.polling(SystemTime::UNIX_EPOCH + Duration::from_secs(1_790_000_000));
        status.answered(Duration::from_millis(700));
        status.search_failed("timeout");
        status.gave_up();
        let text = exposed(&status.figures(), &Counts::default(), 0);
        for line in [
            "clip_bot_queries_answered_total 1",
            "clip_bot_queries_given_up_total 1",
            "clip_bot_search_failures_total{reason=\"timeout\"} 1",
            "clip_bot_query_duration_seconds_bucket{le=\"1.0\"} 1",
            "clip_bot_last_poll_timestamp_seconds 1790000000",
            "clip_bot_endpoint_asleep 0",
        ] {
            assert!(text.lines().any(|found| found == line), "{line} in {text}");
        }
    }

    fn tempfile() -> PathBuf {
        let folder = std::env::temp_dir().join(format!("clip-bot-metrics-{}", std::process::id()));
        std::fs::create_dir_all(&folder).expect("a folder");
        folder
    }
}
