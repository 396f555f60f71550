//! The settings of `clip-bot`.

use std::path::PathBuf;
use std::time::Duration;

use super::allowed::Allowed;
use super::rate::Rate;
use super::settings::Settings;
use super::token::looks_like_a_token;
use super::{BOT_VARIABLES, Environment};
use crate::aws::signature::Credentials;
use crate::error::{Error, Result};
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
    /// Pictures in an answer.
    pub results: usize,
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
    /// [`crate::error::Kind::Config`], naming the variable and the remedy.
    pub fn from_environment(environment: &Environment) -> Result<Self> {
        let mut settings = Settings::new(environment, "CLIP_BOT_", BOT_VARIABLES)?;
        let token = settings.secret("CLIP_BOT_TOKEN", "telegram-token")?;
        let token = token.ok_or_else(|| Error::config(no_token(environment)))?;
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
        let search_auth = search_auth(&mut settings, &search_url)?;
        let language = match settings.text("CLIP_BOT_LANGUAGE") {
            "" => None,
            language @ ("en" | "es") => Some(language.to_owned()),
            _ => return Err(settings.invalid("CLIP_BOT_LANGUAGE", "en or es")),
        };
        let state_dir = match settings.text("CLIP_BOT_STATE_DIR") {
            "" => settings.given_folder("STATE_DIRECTORY"),
            folder => Some(PathBuf::from(folder)),
        };
        let runtime = settings.given_folder("RUNTIME_DIRECTORY");
        Ok(Self {
            token,
            api_url: settings.url("CLIP_BOT_API_URL")?.unwrap_or_default(),
            search_url: if search_url.ends_with("/search") {
                search_url
            } else {
                format!("{search_url}/search")
            },
            search_auth,
            search_timeout: settings.duration("CLIP_BOT_SEARCH_TIMEOUT", 1, 600)?,
            rate: match settings.text("CLIP_BOT_RATE") {
                "none" => None,
                _ => Some(settings.parsed("CLIP_BOT_RATE", Rate::WANTED)?),
            },
            state_dir,
            control: runtime.as_ref().map(|folder| folder.join("control")),
            metrics: runtime.map(|folder| folder.join("clip-bot.prom")),
            results: settings.number("CLIP_BOT_RESULTS", 1, 10)?,
            poll_timeout: settings.duration("CLIP_BOT_POLL_TIMEOUT", 1, 50)?,
            workers: settings.number("CLIP_BOT_WORKERS", 1, 64)?,
            allowed: settings.parsed("CLIP_BOT_ALLOWED", Allowed::WANTED)?,
            owner: None,
            language,
            log: settings.level("CLIP_BOT_LOG")?,
            warnings: settings.warnings,
        })
    }

    /// The id of the bot's account: the part of the token before the colon.
    #[must_use]
    pub fn bot_id(&self) -> &str {
        let token = self.token.expose();
        token.split_once(':').map_or(token, |(id, _)| id)
    }
}

fn search_auth(settings: &mut Settings<'_>, search_url: &str) -> Result<SearchAuth> {
    let search_token = settings.secret("CLIP_BOT_SEARCH_TOKEN", "search-token")?;
    match (settings.text("CLIP_BOT_SEARCH_AUTH"), search_token) {
        ("" | "bearer", Some(token)) => Ok(SearchAuth::Bearer(token)),
        ("" | "none", _) => Ok(SearchAuth::None),
        ("aws-iam", _) => aws_iam(settings.environment, search_url).map(SearchAuth::AwsIam),
        ("bearer", None) => Err(Error::config(
            "CLIP_BOT_SEARCH_AUTH=bearer needs a token: set CLIP_BOT_SEARCH_TOKEN_FILE",
        )),
        _ => Err(settings.invalid("CLIP_BOT_SEARCH_AUTH", "none, bearer or aws-iam")),
    }
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
