//! The tables of settings: flags, `--help`, docs/settings.md and the checks of names are made from
//! them.

/// One setting as the operator sees it.
#[derive(Debug, Clone, Copy)]
pub struct Variable {
    /// Name in the environment; `--name-without-prefix` on the command line.
    pub name: &'static str,
    /// The default; empty for none.
    pub default: &'static str,
    /// One line: meaning, unit, limits.
    pub meaning: &'static str,
}

impl Variable {
    /// Whether its value is a secret: then it is no flag and is never passed on.
    #[must_use]
    pub fn is_secret(&self) -> bool {
        self.name.ends_with("TOKEN") || self.name.ends_with("_KEY")
    }
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
        "ids of users and chats that the bot answers, separated by commas; empty: everyone",
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
    variable(
        "CLIP_BOT_RATE",
        "10/1m",
        "most searches per time for one user, such as 10 per minute; `none`: no limit",
    ),
    variable("CLIP_BOT_RESULTS", "5", "pictures in an answer, 1 to 10"),
    variable(
        "CLIP_BOT_SEARCH_AUTH",
        "",
        "`none`, `bearer` or `aws-iam`; empty: bearer where there is a token",
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
        "CLIP_BOT_STATE_DIR",
        "",
        "folder for messages not answered yet; empty: systemd's, else in memory only",
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
        "32",
        "queries answered at the same time, 1 to 64",
    ),
];

/// The settings of `clip-search`.
pub const SEARCH_VARIABLES: &[Variable] = &[
    variable(
        "CLIP_SEARCH_ENGINE",
        "",
        "`clip`, `space` or `mock`; empty: space where one is set, else clip",
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
        "hub to look up Spaces and fetch models from",
    ),
    variable(
        "CLIP_SEARCH_IDLE",
        "",
        "end after this time without a request, for socket units; empty: never",
    ),
    variable(
        "CLIP_SEARCH_INDEX",
        "",
        "folder of the index of pictures; empty: the built-in pictures",
    ),
    variable(
        "CLIP_SEARCH_LISTEN",
        "127.0.0.1:8080",
        "address and port to listen on; a systemd socket unit overrides it",
    ),
    variable(
        "CLIP_SEARCH_LOG",
        "info",
        "`off`, `error`, `warn`, `info`, `debug` or `trace`",
    ),
    variable(
        "CLIP_SEARCH_MIN_SCORE",
        "",
        "lowest score of pictures found by words, -1 to 1; empty: the model's own",
    ),
    variable(
        "CLIP_SEARCH_MODEL",
        "",
        "file of the CLIP model; empty: the small built-in one",
    ),
    variable(
        "CLIP_SEARCH_PUBLIC_BASE",
        "",
        "address that each file's base name is appended to",
    ),
    variable(
        "CLIP_SEARCH_QDRANT",
        "",
        "a collection in Qdrant that holds the index, by its URL",
    ),
    variable(
        "CLIP_SEARCH_QDRANT_KEY",
        "",
        "API key of Qdrant; for development only",
    ),
    variable(
        "CLIP_SEARCH_QDRANT_KEY_FILE",
        "",
        "file with that key; or credential `qdrant-key`",
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

/// The settings of `playground`.
pub const PLAYGROUND_VARIABLES: &[Variable] = &[
    variable(
        "PLAYGROUND_ASK",
        "",
        "ask this, print the chat and end: exit code 0 with pictures, else 1",
    ),
    variable(
        "PLAYGROUND_LOG",
        "warn",
        "`off`, `error`, `warn`, `info`, `debug` or `trace`",
    ),
    variable(
        "PLAYGROUND_PICTURES",
        "",
        "folder of pictures to search; empty: the built-in ones",
    ),
    variable(
        "PLAYGROUND_PORT",
        "0",
        "port of the page on 127.0.0.1; 0: a free one",
    ),
    variable(
        "PLAYGROUND_SPACE",
        "",
        "a Space to search; `CLIP_SEARCH_SPACE_*` say how",
    ),
    variable(
        "PLAYGROUND_TOKEN_FILE",
        "",
        "file with a bot token: answer on the real Telegram instead of the page",
    ),
];
