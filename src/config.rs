//! Every setting, its default and its limits: environment variables in, valid types out.
//!
//! The environment is passed in as an [`Environment`], so nothing here touches the process.
//! A wrong value is an error that names the variable and the remedy; an unknown variable with
//! our prefix is refused, with the nearest known name.

mod bot;
mod playground;
mod rate;
mod search;
mod settings;
mod token;
mod variables;

use std::collections::BTreeMap;
use std::path::Path;

pub use bot::{AwsIam, BotConfig, SearchAuth};
pub use playground::PlaygroundConfig;
pub use rate::Rate;
pub use search::{
    ClipConfig, EngineConfig, SearchConfig, SpaceArguments, SpaceConfig, SpaceLocation,
};
pub(crate) use token::printable;
pub use variables::{BOT_VARIABLES, PLAYGROUND_VARIABLES, SEARCH_VARIABLES, Variable};

/// The process environment and the way to read files, passed in by `main`.
#[derive(Clone)]
pub struct Environment {
    /// Names and values, command-line flags already laid over them.
    pub variables: BTreeMap<String, String>,
    /// Reads a file of secrets.
    pub read: fn(&Path) -> std::io::Result<String>,
}

impl Environment {
    /// The same with every secret there and good: for checking settings where the secrets are not.
    #[must_use]
    pub fn with_made_up_secrets(mut self) -> Self {
        self.variables
            .insert("CREDENTIALS_DIRECTORY".to_owned(), "/".to_owned());
        self.read = |_| Ok("0:made-up".to_owned());
        self
    }

    /// The value of a variable.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.variables.get(name).map(String::as_str)
    }
}

/// The known name most like `name`.
pub fn nearest<'a>(name: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    known.min_by_key(|candidate| strsim::damerau_levenshtein(name, candidate))
}

#[cfg(test)]
mod tests;
