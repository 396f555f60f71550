//! Shows on standard error how far a long task is: as a bar on a terminal, else as a line every
//! few seconds.

use std::io::{IsTerminal, Write};
use std::time::{Duration, Instant};

use indicatif::{HumanBytes, HumanDuration, ProgressBar, ProgressStyle};

use crate::progress::Progress;

/// Time between two lines.
const PAUSE: Duration = Duration::from_secs(5);

/// Shows the progress of one task; see the module.
#[derive(Debug)]
pub struct TerminalProgress {
    bar: ProgressBar,
    unit: Unit,
    is_terminal: bool,
    last_line: Instant,
}

/// What the progress counts.
#[derive(Debug, Clone, Copy)]
enum Unit {
    Files,
    Bytes,
}

impl Default for TerminalProgress {
    /// Counts files.
    fn default() -> Self {
        Self {
            bar: ProgressBar::hidden(),
            unit: Unit::Files,
            is_terminal: std::io::stderr().is_terminal(),
            last_line: Instant::now(),
        }
    }
}

impl TerminalProgress {
    /// Counts bytes.
    #[must_use]
    pub fn bytes() -> Self {
        Self {
            unit: Unit::Bytes,
            ..Self::default()
        }
    }

    fn template(&self) -> &'static str {
        match self.unit {
            Unit::Files => "{wide_bar} {pos} of {len} files, {per_sec}, {eta} left",
            Unit::Bytes => "{wide_bar} {bytes} of {total_bytes}, {bytes_per_sec}, {eta} left",
        }
    }

    fn line(&self) -> String {
        let (done, all) = (self.bar.position(), self.bar.length().unwrap_or(0));
        let left = HumanDuration(self.bar.eta());
        match self.unit {
            Unit::Files => {
                let rate = self.bar.per_sec();
                format!("{done} of {all} files, {rate:.1} a second, {left} left")
            }
            Unit::Bytes => {
                let (done, all) = (HumanBytes(done), HumanBytes(all));
                format!("{done} of {all}, {left} left")
            }
        }
    }
}

impl Progress for TerminalProgress {
    fn begin(&mut self, all: u64) {
        self.last_line = Instant::now();
        self.bar = ProgressBar::hidden();
        if !self.is_terminal {
            self.bar.set_length(all);
            return;
        }
        self.bar = ProgressBar::new(all);
        if let Ok(style) = ProgressStyle::with_template(self.template()) {
            self.bar.set_style(style);
        }
        self.bar.enable_steady_tick(Duration::from_millis(500));
    }

    fn done(&mut self, more: u64) {
        self.bar.inc(more);
        if !self.is_terminal && self.last_line.elapsed() >= PAUSE {
            self.last_line = Instant::now();
            self.say(&self.line());
        }
    }

    fn say(&mut self, line: &str) {
        // Whoever reads may stop reading.
        self.bar.suspend(|| {
            let _ = writeln!(std::io::stderr(), "{line}");
        });
    }

    fn end(&mut self) {
        self.bar.finish_and_clear();
    }
}
