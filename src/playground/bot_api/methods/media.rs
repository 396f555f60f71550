//! The pictures and files of an album.

use super::super::schema::ValueKind::{Boolean, File, Tagged};
use super::super::schema::{ValueKind, may, must, shape};
use super::text::ENTITIES;
use super::values::{CAPTION, NAME, PARSE_MODE};

pub(super) const INPUT_MEDIA: ValueKind = Tagged(
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
