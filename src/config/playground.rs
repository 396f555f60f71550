//! The settings of `playground`.

use std::path::PathBuf;

use super::settings::Settings;
use super::{Environment, PLAYGROUND_VARIABLES, SearchConfig};
use crate::error::{Error, Result};

/// The checked settings of the playground.
#[derive(Debug, Clone)]
pub struct PlaygroundConfig {
    /// A message to send, after whose answer the program exits; `None` to serve the page.
    pub ask: Option<String>,
    /// Folder of pictures to index; `None` for the built-in pictures.
    pub pictures: Option<PathBuf>,
    /// Port of the page; 0 for any free one.
    pub port: u16,
    /// Folder for the indexes of `pictures`, which nobody but its owner may read: below the user's
    /// cache folder.
    pub cache: PathBuf,
    /// Folder for what the user's own bot keeps, such as who owns it; `None` without a home.
    pub state: Option<PathBuf>,
    /// Folder for what goes with the process.
    pub temporary: PathBuf,
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
        let settings = Settings::new(environment, "PLAYGROUND_", PLAYGROUND_VARIABLES);
        let given =
            |name: &str| Some(settings.text(name).to_owned()).filter(|text| !text.is_empty());
        let about_engine = |name: &str| {
            [
                "CLIP_SEARCH_M",
                "CLIP_SEARCH_SPACE_",
                "CLIP_SEARCH_PUBLIC_BASE",
                "CLIP_SEARCH_H",
                "CREDENTIALS_",
                "HOME",
                "XDG_DATA_HOME",
            ]
            .iter()
            .any(|prefix| name.starts_with(prefix))
        };
        let mut variables = environment.variables.clone();
        variables.retain(|name, _| about_engine(name));
        variables.insert("CLIP_SEARCH_LISTEN".to_owned(), "127.0.0.1:0".to_owned());
        variables
            .extend(given("PLAYGROUND_MODEL").map(|model| ("CLIP_SEARCH_MODEL".to_owned(), model)));
        variables
            .extend(given("PLAYGROUND_SPACE").map(|space| ("CLIP_SEARCH_SPACE".to_owned(), space)));
        let search = Environment {
            variables,
            ..environment.clone()
        };
        let port = settings.parsed("PLAYGROUND_PORT", "a port from 0 to 65535");
        let mut search = SearchConfig::from_environment(&search)?;
        // It ends with the playground.
        search.clip.cache = None;
        let config = Self {
            ask: given("PLAYGROUND_ASK"),
            pictures: given("PLAYGROUND_PICTURES").map(PathBuf::from),
            port: settings.or(port, 0),
            cache: cache(environment),
            temporary: temporary(environment),
            state: folder(environment, "XDG_STATE_HOME", ".local/state"),
            search: SearchConfig {
                page: Some(false),
                token: None,
                ..search
            },
            token_file: given("PLAYGROUND_TOKEN_FILE"),
            log: settings.level("PLAYGROUND_LOG"),
        };
        if given("PLAYGROUND_MODEL").is_some() && config.pictures.is_none() {
            return Err(Error::config(
                "PLAYGROUND_MODEL is for pictures of your own: name their folder with --pictures",
            ));
        }
        settings.faults().into_iter().next().map_or(Ok(config), Err)
    }
}

/// As the XDG base directory specification says; without a home, a folder of our own in `/tmp`.
fn cache(environment: &Environment) -> PathBuf {
    folder(environment, "XDG_CACHE_HOME", ".cache")
        .unwrap_or_else(|| temporary(environment).join("clip-bot-cache"))
}

fn temporary(environment: &Environment) -> PathBuf {
    absolute(environment, "TMPDIR").unwrap_or_else(|| PathBuf::from("/tmp"))
}

/// Our folder below that which the variable `name` has, or below `usual` in the home.
fn folder(environment: &Environment, name: &str, usual: &str) -> Option<PathBuf> {
    let home = || absolute(environment, "HOME").map(|home| home.join(usual));
    let base = absolute(environment, name).or_else(home)?;
    Some(base.join("clip-bot"))
}

fn absolute(environment: &Environment, name: &str) -> Option<PathBuf> {
    let folder = environment.get(name).map(PathBuf::from);
    folder.filter(|folder| folder.is_absolute())
}
