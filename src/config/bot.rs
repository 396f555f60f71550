//! The settings of `clip-bot`.

use std::path::PathBuf;
use std::time::Duration;

use super::allowed::Allowed;
use super::rate::Rate;
use super::settings::{Given, Settings};
use super::token::{is_made, looks_like_a_token};
use super::{BOT_VARIABLES, Environment};
use crate::aws::signature::Credentials;
use crate::error::{Error, Result};
use crate::http::Place;
use crate::search::Language;
use crate::secret::Secret;

/// The checked settings of the bot.
#[derive(Debug, Clone)]
pub struct BotConfig {
    /// Bot token from `@BotFather`.
    pub token: Secret,
    /// Address of the Bot API server, without a slash at the end.
    pub api_url: String,
    /// Address of the endpoint, with `/search`.
    pub search_url: String,
    /// How the bot authenticates to the endpoint.
    pub search_auth: SearchAuth,
    /// How long the bot waits for the endpoint's answer. The default is more than API Gateway's own
    /// limit of 30 s, so that the bot receives the gateway's answer.
    pub search_timeout: Duration,
    /// How often one user may search, or `None` for no limit.
    pub rate: Option<Rate>,
    /// Folder of the inbox, or `None` to keep it in memory.
    pub state_dir: Option<PathBuf>,
    /// Socket on which a reload sends new settings, if systemd gave a folder for it.
    pub control: Option<PathBuf>,
    /// File of the metrics, if systemd gave a folder for it.
    pub metrics: Option<PathBuf>,
    /// Whether the endpoint is to keep the files of saved pictures.
    pub keep_files: bool,
    /// Pictures in an answer.
    pub results: usize,
    /// The chat that own pictures are put into for inline mode, if any.
    pub storage: Option<i64>,
    /// When the pictures of a chat are forgotten that the bot was removed from.
    pub forget_left: Duration,
    /// How long one getUpdates request waits for messages.
    pub poll_timeout: Duration,
    /// Worker threads.
    pub workers: usize,
    /// Whom the bot serves besides its owner and the owner's guests.
    pub allowed: Allowed,
    /// Who owns the bot without claiming it: the playground's own user.
    pub owner: Option<i64>,
    /// Language code of all answers, or `None` for each user's own language.
    pub language: Option<String>,
    /// Log level.
    pub log: tracing::level_filters::LevelFilter,
    /// Warnings about the settings, to be logged once at the start.
    pub warnings: Vec<String>,
}

/// How the bot authenticates to the endpoint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SearchAuth {
    /// No authentication.
    None,
    /// By `Authorization: Bearer` with this token.
    Bearer(Secret),
    /// By AWS signatures, for API Gateway.
    AwsIam(AwsIam),
}

/// What the bot needs to sign requests to API Gateway.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AwsIam {
    /// The API's AWS region.
    pub region: String,
    /// Credentials from the environment; if `None`, those of the EC2 instance's role are fetched.
    pub credentials: Option<Credentials>,
    /// Address of the EC2 instance's metadata service.
    pub metadata: String,
}

/// Why there is no token, and what to do.
fn no_token(environment: &Environment) -> &'static str {
    let by_systemd = ["CREDENTIALS_DIRECTORY", "NOTIFY_SOCKET"];
    if by_systemd
        .iter()
        .any(|name| environment.variables.contains_key(*name))
    {
        "systemd handed over no token in the credential telegram-token: put the token you got from @BotFather \
         into /etc/clip-bot/telegram-token and restart the service. If it is there already, something empties \
         LoadCredential=, as images of LXC containers do: see “In a container” in operating.md"
    } else {
        "CLIP_BOT_TOKEN_FILE is not set: put the token you got from @BotFather into a file \
         and name that file (for the systemd unit: /etc/clip-bot/telegram-token)"
    }
}

impl BotConfig {
    /// Reads and checks all `CLIP_BOT_*` settings.
    ///
    /// # Errors
    /// [`crate::error::Kind::Config`], naming the first wrong variable and the remedy.
    pub fn from_environment(environment: &Environment) -> Result<Self> {
        let (config, faults) = Self::examine(environment);
        faults.into_iter().next().map_or(Ok(config), Err)
    }

