//! `clip-bot reload`: new settings for the bot that runs, handed over a socket in systemd's runtime
//! folder.
//!
//! systemd reads the settings file anew for every command it starts, so the command that
//! `systemctl reload` runs has the new settings in its environment, and the bot that runs has not.
//! The command checks them and sends them as one JSON object; the bot takes over what can be
//! changed while it runs, and says in the log which other settings need a restart.

use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::net::Shutdown;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::Path;
use std::time::Duration;

use crate::config::{BOT_VARIABLES, BotConfig, Environment};
use crate::error::{Error, Result};
use crate::log::{self, events};
use crate::systemd;

/// Settings that are taken over by a running bot.
pub const CHANGEABLE: [&str; 5] = [
    "CLIP_BOT_ALLOWED",
    "CLIP_BOT_LANGUAGE",
    "CLIP_BOT_LOG",
    "CLIP_BOT_RATE",
    "CLIP_BOT_RESULTS",
];
const MAX_SETTINGS_BYTES: u64 = 64 << 10;
const TIMEOUT: Duration = Duration::from_secs(5);

type Variables = BTreeMap<String, String>;

/// What the bot answers when it took over the settings; else it says why not.
const DONE: &str = "done";

/// Sends the settings of `environment`, which are good ones, to the bot that listens at `socket`.
///
/// # Errors
/// [`crate::error::Kind::System`] when no bot answers there, [`crate::error::Kind::Config`] when it
/// does not take them.
pub fn send(socket: &Path, environment: &Environment) -> Result<()> {
    let failed = |cause| {
        let what = format!("no clip-bot answers at {}", socket.display());
        Error::system(what, cause)
    };
    let mut stream = UnixStream::connect(socket).map_err(failed)?;
    stream.set_read_timeout(Some(TIMEOUT)).map_err(failed)?;
    let settings = serde_json::to_vec(&settings_of(&environment.variables)).unwrap_or_default();
    stream.write_all(&settings).map_err(failed)?;
    stream.shutdown(Shutdown::Write).map_err(failed)?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).map_err(failed)?;
    if answer == DONE {
        Ok(())
    } else {
        Err(Error::config(answer))
    }
}

/// Takes over new settings from whoever connects to `socket`, for ever. `apply` is told the
/// settings of `started_with` with the new ones laid over them.
///
/// # Errors
/// When there is no listening at `socket`.
pub fn listen(socket: &Path, started_with: Environment, apply: impl Fn(BotConfig)) -> Result<()> {
    // Left by a process that was killed.
    let _ = std::fs::remove_file(socket);
    let failed = |cause| Error::system(format!("failed to listen at {}", socket.display()), cause);
    let listener = UnixListener::bind(socket).map_err(failed)?;
    // Others may look into the folder.
    let own = std::os::unix::fs::PermissionsExt::from_mode(0o600);
    std::fs::set_permissions(socket, own).map_err(failed)?;
    for stream in listener.incoming() {
        let mut stream = stream.map_err(failed)?;
        let answer = receive(&mut stream).and_then(|settings| take_over(&settings, &started_with));
        let answer = match answer {
            Ok((config, words)) => {
                systemd::reloading(|| {
                    log::set_level(config.log);
                    apply(config);
                });
                tracing::info!(message_id = events::RELOADED, "{words}");
                DONE.to_owned()
            }
            Err(error) => {
                tracing::warn!("the settings stay as they are: {}", error.chain());
                error.chain()
            }
        };
        // Who asked may not wait for the answer.
        let _ = stream.write_all(answer.as_bytes());
    }
    Ok(())
}

fn receive(stream: &mut UnixStream) -> Result<Variables> {
    let failed = |cause| Error::system("failed to read the new settings", cause);
    stream.set_read_timeout(Some(TIMEOUT)).map_err(failed)?;
    let mut text = String::new();
    stream
        .take(MAX_SETTINGS_BYTES)
        .read_to_string(&mut text)
        .map_err(failed)?;
    serde_json::from_str(&text)
        .map_err(|cause| Error::config("the new settings cannot be read").because(cause))
}

/// The settings to go on with, and what is to be said about them.
fn take_over(new: &Variables, started_with: &Environment) -> Result<(BotConfig, String)> {
    let mut environment = started_with.clone();
    let old = settings_of(&environment.variables);
    let differs = |name: &&&str| new.get(**name) != old.get(**name);
    for name in CHANGEABLE {
        match new.get(name) {
            Some(value) => environment.variables.insert(name.to_owned(), value.clone()),
            None => environment.variables.remove(name),
        };
    }
    let config = BotConfig::from_environment(&environment)?;
    let names: Vec<&str> = BOT_VARIABLES.iter().map(|variable| variable.name).collect();
    let fixed: Vec<&str> = names
        .iter()
        .filter(|name| !CHANGEABLE.contains(name))
        .filter(differs)
        .copied()
        .collect();
    let words = if fixed.is_empty() {
        "the settings were taken over".to_owned()
    } else {
        let fixed = fixed.join(", ");
        format!("the settings were taken over, but for these, which need a restart: {fixed}")
    };
    Ok((config, words))
}

/// What concerns the bot, without secrets.
fn settings_of(variables: &Variables) -> Variables {
    let concerns = |name: &str| {
        let variable = BOT_VARIABLES.iter().find(|variable| variable.name == name);
        variable.is_some_and(|variable| !variable.is_secret())
    };
    let own = variables.iter().filter(|(name, _)| concerns(name));
    own.map(|(name, value)| (name.clone(), value.clone()))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Allowed;

    fn environment(more: &[(&str, &str)]) -> Environment {
        let mut variables = Variables::from([
            ("CLIP_BOT_TOKEN".to_owned(), "42:secret".to_owned()),
            ("CLIP_BOT_SEARCH_URL".to_owned(), "http://h".to_owned()),
        ]);
        for (name, value) in more {
            variables.insert((*name).to_owned(), (*value).to_owned());
        }
        Environment {
            variables,
            read: |_| Err(std::io::ErrorKind::NotFound.into()),
            is_open: |_| false,
        }
    }

    #[test]
    fn what_can_be_changed_is_and_the_rest_is_named() {
        let started_with = environment(&[("CLIP_BOT_RESULTS", "3"), ("CLIP_BOT_LOG", "debug")]);
        let new = environment(&[
            ("CLIP_BOT_ALLOWED", "7"),
            ("CLIP_BOT_LOG", "warn"),
            ("CLIP_BOT_WORKERS", "2"),
        ]);
        let new = settings_of(&new.variables);
        assert!(!new.contains_key("CLIP_BOT_TOKEN"), "secrets stay at home");
        let (config, words) = take_over(&new, &started_with).expect("good settings");
        assert_eq!(config.allowed, Allowed::Ids(vec![7]));
        assert_eq!(config.results, 5, "back to the default");
        assert_eq!(config.log, tracing::level_filters::LevelFilter::WARN);
        assert_eq!(config.workers, 32, "as started");
        assert!(
            words.ends_with("need a restart: CLIP_BOT_WORKERS"),
            "{words}"
        );
    }

    #[test]
    fn a_wrong_setting_changes_nothing() {
        let new = environment(&[("CLIP_BOT_RESULTS", "99")]);
        let error = take_over(&settings_of(&new.variables), &environment(&[]));
        let line = error.expect_err("wrong").chain();
        assert!(line.starts_with("CLIP_BOT_RESULTS: `99`"), "{line}");
    }
}
