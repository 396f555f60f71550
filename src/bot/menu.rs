//! What Telegram itself shows of the bot: the menu of commands and the bot's descriptions, per language.
//! Set where they differ from what is there. Best effort: the bot works without.

use std::time::Duration;

use super::access::book::Person;
use super::reply;
use super::texts::{self, Texts};
use crate::error::{Class, Error, Result};
use crate::shutdown::Shutdown;
use crate::telegram::client::{Client, Profile};

/// Telegram limits these calls harder than others; longer than this is left to the next start.
const MAX_WAIT: Duration = Duration::from_mins(10);
const MAX_ATTEMPTS: u32 = 3;

/// Sets what is shown to everybody in the `fixed` language, or else to each user in their own, and the
/// menu of the `owner`.
pub fn show(client: &Client, fixed: Option<&str>, owner: Option<&Person>, shutdown: &Shutdown) {
    let per_language = |what: &str, set: &dyn Fn(&Texts, &str) -> Result<bool>| {
        for own in texts::ALL {
            let shown = fixed.map_or(own, |tag| Texts::of(Some(tag)));
            let is_default = own.language == Texts::of(None).language;
            let language = if is_default { "" } else { own.language };
            match patiently(shutdown, || set(shown, language)) {
                Ok(true) => tracing::info!("{what} was set ({})", own.language),
                Ok(false) => {}
                // The others would fare no better.
                Err(error) => return tracing::warn!("{what} was not set: {}", error.chain()),
            }
        }
    };
    per_language("the commands menu", &|texts, language| {
        client.set_commands(&reply::commands(texts), language)
    });
    if let Some(owner) = owner {
        let texts = Texts::of(fixed.or(owner.language.as_deref()));
        let set = || client.set_commands_of(owner.id, &reply::owners_commands(texts));
        match patiently(shutdown, set) {
            Ok(true) => tracing::info!("the owner's commands menu was set"),
            Ok(false) => {}
            Err(error) => tracing::warn!("the owner's menu was not set: {}", error.chain()),
        }
    }
    per_language("the description", &|texts, language| {
        client.set_profile(Profile::Description, &reply::description(texts), language)
    });
    per_language("the short description", &|texts, language| {
        client.set_profile(Profile::ShortDescription, texts.short_description, language)
    });
}

/// Does `set` again when Telegram asks for a pause.
fn patiently(shutdown: &Shutdown, set: impl Fn() -> Result<bool>) -> Result<bool> {
    let mut attempts = 1;
    loop {
        let error: Error = match set() {
            Ok(changed) => return Ok(changed),
            Err(error) => error,
        };
        let pause = match error.class() {
            Class::Retry { after: Some(after) } if after <= MAX_WAIT => after,
            _ => return Err(error),
        };
        if attempts == MAX_ATTEMPTS || shutdown.wait(pause) {
            return Err(error);
        }
        attempts += 1;
    }
}
