//! Reads and checks one setting at a time: numbers, durations, addresses, secrets and so on.

use std::cell::RefCell;
use std::fmt::Display;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::time::Duration;

use tracing::level_filters::LevelFilter;

use super::token::{may_hold_secret, printable};
use super::{Environment, Variable, nearest};
use crate::error::{Error, Result};
use crate::secret::Secret;

pub(super) struct Settings<'a> {
    pub(super) environment: &'a Environment,
    known: &'static [Variable],
    /// What is wrong, each with the setting's name and the remedy.
    faults: RefCell<Vec<Error>>,
    pub(super) warnings: Vec<String>,
}

/// A secret, and where it was set, for messages.
pub(super) struct Given {
    pub(super) secret: Secret,
    pub(super) origin: String,
}

impl Given {
    /// Whether systemd handed it over, without a setting of ours.
    pub(super) fn is_credential(&self) -> bool {
        self.origin.starts_with(CREDENTIAL)
    }
}

/// How the origin of a secret begins that systemd handed over.
const CREDENTIAL: &str = "credential ";

impl<'a> Settings<'a> {
    pub(super) fn new(
        environment: &'a Environment,
        prefix: &str,
        known: &'static [Variable],
    ) -> Self {
        let mut faults = Vec::new();
        for name in environment
            .variables
            .keys()
            .filter(|name| name.starts_with(prefix))
        {
            if !known.iter().any(|variable| variable.name == name) {
                let names = known.iter().map(|variable| variable.name);
                let nearest = nearest(name, names).unwrap_or(prefix);
                // A word that is no variable name may be a whole line of a settings file, secret and all.
                let is_name = name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
                let name = if is_name {
                    name.clone()
                } else {
                    printable(name)
                };
                faults.push(Error::config(format!(
                    "{name} is not a known setting; did you mean {nearest}?"
                )));
            }
        }
        Self {
            environment,
            known,
            faults: RefCell::new(faults),
            warnings: Vec::new(),
        }
    }

    /// The value of a setting; `instead` of a wrong one, which is noted. So one run finds all that is
    /// wrong.
    pub(super) fn or<T>(&self, value: Result<T>, instead: T) -> T {
        value.unwrap_or_else(|fault| {
            self.faults.borrow_mut().push(fault);
            instead
        })
    }

    /// All that was noted, in the order in which it was read.
    pub(super) fn faults(&self) -> Vec<Error> {
        self.faults.take()
    }

