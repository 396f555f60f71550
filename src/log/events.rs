//! Ids of the events that an operator may want alerts for: `journalctl MESSAGE_ID=…` finds them,
//! and systemd/clip-bot.catalog explains them. 128 bits in hexadecimal, never to be changed; the
//! field
//! `message_id` of a log event takes them.

/// The program has started and answers requests.
pub const STARTED: &str = "6b1f0a3c5d2e4f7f8a9b0c1d2e3f4a01";
/// The program has stopped as it was told to.
pub const STOPPED: &str = "6b1f0a3c5d2e4f7f8a9b0c1d2e3f4a02";
/// The Bot API server does not accept the token.
pub const TOKEN_REFUSED: &str = "6b1f0a3c5d2e4f7f8a9b0c1d2e3f4a03";
/// The search endpoint is asleep; the bot waits for it.
pub const ENDPOINT_ASLEEP: &str = "6b1f0a3c5d2e4f7f8a9b0c1d2e3f4a04";
/// The search endpoint answers again.
pub const ENDPOINT_AWAKE: &str = "6b1f0a3c5d2e4f7f8a9b0c1d2e3f4a05";
/// Telegram asks the bot to send nothing to a chat for some time.
pub const FLOOD_WAIT: &str = "6b1f0a3c5d2e4f7f8a9b0c1d2e3f4a06";
/// An update could not be answered.
pub const UPDATE_FAILED: &str = "6b1f0a3c5d2e4f7f8a9b0c1d2e3f4a07";
/// The inbox cannot be written.
pub const INBOX_TROUBLE: &str = "6b1f0a3c5d2e4f7f8a9b0c1d2e3f4a08";
/// The inbox can be written again.
pub const INBOX_RECOVERED: &str = "6b1f0a3c5d2e4f7f8a9b0c1d2e3f4a09";
/// Changed settings were applied.
pub const RELOADED: &str = "6b1f0a3c5d2e4f7f8a9b0c1d2e3f4a0a";
/// A part of the program makes no progress.
pub const STUCK: &str = "6b1f0a3c5d2e4f7f8a9b0c1d2e3f4a0b";
/// The Bot API server cannot be reached.
pub const UNREACHABLE: &str = "6b1f0a3c5d2e4f7f8a9b0c1d2e3f4a0c";
/// The inbox file was unusable and was moved aside.
pub const INBOX_DAMAGED: &str = "6b1f0a3c5d2e4f7f8a9b0c1d2e3f4a0d";

/// Every event.
pub const ALL: [&str; 13] = [
    STARTED,
    STOPPED,
    TOKEN_REFUSED,
    ENDPOINT_ASLEEP,
    ENDPOINT_AWAKE,
    FLOOD_WAIT,
    UPDATE_FAILED,
    INBOX_TROUBLE,
    INBOX_RECOVERED,
    RELOADED,
    STUCK,
    UNREACHABLE,
    INBOX_DAMAGED,
];
