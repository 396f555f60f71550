//! Reads and checks one setting at a time: numbers, durations, addresses, secrets and so on.

use std::fmt::Display;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::time::Duration;

use super::token::{may_hold_secret, printable};
use super::{Environment, Variable, nearest};
use crate::error::{Error, Result};
use crate::secret::Secret;

pub(super) struct Settings<'a> {
    pub(super) environment: &'a Environment,
    known: &'static [Variable],
    pub(super) warnings: Vec<String>,
}

impl<'a> Settings<'a> {
    pub(super) fn new(
        environment: &'a Environment,
        prefix: &str,
        known: &'static [Variable],
    ) -> Result<Self> {
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
                return Err(Error::config(format!(
                    "{name} is not a known setting; did you mean {nearest}?"
                )));
            }
        }
        Ok(Self {
            environment,
            known,
            warnings: Vec::new(),
        })
    }

    pub(super) fn text(&self, name: &str) -> &'a str {
        match self
            .environment
            .variables
            .get(name)
            .map(|value| value.trim())
        {
            Some(value) if !value.is_empty() => value,
            _ => self
                .known
                .iter()
                .find(|variable| variable.name == name)
                .map_or("", |variable| variable.default),
        }
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

    pub(super) fn number(&self, name: &str, least: usize, most: usize) -> Result<usize> {
        let wanted = format!("a number from {least} to {most}");
        let number = self.parsed(name, &wanted)?;
        if (least..=most).contains(&number) {
            Ok(number)
        } else {
            Err(self.invalid(name, wanted))
        }
    }

    pub(super) fn duration(&self, name: &str, least: u64, most: u64) -> Result<Duration> {
        let (least, most) = (Duration::from_secs(least), Duration::from_secs(most));
        match humantime::parse_duration(self.text(name)) {
            Ok(duration) if (least..=most).contains(&duration) => Ok(duration),
            _ => {
                let (least, most) = (
                    humantime::format_duration(least),
                    humantime::format_duration(most),
                );
                Err(self.invalid(
                    name,
                    format!("a time from {least} to {most}, such as {most}"),
                ))
            }
        }
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

    pub(super) fn level(&self, name: &str) -> Result<tracing::level_filters::LevelFilter> {
        self.parsed(name, "off, error, warn, info, debug or trace")
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
    /// variable itself, which adds a warning.
    pub(super) fn secret(&mut self, name: &str, credential: &str) -> Result<Option<Secret>> {
        let read = |path: PathBuf, wanted_by: &str| {
            let text = (self.environment.read)(&path).map_err(|cause| {
                let what = format!("{wanted_by}: failed to read {}", path.display());
                Error::config(what).because(cause)
            })?;
            let secret = Secret::new(&text);
            if secret.is_empty() {
                return Err(Error::config(format!(
                    "{wanted_by}: the file {} is empty",
                    path.display()
                )));
            }
            Ok(secret)
        };
        let file_name = format!("{name}_FILE");
        let file = self.text(&file_name);
        if !file.is_empty() {
            if file.contains("://") || !file.contains('/') && may_hold_secret(file) {
                return Err(Error::config(format!(
                    "{file_name}: this looks like the secret itself; put it into a file and name that file"
                )));
            }
            return read(PathBuf::from(file), &file_name).map(Some);
        }
        if let Some(folder) = self.environment.variables.get("CREDENTIALS_DIRECTORY") {
            let path = Path::new(folder).join(credential);
            match (self.environment.read)(&path) {
                Err(cause) if cause.kind() == std::io::ErrorKind::NotFound => {}
                // The unit passes an empty credential if the file does not exist.
                Ok(text) if Secret::new(&text).is_empty() => {}
                _ => return read(path, &format!("credential {credential}")).map(Some),
            }
        }
        let plain = self.text(name);
        if plain.is_empty() {
            return Ok(None);
        }
        self.warnings.push(format!(
            "{name} is in the environment, where other programs can read it; use {file_name} instead"
        ));
        Ok(Some(Secret::new(plain)))
    }
}
