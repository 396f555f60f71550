//! How a text is written: its entities, link previews, and what it replies to.

use super::super::schema::ValueKind::{Boolean, Chat, List, Object};
use super::super::schema::{Shape, ValueKind, may, must, shape};
use super::values::{COUNT, MESSAGE_ID, NAME, PARSE_MODE, text};

pub(super) const ENTITIES: ValueKind = List(&Object(&MESSAGE_ENTITY), 0, 100, "too many entities");

const MESSAGE_ENTITY: Shape = shape(
    "MessageEntity",
    &[
        must("type", NAME),
        must("offset", COUNT),
        must("length", COUNT),
        may("url", NAME),
        may("language", NAME),
    ],
);

pub(super) const REPLY_PARAMETERS: Shape = shape(
    "ReplyParameters",
    &[
        must("message_id", MESSAGE_ID),
        may("chat_id", Chat),
        may("allow_sending_without_reply", Boolean),
        may("quote", text(0, 1024)),
        may("quote_parse_mode", PARSE_MODE),
        may("quote_entities", ENTITIES),
        may("quote_position", COUNT),
    ],
);

pub(super) const LINK_PREVIEW_OPTIONS: Shape = shape(
    "LinkPreviewOptions",
    &[
        may("is_disabled", Boolean),
        may("url", text(0, 2048)),
        may("prefer_small_media", Boolean),
        may("prefer_large_media", Boolean),
        may("show_above_text", Boolean),
    ],
);
