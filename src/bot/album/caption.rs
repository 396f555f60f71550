//! What stands under a picture.

use crate::bot::pictures;
use crate::search::Hit;

/// Most that Telegram takes, in UTF-16 code units.
const MAX_UNITS: usize = 1024;
/// What joins or changes the characters beside it: worth nothing at the end.
const JOINERS: [char; 2] = ['\u{200d}', '\u{fe0f}'];

/// The caption of `hit`: its own, the day on which it was taken, and its folder.
pub fn caption_of(hit: &Hit) -> Option<String> {
    let own = hit
        .caption
        .as_deref()
        .map(str::trim)
        .filter(|own| !own.is_empty());
    let day = hit.taken.as_deref().and_then(|taken| taken.get(..10));
    let parts: Vec<&str> = own
        .into_iter()
        .chain(day)
        .chain(hit.folder.as_deref())
        .collect();
    caption(Some(&parts.join(" · ")))
}

/// `text` as a caption: without blanks around it and private addresses, and cut where Telegram would
/// refuse it.
fn caption(text: Option<&str>) -> Option<String> {
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
    fn a_caption_says_when_and_in_which_folder() {
        let mut hit = Hit::at("http://h/1");
        assert_eq!(caption_of(&hit), None);
        hit.taken = Some("2023-07-14T18:30:05+02:00".to_owned());
        assert_eq!(caption_of(&hit).as_deref(), Some("2023-07-14"));
        hit.caption = Some(" IMG 1 ".to_owned());
        hit.folder = Some("Rome".to_owned());
        assert_eq!(
            caption_of(&hit).as_deref(),
            Some("IMG 1 · 2023-07-14 · Rome")
        );
    }

    #[test]
    fn blanks_are_no_caption() {
        assert_eq!(caption(None), None);
        assert_eq!(caption(Some(" \n")), None);
        assert_eq!(caption(Some(" a bus \n")).as_deref(), Some("a bus"));
    }
}
