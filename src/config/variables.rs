//! The tables of all settings. `--help`, the manual pages, the completions and docs/settings.md are
//! generated from them, and an unknown name is refused by them.

/// One setting as the operator sees it.
#[derive(Debug, Clone, Copy)]
pub struct Variable {
    /// Name in the environment; `--name-without-prefix` on the command line.
    pub name: &'static str,
    /// The value that applies where the variable is not set; empty if there is none.
    pub default: &'static str,
    /// One line: meaning, unit, limits.
    pub meaning: &'static str,
}

impl Variable {
    /// Whether its flag alone, without a value, means `yes`.
    #[must_use]
    pub fn is_switch(&self) -> bool {
        self.default == "no"
    }

    /// Whether the value is a secret: then it has no flag, as other users can read command lines,
    /// and a reload does not pass it on to the running bot.
    #[must_use]
    pub fn is_secret(&self) -> bool {
        ["TOKEN", "_KEY", "_LOGIN"]
            .iter()
            .any(|end| self.name.ends_with(end))
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
        "ids of the users and chats that the bot serves, separated by commas, or `everyone`; empty: nobody but the owner, who claims the bot, and the owner's guests",
    ),
    variable(
        "CLIP_BOT_API_URL",
        "https://api.telegram.org",
        "address of the Bot API server",
    ),
    variable(
        "CLIP_BOT_FORGET_LEFT",
        "30d",
        "when the pictures collected in a chat are forgotten after the bot was removed from it, 1s to 1000d",
    ),
    variable(
        "CLIP_BOT_KEEP_FILES",
        "no",
        "whether the endpoint keeps the files of saved pictures, too, in their largest size and without metadata, until they are forgotten: `yes` or `no`",
    ),
    variable(
        "CLIP_BOT_LANGUAGE",
        "",
        "language of all answers: `en`, `es`, `de`, `fr`, `it`, `pt`, `ru`, `uk`, `zh` or `ja`; empty: each user's own",
    ),
    variable(
        "CLIP_BOT_LOG",
        "info",
        "log level: `off`, `error`, `warn`, `info`, `debug` or `trace`",
    ),
    variable(
        "CLIP_BOT_POLL_TIMEOUT",
        "50s",
        "how long one getUpdates request waits for messages, 1s to 50s",
    ),
    variable(
        "CLIP_BOT_RATE",
        "10/1m",
        "most searches per user and period; `none`: no limit",
    ),
    variable("CLIP_BOT_RESULTS", "5", "pictures in an answer, 1 to 10"),
    variable(
        "CLIP_BOT_SEARCH_AUTH",
        "",
        "how the bot authenticates to the endpoint: `none`, `bearer` or `aws-iam`; empty: `bearer` if a token is set, else `none`",
    ),
    variable(
        "CLIP_BOT_SEARCH_TIMEOUT",
        "35s",
        "how long the bot waits for the endpoint's answer, 1s to 10m",
    ),
    variable(
        "CLIP_BOT_SEARCH_TOKEN",
        "",
        "bearer token for the endpoint; for development only",
    ),
    variable(
        "CLIP_BOT_SEARCH_TOKEN_FILE",
        "",
        "file with the bearer token for the endpoint; or systemd credential `search-token`",
    ),
    variable(
        "CLIP_BOT_SEARCH_URL",
        "",
        "address of the search endpoint (required); `/search` is appended if missing",
    ),
    variable(
        "CLIP_BOT_STATE_DIR",
        "",
        "folder that keeps the owner, the guests, and messages until they are answered; empty: systemd's StateDirectory, else memory",
    ),
    variable(
        "CLIP_BOT_STORAGE",
        "",
        "id of a group or channel that holds nobody but the owner and the bot: own pictures without a public address are put there once, silently, so that inline mode can show them; empty: not",
    ),
    variable(
        "CLIP_BOT_TOKEN",
        "",
        "bot token from @BotFather; for development only",
    ),
    variable(
        "CLIP_BOT_TOKEN_FILE",
        "",
        "file with the bot token; or systemd credential `telegram-token`",
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
        "CLIP_SEARCH_CACHE",
        "",
        "folder where smaller pictures are kept, at most 256 MiB; empty: systemd's CacheDirectory, else the user's cache folder",
    ),
    variable(
        "CLIP_SEARCH_CORS",
        "",
        "pages of other servers that may read answers: origins by comma, such as `https://photos.example`, or `*` for all",
    ),
    variable(
        "CLIP_SEARCH_ENGINE",
        "",
        "search engine: `clip`, `space` or `mock`; empty: `space` if CLIP_SEARCH_SPACE is set, else `clip`",
    ),
    variable(
        "CLIP_SEARCH_HF_TOKEN",
        "",
        "Hugging Face token for a private Space; for development only",
    ),
    variable(
        "CLIP_SEARCH_HF_TOKEN_FILE",
        "",
        "file with the Hugging Face token; or systemd credential `hf-token`",
    ),
    variable(
        "CLIP_SEARCH_HUB",
        "https://huggingface.co",
        "address of the hub, where Spaces are looked up and models are downloaded",
    ),
    variable(
        "CLIP_SEARCH_IDLE",
        "",
        "exit after this time without a request, for socket activation; empty: never",
    ),
    variable(
        "CLIP_SEARCH_INDEX",
        "",
        "folder of the picture index; empty: the built-in pictures",
    ),
    variable(
        "CLIP_SEARCH_LISTEN",
        "127.0.0.1:8080",
        "address and port to listen on; a socket passed by systemd takes precedence",
    ),
    variable(
        "CLIP_SEARCH_LOG",
        "info",
        "log level: `off`, `error`, `warn`, `info`, `debug` or `trace`",
    ),
    variable(
        "CLIP_SEARCH_MIN_SCORE",
        "",
        "how similar a picture found by a text query must be: `strict`, `normal`, `loose`, or the lowest cosine, -1 to 1; empty: `normal` for the built-in model, else no limit",
    ),
    variable(
        "CLIP_SEARCH_MODEL",
        "",
        "file of the CLIP model, or the name of a known one, which is fetched once; empty: the one that was named for the index, else the small built-in model, which knows drawings only",
    ),
    variable(
        "CLIP_SEARCH_OPEN",
        "no",
        "whether anybody may search who reaches the address, where it is not loopback and no token is set: `yes` or `no`",
    ),
    variable(
        "CLIP_SEARCH_PAGE",
        "",
        "the page at `/` for people with a browser, `on` or `off`; empty: `on` unless a token is set",
    ),
    variable(
        "CLIP_SEARCH_PUBLIC_BASE",
        "",
        "base address of the pictures' URLs; the path below the indexed folder, or a Space's base name, is appended",
    ),
    variable(
        "CLIP_SEARCH_PUBLIC_URL",
        "",
        "address by which others reach this endpoint, such as a proxy's, with its path; addresses in answers start with it; empty: the caller's `Host`",
    ),
    variable(
        "CLIP_SEARCH_QDRANT",
        "",
        "URL of a Qdrant collection that holds the index, in place of a folder",
    ),
    variable(
        "CLIP_SEARCH_QDRANT_KEY",
        "",
        "API key for Qdrant; for development only",
    ),
    variable(
        "CLIP_SEARCH_QDRANT_KEY_FILE",
        "",
        "file with the API key for Qdrant; or systemd credential `qdrant-key`",
    ),
    variable(
        "CLIP_SEARCH_QUOTA_MB",
        "2000",
        "most megabytes of kept files in each collection of saved pictures",
    ),
    variable(
        "CLIP_SEARCH_QUOTA_PICTURES",
        "100000",
        "most pictures in each collection of saved pictures",
    ),
    variable(
        "CLIP_SEARCH_SAVED",
        "",
        "folder of the pictures that `POST /pictures` saves, which needs a token; empty: none are saved",
    ),
    variable(
        "CLIP_SEARCH_SPACE",
        "",
        "Hugging Face Space to search with: its address, that of its page on the hub, or user/name",
    ),
    variable(
        "CLIP_SEARCH_SPACE_API",
        "",
        "function of the Space, by name or number; empty: the one that searches pictures",
    ),
    variable(
        "CLIP_SEARCH_SPACE_ARGS",
        "",
        "arguments for the Space as JSON: an array, or an object by parameter name; {query}, {limit}, {image} and {type} are filled in; empty: by the kinds of its inputs",
    ),
    variable(
        "CLIP_SEARCH_SPACE_LOGIN",
        "",
        "user:password of a Space that asks for a login of its own; for development only",
    ),
    variable(
        "CLIP_SEARCH_SPACE_LOGIN_FILE",
        "",
        "file with user:password for a Space that asks for a login of its own; or systemd credential `space-login`",
    ),
    variable(
        "CLIP_SEARCH_TIMEOUT",
        "25s",
        "time limit for one search, 1s to 10m",
    ),
    variable(
        "CLIP_SEARCH_TOKEN",
        "",
        "bearer token that clients must send; for development only",
    ),
    variable(
        "CLIP_SEARCH_TOKEN_FILE",
        "",
        "file with the bearer token that clients must send; or systemd credential `search-token`",
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
        "send this message, print the chat and exit: 0 if pictures came, else 1",
    ),
    variable(
        "PLAYGROUND_LOG",
        "warn",
        "log level: `off`, `error`, `warn`, `info`, `debug` or `trace`",
    ),
    variable(
        "PLAYGROUND_MODEL",
        "",
        "model to search your pictures with: a file, or the name of a known one, which is fetched once; empty: the one that was named last, else the small built-in model, which knows drawings only",
    ),
    variable(
        "PLAYGROUND_PICTURES",
        "",
        "folder of pictures to search; empty: the built-in pictures",
    ),
    variable(
        "PLAYGROUND_PORT",
        "0",
        "port of the page on 127.0.0.1; 0: any free port",
    ),
    variable(
        "PLAYGROUND_SPACE",
        "",
        "Space to search with, configured by `CLIP_SEARCH_SPACE_*`",
    ),
    variable(
        "PLAYGROUND_TOKEN_FILE",
        "",
        "file with a bot token, to use real Telegram in place of the page",
    ),
];
