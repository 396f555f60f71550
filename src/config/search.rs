//! The settings of `clip-search`.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use super::settings::Settings;
use super::token::is_made;
use super::{Environment, Origins, SEARCH_VARIABLES, Threshold};
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
    /// Whether there is a page for people with a browser; `None` if only where no token is needed.
    pub page: Option<bool>,
    /// Pages of other servers that may read answers.
    pub origins: Origins,
    /// Address by which others reach this endpoint, without a slash at the end.
    pub public_url: Option<String>,
    /// Bearer token; [`SearchConfig::demanded_token`] says whether searches need it.
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
    /// File of the model, or its name in the catalogue; `None` for the built-in one.
    pub model: Option<PathBuf>,
    /// Folder where models are kept that were named; `None` without a home.
    pub models: Option<PathBuf>,
    /// Folder of the index; `None` for the built-in pictures.
    pub index: Option<PathBuf>,
    /// Folder where smaller pictures are kept; `None` to make them each time.
    pub cache: Option<PathBuf>,
    /// URL of a Qdrant collection that holds the index; it has precedence over `index`.
    pub qdrant: Option<String>,
    /// API key for Qdrant.
    pub qdrant_key: Option<Secret>,
    /// Least similarity of a picture found by a text query; `None` for the model's default.
    pub min_score: Option<Threshold>,
    /// Folder of saved pictures; `None` to save none.
    pub saved: Option<PathBuf>,
    /// Most of what each collection of saved pictures may hold.
    pub quota: SavedQuota,
    /// Base address of the pictures' URLs, with a slash at the end; a file's name is
    /// appended.
    pub public_base: Option<String>,
    /// Address of the hub that models are downloaded from, without a slash at the end.
    pub hub: String,
}

/// Most of what a collection of saved pictures may hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SavedQuota {
    /// Pictures.
    pub pictures: usize,
    /// Megabytes of files that are kept.
    pub megabytes: usize,
}

impl Default for SavedQuota {
    fn default() -> Self {
        Self {
            pictures: 100_000,
            megabytes: 2000,
        }
    }
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

impl SearchConfig {
    /// Reads and checks all `CLIP_SEARCH_*` settings.
    ///
    /// # Errors
    /// [`crate::error::Kind::Config`], naming the first wrong variable and the remedy.
    pub fn from_environment(environment: &Environment) -> Result<Self> {
        let (config, faults) = Self::examine(environment);
        faults.into_iter().next().map_or(Ok(config), Err)
    }

    /// The settings and all that is wrong with them. What is wrong has its default.
    #[must_use]
    pub fn examine(environment: &Environment) -> (Self, Vec<Error>) {
        let mut settings = Settings::new(environment, "CLIP_SEARCH_", SEARCH_VARIABLES);
        let engine = settings.engine();
        let engine = settings.or(engine, EngineConfig::Clip);
        let clip = settings.clip();
        let token = settings.secret("CLIP_SEARCH_TOKEN", "search-token");
        let token = settings.or(token, None).map(|given| given.secret);
        let origins = Origins::read(settings.text("CLIP_SEARCH_CORS")).ok_or_else(|| {
            settings.invalid(
                "CLIP_SEARCH_CORS",
                "origins by comma, such as https://photos.example, or * for all",
            )
        });
        let listen = settings.parsed(
            "CLIP_SEARCH_LISTEN",
            "an address with a port, such as 127.0.0.1:8080",
        );
        let config = Self {
            clip,
            engine,
            idle: match settings.text("CLIP_SEARCH_IDLE") {
                "" => None,
                _ => Some(settings.duration("CLIP_SEARCH_IDLE", 1, 86_400)),
            },
            listen: settings.or(listen, SocketAddr::from(([127, 0, 0, 1], 8080))),
            open: settings.is("CLIP_SEARCH_OPEN", "yes", "no"),
            page: match settings.text("CLIP_SEARCH_PAGE") {
                "" => None,
                _ => Some(settings.is("CLIP_SEARCH_PAGE", "on", "off")),
            },
            origins: settings.or(origins, Origins::default()),
            public_url: settings.or(settings.url("CLIP_SEARCH_PUBLIC_URL"), None),
            token,
            timeout: settings.duration("CLIP_SEARCH_TIMEOUT", 1, 600),
            workers: settings.number("CLIP_SEARCH_WORKERS", 1, 512),
            log: settings.level("CLIP_SEARCH_LOG"),
            warnings: std::mem::take(&mut settings.warnings),
        };
        (config, settings.faults())
    }
}

impl SearchConfig {
    /// The bearer token that searches need, once [`SearchConfig::listen`] is the address that is
    /// really bound. One that the installation made is not asked for on the machine itself, where
    /// whoever searched without a token before still does, nor where the endpoint is open on purpose.
    #[must_use]
    pub fn demanded_token(&self) -> Option<&Secret> {
        let here = self.listen.ip().to_canonical().is_loopback();
        let token = self.token.as_ref();
        token.filter(|token| !is_made(token) || !here && !self.open)
    }

