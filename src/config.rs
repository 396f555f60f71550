//! Every setting, its default and its limits: environment variables in, valid types out.
//!
//! The environment is passed in as an [`Environment`], so nothing here touches the process.
//! A wrong value is an error that names the variable and the remedy; an unknown variable with
//! our prefix is refused, with the nearest known name.

use std::collections::BTreeMap;
use std::fmt::Display;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::time::Duration;

use crate::error::{Error, Result};
use crate::secret::Secret;

/// One setting as the operator sees it.
#[derive(Debug, Clone, Copy)]
pub struct Variable {
    /// Name in the environment; `--name-without-prefix` on the command line.
    pub name: &'static str,
    /// What holds where it is not set; empty for "nothing".
    pub default: &'static str,
    /// One line: meaning, unit, limits.
    pub meaning: &'static str,
}

const fn variable(name: &'static str, default: &'static str, meaning: &'static str) -> Variable {
    Variable {
        name,
        default,
        meaning,
    }
}

/// The settings of `clip-bot`.
pub const BOT_VARIABLES: &[Variable] = &[
    variable(
        "CLIP_BOT_ALLOWED",
        "",
        "user or chat ids that are answered, by comma; empty: everyone",
    ),
    variable(
        "CLIP_BOT_API_URL",
        "https://api.telegram.org",
        "Bot API server",
    ),
    variable(
        "CLIP_BOT_LANGUAGE",
        "",
        "`en` or `es` for everyone; empty: by the user's language",
    ),
    variable(
        "CLIP_BOT_LOG",
        "info",
        "`off`, `error`, `warn`, `info`, `debug` or `trace`",
    ),
    variable(
        "CLIP_BOT_POLL_TIMEOUT",
        "50s",
        "how long one getUpdates waits, 1s to 50s",
    ),
    variable("CLIP_BOT_RESULTS", "5", "pictures in an answer, 1 to 10"),
    variable(
        "CLIP_BOT_SEARCH_AUTH",
        "",
        "`none` or `bearer`; empty: bearer where there is a token",
    ),
    variable(
        "CLIP_BOT_SEARCH_TIMEOUT",
        "35s",
        "longest wait for the endpoint, 1s to 10m",
    ),
    variable(
        "CLIP_BOT_SEARCH_TOKEN",
        "",
        "bearer token of the endpoint; for development only",
    ),
    variable(
        "CLIP_BOT_SEARCH_TOKEN_FILE",
        "",
        "file with that token; or credential `search-token`",
    ),
    variable(
        "CLIP_BOT_SEARCH_URL",
        "",
        "the search endpoint (required); `/search` is appended",
    ),
    variable(
        "CLIP_BOT_TOKEN",
        "",
        "token from @BotFather; for development only",
    ),
    variable(
        "CLIP_BOT_TOKEN_FILE",
        "",
        "file with the token; or credential `telegram-token`",
    ),
    variable(
        "CLIP_BOT_WORKERS",
        "16",
        "queries answered at the same time, 1 to 64",
    ),
];

/// The settings of `clip-search`.
pub const SEARCH_VARIABLES: &[Variable] = &[
    variable(
        "CLIP_SEARCH_ENGINE",
        "",
        "`space` or `mock`; empty: space where one is set",
    ),
    variable(
        "CLIP_SEARCH_HF_TOKEN",
        "",
        "token for a private Space; for development only",
    ),
    variable(
        "CLIP_SEARCH_HF_TOKEN_FILE",
        "",
        "file with that token; or credential `hf-token`",
    ),
    variable(
        "CLIP_SEARCH_HUB",
        "https://huggingface.co",
        "hub that knows the Space",
    ),
    variable(
        "CLIP_SEARCH_LISTEN",
        "127.0.0.1:8080",
        "address and port to listen on",
    ),
    variable(
        "CLIP_SEARCH_LOG",
        "info",
        "`off`, `error`, `warn`, `info`, `debug` or `trace`",
    ),
    variable(
        "CLIP_SEARCH_PUBLIC_BASE",
        "",
        "address that each file's base name is appended to",
    ),
    variable(
        "CLIP_SEARCH_SPACE",
        "",
        "the Space: its URL, or user/name on the hub",
    ),
    variable(
        "CLIP_SEARCH_SPACE_API",
        "",
        "its endpoint; empty: the only named one, /search or /predict",
    ),
    variable(
        "CLIP_SEARCH_SPACE_ARGS",
        r#"["{query}", "{limit}"]"#,
        "its arguments as JSON: array, or object by name; {query}, {limit}, {image}, {type} are filled in",
    ),
    variable(
        "CLIP_SEARCH_TIMEOUT",
        "25s",
        "longest time for one search, 1s to 10m",
    ),
    variable(
        "CLIP_SEARCH_TOKEN",
        "",
        "bearer token that callers need; for development only",
    ),
    variable(
        "CLIP_SEARCH_TOKEN_FILE",
        "",
        "file with that token; or credential `search-token`",
    ),
    variable(
        "CLIP_SEARCH_WORKERS",
        "32",
        "searches at the same time, 1 to 512",
    ),
];

