//! Plays systemd: hands over a socket, and hears what a program says about itself.

use std::net::TcpListener;
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixDatagram;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Instant;

use super::PATIENCE;
use super::process::Program;

/// Starts `binary` with `socket` as its descriptor 3, as a socket unit does.
pub fn activate(
    socket: impl Into<OwnedFd>,
    binary: &str,
    arguments: &[&str],
    variables: &[(&str, &str)],
) -> Program {
    // Only standard input, output and error can be passed on without `unsafe`; a shell moves the
    // descriptor, and is the one to know its process id, which stays the same over `exec`.
    let script = r#"exec 3<&0 0</dev/null; export LISTEN_FDS=1 LISTEN_PID=$$; exec "$0" "$@""#;
    let mut command = Command::new("/bin/sh");
    command
        .args(["-c", script, binary])
        .args(arguments)
        .env_clear()
        .envs(variables.iter().copied())
        .stdin(Stdio::from(socket.into()));
    Program::spawn(command)
}

/// A socket as a socket unit has it: systemd keeps it while the program comes and goes.
pub fn socket() -> TcpListener {
    TcpListener::bind("127.0.0.1:0").expect("a free port")
}

/// The socket that programs tell systemd about themselves at.
pub struct Notices {
    /// A folder of this test's own.
    folder: PathBuf,
    path: PathBuf,
    socket: UnixDatagram,
}

impl Notices {
    pub fn new() -> Self {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        // Paths of sockets must be short, which the folder of the build may not be.
        let name = format!("clip-notify-{}-{number}", std::process::id());
        let folder = std::env::temp_dir().join(name);
        std::fs::create_dir(&folder).expect("a new folder");
        let path = folder.join("notify");
        let socket = UnixDatagram::bind(&path).expect("a new path");
        socket
            .set_read_timeout(Some(PATIENCE))
            .expect("not a zero time");
        Self {
            folder,
            path,
            socket,
        }
    }

    /// `$NOTIFY_SOCKET`.
    pub fn path(&self) -> &str {
        self.path.to_str().expect("a plain path")
    }

    /// The folder that the socket is in.
    pub fn folder(&self) -> &str {
        self.folder.to_str().expect("a plain path")
    }

    /// The next notice.
    pub fn next(&self) -> String {
        let mut bytes = [0; 4096];
        let count = self.socket.recv(&mut bytes).expect("a notice in time");
        String::from_utf8_lossy(&bytes[..count])
            .trim_end()
            .to_owned()
    }

    /// All notices up to and with the first one that is `wanted`.
    pub fn until(&self, wanted: &str) -> Vec<String> {
        self.until_fits(wanted, |notice| notice == wanted)
    }

    /// All notices up to and with the first one that starts with `wanted`.
    pub fn until_like(&self, wanted: &str) -> Vec<String> {
        self.until_fits(wanted, |notice| notice.starts_with(wanted))
    }

    fn until_fits(&self, wanted: &str, fits: impl Fn(&str) -> bool) -> Vec<String> {
        let until = Instant::now() + PATIENCE;
        let mut notices: Vec<String> = Vec::new();
        while !notices.last().is_some_and(|last| fits(last)) {
            assert!(Instant::now() < until, "no {wanted:?} in {notices:?}");
            notices.push(self.next());
        }
        notices
    }

    /// All notices that came so far and were not read.
    pub fn rest(&self) -> Vec<String> {
        self.socket.set_nonblocking(true).expect("a socket");
        let mut bytes = [0; 4096];
        let mut notices = Vec::new();
        while let Ok(count) = self.socket.recv(&mut bytes) {
            let notice = String::from_utf8_lossy(&bytes[..count]);
            notices.push(notice.trim_end().to_owned());
        }
        self.socket.set_nonblocking(false).expect("a socket");
        notices
    }
}

impl Drop for Notices {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}
