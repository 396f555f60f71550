//! Keyboards, and the other reply markup.

use super::super::schema::ValueKind::{AnyOf, Boolean, Bytes, List, Object, True};
use super::super::schema::{Shape, ValueKind, may, must, shape};
use super::values::{NAME, text};

const BUTTON_DATA: ValueKind = Bytes(1, 64, "BUTTON_DATA_INVALID");
const INLINE_QUERY: ValueKind = text(0, 256);
const PLACEHOLDER: ValueKind = text(1, 64);
pub(super) const INLINE_MARKUP: ValueKind = Object(&INLINE_KEYBOARD);

pub(super) const REPLY_MARKUP: ValueKind = AnyOf(
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
