//! Plays systemd: a socket for `$NOTIFY_SOCKET`, and the folders it gives a service.

use std::os::unix::net::UnixDatagram;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Instant;

use super::PATIENCE;

/// The receiving end. Its folder is short, since a socket's path must be.
pub struct Systemd {
    pub folder: PathBuf,
    socket: UnixDatagram,
}

impl Systemd {
    pub fn start() -> Self {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let name = format!("clip-bot-{}-{number}", std::process::id());
        let folder = std::env::temp_dir().join(name);
        std::fs::create_dir(&folder).expect("a new folder");
        let socket = UnixDatagram::bind(folder.join("notify")).expect("a free path");
        socket
            .set_read_timeout(Some(PATIENCE))
            .expect("not a zero time");
        Self { folder, socket }
    }

    /// Path of something in the folder, as text.
    pub fn path(&self, name: &str) -> String {
        let path = self.folder.join(name);
        path.to_str().expect("a plain path").to_owned()
    }

    /// The next message.
    pub fn message(&self) -> String {
        let mut buffer = [0; 4096];
        let size = self.socket.recv(&mut buffer).expect("a message in time");
        String::from_utf8(buffer[..size].to_vec()).expect("text")
    }

    /// The first message that starts with `wanted`, and all before it.
    pub fn wait_for(&self, wanted: &str) -> Vec<String> {
        let until = Instant::now() + PATIENCE;
        let mut messages = Vec::new();
        while Instant::now() < until {
            messages.push(self.message());
            if messages.last().is_some_and(|last| last.starts_with(wanted)) {
                return messages;
            }
        }
        panic!("no {wanted} in {messages:?}");
    }
}

impl Drop for Systemd {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}
