//! Knows an address that stands in the query, however it is written there or comes back.

use crate::http::{Place, decoded};

/// The addresses in a query.
#[derive(Debug, Default)]
pub(super) struct Echo {
    /// The query without any encoding, in lower case.
    text: String,
    /// Where each address leads, and its path with all that follows.
    addresses: Vec<(Place, String)>,
    /// Words that may be addresses without a scheme: only their hosts count.
    bare: Vec<(Place, String)>,
}

impl Echo {
    /// The addresses in `query`.
    pub fn of(query: &str) -> Self {
        let text = plain(query);
        let mut echo = Self::default();
        for word in text.split(|c: char| c.is_whitespace() || "\"'<>`|(){}".contains(c)) {
            let mut rest = word;
            let mut is_bare = true;
            while let Some((start, scheme)) = first_scheme(rest) {
                is_bare = false;
                let behind = rest[start + scheme.len()..].trim_start_matches('/');
                echo.addresses
                    .extend(address(&format!("{scheme}//{behind}")));
                rest = behind;
            }
            if is_bare && word.contains(['.', ':', '/', '[']) {
                let behind = word.trim_start_matches(|c: char| !c.is_alphanumeric() && c != '[');
                echo.bare.extend(address(&format!("http://{behind}")));
            }
        }
        echo.text = text;
        echo
    }

    /// Whether `url`, which leads to `place`, stands in the query. Of a private host no address at
    /// all may come from a query.
    pub fn names(&self, url: &str, place: &Place, is_private: bool) -> bool {
        let path = path_of(&plain(url));
        let same_path = |other: &str| {
            path == other
                || other.len() > 1 && path.starts_with(other)
                || path.len() > 1 && other.starts_with(&path)
        };
        let with_scheme = self.addresses.iter().any(|(named, named_path)| {
            if is_private {
                named.has_host_of(place)
            } else {
                named.has_host_of(place) && same_path(named_path)
            }
        });
        let bare = self.bare.iter().any(|(named, named_path)| {
            named.has_host_of(place) && (is_private || same_path(named_path))
        });
        // A path of Gradio's own, which a Space may make an address of.
        let file = path.find("file=").map(|start| &path[start..]);
        with_scheme || bare || file.is_some_and(|file| self.text.contains(file))
    }
}

/// The first scheme in `text`, and where.
fn first_scheme(text: &str) -> Option<(usize, &'static str)> {
    ["http:", "https:"]
        .into_iter()
        .filter_map(|scheme| Some((text.find(scheme)?, scheme)))
        .min()
}

/// Where `url` leads, and its path.
fn address(url: &str) -> Option<(Place, String)> {
    let end = url.trim_end_matches(['.', ',', ';', '!', '?', ']', ':']);
    let place = Place::of(url).or_else(|| Place::of(end))?;
    Some((place, path_of(end)))
}

/// Path, query and fragment of `url`, in one form.
fn path_of(url: &str) -> String {
    let behind = url.split_once("://").map_or(url, |(_, behind)| behind);
    let start = behind.find(['/', '?', '#']).unwrap_or(behind.len());
    let (path, rest) = behind[start..].split_at(
        behind[start..]
            .find(['?', '#'])
            .unwrap_or(behind.len() - start),
    );
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/').filter(|part| !part.is_empty()) {
        match part {
            "." => {}
            ".." => drop(parts.pop()),
            part => parts.push(part),
        }
    }
    format!("/{}{rest}", parts.join("/"))
}

/// `text` in lower case, without percent-encoding or HTML's references, however often they were
/// applied.
fn plain(text: &str) -> String {
    let mut text = text.to_lowercase().replace('\\', "/");
    for _ in 0..4 {
        let next = unreferenced(&decoded(&text))
            .to_lowercase()
            .replace('\\', "/");
        if next == text {
            break;
        }
        text = next;
    }
    text
}

