//! Kinds of values that several methods and objects take.

use super::super::schema::ValueKind::{Bytes, Integer, List, OneOf};
use super::super::schema::{TextLimits, ValueKind};

pub(super) const fn text(min: usize, max: usize) -> ValueKind {
    ValueKind::Text(TextLimits {
        min,
        max,
        empty: "text must be non-empty",
        long: "text is too long",
    })
}

pub(super) const ANY_ID: ValueKind = Integer(i64::MIN, i64::MAX);
pub(super) const MESSAGE_ID: ValueKind = Integer(0, i32::MAX as i64);
pub(super) const COUNT: ValueKind = Integer(0, i32::MAX as i64);
pub(super) const NAME: ValueKind = text(1, 4096);

pub(super) const MESSAGE_TEXT: ValueKind = ValueKind::Text(TextLimits {
    min: 1,
    max: 4096,
    empty: "message text is empty",
    long: "message is too long",
});

pub(super) const CAPTION: ValueKind = ValueKind::Text(TextLimits {
    min: 0,
    max: 1024,
    empty: "",
    long: "message caption is too long",
});

pub(super) const PARSE_MODE: ValueKind = OneOf(
    &["HTML", "Markdown", "MarkdownV2"],
    "unsupported parse_mode",
);
pub(super) const QUERY_ID: ValueKind = text(0, 256);
pub(super) const LANGUAGE: ValueKind = Bytes(0, 2, "invalid language code specified");
pub(super) const ALLOWED_UPDATES: ValueKind = List(&NAME, 0, 100, "too many update types");

pub(super) const ACTION: ValueKind = OneOf(
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
