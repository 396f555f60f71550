//! The bot's commands and who sees them, and how it is described.

use super::super::schema::ValueKind::{Bytes, Chat, Tagged};
use super::super::schema::{Shape, TextLimits, ValueKind, must, shape};
use super::values::{ANY_ID, NAME};

pub(super) const SCOPE: ValueKind = Tagged(
    "BotCommandScope",
    &[
        ("default", &shape("BotCommandScope", &[must("type", NAME)])),
        (
            "all_private_chats",
            &shape("BotCommandScope", &[must("type", NAME)]),
        ),
        (
            "all_group_chats",
            &shape("BotCommandScope", &[must("type", NAME)]),
        ),
        (
            "all_chat_administrators",
            &shape("BotCommandScope", &[must("type", NAME)]),
        ),
        (
            "chat",
            &shape(
                "BotCommandScope",
                &[must("type", NAME), must("chat_id", Chat)],
            ),
        ),
        (
            "chat_administrators",
            &shape(
                "BotCommandScope",
                &[must("type", NAME), must("chat_id", Chat)],
            ),
        ),
        (
            "chat_member",
            &shape(
                "BotCommandScope",
                &[
                    must("type", NAME),
                    must("chat_id", Chat),
                    must("user_id", ANY_ID),
                ],
            ),
        ),
    ],
);

pub(super) const BOT_COMMAND: Shape = shape(
    "BotCommand",
    &[
        must("command", Bytes(1, 32, "BOT_COMMAND_INVALID")),
        must(
            "description",
            ValueKind::Text(TextLimits {
                min: 1,
                max: 256,
                empty: "command description is empty",
                long: "BOT_COMMAND_DESCRIPTION_INVALID",
            }),
        ),
    ],
);

pub(super) const DESCRIPTION: ValueKind = ValueKind::Text(TextLimits {
    min: 0,
    max: 512,
    empty: "",
    long: "bot description is too long",
});

pub(super) const SHORT_DESCRIPTION: ValueKind = ValueKind::Text(TextLimits {
    min: 0,
    max: 120,
    empty: "",
    long: "bot short description is too long",
});