/// The process environment and the way to read files, passed in by `main`.
#[derive(Clone)]
pub struct Environment {
    /// Names and values, command-line flags already laid over them.
    pub variables: BTreeMap<String, String>,
    /// Reads a file of secrets.
    pub read: fn(&Path) -> std::io::Result<String>,
}

impl Environment {
    /// The value of a variable.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.variables.get(name).map(String::as_str)
    }
}

/// What the bot runs with.
#[derive(Debug, Clone)]
pub struct BotConfig {
    /// Bot token.
    pub token: Secret,
    /// Bot API server, without a slash at the end.
    pub api_url: String,
    /// The endpoint's `/search`.
    pub search_url: String,
    /// Bearer token for the endpoint.
    pub search_token: Option<Secret>,
    /// Longest wait for the endpoint: more than API Gateway's 30 s, so that its own answer comes.
    pub search_timeout: Duration,
    /// Pictures in an answer.
    pub results: usize,
    /// How long one getUpdates waits.
    pub poll_timeout: Duration,
    /// Worker threads.
    pub workers: usize,
    /// Users and chats that are answered; empty means everyone.
    pub allowed: Vec<i64>,
    /// Fixed language code, or none to go by the user's.
    pub language: Option<String>,
    /// Log level.
    pub log: tracing::level_filters::LevelFilter,
    /// What the operator should know, to be logged once.
    pub warnings: Vec<String>,
}

/// Which engine answers.
#[derive(Debug, Clone, PartialEq)]
pub enum EngineConfig {
    /// Built-in pictures, ranked by their names.
    Mock,
    /// A Space on Hugging Face or elsewhere.
    Space(SpaceConfig),
}

/// How a Space is asked.
#[derive(Debug, Clone, PartialEq)]
pub struct SpaceConfig {
    /// Where it is.
    pub location: SpaceLocation,
    /// Named endpoint, without slash; none to choose from `/config`.
    pub api: Option<String>,
    /// Argument template.
    pub arguments: SpaceArguments,
    /// Address that base names are appended to, with a slash at the end.
    pub public_base: Option<String>,
    /// Token for a private Space.
    pub token: Option<Secret>,
    /// The hub, without a slash at the end.
    pub hub: String,
}

/// Where a Space is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SpaceLocation {
    /// Its own address, without a slash at the end.
    Url(String),
    /// `user/name` on the hub.
    Hub(String),
}

/// Argument template of a Space's function; `{query}`, `{limit}`, `{image}` and `{type}`
/// (`Text` or `Image`) stand for the query's.
#[derive(Debug, Clone, PartialEq)]
pub enum SpaceArguments {
    /// By position; the rest are the Space's defaults.
    Positional(Vec<serde_json::Value>),
    /// By parameter name; the rest are the Space's defaults.
    Named(serde_json::Map<String, serde_json::Value>),
}

/// What the endpoint runs with.
#[derive(Debug, Clone)]
pub struct SearchConfig {
    /// Which engine answers.
    pub engine: EngineConfig,
    /// Where to listen.
    pub listen: SocketAddr,
    /// Bearer token that callers need.
    pub token: Option<Secret>,
    /// Longest time for one search.
    pub timeout: Duration,
    /// Searches at the same time.
    pub workers: usize,
    /// Log level.
    pub log: tracing::level_filters::LevelFilter,
    /// What the operator should know, to be logged once.
    pub warnings: Vec<String>,
}

