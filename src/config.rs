//! Every setting with its default and limits: turns environment variables into checked values.
//!
//! The environment is passed in as an [`Environment`], so nothing here touches the process.
//! A wrong value is an error that names the variable and the remedy. An unknown variable with the
//! prefix of the program is an error that suggests the most similar known name.

mod allowed;
mod bot;
mod origins;
mod playground;
mod rate;
mod search;
mod settings;
mod threshold;
mod token;
mod variables;

use std::collections::BTreeMap;
use std::path::Path;

pub use allowed::Allowed;
pub use bot::{AwsIam, BotConfig, SearchAuth};
pub use origins::Origins;
pub use playground::PlaygroundConfig;
pub use rate::Rate;
pub use search::{
    ClipConfig, EngineConfig, SavedQuota, SearchConfig, SpaceArguments, SpaceConfig, SpaceLocation,
};
pub use threshold::Threshold;
#[cfg(feature = "playground")]
pub(crate) use token::made_token;
pub(crate) use token::printable;
pub use variables::{BOT_VARIABLES, PLAYGROUND_VARIABLES, SEARCH_VARIABLES, Variable};

/// The environment of the process and a function that reads files, passed in by `main`.
#[derive(Clone)]
pub struct Environment {
    /// Names and values; those given as command-line flags have replaced those of the process.
    pub variables: BTreeMap<String, String>,
    /// Reads a file that holds a secret.
    pub read: fn(&Path) -> std::io::Result<String>,
    /// Whether users of the machine other than a file's owner and group may read it.
    pub is_open: fn(&Path) -> bool,
}

impl Environment {
    /// A copy in which every secret is present and valid, to check the other settings on a machine
    /// without the secrets.
    #[must_use]
    pub fn with_made_up_secrets(mut self) -> Self {
        self.variables
            .insert("CREDENTIALS_DIRECTORY".to_owned(), "/".to_owned());
        self.read = |_| Ok("0:made-up".to_owned());
        self.is_open = |_| false;
        self
    }

    /// The value of a variable.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.variables.get(name).map(String::as_str)
    }
}

/// The name among `known` that is most similar to `name`.
pub fn nearest<'a>(name: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    known.min_by_key(|candidate| strsim::damerau_levenshtein(name, candidate))
}

#[cfg(test)]
mod tests;
