//! What each method takes: the Bot API's documentation as a table, for the methods and objects
//! that a bot like ours may use. Methods that are not here are refused.

mod commands;
mod inline;
mod keyboard;
mod media;
mod text;
mod values;

use super::schema::ValueKind::{Boolean, Bytes, Chat, File, Integer, List, Object};
use super::schema::{Shape, TextLimits, ValueKind, may, must, shape};
use commands::{BOT_COMMAND, DESCRIPTION, SCOPE, SHORT_DESCRIPTION};
use inline::{INLINE_RESULT, INLINE_RESULTS_BUTTON};
use keyboard::{INLINE_MARKUP, REPLY_MARKUP};
use media::INPUT_MEDIA;
use text::{ENTITIES, LINK_PREVIEW_OPTIONS, REPLY_PARAMETERS};
use values::{
    ACTION, ALLOWED_UPDATES, ANY_ID, CAPTION, COUNT, LANGUAGE, MESSAGE_ID, MESSAGE_TEXT, NAME,
    PARSE_MODE, QUERY_ID, text,
};

/// The parameters of `method`; `None` for a method that does not exist here.
pub(super) fn parameters(method: &str) -> Option<&'static Shape> {
    METHODS.iter().find(|shape| shape.name == method)
}

/// Every method.
pub(super) const METHODS: &[Shape] = &[
    shape("getMe", &[]),
    shape(
        "getUpdates",
        &[
            may("offset", ANY_ID),
            may("limit", Integer(1, 100)),
            may("timeout", COUNT),
            may("allowed_updates", ALLOWED_UPDATES),
        ],
    ),
    shape("getWebhookInfo", &[]),
    shape(
        "setWebhook",
        &[
            must("url", text(0, 2048)),
            may("ip_address", NAME),
            may("max_connections", Integer(1, 100)),
            may("allowed_updates", ALLOWED_UPDATES),
            may("drop_pending_updates", Boolean),
            may("secret_token", text(1, 256)),
        ],
    ),
    shape("deleteWebhook", &[may("drop_pending_updates", Boolean)]),
    shape(
        "setMyCommands",
        &[
            must(
                "commands",
                List(&Object(&BOT_COMMAND), 0, 100, "BOT_COMMANDS_TOO_MUCH"),
            ),
            may("scope", SCOPE),
            may("language_code", LANGUAGE),
        ],
    ),
    shape(
        "getMyCommands",
        &[may("scope", SCOPE), may("language_code", LANGUAGE)],
    ),
    shape(
        "deleteMyCommands",
        &[may("scope", SCOPE), may("language_code", LANGUAGE)],
    ),
    shape(
        "setMyDescription",
        &[
            may("description", DESCRIPTION),
            may("language_code", LANGUAGE),
        ],
    ),
    shape("getMyDescription", &[may("language_code", LANGUAGE)]),
    shape(
        "setMyShortDescription",
        &[
            may("short_description", SHORT_DESCRIPTION),
            may("language_code", LANGUAGE),
        ],
    ),
    shape("getMyShortDescription", &[may("language_code", LANGUAGE)]),
    shape(
        "sendMessage",
        &[
            must("chat_id", Chat),
            may("message_thread_id", MESSAGE_ID),
            must("text", MESSAGE_TEXT),
            may("parse_mode", PARSE_MODE),
            may("entities", ENTITIES),
            may("link_preview_options", Object(&LINK_PREVIEW_OPTIONS)),
            may("disable_notification", Boolean),
            may("protect_content", Boolean),
            may("reply_parameters", Object(&REPLY_PARAMETERS)),
            may("reply_markup", REPLY_MARKUP),
        ],
    ),
    shape(
        "editMessageText",
        &[
            may("chat_id", Chat),
            may("message_id", MESSAGE_ID),
            may("inline_message_id", NAME),
            must("text", MESSAGE_TEXT),
            may("parse_mode", PARSE_MODE),
            may("entities", ENTITIES),
            may("link_preview_options", Object(&LINK_PREVIEW_OPTIONS)),
            may("reply_markup", INLINE_MARKUP),
        ],
    ),
    shape(
        "editMessageReplyMarkup",
        &[
            may("chat_id", Chat),
            may("message_id", MESSAGE_ID),
            may("inline_message_id", NAME),
            may("reply_markup", INLINE_MARKUP),
        ],
    ),
    shape(
        "deleteMessage",
        &[must("chat_id", Chat), must("message_id", MESSAGE_ID)],
    ),
    shape(
        "sendPhoto",
        &[
            must("chat_id", Chat),
            may("message_thread_id", MESSAGE_ID),
            must("photo", File),
            may("caption", CAPTION),
            may("parse_mode", PARSE_MODE),
            may("caption_entities", ENTITIES),
            may("show_caption_above_media", Boolean),
            may("has_spoiler", Boolean),
            may("disable_notification", Boolean),
            may("protect_content", Boolean),
            may("reply_parameters", Object(&REPLY_PARAMETERS)),
            may("reply_markup", REPLY_MARKUP),
        ],
    ),
    shape(
        "sendDocument",
        &[
            must("chat_id", Chat),
            may("message_thread_id", MESSAGE_ID),
            must("document", File),
            may("caption", CAPTION),
            may("parse_mode", PARSE_MODE),
            may("caption_entities", ENTITIES),
            may("disable_content_type_detection", Boolean),
            may("disable_notification", Boolean),
            may("protect_content", Boolean),
            may("reply_parameters", Object(&REPLY_PARAMETERS)),
            may("reply_markup", REPLY_MARKUP),
        ],
    ),
    shape(
        "sendMediaGroup",
        &[
            must("chat_id", Chat),
            may("message_thread_id", MESSAGE_ID),
            must(
                "media",
                List(&INPUT_MEDIA, 2, 10, "media group must include 2-10 items"),
            ),
            may("disable_notification", Boolean),
            may("protect_content", Boolean),
            may("reply_parameters", Object(&REPLY_PARAMETERS)),
        ],
    ),
    shape(
        "sendChatAction",
        &[
            must("chat_id", Chat),
            may("message_thread_id", MESSAGE_ID),
            must("action", ACTION),
        ],
    ),
    shape(
        "answerCallbackQuery",
        &[
            must("callback_query_id", QUERY_ID),
            may(
                "text",
                ValueKind::Text(TextLimits {
                    min: 0,
                    max: 200,
                    empty: "",
                    long: "MESSAGE_TOO_LONG",
                }),
            ),
            may("show_alert", Boolean),
            may("url", text(0, 2048)),
            may("cache_time", COUNT),
        ],
    ),
    shape(
        "answerInlineQuery",
        &[
            must("inline_query_id", QUERY_ID),
            must(
                "results",
                List(
                    &INLINE_RESULT,
                    0,
                    50,
                    "too many inline query results specified",
                ),
            ),
            may("cache_time", COUNT),
            may("is_personal", Boolean),
            may("next_offset", Bytes(0, 64, "NEXT_OFFSET_INVALID")),
            may("button", Object(&INLINE_RESULTS_BUTTON)),
        ],
    ),
    shape("getChat", &[must("chat_id", Chat)]),
    shape(
        "getChatMember",
        &[must("chat_id", Chat), must("user_id", ANY_ID)],
    ),
    shape("getChatMemberCount", &[must("chat_id", Chat)]),
    shape("getChatAdministrators", &[must("chat_id", Chat)]),
    shape("getFile", &[must("file_id", text(0, 4096))]),
];
