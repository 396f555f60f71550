//! What each method takes: the Bot API's documentation as a table, for the methods and objects
//! that a bot like ours may use. What is not here is refused.

use super::schema::Kind::{
    AnyOf, Boolean, Bytes, Chat, File, Integer, List, Object, OneOf, Tagged, True,
};
use super::schema::{Field, Kind, Shape, Text, may, must, shape};

/// The parameters of `method`; `None` for a method that does not exist here.
pub(super) fn parameters(method: &str) -> Option<&'static Shape> {
    METHODS.iter().find(|shape| shape.name == method)
}

const fn text(min: usize, max: usize) -> Kind {
    Kind::Text(Text {
        min,
        max,
        empty: "text must be non-empty",
        long: "text is too long",
    })
}

const ANY_ID: Kind = Integer(i64::MIN, i64::MAX);
const MESSAGE_ID: Kind = Integer(0, i32::MAX as i64);
const COUNT: Kind = Integer(0, i32::MAX as i64);
const NAME: Kind = text(1, 4096);
const MESSAGE_TEXT: Kind = Kind::Text(Text {
    min: 1,
    max: 4096,
    empty: "message text is empty",
    long: "message is too long",
});
const CAPTION: Kind = Kind::Text(Text {
    min: 0,
    max: 1024,
    empty: "",
    long: "message caption is too long",
});
const PARSE_MODE: Kind = OneOf(
    &["HTML", "Markdown", "MarkdownV2"],
    "unsupported parse_mode",
);
const QUERY_ID: Kind = text(0, 256);
const LANGUAGE: Kind = Bytes(0, 2, "invalid language code specified");
const ENTITIES: Kind = List(&Object(&MESSAGE_ENTITY), 0, 100, "too many entities");
const BUTTON_DATA: Kind = Bytes(1, 64, "BUTTON_DATA_INVALID");
const INLINE_QUERY: Kind = text(0, 256);
const PLACEHOLDER: Kind = text(1, 64);
const ALLOWED_UPDATES: Kind = List(&NAME, 0, 100, "too many update types");

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
                Kind::Text(Text {
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
    shape("getFile", &[must("file_id", text(0, 4096))]),
];

const ACTION: Kind = OneOf(
    &[
        "typing",
        "upload_photo",
        "record_video",
        "upload_video",
        "record_voice",
        "upload_voice",
        "upload_document",
        "choose_sticker",
        "find_location",
        "record_video_note",
        "upload_video_note",
    ],
    "wrong parameter action in request",
);

const SCOPE: Kind = Tagged(
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

const BOT_COMMAND: Shape = shape(
    "BotCommand",
    &[
        must("command", Bytes(1, 32, "BOT_COMMAND_INVALID")),
        must(
            "description",
            Kind::Text(Text {
                min: 1,
                max: 256,
                empty: "command description is empty",
                long: "BOT_COMMAND_DESCRIPTION_INVALID",
            }),
        ),
    ],
);

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

const REPLY_PARAMETERS: Shape = shape(
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

const LINK_PREVIEW_OPTIONS: Shape = shape(
    "LinkPreviewOptions",
    &[
        may("is_disabled", Boolean),
        may("url", text(0, 2048)),
        may("prefer_small_media", Boolean),
        may("prefer_large_media", Boolean),
        may("show_above_text", Boolean),
    ],
);

const INLINE_MARKUP: Kind = Object(&INLINE_KEYBOARD);
const REPLY_MARKUP: Kind = AnyOf(
    "reply keyboard markup",
    &[
        &INLINE_KEYBOARD,
        &REPLY_KEYBOARD,
        &REPLY_KEYBOARD_REMOVE,
        &FORCE_REPLY,
    ],
);

const INLINE_KEYBOARD: Shape = shape(
    "InlineKeyboardMarkup",
    &[must(
        "inline_keyboard",
        List(
            &List(&Object(&INLINE_BUTTON), 0, 8, "reply markup is too long"),
            0,
            100,
            "reply markup is too long",
        ),
    )],
);

const INLINE_BUTTON: Shape = Shape {
    name: "InlineKeyboardButton",
    fields: &[
        must("text", NAME),
        may("style", NAME),
        may("url", Bytes(1, 2048, "BUTTON_URL_INVALID")),
        may("callback_data", BUTTON_DATA),
        may("switch_inline_query", INLINE_QUERY),
        may("switch_inline_query_current_chat", INLINE_QUERY),
        may("switch_inline_query_chosen_chat", Object(&SWITCH_CHOSEN)),
        may("copy_text", Object(&COPY_TEXT)),
    ],
    one_of: &[
        "url",
        "callback_data",
        "switch_inline_query",
        "switch_inline_query_current_chat",
        "switch_inline_query_chosen_chat",
        "copy_text",
    ],
};

const SWITCH_CHOSEN: Shape = shape(
    "SwitchInlineQueryChosenChat",
    &[
        may("query", INLINE_QUERY),
        may("allow_user_chats", Boolean),
        may("allow_bot_chats", Boolean),
        may("allow_group_chats", Boolean),
        may("allow_channel_chats", Boolean),
    ],
);

const COPY_TEXT: Shape = shape("CopyTextButton", &[must("text", text(1, 256))]);

const REPLY_KEYBOARD: Shape = shape(
    "ReplyKeyboardMarkup",
    &[
        must(
            "keyboard",
            List(
                &List(
                    &Object(&shape("KeyboardButton", &[must("text", NAME)])),
                    0,
                    12,
                    "reply markup is too long",
                ),
                0,
                300,
                "reply markup is too long",
            ),
        ),
        may("is_persistent", Boolean),
        may("resize_keyboard", Boolean),
        may("one_time_keyboard", Boolean),
        may("input_field_placeholder", PLACEHOLDER),
        may("selective", Boolean),
    ],
);

const REPLY_KEYBOARD_REMOVE: Shape = shape(
    "ReplyKeyboardRemove",
    &[must("remove_keyboard", True), may("selective", Boolean)],
);

const FORCE_REPLY: Shape = shape(
    "ForceReply",
    &[
        must("force_reply", True),
        may("input_field_placeholder", PLACEHOLDER),
        may("selective", Boolean),
    ],
);

const INPUT_MEDIA: Kind = Tagged(
    "InputMedia",
    &[
        (
            "photo",
            &shape(
                "InputMedia",
                &[
                    must("type", NAME),
                    must("media", File),
                    may("caption", CAPTION),
                    may("parse_mode", PARSE_MODE),
                    may("caption_entities", ENTITIES),
                    may("show_caption_above_media", Boolean),
                    may("has_spoiler", Boolean),
                ],
            ),
        ),
        (
            "document",
            &shape(
                "InputMedia",
                &[
                    must("type", NAME),
                    must("media", File),
                    may("caption", CAPTION),
                    may("parse_mode", PARSE_MODE),
                    may("caption_entities", ENTITIES),
                    may("disable_content_type_detection", Boolean),
                ],
            ),
        ),
    ],
);

const RESULT_ID: Field = must("id", Bytes(1, 64, "RESULT_ID_INVALID"));
const INLINE_RESULT: Kind = Tagged(
    "inline query result",
    &[
        (
            "photo",
            &shape(
                "InlineQueryResultPhoto",
                &[
                    must("type", NAME),
                    RESULT_ID,
                    must("photo_url", NAME),
                    must("thumbnail_url", NAME),
                    may("photo_width", COUNT),
                    may("photo_height", COUNT),
                    may("title", NAME),
                    may("description", NAME),
                    may("caption", CAPTION),
                    may("parse_mode", PARSE_MODE),
                    may("caption_entities", ENTITIES),
                    may("show_caption_above_media", Boolean),
                    may("reply_markup", INLINE_MARKUP),
                    may("input_message_content", INPUT_CONTENT),
                ],
            ),
        ),
        (
            "photo",
            &shape(
                "InlineQueryResultCachedPhoto",
                &[
                    must("type", NAME),
                    RESULT_ID,
                    must("photo_file_id", NAME),
                    may("title", NAME),
                    may("description", NAME),
                    may("caption", CAPTION),
                    may("parse_mode", PARSE_MODE),
                    may("caption_entities", ENTITIES),
                    may("show_caption_above_media", Boolean),
                    may("reply_markup", INLINE_MARKUP),
                    may("input_message_content", INPUT_CONTENT),
                ],
            ),
        ),
        (
            "article",
            &shape(
                "InlineQueryResultArticle",
                &[
                    must("type", NAME),
                    RESULT_ID,
                    must("title", NAME),
                    must("input_message_content", INPUT_CONTENT),
                    may("reply_markup", INLINE_MARKUP),
                    may("url", NAME),
                    may("description", NAME),
                    may("thumbnail_url", NAME),
                    may("thumbnail_width", COUNT),
                    may("thumbnail_height", COUNT),
                ],
            ),
        ),
    ],
);

const INPUT_CONTENT: Kind = Object(&shape(
    "InputTextMessageContent",
    &[
        must("message_text", MESSAGE_TEXT),
        may("parse_mode", PARSE_MODE),
        may("entities", ENTITIES),
        may("link_preview_options", Object(&LINK_PREVIEW_OPTIONS)),
    ],
));

const INLINE_RESULTS_BUTTON: Shape = shape(
    "InlineQueryResultsButton",
    &[must("text", NAME), must("start_parameter", text(1, 64))],
);
