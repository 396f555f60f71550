//! How often one user may search, as `CLIP_BOT_RATE` writes it.

use std::str::FromStr;
use std::time::Duration;

/// At most [`searches`](Rate::searches) per [`per`](Rate::per), all at once or spread over it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rate {
    /// At least 1.
    pub searches: u32,
    /// From a second to a day.
    pub per: Duration,
}

impl Rate {
    /// What a setting must be, for the message about a wrong one.
    pub(super) const WANTED: &str = "searches per time, such as 10/1m, up to 24h; or none";
}

impl FromStr for Rate {
    type Err = ();

    /// Reads a rate such as `10/1m`.
    fn from_str(text: &str) -> Result<Self, ()> {
        let (searches, per) = text.split_once('/').ok_or(())?;
        let searches = searches.trim().parse().map_err(drop)?;
        let per = humantime::parse_duration(per.trim()).map_err(drop)?;
        let allowed = Duration::from_secs(1)..=Duration::from_hours(24);
        (searches > 0 && allowed.contains(&per))
            .then_some(Self { searches, per })
            .ok_or(())
    }
}
