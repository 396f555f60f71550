//! What an address in a Space's answer leads to: where it is, and whether a picture is there.

use crate::http::percent_encode;

/// Endings of pictures.
const PICTURES: &[&str] = &[
    "jpg", "jpeg", "jpe", "jfif", "png", "webp", "gif", "bmp", "avif", "tif", "tiff", "heic",
    "heif", "jxl", "svg",
];
/// Endings of what a Space may send beside pictures.
const OTHERS: &[&str] = &[
    "txt",
    "md",
    "csv",
    "tsv",
    "json",
    "jsonl",
    "xml",
    "yaml",
    "yml",
    "html",
    "htm",
    "pdf",
    "log",
    "wav",
    "mp3",
    "ogg",
    "flac",
    "m4a",
    "mp4",
    "mov",
    "avi",
    "mkv",
    "webm",
    "m3u8",
    "zip",
    "tar",
    "gz",
    "npy",
    "npz",
    "pkl",
    "pt",
    "pth",
    "bin",
    "safetensors",
    "onnx",
    "parquet",
    "glb",
    "obj",
    "ply",
    "docx",
    "xlsx",
    "py",
    "js",
    "css",
    "woff",
    "woff2",
    "ttf",
];
/// Hosts whose addresses are names of formats, not places.
const NAMESPACES: &[&str] = &[
    "www.w3.org",
    "schema.org",
    "purl.org",
    "ns.adobe.com",
    "json-schema.org",
];

/// How surely an address is that of a picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Sureness {
    No,
    Perhaps,
    Yes,
}

/// An address, made complete.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Location {
    /// An http(s) address of somebody's.
    Web(String),
    /// A path on the Gradio server.
    File(String),
    /// The picture itself, as `data:`.
    Inline(String),
}

/// The addresses of a Gradio server.
#[derive(Debug, Clone)]
pub struct Locations {
    /// The Space's address, which may have a path.
    base: String,
    /// What a path on the server is appended to.
    files: String,
    /// Replaces that, and the folder of each file.
    public: Option<String>,
}

impl Locations {
    /// For a server at `base` whose paths start with `prefix`; `public` is an address that the
    /// names of its files are appended to.
    #[must_use]
    pub fn new(base: &str, prefix: &str, public: Option<&str>) -> Self {
        Self {
            base: base.to_owned(),
            files: format!("{base}{prefix}/file="),
            public: public.map(str::to_owned),
        }
    }

    /// What `text` leads to where it stands in data: an http(s) address, or a path on the server
    /// that ends as pictures do. None for any other text.
    pub(super) fn in_data(&self, text: &str) -> Option<Location> {
        let text = text.trim();
        if let Some(found) = anywhere(text) {
            return Some(found);
        }
        let is_list = [", ", "; ", " /"]
            .iter()
            .any(|between| text.contains(between));
        let fits =
            text.len() <= 1024 && !is_list && !text.contains(['\n', '<', '>', '"', '|', '\0']);
        if !fits || sureness_of_path(text) != Sureness::Yes {
            return None;
        }
        if let Some(path) = text.strip_prefix("file://") {
            return Some(Location::File(path.to_owned()));
        }
        if text.contains("://") {
            return None;
        }
        if text.starts_with("/static/") || text.starts_with("/assets/") {
            return Some(Location::Web(self.on_host(text)));
        }
        Some(Location::File(text.to_owned()))
    }

    /// The file on the server that `text` may be, where a field says that it is of a picture: its
    /// name need not end as pictures do.
    pub(super) fn in_field(&self, text: &str) -> Option<Location> {
        self.in_data(text).or_else(|| {
            let text = text.trim();
            let is_path = is_local(text) && !text.contains(['\n', '<', '>', '"', '|', '\0']);
            let fits = is_path && sureness_of_path(text) == Sureness::Perhaps;
            fits.then(|| Location::File(text.to_owned()))
        })
    }

    /// What `text` leads to where it stands in markup, so that it is relative to the Space's page.
    pub(super) fn in_markup(&self, text: &str) -> Option<Location> {
        let text = text.trim();
        if text.is_empty() || text.starts_with('#') {
            return None;
        }
        if let Some(found) = anywhere(text) {
            return Some(found);
        }
        if let Some(path) = text.strip_prefix("file://") {
            return Some(Location::File(path.to_owned()));
        }
        if let Some(rest) = text.strip_prefix("//") {
            let scheme = self.base.split("//").next().unwrap_or("https:");
            return Some(Location::Web(format!("{scheme}//{rest}")));
        }
        if text.contains(':') && !text.contains(['/', ' ']) || text.contains("://") {
            return None; // mailto: and the like
        }
        if is_local(text) {
            return Some(Location::File(text.to_owned()));
        }
        let encoded = percent_encode_blanks(text);
        Some(Location::Web(if encoded.starts_with('/') {
            self.on_host(&encoded)
        } else {
            format!("{}/{}", self.base, encoded.trim_start_matches("./"))
        }))
    }

