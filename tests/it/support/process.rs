//! Starts a real binary, collects what it prints, and ends it.

use std::io::{BufRead, BufReader, Read};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Condvar, Mutex};
use std::time::Instant;

use super::PATIENCE;

type Lines = Arc<(Mutex<Vec<String>>, Condvar)>;

/// A program under test. Dropping it kills it.
pub struct Program {
    child: Child,
    lines: Lines,
    readers: Vec<std::thread::JoinHandle<()>>,
}

/// What a program that ended left behind.
pub struct Ended {
    pub status: ExitStatus,
    pub output: String,
}

impl Program {
    /// Starts `binary` with nothing in its environment but `variables`.
    pub fn start(binary: &str, arguments: &[&str], variables: &[(&str, &str)]) -> Self {
        let mut command = Command::new(binary);
        command
            .args(arguments)
            .env_clear()
            .envs(variables.iter().copied())
            .stdin(Stdio::null());
        Self::spawn(command)
    }

    /// Starts `command`, whose output is collected.
    pub fn spawn(mut command: Command) -> Self {
        let mut child = command
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap_or_else(|error| panic!("start {command:?}: {error}"));
        let lines = Lines::default();
        let readers = vec![
            collect(child.stdout.take().expect("piped"), &lines),
            collect(child.stderr.take().expect("piped"), &lines),
        ];
        Self {
            child,
            lines,
            readers,
        }
    }

    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Everything printed so far, standard output and error as they came.
    pub fn output(&self) -> String {
        self.lines.0.lock().expect("no panic while held").join("\n")
    }

    /// The first line that contains `wanted`, waiting for it.
    pub fn wait_for_line(&self, wanted: &str) -> String {
        let until = Instant::now() + PATIENCE;
        let mut lines = self.lines.0.lock().expect("no panic while held");
        loop {
            if let Some(line) = lines.iter().find(|line| line.contains(wanted)) {
                return line.clone();
            }
            let left = until.saturating_duration_since(Instant::now());
            assert!(
                !left.is_zero(),
                "no line with {wanted:?} in:\n{}",
                lines.join("\n")
            );
            lines = self
                .lines
                .1
                .wait_timeout(lines, left)
                .expect("no panic while held")
                .0;
        }
    }

    /// Sends `signal` (`TERM`, `INT`, `STOP`, …).
    pub fn signal(&self, signal: &str) {
        let script = format!("kill -{signal} {}", self.child.id());
        let status = Command::new("sh")
            .args(["-c", &script])
            .status()
            .expect("sh runs");
        assert!(status.success(), "{script}");
    }

    /// How the program ended, if it has.
    pub fn status(&mut self) -> Option<ExitStatus> {
        self.child.try_wait().expect("a child of ours")
    }

    /// Waits until the program ends by itself.
    pub fn wait(mut self) -> Ended {
        let until = Instant::now() + PATIENCE;
        let status = loop {
            if let Some(status) = self.status() {
                break status;
            }
            assert!(Instant::now() < until, "still running:\n{}", self.output());
            std::thread::sleep(std::time::Duration::from_millis(5));
        };
        for reader in self.readers.drain(..) {
            reader.join().expect("the reader ends with the program");
        }
        Ended {
            status,
            output: self.output(),
        }
    }

    /// Asks the program to end (SIGTERM) and waits for it.
    pub fn stop(self) -> Ended {
        self.signal("TERM");
        self.wait()
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn collect(pipe: impl Read + Send + 'static, lines: &Lines) -> std::thread::JoinHandle<()> {
    let lines = Arc::clone(lines);
    std::thread::spawn(move || {
        for line in BufReader::new(pipe).lines().map_while(Result::ok) {
            lines.0.lock().expect("no panic while held").push(line);
            lines.1.notify_all();
        }
    })
}