impl BotConfig {
    /// Reads and checks all `CLIP_BOT_*` settings.
    ///
    /// # Errors
    /// [`crate::error::Kind::Config`], naming the variable and the remedy.
    pub fn from_environment(environment: &Environment) -> Result<Self> {
        let mut settings = Settings::new(environment, "CLIP_BOT_", BOT_VARIABLES)?;
        let token = settings.secret("CLIP_BOT_TOKEN", "telegram-token")?.ok_or_else(|| {
            Error::config(
                "CLIP_BOT_TOKEN_FILE is not set: put the token you got from @BotFather into a file \
                 and name that file (or pass systemd's credential telegram-token)",
            )
        })?;
        if !looks_like_a_token(token.expose()) {
            return Err(Error::config(
                "CLIP_BOT_TOKEN: this is not a bot token (123456:ABC…); copy the whole token from @BotFather",
            ));
        }
        let search_url = settings.url("CLIP_BOT_SEARCH_URL")?.ok_or_else(|| {
            Error::config(
                "CLIP_BOT_SEARCH_URL is not set: name the search endpoint, for example http://127.0.0.1:8080",
            )
        })?;
        let mut search_token = settings.secret("CLIP_BOT_SEARCH_TOKEN", "search-token")?;
        match (settings.text("CLIP_BOT_SEARCH_AUTH"), &search_token) {
            ("", _) | ("bearer", Some(_)) => {}
            ("none", _) => search_token = None,
            ("bearer", None) => {
                return Err(Error::config(
                    "CLIP_BOT_SEARCH_AUTH=bearer needs a token: set CLIP_BOT_SEARCH_TOKEN_FILE",
                ));
            }
            _ => return Err(settings.invalid("CLIP_BOT_SEARCH_AUTH", "none or bearer")),
        }
        let language = match settings.text("CLIP_BOT_LANGUAGE") {
            "" => None,
            language @ ("en" | "es") => Some(language.to_owned()),
            _ => return Err(settings.invalid("CLIP_BOT_LANGUAGE", "en or es")),
        };
        Ok(Self {
            token,
            api_url: settings.url("CLIP_BOT_API_URL")?.unwrap_or_default(),
            search_url: if search_url.ends_with("/search") {
                search_url
            } else {
                format!("{search_url}/search")
            },
            search_token,
            search_timeout: settings.duration("CLIP_BOT_SEARCH_TIMEOUT", 1, 600)?,
            results: settings.number("CLIP_BOT_RESULTS", 1, 10)?,
            poll_timeout: settings.duration("CLIP_BOT_POLL_TIMEOUT", 1, 50)?,
            workers: settings.number("CLIP_BOT_WORKERS", 1, 64)?,
            allowed: settings.ids("CLIP_BOT_ALLOWED")?,
            language,
            log: settings.level("CLIP_BOT_LOG")?,
            warnings: settings.warnings,
        })
    }
}

impl SearchConfig {
    /// Reads and checks all `CLIP_SEARCH_*` settings.
    ///
    /// # Errors
    /// [`crate::error::Kind::Config`], naming the variable and the remedy.
    pub fn from_environment(environment: &Environment) -> Result<Self> {
        let mut settings = Settings::new(environment, "CLIP_SEARCH_", SEARCH_VARIABLES)?;
        let space = settings.text("CLIP_SEARCH_SPACE").to_owned();
        let engine = match (settings.text("CLIP_SEARCH_ENGINE"), space.as_str()) {
            ("mock", _) | ("", "") => EngineConfig::Mock,
            ("space", "") => {
                return Err(Error::config(
                    "CLIP_SEARCH_SPACE is not set: name the Space by its URL or as user/name",
                ));
            }
            ("space" | "", _) => EngineConfig::Space(settings.space()?),
            _ => return Err(settings.invalid("CLIP_SEARCH_ENGINE", "space or mock")),
        };
        Ok(Self {
            engine,
            listen: settings.parsed(
                "CLIP_SEARCH_LISTEN",
                "an address with a port, such as 127.0.0.1:8080",
            )?,
            token: settings.secret("CLIP_SEARCH_TOKEN", "search-token")?,
            timeout: settings.duration("CLIP_SEARCH_TIMEOUT", 1, 600)?,
            workers: settings.number("CLIP_SEARCH_WORKERS", 1, 512)?,
            log: settings.level("CLIP_SEARCH_LOG")?,
            warnings: settings.warnings,
        })
    }
}

fn looks_like_a_token(text: &str) -> bool {
    text.split_once(':').is_some_and(|(id, key)| {
        !id.is_empty()
            && !key.is_empty()
            && id.bytes().all(|b| b.is_ascii_digit())
            && key
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-')
    })
}

struct Settings<'a> {
    environment: &'a Environment,
    known: &'static [Variable],
    warnings: Vec<String>,
}