/// `text` without HTML's references to characters that addresses are made of.
fn unreferenced(text: &str) -> String {
    const NAMED: [(&str, char); 8] = [
        ("amp", '&'),
        ("sol", '/'),
        ("colon", ':'),
        ("period", '.'),
        ("commat", '@'),
        ("num", '#'),
        ("quest", '?'),
        ("equals", '='),
    ];
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find('&') {
        out.push_str(&rest[..start]);
        let behind = &rest[start + 1..];
        let end = behind.find(|c: char| !c.is_ascii_alphanumeric() && c != '#');
        let name = &behind[..end.unwrap_or(behind.len())];
        let code = name
            .strip_prefix("#x")
            .map(|hex| u32::from_str_radix(hex, 16));
        let code = code.or_else(|| Some(name.strip_prefix('#')?.parse()));
        let by_code = code.and_then(Result::ok).and_then(char::from_u32);
        let by_name = NAMED.iter().find(|(known, _)| *known == name);
        if let Some(c) = by_code.or(by_name.map(|(_, c)| *c)) {
            out.push(c);
            let after = &behind[name.len()..];
            rest = after.strip_prefix(';').unwrap_or(after);
        } else {
            out.push('&');
            rest = behind;
        }
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(query: &str, url: &str, is_private: bool) -> bool {
        Echo::of(query).names(url, &Place::of(url).expect("a place"), is_private)
    }

    #[test]
    fn an_address_is_known_in_every_look() {
        let url = "http://93.184.216.34/a/snapshot.jpg";
        for query in [
            "http://93.184.216.34/a/snapshot.jpg",
            "a red http://93.184.216.34/a/snapshot.jpg, please",
            "HTTP://93.184.216.34:80/A/snapshot.JPG",
            "https://93.184.216.34/a/snapshot.jpg",
            "http:/93.184.216.34/a/snapshot.jpg",
            "http:93.184.216.34/a/snapshot.jpg",
            "http:\\\\93.184.216.34\\a\\snapshot.jpg",
            "http://user:word@93.184.216.34/a/snapshot.jpg",
            "http://93.184.216.34./a/snapshot.jpg",
            "http://1572395042/a/snapshot.jpg",
            "http://0x5db8d822/a/snapshot.jpg",
            "http://0135.0270.0330.042/a/snapshot.jpg",
            "http://[::ffff:93.184.216.34]/a/snapshot.jpg",
            "http%3A%2F%2F93.184.216.34%2Fa%2Fsnapshot.jpg",
            "http%253A%252F%252F93.184.216.34%252Fa%252Fsnapshot.jpg",
            "http://93.184.216.34/%61/snapshot%2ejpg",
            "http&#58;//93.184.216.34&#x2f;a&sol;snapshot.jpg",
            "http://93.184.216.34//a/./b/../snapshot.jpg",
            "http://93.184.216.34/a/snapshot.jpg?x=1#y",
            "http://93.184.216.34/a/snap",
            "ｈｔｔｐ://９３.184.216.34/a/snapshot.jpg",
            "![x](http://93.184.216.34/a/snapshot.jpg)",
            "<img src='http://93.184.216.34/a/snapshot.jpg'>",
            "xhttp://b.example/http://93.184.216.34/a/snapshot.jpg",
            "93.184.216.34/a/snapshot.jpg",
            "//93.184.216.34/a/snapshot.jpg",
        ] {
            assert!(names(query, url, false), "{query}");
        }
        for query in [
            "a red bus",
            "snapshot.jpg",
            "http://93.184.216.34/",
            "http://93.184.216.35/a/snapshot.jpg",
            "http://93.184.216.34/b/snapshot.jpg",
        ] {
            assert!(!names(query, url, false), "{query}");
        }
    }

    #[test]
    fn no_address_of_a_private_host_comes_from_a_query() {
        let url = "http://127.0.0.1:7860/logout";
        for query in [
            "http://127.0.0.1:7860/other",
            "http://localhost:1/",
            "http://0x7f.1:7860",
            "127.0.0.1:7860/logout",
            "//127.1/x",
        ] {
            assert!(names(query, url, true), "{query}");
        }
        assert!(!names("127 buses at 7860", url, true));
        let file = "http://127.0.0.1:7860/gradio_api/file=/etc/passwd";
        assert!(names("<img src='/file=/etc/passwd'>", file, true));
        assert!(names("/gradio_api/file%3d/etc/passwd", file, true));
        assert!(!names("cat /etc/passwd", file, true));
    }
}
