//! What it says of the pictures that Telegram did not take a request.

use crate::error::{Class, Error, Kind};
use crate::telegram::{Refusal, number_after, refusal};

/// Whether another form of the same pictures may succeed where `error` came.
pub fn is_about_pictures(error: &Error) -> bool {
    match refusal(error) {
        Some(refusal) if refusal.code == 400 => {
            error.class() == Class::GiveUp
                && !refusal.is_of_chat()
                && !refusal.is_of_pictures()
                && !refusal.description.contains("not enough rights")
        }
        Some(refusal) => refusal.code == 413,
        None => matches!(error.kind(), Kind::Garbled { status: Some(413) }),
    }
}

/// Whether Telegram, or somebody in its place, says that it fails itself, or that it does not know the
/// method.
pub fn is_telegrams_own(error: &Error) -> bool {
    matches!(
        error.kind(),
        Kind::Deferred { retry_after: None }
            | Kind::Garbled {
                status: Some(404 | 405 | 500..)
            }
    )
}

/// Whether the chat takes texts but no pictures.
pub fn forbids_pictures(error: &Error) -> bool {
    refusal(error).is_some_and(Refusal::is_of_pictures)
}

/// The 0-based position in "failed to send message #2 with the error message …".
pub fn position_in(error: &Error) -> Option<usize> {
    let Refusal { description, .. } = refusal(error)?;
    let number = usize::try_from(number_after("message #", description)?).ok()?;
    number.checked_sub(1)
}
