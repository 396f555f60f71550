//! Who the bot serves by its settings.

use std::str::FromStr;

/// Who is served besides the owner and those whom the owner let in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Allowed {
    /// The users and chats with these ids; nobody if there are none.
    Ids(Vec<i64>),
    /// Everybody on Telegram.
    Everyone,
}

impl Allowed {
    pub(super) const WANTED: &'static str =
        "ids by comma, such as 1234567,-100987654321, or the word everyone";
}

impl Default for Allowed {
    fn default() -> Self {
        Self::Ids(Vec::new())
    }
}

impl FromStr for Allowed {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        if text == "everyone" {
            return Ok(Self::Everyone);
        }
        let items = text.split(',').map(str::trim);
        let ids = items.filter(|item| !item.is_empty()).map(str::parse);
        ids.collect::<Result<_, _>>().map(Self::Ids).map_err(drop)
    }
}