    /// The address to pass on; `original` is the file's name as the app knows it, where it told
    /// one: Gradio 4 and 5 drop some characters from the names of their own copies.
    pub(super) fn url(&self, location: &Location, original: Option<&str>) -> String {
        match location {
            Location::Web(url) | Location::Inline(url) => url.clone(),
            Location::File(path) => match &self.public {
                Some(public) => {
                    let original = original.unwrap_or(path);
                    let name = original.rsplit(['/', '\\']).next().unwrap_or(original);
                    format!("{public}{}", percent_encode(name, b""))
                }
                None => format!("{}{}", self.files, percent_encode(path, b"/")),
            },
        }
    }

    /// Whether `url` is that of a file on the server.
    pub(super) fn is_own_file(&self, url: &str) -> bool {
        url.starts_with(&self.files)
    }

    fn on_host(&self, path: &str) -> String {
        let (scheme, rest) = self.base.split_once("://").unwrap_or(("http", &self.base));
        let host = rest.split('/').next().unwrap_or(rest);
        format!("{scheme}://{host}{path}")
    }
}

/// Forms that mean the same in data and in markup.
fn anywhere(text: &str) -> Option<Location> {
    if text.starts_with("data:") {
        return Some(Location::Inline(text.to_owned()));
    }
    if let Some(kind) = bare_base64(text) {
        return Some(Location::Inline(format!("data:image/{kind};base64,{text}")));
    }
    if is_http(text) {
        let (_, rest) = text.split_once("://")?;
        let (host, path) = rest.split_once('/').unwrap_or((rest, ""));
        // The server's own address as the app knows it leads nowhere from outside.
        if let Some(file) = file_of(path)
            && is_own(host)
        {
            return Some(Location::File(file));
        }
        return Some(Location::Web(text.to_owned()));
    }
    let path = text.trim_start_matches("./").trim_start_matches('/');
    file_of(path).map(Location::File)
}

/// The kind of the picture whose bytes `text` is in base64, told by how such begin.
fn bare_base64(text: &str) -> Option<&'static str> {
    let begins = [
        ("/9j/", "jpeg"),
        ("iVBORw0KGgo", "png"),
        ("UklGR", "webp"),
        ("R0lGOD", "gif"),
    ];
    let (_, kind) = begins
        .into_iter()
        .find(|(head, _)| text.starts_with(head))?;
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"+/=\r\n".contains(&byte);
    (text.len() >= 64 && text.bytes().all(plain)).then_some(kind)
}

impl Location {
    /// Whether a picture is there, as far as the address tells.
    pub fn sureness(&self) -> Sureness {
        match self {
            Self::Inline(data) if data.starts_with("data:image/") => Sureness::Yes,
            Self::Inline(_) => Sureness::No,
            Self::File(path) => sureness_of_path(path),
            Self::Web(url) => sureness_of_url(url),
        }
    }
}

pub(super) fn is_http(text: &str) -> bool {
    text.starts_with("http://") || text.starts_with("https://")
}

/// The file in `gradio_api/file=/tmp/a.png`, which is part of an address.
fn file_of(path: &str) -> Option<String> {
    let (before, file) = path.split_once("file=")?;
    let known = before.is_empty() || before.ends_with('/');
    let plain = !before.contains(['?', '#', ' ', ':']);
    (known && plain && !file.is_empty()).then(|| percent_decode(file))
}

/// Whether `host` is a server's name for itself.
fn is_own(host: &str) -> bool {
    let name = host.rsplit_once(':').map_or(host, |(name, _)| name);
    matches!(
        name,
        "localhost" | "127.0.0.1" | "0.0.0.0" | "[::1]" | "[::]"
    )
}

/// Whether `path` in markup is one on the server's disk, where no web page could show it.
fn is_local(path: &str) -> bool {
    let roots = [
        "/tmp/",
        "/home/",
        "/root/",
        "/var/",
        "/mnt/",
        "/data/",
        "/app/",
        "/usr/",
        "/opt/",
        "/content/",
        "/Users/",
        "/srv/",
    ];
    let drive = path.as_bytes().get(1) == Some(&b':');
    drive || roots.iter().any(|root| path.starts_with(root))
}

fn sureness_of_url(url: &str) -> Sureness {
    let (_, rest) = url.split_once("://").unwrap_or(("", url));
    let (host, path) = rest.split_once('/').unwrap_or((rest, ""));
    if NAMESPACES.contains(&host) {
        return Sureness::No;
    }
    let (path, query) = path.split_once('?').unwrap_or((path, ""));
    match sureness_of_path(path.split('#').next().unwrap_or(path)) {
        Sureness::Perhaps => {
            let label = host.split('.').next().unwrap_or(host);
            let names = [
                "images", "image", "img", "imgs", "photos", "pictures", "thumbs", "picsum",
            ];
            let formats = [
                "fm=jpg",
                "fm=png",
                "fm=webp",
                "format=jpg",
                "format=png",
                "format=webp",
            ];
            let has_format = formats.iter().any(|format| query.contains(format));
            if names.contains(&label) && host.contains('.') || has_format {
                Sureness::Yes
            } else {
                Sureness::Perhaps
            }
        }
        sure => sure,
    }
}

