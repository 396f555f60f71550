//! Finds the addresses of pictures in text, Markdown and HTML.

/// Longest caption that is passed on, in characters.
const MAX_CAPTION_CHARS: usize = 500;

/// A picture that a text shows or names.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Link {
    pub target: LinkTarget,
    /// Markdown's text for the picture.
    pub caption: Option<String>,
}

/// Where the picture is.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum LinkTarget {
    /// An http(s) address.
    Url(String),
    /// A path on the Gradio server.
    File(String),
}

/// The pictures in `text`, in order: those it shows with `<img>` or `![…](…)`, and only where it
/// shows none, every http(s) address in it. Beside pictures, addresses are of pages.
pub(super) fn links(text: &str) -> Vec<Link> {
    if text.contains("<img") {
        text.split("<img").skip(1).filter_map(html_image).collect()
    } else if text.contains("![") {
        text.split("![")
            .skip(1)
            .filter_map(markdown_image)
            .collect()
    } else {
        let link = |url| Link {
            target: LinkTarget::Url(url),
            caption: None,
        };
        addresses(text).map(link).collect()
    }
}

pub(super) fn is_http(text: &str) -> bool {
    text.starts_with("http://") || text.starts_with("https://")
}

/// `text` as a caption: trimmed, not blank, not endless.
pub(super) fn caption(text: &str) -> Option<String> {
    let text = text.trim();
    (!text.is_empty()).then(|| text.chars().take(MAX_CAPTION_CHARS).collect())
}

/// What follows `<img`.
fn html_image(rest: &str) -> Option<Link> {
    let tag = rest.split('>').next()?;
    let (_, source) = tag.split_once("src=")?;
    Some(Link {
        target: target(source)?,
        caption: None,
    })
}

/// What follows `![`.
fn markdown_image(rest: &str) -> Option<Link> {
    let (words, source) = rest.split_once("](")?;
    Some(Link {
        target: target(source)?,
        caption: caption(words),
    })
}

/// The address at the start of `source`, quoted or not.
fn target(source: &str) -> Option<LinkTarget> {
    let source = source.trim_start_matches(['"', '\'', '<', ' ']);
    if is_http(source) {
        return addresses(source).next().map(LinkTarget::Url);
    }
    // A path of Gradio's own, `/file=/tmp/…`: it may hold blanks, and ends with its quote.
    let end = source.find(['"', '\'', ')', '>']).unwrap_or(source.len());
    let (_, path) = source[..end].split_once("file=")?;
    Some(LinkTarget::File(path.to_owned()))
}

/// Every http(s) address in `text`, up to what cannot be part of one.
fn addresses(text: &str) -> impl Iterator<Item = String> {
    let starts = text
        .match_indices("http")
        .filter(|(start, _)| is_http(&text[*start..]));
    let mut covered = 0;
    starts.filter_map(move |(start, _)| {
        if start < covered {
            return None;
        }
        let rest = &text[start..];
        let ends = |c: char| c.is_whitespace() || "\"'<>)]}\\`".contains(c);
        let end = rest.find(ends).unwrap_or(rest.len());
        covered = start + end;
        Some(
            rest[..end]
                .trim_end_matches(['.', ',', ';'])
                .replace("&amp;", "&"),
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shown_pictures_go_before_addresses() {
        let table = [
            (
                "http://a/1.jpg, (https://a/2.jpg). x http: httpx",
                "http://a/1.jpg https://a/2.jpg",
            ),
            ("http://a/?next=http://b/", "http://a/?next=http://b/"),
            (
                "<a href='http://page/'><img alt=x src=\"http://a/1?b=1&amp;c=2\"></a> http://page/ <img src=http://a/2>",
                "http://a/1?b=1&c=2 http://a/2",
            ),
            ("<img src='/gradio_api/file=/t/a b.png'>", "file:/t/a b.png"),
            ("<img src=\"data:image/png;base64,AA\"><img>", ""),
            (
                "see [page](http://page/) ![x](http://a/1) ![](http://a/2 \"title\") ![",
                "http://a/1 http://a/2",
            ),
            ("nothing", ""),
        ];
        for (text, expected) in table {
            let found: Vec<String> = links(text)
                .into_iter()
                .map(|link| match link.target {
                    LinkTarget::Url(url) => url,
                    LinkTarget::File(path) => format!("file:{path}"),
                })
                .collect();
            assert_eq!(found.join(" "), expected, "{text}");
        }
    }

    #[test]
    fn captions_are_markdowns_words() {
        assert_eq!(
            links("![ red bus ](http://a/1)")[0].caption,
            Some("red bus".into())
        );
        assert_eq!(links("![](http://a/1)")[0].caption, None);
        assert_eq!(
            caption(&"é".repeat(600)).map(|text| text.chars().count()),
            Some(500)
        );
    }
}
