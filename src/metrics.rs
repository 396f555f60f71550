//! Figures for an operator's monitoring, as text: [OpenMetrics 1.0] for whoever scrapes clip-search,
//! and [Prometheus' text format] for the textfile collector of `node_exporter`.
//!
//! No label may name a person, a chat, a query or a file.
//!
//! [OpenMetrics 1.0]: https://prometheus.io/docs/specs/om/open_metrics_spec/
//! [Prometheus' text format]: https://prometheus.io/docs/instrumenting/exposition_formats/

use std::fmt::{Display, Write};
use std::time::Duration;

/// The media type of [`Format::OpenMetrics`].
pub const OPEN_METRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// Upper ends of the ranges of a [`Histogram`], in seconds.
const BOUNDS: [f64; 12] = [
    0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0,
];

/// How often something took how long.
#[derive(Debug, Clone, Default)]
pub struct Histogram {
    /// One a range of [`BOUNDS`], and one for what takes longer.
    counts: [u64; BOUNDS.len() + 1],
    seconds: f64,
}

/// What reads the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// Whoever takes [`OPEN_METRICS`].
    OpenMetrics,
    /// The textfile collector, which takes nothing newer.
    Textfile,
}

/// The text, one metric after the other.
#[derive(Debug)]
pub struct Exposition {
    format: Format,
    text: String,
}

impl Histogram {
    /// Counts something that took so long.
    pub fn add(&mut self, took: Duration) {
        let seconds = took.as_secs_f64();
        let range = BOUNDS.iter().position(|bound| seconds <= *bound);
        self.counts[range.unwrap_or(BOUNDS.len())] += 1;
        self.seconds += seconds;
    }
}

impl Exposition {
    /// An empty one.
    #[must_use]
    pub fn new(format: Format) -> Self {
        Self {
            format,
            text: String::new(),
        }
    }

    /// What only grows: `name` without `_total`, and a value for each value of `label`.
    pub fn counters<'a>(
        &mut self,
        name: &str,
        help: &str,
        label: &str,
        values: impl IntoIterator<Item = (&'a str, u64)>,
    ) {
        self.describe_counter(name, help);
        for (key, value) in values {
            let labels = labels(&[(label, key)]);
            let _ = writeln!(self.text, "{name}_total{labels} {value}");
        }
    }

    /// What only grows: `name` without `_total`.
    pub fn counter(&mut self, name: &str, help: &str, value: u64) {
        self.describe_counter(name, help);
        let _ = writeln!(self.text, "{name}_total {value}");
    }

    /// What goes up and down.
    pub fn gauge(&mut self, name: &str, help: &str, value: impl Display) {
        self.describe(name, "gauge", help);
        let _ = writeln!(self.text, "{name} {value}");
    }

    /// What the program is: `name` without `_info`.
    pub fn info(&mut self, name: &str, help: &str, about: &[(&str, &str)]) {
        match self.format {
            Format::OpenMetrics => self.describe(name, "info", help),
            Format::Textfile => self.describe(&format!("{name}_info"), "gauge", help),
        }
        let _ = writeln!(self.text, "{name}_info{} 1", labels(about));
    }

    /// How long something took, in seconds: `name` ends in `_seconds`.
    pub fn histogram(&mut self, name: &str, help: &str, histogram: &Histogram) {
        self.describe(name, "histogram", help);
        let mut all = 0;
        let bounds = BOUNDS.iter().map(|bound| format!("{bound:?}"));
        let bounds = bounds.chain(["+Inf".to_owned()]);
        for (bound, count) in bounds.zip(histogram.counts) {
            all += count;
            let labels = labels(&[("le", &bound)]);
            let _ = writeln!(self.text, "{name}_bucket{labels} {all}");
        }
        let _ = writeln!(self.text, "{name}_sum {}", histogram.seconds);
        let _ = writeln!(self.text, "{name}_count {all}");
    }

    /// The whole text.
    #[must_use]
    pub fn finish(mut self) -> String {
        if self.format == Format::OpenMetrics {
            self.text += "# EOF\n";
        }
        self.text
    }

    fn describe_counter(&mut self, name: &str, help: &str) {
        match self.format {
            Format::OpenMetrics => self.describe(name, "counter", help),
            Format::Textfile => self.describe(&format!("{name}_total"), "counter", help),
        }
    }

    fn describe(&mut self, name: &str, kind: &str, help: &str) {
        let _ = writeln!(self.text, "# HELP {name} {help}\n# TYPE {name} {kind}");
    }
}

/// Such as `{version="0.1.0"}`.
fn labels(pairs: &[(&str, &str)]) -> String {
    let pair = |(name, value): &(&str, &str)| {
        let value = value.replace('\\', r"\\").replace('"', "\\\"");
        format!("{name}=\"{}\"", value.replace('\n', r"\n"))
    };
    let pairs: Vec<String> = pairs.iter().map(pair).collect();
    format!("{{{}}}", pairs.join(","))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn exposed(format: Format) -> String {
        let mut exposition = Exposition::new(format);
        exposition.info(
            "clip",
            "What it is.",
            &[("version", "1"), ("model", "a\"b\\c\nd")],
        );
        exposition.counters("clip_searches", "Searches.", "outcome", [("found", 3)]);
        exposition.counter("clip_apologies", "Apologies.", 1);
        exposition.gauge("clip_pictures", "Pictures.", 20_000);
        exposition.finish()
    }

    #[test]
    fn each_format_names_the_families_as_its_readers_want() {
        let samples = "clip_info{version=\"1\",model=\"a\\\"b\\\\c\\nd\"} 1 \
                       clip_searches_total{outcome=\"found\"} 3 clip_apologies_total 1 \
                       clip_pictures 20000";
        for (format, families) in [
            (
                Format::OpenMetrics,
                "clip info clip_searches counter clip_apologies counter clip_pictures gauge",
            ),
            (
                Format::Textfile,
                "clip_info gauge clip_searches_total counter clip_apologies_total counter \
                 clip_pictures gauge",
            ),
        ] {
            let text = exposed(format);
            let types = text.lines().filter_map(|line| line.strip_prefix("# TYPE "));
            assert_eq!(types.collect::<Vec<_>>().join(" "), families);
            let lines = text.lines().filter(|line| !line.starts_with('#'));
            assert_eq!(lines.collect::<Vec<_>>().join(" "), samples);
            assert_eq!(text.ends_with("# EOF\n"), format == Format::OpenMetrics);
        }
    }

    #[test]
    fn the_ranges_of_a_histogram_add_up() {
        let mut histogram = Histogram::default();
        for millis in [10, 11, 250, 61_000] {
            histogram.add(Duration::from_millis(millis));
        }
        let mut exposition = Exposition::new(Format::OpenMetrics);
        exposition.histogram("took_seconds", "How long.", &histogram);
        let text = exposition.finish();
        for line in [
            "took_seconds_bucket{le=\"0.01\"} 1",
            "took_seconds_bucket{le=\"0.025\"} 2",
            "took_seconds_bucket{le=\"0.25\"} 3",
            "took_seconds_bucket{le=\"60.0\"} 3",
            "took_seconds_bucket{le=\"+Inf\"} 4",
            "took_seconds_sum 61.271",
            "took_seconds_count 4",
        ] {
            assert!(text.lines().any(|found| found == line), "{line} in {text}");
        }
    }
}
