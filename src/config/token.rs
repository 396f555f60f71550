//! Recognises bot tokens and other secrets, so that no message repeats one.

use crate::secret::Secret;

/// How a search token begins that the installation made, or the playground. It is for programs of one
/// machine: it goes nowhere else, and searches on the machine itself do without it.
const MADE: &str = "local-";

/// A search token for the programs of this machine alone.
///
/// # Errors
/// As [`Secret::random`].
#[cfg(feature = "playground")]
pub(crate) fn made_token() -> std::io::Result<Secret> {
    Secret::random().map(|random| Secret::new(&format!("{MADE}{}", random.expose())))
}

/// Whether `token` was made for this machine, and not written by its operator.
pub(super) fn is_made(token: &Secret) -> bool {
    token.expose().starts_with(MADE)
}

/// Whether `text` has the form of a bot token, such as `123456:ABC-def`.
pub(super) fn looks_like_a_token(text: &str) -> bool {
    text.split_once(':').is_some_and(|(id, key)| {
        !id.is_empty()
            && !key.is_empty()
            && id.bytes().all(|b| b.is_ascii_digit())
            && key
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-')
    })
}

/// `text` in backquotes for a message, or a remark in its place where `text` may hold a secret.
pub(crate) fn printable(text: &str) -> String {
    if may_hold_secret(text) {
        "the value (not shown, it may be secret)".to_owned()
    } else {
        format!("`{text}`")
    }
}

/// Whether some part of `text` looks like a bot token, a Hugging Face token, a password in an
/// address, or a long random word: somebody may have pasted a secret into the wrong setting.
pub(super) fn may_hold_secret(text: &str) -> bool {
    let breaks = |c: char| !c.is_ascii_alphanumeric() && !"_-:.".contains(c);
    text.contains('@')
        || text.split(breaks).any(|word| {
            let random = |part: &str| part.len() >= 24 || part.starts_with("hf_");
            looks_like_a_token(word.strip_prefix("bot").unwrap_or(word))
                || word.split('.').any(random)
        })
}
