//! Results of an inline query.

use super::super::schema::ValueKind::{Boolean, Bytes, Object, Tagged};
use super::super::schema::{Field, Shape, ValueKind, may, must, shape};
use super::keyboard::INLINE_MARKUP;
use super::text::{ENTITIES, LINK_PREVIEW_OPTIONS};
use super::values::{CAPTION, COUNT, MESSAGE_TEXT, NAME, PARSE_MODE, text};

const RESULT_ID: Field = must("id", Bytes(1, 64, "RESULT_ID_INVALID"));

pub(super) const INLINE_RESULT: ValueKind = Tagged(
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

const INPUT_CONTENT: ValueKind = Object(&shape(
    "InputTextMessageContent",
    &[
        must("message_text", MESSAGE_TEXT),
        may("parse_mode", PARSE_MODE),
        may("entities", ENTITIES),
        may("link_preview_options", Object(&LINK_PREVIEW_OPTIONS)),
    ],
));

pub(super) const INLINE_RESULTS_BUTTON: Shape = shape(
    "InlineQueryResultsButton",
    &[must("text", NAME), must("start_parameter", text(1, 64))],
);