    /// As [`BotConfig::from_environment`], for what does not speak to Telegram: the token may be
    /// wrong or missing.
    ///
    /// # Errors
    /// As there.
    pub fn without_telegram(environment: &Environment) -> Result<Self> {
        let mut environment = environment.clone();
        environment.variables.remove("CLIP_BOT_TOKEN_FILE");
        let made_up = ("CLIP_BOT_TOKEN".to_owned(), "0:none".to_owned());
        environment.variables.extend([made_up]);
        let mut config = Self::from_environment(&environment)?;
        config
            .warnings
            .retain(|warning| !warning.starts_with("CLIP_BOT_TOKEN is"));
        Ok(config)
    }

    /// The settings and all that is wrong with them. What is wrong has its default; token and address
    /// of the endpoint are empty then.
    #[must_use]
    pub fn examine(environment: &Environment) -> (Self, Vec<Error>) {
        let mut settings = Settings::new(environment, "CLIP_BOT_", BOT_VARIABLES);
        let token = bot_token(&mut settings);
        let token = settings.or(token, Secret::new(""));
        let search_url = settings.url("CLIP_BOT_SEARCH_URL").and_then(|url| url.ok_or_else(|| {
            Error::config(
                "CLIP_BOT_SEARCH_URL is not set: name the search endpoint, for example http://127.0.0.1:8080",
            )
        }));
        let search_url = settings.or(search_url, String::new());
        let search_auth = search_auth(&mut settings, &search_url);
        let runtime = settings.given_folder("RUNTIME_DIRECTORY");
        let config = Self {
            token,
            search_auth: settings.or(search_auth, SearchAuth::None),
            language: settings.or(language(&settings), None),
            state_dir: match settings.text("CLIP_BOT_STATE_DIR") {
                "" => settings.given_folder("STATE_DIRECTORY"),
                folder => Some(PathBuf::from(folder)),
            },
            api_url: settings
                .or(settings.url("CLIP_BOT_API_URL"), None)
                .unwrap_or_default(),
            search_url: if search_url.is_empty() || search_url.ends_with("/search") {
                search_url
            } else {
                format!("{search_url}/search")
            },
            search_timeout: settings.duration("CLIP_BOT_SEARCH_TIMEOUT", 1, 600),
            rate: match settings.text("CLIP_BOT_RATE") {
                "none" => None,
                _ => settings.or(
                    settings.parsed("CLIP_BOT_RATE", Rate::WANTED).map(Some),
                    None,
                ),
            },
            control: runtime.as_ref().map(|folder| folder.join("control")),
            metrics: runtime.map(|folder| folder.join("clip-bot.prom")),
            keep_files: settings.is("CLIP_BOT_KEEP_FILES", "yes", "no"),
            results: settings.number("CLIP_BOT_RESULTS", 1, 10),
            storage: settings.or(storage(&settings), None),
            forget_left: settings.duration("CLIP_BOT_FORGET_LEFT", 1, 1000 * 86_400),
            poll_timeout: settings.duration("CLIP_BOT_POLL_TIMEOUT", 1, 50),
            workers: settings.number("CLIP_BOT_WORKERS", 1, 64),
            allowed: settings.or(
                settings.parsed("CLIP_BOT_ALLOWED", Allowed::WANTED),
                Allowed::default(),
            ),
            owner: None,
            log: settings.level("CLIP_BOT_LOG"),
            warnings: std::mem::take(&mut settings.warnings),
        };
        (config, settings.faults())
    }

    /// The id of the bot's account: the part of the token before the colon.
    #[must_use]
    pub fn bot_id(&self) -> &str {
        let token = self.token.expose();
        token.split_once(':').map_or(token, |(id, _)| id)
    }
}

