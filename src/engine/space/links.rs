//! Finds the pictures in text, Markdown and HTML.

use super::locations::{Location, Locations, Sureness, is_http};
use crate::search::MAX_LIMIT;

/// Longest caption that is passed on, in characters.
const MAX_CAPTION_CHARS: usize = 500;

/// A picture that a text shows or names.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Link {
    pub location: Location,
    /// The text that stands for the picture.
    pub caption: Option<String>,
}

/// The pictures in `text`, in order: those it shows, with `<img>` or `![…](…)`, and only where it
/// shows none, those it links to or names. Beside pictures, addresses are of pages.
pub(super) fn links(text: &str, locations: &Locations) -> Vec<Link> {
    let mut shown = html_images(text, locations);
    shown.extend(markdown_images(text, locations));
    shown.sort_by_key(|(position, _)| *position);
    if !shown.is_empty() {
        return shown.into_iter().map(|(_, link)| link).collect();
    }
    let named = named(text, locations);
    let best = named.iter().map(|link| link.location.sureness()).max();
    named
        .into_iter()
        .filter(|link| Some(link.location.sureness()) == best)
        .collect()
}

/// `text` as a caption: trimmed, not blank, not endless.
pub(super) fn caption(text: &str) -> Option<String> {
    let text = text.trim();
    (!text.is_empty()).then(|| text.chars().take(MAX_CAPTION_CHARS).collect())
}

/// The pictures that HTML shows, each with its position.
fn html_images(text: &str, locations: &Locations) -> Vec<(usize, Link)> {
    let mut found = Vec::new();
    for (position, tag) in tags(text) {
        let attributes = attributes(tag);
        let value = |name: &str| {
            attributes
                .iter()
                .find(|(key, value)| key == name && !value.is_empty())
                .map(|(_, value)| value.as_str())
        };
        let source = if is_tag(tag, "img") {
            // Where pictures are loaded late, `src` is a placeholder.
            let late = ["data-src", "data-original", "data-lazy-src"]
                .into_iter()
                .find_map(value);
            let largest = value("srcset")
                .or_else(|| value("data-srcset"))
                .and_then(largest);
            match value("src") {
                Some(source) if !source.starts_with("data:") => Some(source),
                inline => late.or(largest).or(inline),
            }
        } else if is_tag(tag, "image") {
            value("href").or_else(|| value("xlink:href"))
        } else {
            value("style").and_then(background)
        };
        if let Some(location) = source.and_then(|source| locations.in_markup(source)) {
            let caption = value("alt").or_else(|| value("title")).and_then(caption);
            found.push((position, Link { location, caption }));
        }
    }
    found
}

/// The pictures that Markdown shows, each with its position.
fn markdown_images(text: &str, locations: &Locations) -> Vec<(usize, Link)> {
    let image = |(position, _): (usize, &str)| {
        let (words, source) = text[position + 2..].split_once("](")?;
        let link = Link {
            location: locations.in_markup(destination(source))?,
            caption: caption(words),
        };
        Some((position, link))
    };
    text.match_indices("![").filter_map(image).collect()
}

/// What a text without pictures links to or names: addresses, and paths of pictures.
fn named(text: &str, locations: &Locations) -> Vec<Link> {
    let mut found: Vec<(usize, Location)> = addresses(text)
        .filter_map(|(position, url)| Some((position, locations.in_data(&url)?)))
        .collect();
    for (position, tag) in tags(text) {
        let is_link = is_tag(tag, "a");
        let target = attributes(tag).into_iter().find(|(name, _)| name == "href");
        let target = target.filter(|(_, value)| is_link && !is_http(value));
        let location = target.and_then(|(_, value)| locations.in_markup(&value));
        found.extend(location.map(|location| (position, location)));
    }
    let is_picture = |location: &Location| location.sureness() == Sureness::Yes;
    for (position, path) in paths(text) {
        let location = locations.in_data(path).filter(is_picture);
        found.extend(location.map(|location| (position, location)));
    }
    found.sort_by_key(|(position, _)| *position);
    let mut seen: Vec<Location> = Vec::new();
    found.retain(|(_, location)| {
        let is_new = !seen.contains(location);
        if is_new && seen.len() < MAX_LIMIT {
            seen.push(location.clone());
        }
        is_new
    });
    let link = |(_, location)| Link {
        location,
        caption: None,
    };
    found.into_iter().map(link).collect()
}

