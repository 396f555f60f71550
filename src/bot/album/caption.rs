//! What stands under a picture.

use crate::bot::pictures;

/// Most that Telegram takes, in UTF-16 code units.
const MAX_UNITS: usize = 1024;
/// What joins or changes the characters beside it: worth nothing at the end.
const JOINERS: [char; 2] = ['\u{200d}', '\u{fe0f}'];

/// `text` as a caption: without blanks around it and private addresses, and cut where Telegram would
/// refuse it.
pub fn caption(text: Option<&str>) -> Option<String> {
    let text = pictures::without_private(text?.trim());
    (!text.is_empty()).then(|| cut(text))
}

fn cut(text: String) -> String {
    if text.encode_utf16().count() <= MAX_UNITS {
        return text;
    }
    let mut units = 0;
    let fits = |c: &char| {
        units += c.len_utf16();
        units < MAX_UNITS
    };
    let start: String = text.chars().take_while(fits).collect();
    let start = start.trim_end_matches(JOINERS).trim_end();
    format!("{start}…")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_caption_is_cut_by_the_units_that_telegram_counts() {
        let units = |text: &str| text.encode_utf16().count();
        for (text, cut) in [
            ("x".repeat(1024), "x".repeat(1024)),
            ("x".repeat(1025), format!("{}…", "x".repeat(1023))),
            ("😀".repeat(512), "😀".repeat(512)),
            ("😀".repeat(700), format!("{}…", "😀".repeat(511))),
            (
                "👩\u{200d}".repeat(400),
                format!("{}👩…", "👩\u{200d}".repeat(340)),
            ),
        ] {
            let caption = caption(Some(&text)).expect("not empty");
            assert!(units(&caption) <= MAX_UNITS, "{}", units(&caption));
            assert_eq!(caption, cut);
        }
    }

    #[test]
    fn blanks_are_no_caption() {
        assert_eq!(caption(None), None);
        assert_eq!(caption(Some(" \n")), None);
        assert_eq!(caption(Some(" a bus \n")).as_deref(), Some("a bus"));
    }
}
