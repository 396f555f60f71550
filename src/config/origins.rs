//! Pages of other servers, by their origins.

/// The origins whose pages may read answers.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Origins {
    all: bool,
    /// Scheme, host and port, as browsers send them.
    named: Vec<String>,
}

impl Origins {
    /// Reads origins by comma, or `*` for all; none if one of them is no origin.
    #[must_use]
    pub fn read(text: &str) -> Option<Self> {
        let mut origins = Self::default();
        let items = text
            .split(',')
            .map(str::trim)
            .filter(|item| !item.is_empty());
        for item in items {
            if item == "*" {
                origins.all = true;
                continue;
            }
            let origin = item.trim_end_matches('/').to_ascii_lowercase();
            let (scheme, host) = origin.split_once("://")?;
            let is_scheme = scheme.starts_with(|c: char| c.is_ascii_alphabetic())
                && scheme
                    .bytes()
                    .all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte));
            let is_host = !host.is_empty()
                && host
                    .bytes()
                    .all(|byte| byte.is_ascii_alphanumeric() || b"-._:[]".contains(&byte));
            if !is_scheme || !is_host {
                return None;
            }
            // Browsers leave the default port out.
            let default = match scheme {
                "https" => ":443",
                "http" => ":80",
                _ => "\0",
            };
            let origin = origin.strip_suffix(default).unwrap_or(&origin);
            origins.named.push(origin.to_owned());
        }
        Some(origins)
    }

    /// Whether no page of another server may read answers.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        !self.all && self.named.is_empty()
    }

    /// Whether pages of this origin, as a browser sends it, may read answers.
    #[must_use]
    pub fn include(&self, origin: &[u8]) -> bool {
        let is_named = |named: &String| named.as_bytes().eq_ignore_ascii_case(origin);
        self.all || self.named.iter().any(is_named)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn origins_are_read_as_browsers_send_them() {
        let origins =
            Origins::read("https://A.example/, http://localhost:5173,https://b.example:443")
                .expect("origins");
        for origin in [
            "https://a.example",
            "http://localhost:5173",
            "https://b.example",
        ] {
            assert!(origins.include(origin.as_bytes()), "{origin}");
        }
        for origin in [
            "http://a.example",
            "https://a.example.evil",
            "null",
            "",
            "https://b",
        ] {
            assert!(!origins.include(origin.as_bytes()), "{origin}");
        }
        assert!(Origins::read("*").expect("all").include(b"null"));
        assert!(Origins::read("").expect("none").is_empty());
        for bad in [
            "a.example",
            "https://",
            "https://a/b",
            "https://a b",
            "://a",
            "*.example",
        ] {
            assert_eq!(Origins::read(bad), None, "{bad}");
        }
    }
}
