//! The settings of `playground`.

use std::path::PathBuf;

use super::settings::Settings;
use super::{Environment, PLAYGROUND_VARIABLES, SearchConfig};
use crate::error::Result;

/// The checked settings of the playground.
#[derive(Debug, Clone)]
pub struct PlaygroundConfig {
    /// A message to send, after whose answer the program exits; `None` to serve the page.
    pub ask: Option<String>,
    /// Folder of pictures to index before the start; `None` for the built-in pictures.
    pub pictures: Option<PathBuf>,
    /// Port of the page; 0 for any free one.
    pub port: u16,
    /// Folder for the indexes of `pictures`, which nobody but its owner may read: below the user's
    /// cache folder.
    pub cache: PathBuf,
    /// The settings of the endpoint inside the playground, which listens on a free port.
    pub search: SearchConfig,
    /// File with a bot token, if real Telegram is used.
    pub token_file: Option<String>,
    /// Log level.
    pub log: tracing::level_filters::LevelFilter,
}

impl PlaygroundConfig {
    /// Reads and checks all `PLAYGROUND_*` settings, and the `CLIP_SEARCH_*` settings for
    /// the Space, or for the model that searches `pictures`.
    ///
    /// # Errors
    /// [`crate::error::Kind::Config`], naming the variable and the remedy.
    pub fn from_environment(environment: &Environment) -> Result<Self> {
        let settings = Settings::new(environment, "PLAYGROUND_", PLAYGROUND_VARIABLES)?;
        let given =
            |name: &str| Some(settings.text(name).to_owned()).filter(|text| !text.is_empty());
        let about_engine = |name: &str| {
            [
                "CLIP_SEARCH_M",
                "CLIP_SEARCH_SPACE_",
                "CLIP_SEARCH_PUBLIC_BASE",
                "CLIP_SEARCH_H",
                "CREDENTIALS_",
            ]
            .iter()
            .any(|prefix| name.starts_with(prefix))
        };
        let mut variables = environment.variables.clone();
        variables.retain(|name, _| about_engine(name));
        variables.insert("CLIP_SEARCH_LISTEN".to_owned(), "127.0.0.1:0".to_owned());
        variables
            .extend(given("PLAYGROUND_SPACE").map(|space| ("CLIP_SEARCH_SPACE".to_owned(), space)));
        let search = Environment {
            variables,
            read: environment.read,
        };
        Ok(Self {
            ask: given("PLAYGROUND_ASK"),
            pictures: given("PLAYGROUND_PICTURES").map(PathBuf::from),
            port: settings.parsed("PLAYGROUND_PORT", "a port from 0 to 65535")?,
            cache: cache(environment),
            search: SearchConfig {
                page: false,
                token: None,
                ..SearchConfig::from_environment(&search)?
            },
            token_file: given("PLAYGROUND_TOKEN_FILE"),
            log: settings.level("PLAYGROUND_LOG")?,
        })
    }
}

/// As the XDG base directory specification says; without a home, a folder of our own in `/tmp`.
fn cache(environment: &Environment) -> PathBuf {
    let given = |name: &str| {
        let folder = environment.get(name).map(PathBuf::from);
        folder.filter(|folder| folder.is_absolute())
    };
    let home = || given("HOME").map(|home| home.join(".cache"));
    let temporary = || given("TMPDIR").unwrap_or_else(|| PathBuf::from("/tmp"));
    let base = given("XDG_CACHE_HOME").or_else(home);
    base.map_or_else(
        || temporary().join("clip-bot-cache"),
        |base| base.join("clip-bot"),
    )
}
