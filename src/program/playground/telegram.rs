//! `playground telegram`: our Telegram and its page without our bot, for one that runs elsewhere on this
//! machine, such as the installed service.

use std::net::SocketAddr;

use tokio::sync::watch;

use super::{LIMITS, bot_token, is_bot_api, listen, our_telegram, say};
use crate::config::PlaygroundConfig;
use crate::endpoint::http::serve;
use crate::endpoint::neighbour::friends_only;
use crate::error::{Error, Result};
use crate::playground::faults::Faults;
use crate::playground::server::{self, About};
use crate::playground::traffic::Traffic;
use crate::shutdown::Shutdown;
use crate::systemd::Pulse;

/// Serves the page and the Bot API until `shutdown` is raised, and says how a bot reaches them.
///
/// # Errors
/// A setting that is for a bot of our own, or the port is taken.
pub(super) fn serve_alone(config: &PlaygroundConfig, shutdown: &Shutdown) -> Result<()> {
    let ours = [
        ("--ask", config.ask.is_some()),
        ("--pictures", config.pictures.is_some()),
        ("--token-file", config.token_file.is_some()),
    ];
    if let Some((flag, _)) = ours.iter().find(|(_, is_given)| *is_given) {
        return Err(Error::config(format!(
            "{flag} is for the playground's own bot: leave it out, or leave out the word telegram"
        )));
    }
    let (listener, address) = listen(SocketAddr::from(([127, 0, 0, 1], config.port)))?;
    let token = bot_token()?;
    let how = format!("CLIP_BOT_API_URL=http://{address} CLIP_BOT_TOKEN={token}");
    let api = our_telegram(&token);
    let about = About {
        engine: "of a bot of yours".to_owned(),
        endpoint: String::new(),
        token,
        note: watch::Sender::new(format!("It reaches this Telegram with {how}")),
    };
    let router = server::router(&api, &Traffic::default(), &Faults::default(), about);
    say(&format!("playground: http://{address}/"));
    say(&format!("playground: for a bot of yours: {how}"));
    let router = friends_only(router, is_bot_api);
    let result = serve(listener, router, shutdown, LIMITS, &Pulse::default());
    api.close();
    result
}
