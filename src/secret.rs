//! Tokens and keys, which must never be printed.

use std::fmt::{self, Write as _};
use std::fs::File;
use std::io::{self, Read};

/// Holds a token. `Debug` and `Display` print `redacted`; only [`Secret::expose`] gives the text.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// Wraps `text`, with blanks and line ends at both sides removed (files end with one).
    #[must_use]
    pub fn new(text: &str) -> Self {
        Self(text.trim().to_owned())
    }

    /// 128 bits of the system's randomness, as 32 hexadecimal digits.
    ///
    /// # Errors
    /// Where `/dev/urandom` cannot be read.
    pub fn random() -> io::Result<Self> {
        let mut bytes = [0; 16];
        File::open("/dev/urandom")?.read_exact(&mut bytes)?;
        let mut text = String::new();
        for byte in bytes {
            // Writing to a string cannot fail.
            let _ = write!(text, "{byte:02x}");
        }
        Ok(Self(text))
    }

    /// The text itself, for a request header or path; never for a message.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// Whether the text is empty.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Compares with `guess`, in a time that depends on the length of `guess` alone, so that an
    /// attacker cannot find the token letter by letter.
    #[must_use]
    pub fn matches(&self, guess: &[u8]) -> bool {
        let own = self.0.as_bytes();
        let mut difference = own.len() ^ guess.len();
        for (position, byte) in guess.iter().enumerate() {
            let expected = own.get(position).copied().unwrap_or(0);
            difference |= usize::from(expected ^ byte);
        }
        std::hint::black_box(difference) == 0 && !own.is_empty()
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("redacted")
    }
}

impl fmt::Display for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("redacted")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prints_nothing_of_itself() {
        let secret = Secret::new("42:TOKEN\n");
        assert_eq!(format!("{secret} {secret:?}"), "redacted redacted");
        assert_eq!(secret.expose(), "42:TOKEN");
    }

    #[test]
    fn random_secrets_are_long_and_differ() {
        let one = Secret::random().expect("the system has randomness");
        assert_eq!(one.expose().len(), 32);
        assert_ne!(one, Secret::random().expect("still"));
    }

    #[test]
    fn matches_only_the_whole_text() {
        let secret = Secret::new("abc");
        assert!(secret.matches(b"abc"));
        for wrong in ["", "ab", "abd", "abcd", "abc\0"] {
            assert!(!secret.matches(wrong.as_bytes()), "{wrong:?}");
        }
        assert!(!Secret::new("").matches(b""));
    }
}
