//! The settings of `clip-search`.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use super::settings::Settings;
use super::{Environment, Origins, SEARCH_VARIABLES};
use crate::error::{Error, Result};
use crate::secret::Secret;

/// The checked settings of the endpoint.
#[derive(Debug, Clone)]
pub struct SearchConfig {
    /// Model and index, for the CLIP engine and for the commands `model` and `index`.
    pub clip: ClipConfig,
    /// Which engine searches.
    pub engine: EngineConfig,
    /// The program exits after this time without a request; `None` for never.
    pub idle: Option<Duration>,
    /// Address and port to listen on.
    pub listen: SocketAddr,
    /// Whether anybody may search from other machines without a token.
    pub open: bool,
    /// Whether there is a page for people with a browser.
    pub page: bool,
    /// Pages of other servers that may read answers.
    pub origins: Origins,
    /// Address by which others reach this endpoint, without a slash at the end.
    pub public_url: Option<String>,
    /// Bearer token that clients must send; `None` if they need none.
    pub token: Option<Secret>,
    /// Time limit for one search.
    pub timeout: Duration,
    /// How many searches run at the same time.
    pub workers: usize,
    /// Log level.
    pub log: tracing::level_filters::LevelFilter,
    /// Warnings about the settings, to be logged once at the start.
    pub warnings: Vec<String>,
}

/// Which engine searches.
#[derive(Debug, Clone, PartialEq)]
pub enum EngineConfig {
    /// The CLIP engine of this package, configured by [`SearchConfig::clip`].
    Clip,
    /// The built-in pictures, ranked by the words in their names, without a model.
    Mock,
    /// A Space on Hugging Face or elsewhere.
    Space(SpaceConfig),
}

/// Model and index of the CLIP engine.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ClipConfig {
    /// File of the model; `None` for the built-in one.
    pub model: Option<PathBuf>,
    /// Folder of the index; `None` for the built-in pictures.
    pub index: Option<PathBuf>,
    /// Folder where smaller pictures are kept; `None` to make them each time.
    pub cache: Option<PathBuf>,
    /// URL of a Qdrant collection that holds the index; it has precedence over `index`.
    pub qdrant: Option<String>,
    /// API key for Qdrant.
    pub qdrant_key: Option<Secret>,
    /// Lowest cosine similarity of a picture found by a text query; `None` for the model's default.
    pub min_score: Option<f32>,
    /// Base address of the pictures' URLs, with a slash at the end; a file's name is
    /// appended.
    pub public_base: Option<String>,
    /// Address of the hub that models are downloaded from, without a slash at the end.
    pub hub: String,
}

/// How to send a search to a Space.
#[derive(Debug, Clone, PartialEq)]
pub struct SpaceConfig {
    /// Where the Space runs.
    pub location: SpaceLocation,
    /// Named API endpoint, without a slash; `None` to choose one from `/config`.
    pub api: Option<String>,
    /// Template of the arguments.
    pub arguments: SpaceArguments,
    /// Base address of the pictures' URLs, with a slash at the end; a file's name is
    /// appended.
    pub public_base: Option<String>,
    /// Token for a private Space.
    pub token: Option<Secret>,
    /// `user:password` for an app that asks for a login of its own.
    pub login: Option<Secret>,
    /// Address of the hub, without a slash at the end.
    pub hub: String,
}

/// Where a Space runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SpaceLocation {
    /// At this address, without a slash at the end.
    Url(String),
    /// On the hub, under this `user/name`.
    Hub(String),
}

/// Template of the arguments of a Space's function. `{query}`, `{limit}`, `{image}` and `{type}`
/// (`Text` or `Image`) are replaced by the values of the query.
#[derive(Debug, Clone, PartialEq)]
pub enum SpaceArguments {
    /// Each input of the function gets what its kind and name ask for.
    ByKind,
    /// By position; the Space's defaults apply to the others.
    Positional(Vec<serde_json::Value>),
    /// By parameter name; the Space's defaults apply to the others.
    Named(serde_json::Map<String, serde_json::Value>),
}

/// A cosine similarity: a number from -1 to 1.
struct Cosine(f32);