/// The insides of all tags, each with its position; none in scripts, styles and comments.
fn tags(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut unread = 0;
    text.match_indices('<').filter_map(move |(position, _)| {
        let rest = &text[position + 1..];
        if position < unread {
            return None;
        }
        unread = [("script", "</script"), ("style", "</style"), ("!--", "-->")]
            .into_iter()
            .find(|(name, _)| {
                rest.get(..name.len())
                    .is_some_and(|tag| tag.eq_ignore_ascii_case(name))
            })
            .and_then(|(_, end)| rest.find(end))
            .map_or(0, |end| position + end);
        if !rest.starts_with(|c: char| c.is_ascii_alphabetic()) {
            return None;
        }
        // A `>` in quotes ends no tag.
        let mut quote = None;
        for (end, byte) in rest.bytes().enumerate() {
            match (quote, byte) {
                (None, b'>') => return Some((position, &rest[..end])),
                (None, b'"' | b'\'') => quote = Some(byte),
                (Some(open), byte) if byte == open => quote = None,
                _ => {}
            }
        }
        Some((position, rest.split('>').next().unwrap_or(rest)))
    })
}

fn is_tag(tag: &str, name: &str) -> bool {
    let end = tag
        .find(|c: char| c.is_whitespace() || c == '/')
        .unwrap_or(tag.len());
    tag[..end].eq_ignore_ascii_case(name)
}

/// Names (in lower case) and values.
fn attributes(tag: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let mut rest = tag;
    while let Some((before, after)) = rest.split_once('=') {
        let name = before
            .rsplit(|c: char| c.is_whitespace() || "\"'/".contains(c))
            .next();
        let after = after.trim_start();
        let (value, tail) = match after.chars().next() {
            Some(quote @ ('"' | '\'')) => after[1..].split_once(quote).unwrap_or((&after[1..], "")),
            _ => after.split_once(char::is_whitespace).unwrap_or((after, "")),
        };
        found.push((name.unwrap_or("").to_ascii_lowercase(), unescaped(value)));
        rest = tail;
    }
    found
}

fn unescaped(text: &str) -> String {
    let text = text
        .replace("&quot;", "\"")
        .replace("&#39;", "'")
        .replace("&#x27;", "'");
    text.replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&amp;", "&")
}

/// The last of a `srcset`, which is the largest by custom.
fn largest(set: &str) -> Option<&str> {
    set.rsplit(", ")
        .find_map(|entry| entry.split_whitespace().next())
}

/// The address in `background-image: url(…)`.
fn background(style: &str) -> Option<&str> {
    let (before, rest) = style.split_once("url(")?;
    let (url, _) = rest.split_once(')')?;
    before
        .contains("background")
        .then(|| url.trim_matches(['"', '\'', ' ']))
}

/// The address at the start of what follows `](`: up to its closing bracket, without a title.
fn destination(source: &str) -> &str {
    if let Some(rest) = source.strip_prefix('<') {
        return rest.split('>').next().unwrap_or(rest);
    }
    let mut depth = 0;
    let mut end = source.len();
    for (position, c) in source.char_indices() {
        match c {
            '(' => depth += 1,
            ')' if depth == 0 => {
                end = position;
                break;
            }
            ')' => depth -= 1,
            '\n' => {
                end = position;
                break;
            }
            _ => {}
        }
    }
    let inside = &source[..end];
    let title = inside
        .find([' ', '\t'])
        .filter(|&blank| inside[blank..].trim_start().starts_with(['"', '\'']));
    title.map_or(inside, |blank| &inside[..blank])
}

/// Every http(s) address in `text`, up to what cannot be part of one.
fn addresses(text: &str) -> impl Iterator<Item = (usize, String)> {
    let starts = text
        .match_indices("http")
        .filter(|(start, _)| is_http(&text[*start..]));
    let mut covered = 0;
    starts.filter_map(move |(start, _)| {
        if start < covered {
            return None;
        }
        let rest = &text[start..];
        let ends = |c: char| c.is_whitespace() || "\"'<>)]}\\`|".contains(c);
        let end = rest.find(ends).unwrap_or(rest.len());
        covered = start + end;
        let address = rest[..end].trim_end_matches(['.', ',', ';']);
        Some((start, address.replace("&amp;", "&")))
    })
}

