//! The systemd units and the program agree.

use std::time::Duration;

use clip_bot::config::SEARCH_VARIABLES;
use clip_bot::{bot, program, systemd};

/// The last value of `name` in a unit, as a duration.
fn duration(unit: &str, name: &str) -> Duration {
    let path = format!("{}/systemd/{unit}", env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(&path).expect("our own unit");
    let mut values = text
        .lines()
        .rev()
        .filter_map(|line| line.strip_prefix(name)?.strip_prefix('='));
    let value = values
        .next()
        .unwrap_or_else(|| panic!("{unit} has no {name}"));
    humantime::parse_duration(value).expect("written with its unit")
}

/// The watchdog is fed every beat while all parts are in time, so a late beat must not matter; and
/// a stuck part should not go on for minutes after it was seen.
#[test]
fn the_watchdog_forgives_late_beats_and_not_much_more() {
    for unit in ["clip-bot.service", "clip-search.service"] {
        let watchdog = duration(unit, "WatchdogSec");
        assert!(watchdog >= systemd::BEAT * 20, "{unit}: {watchdog:?}");
        assert!(watchdog <= Duration::from_mins(1), "{unit}: {watchdog:?}");
    }
}

#[test]
fn a_stop_has_the_time_it_takes() {
    let stop = duration("clip-bot.service", "TimeoutStopSec");
    assert!(stop >= bot::DRAIN + Duration::from_secs(5), "{stop:?}");
    let longest = SEARCH_VARIABLES
        .iter()
        .find(|variable| variable.name == "CLIP_SEARCH_TIMEOUT")
        .and_then(|variable| humantime::parse_duration(variable.default).ok());
    let longest = longest.expect("a duration");
    let stop = duration("clip-search.service", "TimeoutStopSec");
    assert!(stop > longest + program::search::OVERTIME, "{stop:?}");
}