impl<'a> Settings<'a> {
    fn new(environment: &'a Environment, prefix: &str, known: &'static [Variable]) -> Result<Self> {
        for name in environment
            .variables
            .keys()
            .filter(|name| name.starts_with(prefix))
        {
            if !known.iter().any(|variable| variable.name == name) {
                let names = known.iter().map(|variable| variable.name);
                let nearest = nearest(name, names).unwrap_or(prefix);
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

    fn text(&self, name: &str) -> &'a str {
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

    fn invalid(&self, name: &str, wanted: impl Display) -> Error {
        let value = printable(self.text(name));
        Error::config(format!("{name}: {value} is not valid; it must be {wanted}"))
    }

    fn parsed<T: FromStr>(&self, name: &str, wanted: &str) -> Result<T> {
        self.text(name)
            .parse()
            .map_err(|_| self.invalid(name, wanted))
    }

    fn number(&self, name: &str, least: usize, most: usize) -> Result<usize> {
        let wanted = format!("a number from {least} to {most}");
        let number = self.parsed(name, &wanted)?;
        if (least..=most).contains(&number) {
            Ok(number)
        } else {
            Err(self.invalid(name, wanted))
        }
    }

    fn duration(&self, name: &str, least: u64, most: u64) -> Result<Duration> {
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

    fn level(&self, name: &str) -> Result<tracing::level_filters::LevelFilter> {
        self.parsed(name, "off, error, warn, info, debug or trace")
    }

    fn ids(&self, name: &str) -> Result<Vec<i64>> {
        let items = self
            .text(name)
            .split(',')
            .map(str::trim)
            .filter(|item| !item.is_empty());
        let wanted = "ids by comma, such as 1234567,-100987654321";
        items
            .map(|item| item.parse().map_err(|_| self.invalid(name, wanted)))
            .collect()
    }

    /// An http(s) address without the slash at its end; `None` where nothing is set.
    fn url(&self, name: &str) -> Result<Option<String>> {
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

    /// `NAME_FILE`, else the credential, else the plain variable, which costs a warning.
    fn secret(&mut self, name: &str, credential: &str) -> Result<Option<Secret>> {
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

    fn space(&mut self) -> Result<SpaceConfig> {
        let name = "CLIP_SEARCH_SPACE";
        let text = self.text(name);
        let location = if text.starts_with("http://") || text.starts_with("https://") {
            SpaceLocation::Url(self.url(name)?.unwrap_or_default())
        } else {
            let plain = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
            match text.split_once('/') {
                Some((user, space))
                    if !user.is_empty()
                        && !space.is_empty()
                        && user.chars().chain(space.chars()).all(plain) =>
                {
                    SpaceLocation::Hub(text.to_owned())
                }
                _ => return Err(self.invalid(name, "a URL or user/name")),
            }
        };
        let template = "CLIP_SEARCH_SPACE_ARGS";
        let arguments = match serde_json::from_str(self.text(template)) {
            Ok(serde_json::Value::Array(items)) => SpaceArguments::Positional(items),
            Ok(serde_json::Value::Object(object)) => SpaceArguments::Named(object),
            _ => {
                return Err(
                    self.invalid(template, "a JSON array, or a JSON object by parameter name")
                );
            }
        };
        let api = self.text("CLIP_SEARCH_SPACE_API").trim_matches('/');
        Ok(SpaceConfig {
            location,
            api: (!api.is_empty()).then(|| api.to_owned()),
            arguments,
            public_base: self.url("CLIP_SEARCH_PUBLIC_BASE")?.map(|base| base + "/"),
            token: self.secret("CLIP_SEARCH_HF_TOKEN", "hf-token")?,
            hub: self.url("CLIP_SEARCH_HUB")?.unwrap_or_default(),
        })
    }
}

/// `text` between backquotes for a message, or words that stand for it where it may be secret.
pub(crate) fn printable(text: &str) -> String {
    if may_hold_secret(text) {
        "the value (not shown, it may be secret)".to_owned()
    } else {
        format!("`{text}`")
    }
}

/// Whether some part of `text` looks like a bot token, a token of a hub, a password in an address,
/// or a long random word: somebody may have pasted a secret into the wrong setting.
fn may_hold_secret(text: &str) -> bool {
    let breaks = |c: char| !c.is_ascii_alphanumeric() && !"_-:.".contains(c);
    text.contains('@')
        || text.split(breaks).any(|word| {
            let random = |part: &str| part.len() >= 24 || part.starts_with("hf_");
            looks_like_a_token(word.strip_prefix("bot").unwrap_or(word))
                || word.split('.').any(random)
        })
}

/// The known name most like `name`.
pub fn nearest<'a>(name: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    known.min_by_key(|candidate| strsim::damerau_levenshtein(name, candidate))
}

#[cfg(test)]
mod tests;