/// What may be paths in `text`: what stands in quotes, whole lines, and words.
fn paths(text: &str) -> Vec<(usize, &str)> {
    let place = |part: &str| part.as_ptr().addr() - text.as_ptr().addr();
    let is_path = |part: &str| part.contains(['/', '\\', '.']) && !part.contains("://");
    let mut found = Vec::new();
    for line in text.lines() {
        let bare = line.trim_start_matches(['-', '*', ' ', '\t']).trim_end();
        let absolute = |part: &str| part.starts_with(['/', '~', '.']);
        if absolute(bare) && !bare.contains([',', ';', '\'', '"']) {
            found.push((place(bare), bare));
            continue;
        }
        let quoted = line.contains(['"', '\'', '`']);
        let parts: Vec<&str> = if quoted {
            line.split(['"', '\'', '`']).skip(1).step_by(2).collect()
        } else {
            line.split([' ', '\t', ',', ';', '(', ')', '[', ']', '<', '>'])
                .collect()
        };
        for part in parts {
            let part = part.trim().trim_end_matches([',', ';', ':']);
            if is_path(part) {
                found.push((place(part), part));
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> String {
        let space = Locations::new("http://s", "", None);
        let urls: Vec<String> = links(text, &space)
            .into_iter()
            .map(|link| space.url(&link.location, None))
            .collect();
        urls.join(" ")
    }

    #[test]
    fn shown_pictures_go_before_addresses() {
        let table = [
            (
                "<a href='http://page/'><img alt=x src=\"http://a/1?b=1&amp;c=2\"></a> http://page/ <IMG src=http://a/2>",
                "http://a/1?b=1&c=2 http://a/2",
            ),
            (
                "<style>p{}</style><script>'<img src=1>'</script><!-- <img src=2> --><img src=http://a/1>",
                "http://a/1",
            ),
            (
                "<img src='/gradio_api/file=/t/a b.png'>",
                "http://s/file=/t/a%20b.png",
            ),
            (
                "<img data-src=\"http://a/late\" srcset=\"http://a/2 2x\" src=\"http://a/1\">",
                "http://a/1",
            ),
            (
                "<img src=\"data:image/gif;base64,R0\" data-src=\"http://a/late\">",
                "http://a/late",
            ),
            (
                "<img src=\"data:image/png;base64,AA\"><img>",
                "data:image/png;base64,AA",
            ),
            ("<img srcset=\"/s.png 1x, /l.png 2x\">", "http://s/l.png"),
            (
                "<div style=\"background-image: url('http://a/1')\"></div>",
                "http://a/1",
            ),
            (
                "see [page](http://page/) ![x](http://a/1) ![](http://a/2 \"title\") ![",
                "http://a/1 http://a/2",
            ),
            (
                "![a](/file=/t/a (1).png) ![b](<http://a/2>)",
                "http://s/file=/t/a%20%281%29.png http://a/2",
            ),
            ("[![x](http://a/1.png)](http://page/)", "http://a/1.png"),
        ];
        for (text, expected) in table {
            assert_eq!(found(text), expected, "{text}");
        }
    }

    #[test]
    fn of_addresses_those_of_pictures_are_meant() {
        let table = [
            (
                "http://a/1.jpg, (https://a/2.jpg). x http: httpx",
                "http://a/1.jpg https://a/2.jpg",
            ),
            ("http://a/?next=http://b/", "http://a/?next=http://b/"),
            ("photo http://page/1 at http://a/1.jpg", "http://a/1.jpg"),
            ("| bus | http://a/1.jpg | http://page/ |", "http://a/1.jpg"),
            (
                "<svg xmlns=\"http://www.w3.org/2000/svg\"><path d=\"\"/></svg>",
                "",
            ),
            (
                "<a href=\"/static/a.png\">a</a> <a href=\"/page\">b</a>",
                "http://s/static/a.png",
            ),
            (
                "/t/a b.png\n/t/c.jpg",
                "http://s/file=/t/a%20b.png http://s/file=/t/c.jpg",
            ),
            (
                "['/t/a b.png', '/t/c.jpg']",
                "http://s/file=/t/a%20b.png http://s/file=/t/c.jpg",
            ),
            (
                "1. a.png (0.93), 2. b.png",
                "http://s/file=a.png http://s/file=b.png",
            ),
            ("nothing", ""),
        ];
        for (text, expected) in table {
            let found = found(text);
            let pictures: Vec<&str> = found
                .split(' ')
                .filter(|url| !url.contains("w3.org"))
                .collect();
            assert_eq!(pictures.join(" "), expected, "{text}");
        }
    }

    #[test]
    fn captions_are_the_words_that_stand_for_a_picture() {
        let space = Locations::new("http://s", "", None);
        let of = |text: &str| links(text, &space)[0].caption.clone();
        assert_eq!(of("![ red bus ](http://a/1)"), Some("red bus".into()));
        assert_eq!(of("![](http://a/1)"), None);
        assert_eq!(
            of("<img src='http://a/1' alt='a &lt; b'>"),
            Some("a < b".into())
        );
        assert_eq!(
            caption(&"é".repeat(600)).map(|text| text.chars().count()),
            Some(500)
        );
    }
}