fn sureness_of_path(path: &str) -> Sureness {
    let name = path.rsplit(['/', '\\']).next().unwrap_or(path);
    let ending = name
        .rsplit_once('.')
        .map(|(_, ending)| ending.to_ascii_lowercase());
    match ending.as_deref() {
        Some(ending) if PICTURES.contains(&ending) => Sureness::Yes,
        Some(ending) if OTHERS.contains(&ending) => Sureness::No,
        _ => Sureness::Perhaps,
    }
}

/// Whether a media type is that of a picture; none where it says nothing.
pub(super) fn is_picture_type(media_type: &str) -> Option<bool> {
    match media_type {
        "" | "application/octet-stream" | "binary/octet-stream" => None,
        kind => Some(kind.starts_with("image/")),
    }
}

fn percent_encode_blanks(text: &str) -> String {
    text.replace(' ', "%20")
}

/// `text` without percent-encoding, or as it is where that is no text.
fn percent_decode(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, tail @ ..] = rest {
        let code = tail
            .get(..2)
            .and_then(|code| std::str::from_utf8(code).ok());
        let code =
            code.filter(|code| *first == b'%' && code.bytes().all(|b| b.is_ascii_hexdigit()));
        if let Some(byte) = code.and_then(|code| u8::from_str_radix(code, 16).ok()) {
            bytes.push(byte);
            rest = &tail[2..];
        } else {
            bytes.push(*first);
            rest = tail;
        }
    }
    String::from_utf8(bytes).unwrap_or_else(|_| text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn space() -> Locations {
        Locations::new("https://u-s.hf.space/app", "/gradio_api", None)
    }

    #[test]
    fn paths_become_addresses_of_the_space() {
        let space = space();
        let data = |text: &str| space.in_data(text).map(|found| space.url(&found, None));
        let files = "https://u-s.hf.space/app/gradio_api/file=";
        let table = [
            ("/t/a b.png", Some(format!("{files}/t/a%20b.png"))),
            ("images/a.JPG", Some(format!("{files}images/a.JPG"))),
            (r"C:\a.png", Some(format!("{files}C%3A%5Ca.png"))),
            (
                "/gradio_api/file=/t/a%20b",
                Some(format!("{files}/t/a%20b")),
            ),
            ("/file=/t/50%.png", Some(format!("{files}/t/50%25.png"))),
            (
                "http://localhost:7860/file=/t/a.png",
                Some(format!("{files}/t/a.png")),
            ),
            (
                "http://h/file=/t/a.png",
                Some("http://h/file=/t/a.png".into()),
            ),
            (
                "/static/a.png",
                Some("https://u-s.hf.space/static/a.png".into()),
            ),
            ("https://a/b", Some("https://a/b".into())),
            ("ftp://a/1.png", None),
            ("a red bus", None),
            ("/etc/passwd", None),
        ];
        for (text, expected) in table {
            assert_eq!(data(text), expected, "{text}");
        }
        let markup = |text: &str| space.in_markup(text).map(|found| space.url(&found, None));
        let table = [
            ("/static/a", Some("https://u-s.hf.space/static/a")),
            ("a b.png", Some("https://u-s.hf.space/app/a%20b.png")),
            ("//cdn/a.png", Some("https://cdn/a.png")),
            ("mailto:a@b", None),
            ("#top", None),
        ];
        for (text, expected) in table {
            assert_eq!(markup(text).as_deref(), expected, "{text}");
        }
        let local = markup("/tmp/a.png").expect("a file");
        assert_eq!(local, format!("{files}/tmp/a.png"));
    }

    #[test]
    fn an_address_tells_whether_a_picture_is_there() {
        let table = [
            ("http://a/b.jpg", Sureness::Yes),
            ("http://a/b.JPEG?w=3#x", Sureness::Yes),
            ("https://images.unsplash.com/photo-1", Sureness::Yes),
            ("http://a/b?fm=jpg&w=3", Sureness::Yes),
            ("http://a/b", Sureness::Perhaps),
            ("http://a.png/", Sureness::Perhaps),
            ("http://images:80/x", Sureness::Perhaps),
            ("http://a/b.mp4", Sureness::No),
            ("http://www.w3.org/2000/svg", Sureness::No),
        ];
        for (url, sureness) in table {
            assert_eq!(Location::Web(url.into()).sureness(), sureness, "{url}");
        }
    }
}
