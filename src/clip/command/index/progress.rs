//! Says on standard error how far it is: by a bar on a terminal, else by a line now and then.

use std::io::{IsTerminal, Write};
use std::time::{Duration, Instant};

use indicatif::{HumanDuration, ProgressBar, ProgressStyle};

use crate::clip::index::add::Progress;

/// Between two lines.
const PAUSE: Duration = Duration::from_secs(5);

/// See the module.
#[derive(Debug)]
pub struct Shown {
    bar: ProgressBar,
    is_terminal: bool,
    told: Instant,
}

impl Default for Shown {
    fn default() -> Self {
        Self {
            bar: ProgressBar::hidden(),
            is_terminal: std::io::stderr().is_terminal(),
            told: Instant::now(),
        }
    }
}

impl Shown {
    fn line(&self) -> String {
        let (done, all) = (self.bar.position(), self.bar.length().unwrap_or(0));
        let rate = self.bar.per_sec();
        let left = HumanDuration(self.bar.eta());
        format!("{done} of {all} files, {rate:.1} a second, {left} left")
    }
}

impl Progress for Shown {
    fn begin(&mut self, files: u64) {
        self.told = Instant::now();
        if !self.is_terminal {
            self.bar.set_length(files);
            return;
        }
        self.bar = ProgressBar::new(files);
        let style =
            ProgressStyle::with_template("{wide_bar} {pos} of {len} files, {per_sec}, {eta} left");
        if let Ok(style) = style {
            self.bar.set_style(style);
        }
        self.bar.enable_steady_tick(Duration::from_millis(500));
    }

    fn done(&mut self, files: u64) {
        self.bar.inc(files);
        if !self.is_terminal && self.told.elapsed() >= PAUSE {
            self.told = Instant::now();
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