    pub(super) fn text(&self, name: &str) -> &'a str {
        match self
            .environment
            .variables
            .get(name)
            .map(|value| value.trim())
        {
            Some(value) if !value.is_empty() => value,
            _ => self.default(name),
        }
    }

    fn default(&self, name: &str) -> &'static str {
        let mut known = self.known.iter();
        known
            .find(|variable| variable.name == name)
            .map_or("", |variable| variable.default)
    }

    /// Whether the setting has the first of two words; false in place of a wrong one.
    pub(super) fn is(&self, name: &str, yes: &str, no: &str) -> bool {
        let word = match self.text(name) {
            word if word == yes => Ok(true),
            word if word == no => Ok(false),
            _ => Err(self.invalid(name, format!("{yes} or {no}"))),
        };
        self.or(word, false)
    }

    pub(super) fn invalid(&self, name: &str, wanted: impl Display) -> Error {
        let value = printable(self.text(name));
        Error::config(format!("{name}: {value} is not valid; it must be {wanted}"))
    }

    pub(super) fn parsed<T: FromStr>(&self, name: &str, wanted: &str) -> Result<T> {
        self.text(name)
            .parse()
            .map_err(|_| self.invalid(name, wanted))
    }

    /// A number in these limits; the lowest in place of a wrong one.
    pub(super) fn number(&self, name: &str, least: usize, most: usize) -> usize {
        let wanted = format!("a number from {least} to {most}");
        let number = self.parsed(name, &wanted).and_then(|number| {
            let fits = (least..=most).contains(&number);
            fits.then_some(number)
                .ok_or_else(|| self.invalid(name, wanted))
        });
        self.or(number, least)
    }

    /// A duration of so many seconds at least and at most; the longest in place of a wrong one.
    pub(super) fn duration(&self, name: &str, least: u64, most: u64) -> Duration {
        let (least, most) = (Duration::from_secs(least), Duration::from_secs(most));
        let duration = match humantime::parse_duration(self.text(name)) {
            Ok(duration) if (least..=most).contains(&duration) => Ok(duration),
            _ => {
                let example = [self.default(name), "25s", "10m"]
                    .into_iter()
                    .find(|example| {
                        let example = humantime::parse_duration(example).ok();
                        example.is_some_and(|example| least < example && example < most)
                    });
                let example = example.map_or_else(String::new, |text| format!(", such as {text}"));
                let (from, to) = (
                    humantime::format_duration(least),
                    humantime::format_duration(most),
                );
                Err(self.invalid(name, format!("a time from {from} to {to}{example}")))
            }
        };
        self.or(duration, most)
    }

    /// The folder that systemd names in the variable `name`; the first one of several.
    pub(super) fn given_folder(&self, name: &str) -> Option<PathBuf> {
        let folder = self.environment.get(name)?.split(':').next();
        folder
            .filter(|folder| !folder.is_empty())
            .map(PathBuf::from)
    }

    /// The folder `name` of files that may be removed at any time: systemd's, or the user's.
    pub(super) fn cache_folder(&self, name: &str) -> Option<PathBuf> {
        let below = |folder: PathBuf| folder.is_absolute().then(|| folder.join(name));
        let home = || self.given_folder("HOME").map(|home| home.join(".cache"));
        self.given_folder("CACHE_DIRECTORY").or_else(|| {
            let user = self.given_folder("XDG_CACHE_HOME").or_else(home);
            user.and_then(below)
        })
    }

    /// The folder of models that are fetched by name: in systemd's for state, or the user's for data.
    pub(super) fn models_folder(&self) -> Option<PathBuf> {
        let absolute = |folder: &PathBuf| folder.is_absolute();
        let user = || {
            let data = self.given_folder("XDG_DATA_HOME").filter(absolute);
            let home = || self.given_folder("HOME").filter(absolute);
            let data = data.or_else(|| home().map(|home| home.join(".local/share")));
            data.map(|data| data.join("clip-bot"))
        };
        let state = self.given_folder("STATE_DIRECTORY").or_else(user);
        state.map(|state| state.join("models"))
    }

    pub(super) fn level(&self, name: &str) -> LevelFilter {
        let level = self.parsed(name, "off, error, warn, info, debug or trace");
        self.or(level, LevelFilter::INFO)
    }

    /// An http(s) address without a slash at the end; `None` if the variable is not set.
    pub(super) fn url(&self, name: &str) -> Result<Option<String>> {
        let text = self.text(name).trim_end_matches('/');
        if text.is_empty() {
            return Ok(None);
        }
        let host = text
            .strip_prefix("https://")
            .or_else(|| text.strip_prefix("http://"));
        match host {
            Some(host)
                if !host.is_empty()
                    && !host.starts_with(['/', ':', '?'])
                    && !host.contains(|c: char| c.is_whitespace() || "@?#".contains(c)) =>
            {
                Ok(Some(text.to_owned()))
            }
            _ => Err(self.invalid(name, "an address that starts with https:// or http://")),
        }
    }

    /// The secret in the file that `NAME_FILE` names, else in the systemd credential, else in the
    /// variable itself, which adds a warning; so does a file that everybody may read.
    pub(super) fn secret(&mut self, name: &str, credential: &str) -> Result<Option<Given>> {
        let file_name = format!("{name}_FILE");
        let file = self.text(&file_name);
        if !file.is_empty() {
            if file.contains("://") || !file.contains('/') && may_hold_secret(file) {
                return Err(Error::config(format!(
                    "{file_name}: this looks like the secret itself; put it into a file and name that file"
                )));
            }
            let secret = self.read(Path::new(file), &file_name)?;
            if (self.environment.is_open)(Path::new(file)) {
                self.warnings.push(format!(
                    "{file_name}: other users of this machine may read {file}; run: chmod 600 {file}"
                ));
            }
            return Ok(Some(secret));
        }
        if let Some(folder) = self.environment.variables.get("CREDENTIALS_DIRECTORY") {
            let path = Path::new(folder).join(credential);
            match (self.environment.read)(&path) {
                Err(cause) if cause.kind() == std::io::ErrorKind::NotFound => {}
                // The unit passes an empty credential if the file does not exist.
                Ok(text) if Secret::new(&text).is_empty() => {}
                _ => {
                    return self
                        .read(&path, &format!("{CREDENTIAL}{credential}"))
                        .map(Some);
                }
            }
        }
        let plain = bare(self.text(name));
        if plain.is_empty() {
            return Ok(None);
        }
        self.warnings.push(format!(
            "{name} is in the environment, where other programs can read it; use {file_name} instead"
        ));
        Ok(Some(Given {
            secret: Secret::new(plain),
            origin: name.to_owned(),
        }))
    }

    /// The secret in the file at `path`, which the setting `wanted_by` names.
    fn read(&self, path: &Path, wanted_by: &str) -> Result<Given> {
        let text = (self.environment.read)(path).map_err(|cause| {
            let what = format!("{wanted_by}: failed to read {}", path.display());
            Error::config(what).because(cause)
        })?;
        let text = bare(&text);
        let origin = format!("{wanted_by}: the file {}", path.display());
        if text.is_empty() {
            return Err(Error::config(format!("{origin} is empty")));
        }
        if text.contains(char::is_control) {
            return Err(Error::config(format!(
                "{origin} has several lines; it must hold the secret alone"
            )));
        }
        let secret = Secret::new(text);
        Ok(Given { secret, origin })
    }
}

/// `text` without what editors and shells leave around a secret: the mark at the start of files from
/// Windows, blanks, and quotes.
fn bare(text: &str) -> &str {
    let text = text.trim_start_matches('\u{feff}').trim();
    let inside = |quote: char| text.strip_prefix(quote)?.strip_suffix(quote);
    inside('"').or_else(|| inside('\'')).unwrap_or(text).trim()
}