impl FromStr for Cosine {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let cosine = text.parse().map_err(drop)?;
        (-1.0..=1.0)
            .contains(&cosine)
            .then_some(Self(cosine))
            .ok_or(())
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
            ("clip", _) | ("", "") => EngineConfig::Clip,
            ("mock", _) => EngineConfig::Mock,
            ("space", "") => {
                return Err(Error::config(
                    "CLIP_SEARCH_SPACE is not set: name the Space by its URL or as user/name",
                ));
            }
            ("space" | "", _) => EngineConfig::Space(settings.space()?),
            _ => return Err(settings.invalid("CLIP_SEARCH_ENGINE", "clip, space or mock")),
        };
        let clip = settings.clip()?;
        let token = settings.secret("CLIP_SEARCH_TOKEN", "search-token")?;
        Ok(Self {
            clip,
            engine,
            idle: match settings.text("CLIP_SEARCH_IDLE") {
                "" => None,
                _ => Some(settings.duration("CLIP_SEARCH_IDLE", 1, 86_400)?),
            },
            listen: settings.parsed(
                "CLIP_SEARCH_LISTEN",
                "an address with a port, such as 127.0.0.1:8080",
            )?,
            open: match settings.text("CLIP_SEARCH_OPEN") {
                "yes" => true,
                "no" => false,
                _ => return Err(settings.invalid("CLIP_SEARCH_OPEN", "yes or no")),
            },
            page: match settings.text("CLIP_SEARCH_PAGE") {
                "" => token.is_none(),
                "on" => true,
                "off" => false,
                _ => return Err(settings.invalid("CLIP_SEARCH_PAGE", "on or off")),
            },
            origins: Origins::read(settings.text("CLIP_SEARCH_CORS")).ok_or_else(|| {
                settings.invalid(
                    "CLIP_SEARCH_CORS",
                    "origins by comma, such as https://photos.example, or * for all",
                )
            })?,
            public_url: settings.url("CLIP_SEARCH_PUBLIC_URL")?,
            token,
            timeout: settings.duration("CLIP_SEARCH_TIMEOUT", 1, 600)?,
            workers: settings.number("CLIP_SEARCH_WORKERS", 1, 512)?,
            log: settings.level("CLIP_SEARCH_LOG")?,
            warnings: settings.warnings,
        })
    }
}

impl Settings<'_> {
    fn clip(&mut self) -> Result<ClipConfig> {
        let path = |name: &str| match self.text(name) {
            "" => None,
            path => Some(PathBuf::from(path)),
        };
        Ok(ClipConfig {
            model: path("CLIP_SEARCH_MODEL"),
            index: path("CLIP_SEARCH_INDEX"),
            cache: path("CLIP_SEARCH_CACHE").or_else(|| self.cache_folder("clip-search")),
            qdrant: self.url("CLIP_SEARCH_QDRANT")?,
            qdrant_key: self.secret("CLIP_SEARCH_QDRANT_KEY", "qdrant-key")?,
            min_score: match self.text("CLIP_SEARCH_MIN_SCORE") {
                "" => None,
                _ => Some(
                    self.parsed::<Cosine>("CLIP_SEARCH_MIN_SCORE", "a number from -1 to 1")?
                        .0,
                ),
            },
            public_base: self.url("CLIP_SEARCH_PUBLIC_BASE")?.map(|base| base + "/"),
            hub: self.url("CLIP_SEARCH_HUB")?.unwrap_or_default(),
        })
    }

    fn space(&mut self) -> Result<SpaceConfig> {
        let location = self.space_location()?;
        let template = "CLIP_SEARCH_SPACE_ARGS";
        let arguments = match serde_json::from_str(self.text(template)) {
            _ if self.text(template).is_empty() => SpaceArguments::ByKind,
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
            login: self.login()?,
            hub: self.url("CLIP_SEARCH_HUB")?.unwrap_or_default(),
        })
    }

    /// A Space's own address, or who it is on the hub: people copy either from their browser.
    fn space_location(&self) -> Result<SpaceLocation> {
        let name = "CLIP_SEARCH_SPACE";
        let text = self.text(name);
        let invalid = || self.invalid(name, "a URL or user/name");
        let bare = text
            .split(['?', '#'])
            .next()
            .unwrap_or(text)
            .trim_end_matches('/');
        let Some((scheme, rest)) = bare.split_once("://") else {
            return hub_id(bare.trim_start_matches("spaces/"), false).ok_or_else(invalid);
        };
        let (host, path) = rest.split_once('/').unwrap_or((rest, ""));
        let hub = self.text("CLIP_SEARCH_HUB");
        let hub = hub
            .split_once("://")
            .map_or(hub, |(_, host)| host)
            .trim_end_matches('/');
        let on_hub = [hub, "huggingface.co", "www.huggingface.co", "hf.co"].contains(&host);
        if let Some(id) = path.strip_prefix("spaces/").filter(|_| on_hub) {
            return hub_id(id, true).ok_or_else(invalid);
        }
        let right = ["http", "https"].contains(&scheme)
            && !host.is_empty()
            && !host.starts_with(':')
            && !rest.contains(|c: char| c.is_whitespace() || c == '@');
        if right {
            Ok(SpaceLocation::Url(bare.to_owned()))
        } else {
            Err(invalid())
        }
    }

    fn login(&mut self) -> Result<Option<Secret>> {
        let name = "CLIP_SEARCH_SPACE_LOGIN";
        let login = self.secret(name, "space-login")?;
        match login {
            Some(login) if !login.expose().contains(':') => Err(Error::config(format!(
                "{name}_FILE: this is no login; it must be user:password"
            ))),
            login => Ok(login),
        }
    }
}

/// `user/name`, which may be followed by the pages of a Space on the hub.
fn hub_id(text: &str, with_pages: bool) -> Option<SpaceLocation> {
    let plain = |part: &&str| {
        !part.is_empty()
            && part
                .chars()
                .all(|c| c.is_ascii_alphanumeric() || "-_.".contains(c))
    };
    let parts: Vec<&str> = text.split('/').collect();
    match parts[..] {
        [user, space] if plain(&user) && plain(&space) => {}
        [user, space, ..] if with_pages && plain(&user) && plain(&space) => {}
        _ => return None,
    }
    Some(SpaceLocation::Hub(format!("{}/{}", parts[0], parts[1])))
}
