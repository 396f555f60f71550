//! How often one user may ask.

use std::str::FromStr;
use std::time::Duration;

/// At most `searches` per `per`, all at once or spread over it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rate {
    /// At least 1.
    pub searches: u32,
    /// From a second to a day.
    pub per: Duration,
}

impl FromStr for Rate {
    type Err = ();

    /// Reads a rate such as `10/1m`.
    fn from_str(text: &str) -> Result<Self, ()> {
        let (searches, per) = text.split_once('/').ok_or(())?;
        let searches = searches.trim().parse().map_err(drop)?;
        let per = humantime::parse_duration(per.trim()).map_err(drop)?;
        let sensible = Duration::from_secs(1)..=Duration::from_hours(24);
        (searches > 0 && sensible.contains(&per))
            .then_some(Self { searches, per })
            .ok_or(())
    }
}
