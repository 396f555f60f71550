//! What systemd is told. Without systemd (no `$NOTIFY_SOCKET`) all of this does nothing.

use sd_notify::NotifyState;

fn notify(state: NotifyState) {
    // systemd not listening is no reason to stop answering people.
    if let Err(error) = sd_notify::notify(&[state]) {
        tracing::debug!("systemd was not told: {error}");
    }
}

/// The configuration is valid and the loops are about to run; being offline is a status.
pub fn ready() {
    notify(NotifyState::Ready);
}

/// One line for `systemctl status`: how things are now.
pub fn status(line: &str) {
    notify(NotifyState::Status(line));
}

/// The program is ending.
pub fn stopping() {
    notify(NotifyState::Stopping);
}

/// A poll round ended and its updates were handed over. Says nothing about single workers.
pub fn watchdog() {
    notify(NotifyState::Watchdog);
}

/// The watchdog period systemd set, if any.
#[must_use]
pub fn watchdog_period() -> Option<std::time::Duration> {
    sd_notify::watchdog_enabled()
}
