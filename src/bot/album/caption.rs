//! What stands under a picture.

use crate::bot::pictures;
use crate::search::Hit;

/// Most that Telegram takes, in UTF-16 code units.
const MAX_UNITS: usize = 1024;
/// What joins or changes the characters beside it: worth nothing at the end.
const JOINERS: [char; 2] = ['\u{200d}', '\u{fe0f}'];
/// How many code points what people see as one character may have.
const MAX_CLUSTER: usize = 16;

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

/// The same, and the address of the message that it was posted in, which is never cut.
pub(super) fn caption_with_link(hit: &Hit) -> Option<String> {
    let text = caption_of(hit);
    let Some(link) = hit.link.as_deref().filter(|link| Hit::is_address(link)) else {
        return text;
    };
    let room = MAX_UNITS.saturating_sub(link.encode_utf16().count() + 1);
    match text.map(|text| cut(text, room)) {
        Some(text) => Some(format!("{text}\n{link}")),
        None => Some(link.to_owned()),
    }
}

/// `text` as a caption: without blanks around it and private addresses, and cut where Telegram would
/// refuse it.
fn caption(text: Option<&str>) -> Option<String> {
    let text = pictures::without_private(text?.trim());
    (!text.is_empty()).then(|| cut(text, MAX_UNITS))
}

fn cut(text: String, most: usize) -> String {
    if text.encode_utf16().count() <= most {
        return text;
    }
    let mut units = 0;
    let fits = |c: &char| {
        units += c.len_utf16();
        units < most
    };
    let length: usize = text.chars().take_while(fits).map(char::len_utf8).sum();
    let start = text[..whole(&text, length)].trim_end_matches(JOINERS);
    format!("{}…", start.trim_end())
}

/// The end of the last whole character, as people see it, of the first `length` bytes of `text`; `length`
/// itself where that one is very long.
fn whole(text: &str, length: usize) -> usize {
    let starts = text[..length].char_indices().rev().map(|(start, _)| start);
    let mut ends = std::iter::once(length).chain(starts).take(MAX_CLUSTER);
    ends.find(|end| is_between(text, *end)).unwrap_or(length)
}

/// Whether one character, as people see it, ends at `place` and another begins.
fn is_between(text: &str, place: usize) -> bool {
    let (before, after) = text.split_at(place);
    let (Some(last), Some(next)) = (before.chars().next_back(), after.chars().next()) else {
        return true;
    };
    let is_letter_of_a_flag = |c: &char| matches!(c, '\u{1f1e6}'..='\u{1f1ff}');
    let flag = before.chars().rev().take_while(is_letter_of_a_flag).count();
    let halves_a_flag = flag % 2 == 1 && is_letter_of_a_flag(&next);
    last != JOINERS[0] && !extends(next) && !halves_a_flag
}

/// Whether `c` changes or joins the character before it: accents, skin tones, selectors, tags.
fn extends(c: char) -> bool {
    matches!(
        c,
        '\u{300}'..='\u{36f}'
            | '\u{591}'..='\u{5c7}'
            | '\u{610}'..='\u{61a}'
            | '\u{64b}'..='\u{65f}'
            | '\u{1ab0}'..='\u{1aff}'
            | '\u{1dc0}'..='\u{1dff}'
            | '\u{200d}'
            | '\u{20d0}'..='\u{20ff}'
            | '\u{fe00}'..='\u{fe0f}'
            | '\u{fe20}'..='\u{fe2f}'
            | '\u{1f3fb}'..='\u{1f3ff}'
            | '\u{e0020}'..='\u{e007f}'
    )
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
    fn a_cut_leaves_what_people_see_as_one_character_whole() {
        for (text, cut) in [
            ("🇪🇸".repeat(300), format!("{}…", "🇪🇸".repeat(255))),
            (
                format!("x{}", "🇪🇸".repeat(300)),
                format!("x{}…", "🇪🇸".repeat(255)),
            ),
            (
                "e\u{301}".repeat(600),
                format!("{}…", "e\u{301}".repeat(511)),
            ),
            (
                format!("{}👍🏽👍🏽", "x".repeat(1020)),
                format!("{}…", "x".repeat(1020)),
            ),
            (
                format!("{}👨\u{200d}👩\u{200d}👧 tail", "x".repeat(1018)),
                format!("{}…", "x".repeat(1018)),
            ),
        ] {
            let caption = caption(Some(&text)).expect("not empty");
            assert!(caption.encode_utf16().count() <= MAX_UNITS);
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
