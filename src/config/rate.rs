//! How often one user may search, as `CLIP_BOT_RATE` writes it.

use std::fmt;
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

impl fmt::Display for Rate {
    /// As it is read: `10/1m`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seconds = self.per.as_secs();
        let whole = |unit: u64| seconds.is_multiple_of(unit) && self.per.subsec_nanos() == 0;
        let per = match () {
            () if whole(3600) => format!("{}h", seconds / 3600),
            () if whole(60) => format!("{}m", seconds / 60),
            () => humantime::format_duration(self.per)
                .to_string()
                .replace(' ', ""),
        };
        write!(f, "{}/{per}", self.searches)
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rate_is_written_as_it_is_read() {
        for text in ["10/1m", "1/24h", "3/90m", "5/1s", "2/1m1s500ms"] {
            let rate: Rate = text.parse().expect("a rate");
            assert_eq!(rate.to_string(), text);
            assert_eq!(rate.to_string().parse(), Ok(rate));
        }
    }
}
