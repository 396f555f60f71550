//! Who has agreed that photos go to a third party, kept in the state folder.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Mutex;

use crate::error::Result;
use crate::locked::locked;
use crate::private;

const FILE: &str = "photo-agreements";

/// The users who agreed, one number a line of the file.
#[derive(Debug, Default)]
pub struct Agreements {
    file: Option<PathBuf>,
    users: Mutex<BTreeSet<i64>>,
}

impl Agreements {
    /// Those in `folder`; without one they last as long as the process. A line that is no number is asked
    /// for anew.
    ///
    /// # Errors
    /// They cannot be read.
    pub fn open(folder: Option<PathBuf>) -> Result<Self> {
        let file = folder.map(|folder| folder.join(FILE));
        let text = file.as_deref().map(private::contents).transpose()?;
        let text = text.flatten().unwrap_or_default();
        let lines = String::from_utf8_lossy(&text);
        let users = lines.lines().filter_map(|line| line.parse().ok()).collect();
        Ok(Self {
            file,
            users: Mutex::new(users),
        })
    }

    /// Whether `user` has agreed.
    #[must_use]
    pub fn has(&self, user: i64) -> bool {
        locked(&self.users).contains(&user)
    }

    /// `user` agrees.
    pub fn add(&self, user: i64) {
        let mut users = locked(&self.users);
        if !users.insert(user) {
            return;
        }
        let text: String = users.iter().map(|user| format!("{user}\n")).collect();
        let Some(file) = &self.file else {
            return;
        };
        let new = file.with_extension("new");
        if let Err(cause) = private::replace(file, &new, text.as_bytes()) {
            tracing::warn!("who agreed to send photos is asked again after a restart: {cause}");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_agreement_outlasts_a_restart() {
        let folder = std::env::temp_dir().join(format!("agreements-{}", std::process::id()));
        std::fs::create_dir_all(&folder).expect("a folder");
        let first = Agreements::open(Some(folder.clone())).expect("readable");
        assert!(!first.has(7));
        first.add(7);
        let second = Agreements::open(Some(folder.clone())).expect("readable");
        assert!(second.has(7) && !second.has(8));
        std::fs::remove_dir_all(&folder).expect("our own folder");
    }
}