fn bot_token(settings: &mut Settings<'_>) -> Result<Secret> {
    let token = settings.secret("CLIP_BOT_TOKEN", "telegram-token")?;
    let Given { secret, origin } =
        token.ok_or_else(|| Error::config(no_token(settings.environment)))?;
    if looks_like_a_token(secret.expose()) {
        return Ok(secret);
    }
    let what = if origin.contains(": ") {
        format!("{origin} holds no bot token")
    } else {
        format!("{origin}: this is not a bot token")
    };
    Err(Error::config(format!(
        "{what} (123456:ABC…); copy the whole token from @BotFather"
    )))
}

fn language(settings: &Settings<'_>) -> Result<Option<String>> {
    match settings.text("CLIP_BOT_LANGUAGE") {
        "" => Ok(None),
        text if Language::ALL.iter().any(|known| known.tag() == text) => Ok(Some(text.to_owned())),
        _ => {
            let known = "en, es, de, fr, it, pt, ru, uk, zh or ja";
            Err(settings.invalid("CLIP_BOT_LANGUAGE", known))
        }
    }
}

fn storage(settings: &Settings<'_>) -> Result<Option<i64>> {
    match settings.text("CLIP_BOT_STORAGE") {
        "" => Ok(None),
        text => match text.parse() {
            Ok(id) if id < 0 => Ok(Some(id)),
            _ => {
                let wanted = "the number of a group or channel without a public name, such as -1001234567890";
                Err(settings.invalid("CLIP_BOT_STORAGE", wanted))
            }
        },
    }
}

fn search_auth(settings: &mut Settings<'_>, search_url: &str) -> Result<SearchAuth> {
    let search_token = settings.secret("CLIP_BOT_SEARCH_TOKEN", "search-token")?;
    match (settings.text("CLIP_BOT_SEARCH_AUTH"), search_token) {
        // The token of this machine's own endpoint is nothing for another.
        ("", Some(token))
            if is_made(&token.secret) && token.is_credential() && !is_here(search_url) =>
        {
            Ok(SearchAuth::None)
        }
        ("" | "bearer", Some(token)) => Ok(SearchAuth::Bearer(token.secret)),
        ("" | "none", _) => Ok(SearchAuth::None),
        ("aws-iam", _) => aws_iam(settings.environment, search_url).map(SearchAuth::AwsIam),
        ("bearer", None) => Err(Error::config(
            "CLIP_BOT_SEARCH_AUTH=bearer needs a token: set CLIP_BOT_SEARCH_TOKEN_FILE",
        )),
        _ => Err(settings.invalid("CLIP_BOT_SEARCH_AUTH", "none, bearer or aws-iam")),
    }
}

/// Whether the address is of this machine.
fn is_here(url: &str) -> bool {
    Place::of(url).is_some_and(|place| place.is_loopback())
}

fn aws_iam(environment: &Environment, search_url: &str) -> Result<AwsIam> {
    let get = |name| environment.get(name).filter(|value| !value.is_empty());
    // Such as https://abc123.execute-api.eu-central-1.amazonaws.com
    let in_url = search_url
        .split_once(".execute-api.")
        .and_then(|(_, rest)| rest.split_once(".amazonaws.com"))
        .map(|(region, _)| region);
    let region = in_url
        .or_else(|| get("AWS_REGION"))
        .or_else(|| get("AWS_DEFAULT_REGION"));
    let region = region.ok_or_else(|| {
        Error::config(
            "CLIP_BOT_SEARCH_AUTH=aws-iam needs a region: use the API's own address as \
             CLIP_BOT_SEARCH_URL, or set AWS_REGION",
        )
    })?;
    let credentials = match (get("AWS_ACCESS_KEY_ID"), get("AWS_SECRET_ACCESS_KEY")) {
        (Some(access_key), Some(secret_key)) => Some(Credentials {
            access_key: access_key.to_owned(),
            secret_key: Secret::new(secret_key),
            session_token: get("AWS_SESSION_TOKEN").map(Secret::new),
        }),
        (None, None) => None,
        _ => {
            return Err(Error::config(
                "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY belong together: set both or none",
            ));
        }
    };
    let metadata = get("AWS_EC2_METADATA_SERVICE_ENDPOINT").unwrap_or("http://169.254.169.254");
    Ok(AwsIam {
        region: region.to_owned(),
        credentials,
        metadata: metadata.to_owned(),
    })
}