    /// Whether other users of this machine need a token to search, although nobody else does: pictures
    /// of one's own, or of a private Space, at a loopback address that no proxy makes public.
    #[must_use]
    pub fn is_private(&self) -> bool {
        let is_own = match &self.engine {
            EngineConfig::Clip => self.clip.index.is_some() || self.clip.qdrant.is_some(),
            EngineConfig::Mock => false,
            EngineConfig::Space(space) => space.token.is_some() || space.login.is_some(),
        };
        is_own && !self.open && self.public_url.is_none() && self.demanded_token().is_none()
    }
}

impl Settings<'_> {
    fn engine(&mut self) -> Result<EngineConfig> {
        let space = self.text("CLIP_SEARCH_SPACE");
        match (self.text("CLIP_SEARCH_ENGINE"), space) {
            ("clip", _) | ("", "") => Ok(EngineConfig::Clip),
            ("mock", _) => Ok(EngineConfig::Mock),
            ("space", "") => Err(Error::config(
                "CLIP_SEARCH_SPACE is not set: name the Space by its URL or as user/name",
            )),
            ("space" | "", _) => self.space().map(EngineConfig::Space),
            _ => Err(self.invalid("CLIP_SEARCH_ENGINE", "clip, space or mock")),
        }
    }

    fn clip(&mut self) -> ClipConfig {
        let path = |name: &str| match self.text(name) {
            "" => None,
            path => Some(PathBuf::from(path)),
        };
        let (model, index, cache, saved) = (
            path("CLIP_SEARCH_MODEL"),
            path("CLIP_SEARCH_INDEX"),
            path("CLIP_SEARCH_CACHE"),
            path("CLIP_SEARCH_SAVED"),
        );
        let key = self.secret("CLIP_SEARCH_QDRANT_KEY", "qdrant-key");
        let min_score = "CLIP_SEARCH_MIN_SCORE";
        let expected = "strict, normal, loose or a number from -1 to 1";
        let threshold =
            (!self.text(min_score).is_empty()).then(|| self.parsed(min_score, expected));
        let min_score = self.or(threshold.transpose(), None);
        ClipConfig {
            model,
            models: self.models_folder(),
            index,
            cache: cache.or_else(|| self.cache_folder("clip-search")),
            qdrant: self.or(self.url("CLIP_SEARCH_QDRANT"), None),
            qdrant_key: self.or(key, None).map(|given| given.secret),
            min_score,
            saved,
            quota: SavedQuota {
                pictures: self.number("CLIP_SEARCH_QUOTA_PICTURES", 1, 100_000_000),
                megabytes: self.number("CLIP_SEARCH_QUOTA_MB", 1, 100_000_000),
            },
            public_base: self.public_base(),
            hub: self.hub(),
        }
    }

    fn public_base(&self) -> Option<String> {
        let base = self.or(self.url("CLIP_SEARCH_PUBLIC_BASE"), None);
        base.map(|base| base + "/")
    }

    fn hub(&self) -> String {
        let hub = self.or(self.url("CLIP_SEARCH_HUB"), None);
        hub.unwrap_or_default()
    }

    fn space(&mut self) -> Result<SpaceConfig> {
        let location = self.space_location()?;
        let template = "CLIP_SEARCH_SPACE_ARGS";
        let arguments = match serde_json::from_str(self.text(template)) {
            _ if self.text(template).is_empty() => SpaceArguments::ByKind,
            Ok(serde_json::Value::Array(items)) => SpaceArguments::Positional(items),
            Ok(serde_json::Value::Object(object)) => SpaceArguments::Named(object),
            _ => {
                let wanted = "a JSON array, or a JSON object by parameter name";
                self.or(Err(self.invalid(template, wanted)), SpaceArguments::ByKind)
            }
        };
        let api = self.text("CLIP_SEARCH_SPACE_API").trim_matches('/');
        let token = self.secret("CLIP_SEARCH_HF_TOKEN", "hf-token");
        let login = self.login();
        Ok(SpaceConfig {
            location,
            api: (!api.is_empty()).then(|| api.to_owned()),
            arguments,
            // Where these are wrong, it is noted for the other engine, whose settings are read too.
            public_base: self
                .url("CLIP_SEARCH_PUBLIC_BASE")
                .ok()
                .flatten()
                .map(|base| base + "/"),
            token: self.or(token, None).map(|given| given.secret),
            login: self.or(login, None),
            hub: self
                .url("CLIP_SEARCH_HUB")
                .ok()
                .flatten()
                .unwrap_or_default(),
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
        match self.secret("CLIP_SEARCH_SPACE_LOGIN", "space-login")? {
            Some(given) if !given.secret.expose().contains(':') => Err(Error::config(format!(
                "{} is no login; it must be user:password",
                given.origin
            ))),
            given => Ok(given.map(|given| given.secret)),
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
