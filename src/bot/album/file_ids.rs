//! Pictures that Telegram has already.

use std::collections::{HashMap, VecDeque};
use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use crate::locked::locked;
use crate::private;

/// Pictures that are remembered.
const MAX_REMEMBERED: usize = 5000;
/// Name of the file that keeps them.
const FILE: &str = "file-ids";

/// Which `file_id` a picture's address got; the oldest are forgotten. Clones are the same.
#[derive(Debug, Clone, Default)]
pub struct FileIds {
    known: Arc<Mutex<Remembered>>,
}

#[derive(Debug, Default)]
struct Remembered {
    by_url: HashMap<String, String>,
    order: VecDeque<String>,
    kept: Option<Kept>,
}

/// The file: a line that names the bot, then for each picture its address, a tab and its `file_id`.
#[derive(Debug)]
struct Kept {
    path: PathBuf,
    bot: String,
    file: File,
    lines: usize,
}

impl FileIds {
    /// Those that the bot with the id `bot` kept in `folder`; another bot's are worth nothing to it.
    /// Without a folder, or where it cannot be read or written, they last as long as the process.
    #[must_use]
    pub fn open(folder: Option<&Path>, bot: &str) -> Self {
        let ids = Self::default();
        let Some(path) = folder.map(|folder| folder.join(FILE)) else {
            return ids;
        };
        let text = match private::contents(&path) {
            Ok(text) => text.unwrap_or_default(),
            Err(error) => {
                tracing::warn!("pictures are uploaded again: {}", error.chain());
                return ids;
            }
        };
        let text = String::from_utf8_lossy(&text);
        let mut lines = text.lines();
        if lines.next() == Some(bot) {
            for (url, file_id) in lines.filter_map(|line| line.split_once('\t')) {
                ids.remember(url, file_id);
            }
        }
        let mut known = locked(&ids.known);
        match Kept::write(path, bot, &known) {
            Ok(kept) => known.kept = Some(kept),
            Err(cause) => {
                tracing::warn!("pictures are uploaded again after a restart: {cause}");
            }
        }
        drop(known);
        ids
    }

    /// The `file_id` of the picture at `url`, where Telegram has it.
    #[must_use]
    pub fn get(&self, url: &str) -> Option<String> {
        locked(&self.known).by_url.get(url).cloned()
    }

    /// Telegram has the picture at `url`.
    pub fn insert(&self, url: &str, file_id: &str) {
        if !self.remember(url, file_id) {
            return;
        }
        let mut known = locked(&self.known);
        let Some(mut kept) = known.kept.take() else {
            return;
        };
        let written = if kept.lines >= 2 * MAX_REMEMBERED {
            Kept::write(kept.path, &kept.bot, &known)
        } else {
            kept.lines += 1;
            let line = format!("{url}\t{file_id}\n");
            kept.file.write_all(line.as_bytes()).map(|()| kept)
        };
        match written {
            Ok(kept) => known.kept = Some(kept),
            Err(cause) => tracing::warn!("pictures are uploaded again after a restart: {cause}"),
        }
    }

    /// Telegram does not know `file_id` any more.
    pub fn forget(&self, file_id: &str) {
        let mut known = locked(&self.known);
        known.by_url.retain(|_, known| known != file_id);
        let Remembered { by_url, order, .. } = &mut *known;
        order.retain(|url| by_url.contains_key(url));
    }

    /// Saved pictures were forgotten: nothing of any of them stays, in the file neither. Telegram gives those
    /// that are shown again an id again.
    pub fn forget_saved(&self) {
        let mut known = locked(&self.known);
        let Remembered {
            by_url,
            order,
            kept,
        } = &mut *known;
        let before = order.len();
        order.retain(|url| !is_saved(url));
        if order.len() == before {
            return;
        }
        by_url.retain(|url, _| !is_saved(url));
        if let Some(old) = kept.take() {
            match Kept::write(old.path, &old.bot, &known) {
                Ok(kept) => known.kept = Some(kept),
                Err(cause) => {
                    tracing::warn!("pictures are uploaded again after a restart: {cause}");
                }
            }
        }
    }

    /// Whether that is new.
    fn remember(&self, url: &str, file_id: &str) -> bool {
        let mut known = locked(&self.known);
        let old = known.by_url.insert(url.to_owned(), file_id.to_owned());
        if old.is_none() {
            known.order.push_back(url.to_owned());
            if known.order.len() > MAX_REMEMBERED
                && let Some(oldest) = known.order.pop_front()
            {
                known.by_url.remove(&oldest);
            }
        }
        old.is_none_or(|old| old != file_id)
    }
}

/// Whether a saved picture is at `url`: only their ids have 48 hexadecimal digits.
fn is_saved(url: &str) -> bool {
    let path = url.split(['?', '#']).next().unwrap_or_default();
    let id = path.rsplit('/').next().unwrap_or_default();
    id.len() == 48 && id.bytes().all(|byte| byte.is_ascii_hexdigit())
}

impl Kept {
    /// A new file at `path` with what is `known`.
    fn write(path: PathBuf, bot: &str, known: &Remembered) -> std::io::Result<Self> {
        let new = path.with_extension("new");
        let mut file = private::create(&new)?;
        let pairs = known
            .order
            .iter()
            .filter_map(|url| known.by_url.get_key_value(url));
        let mut text = format!("{bot}\n");
        for (url, file_id) in pairs {
            text.extend([url, "\t", file_id, "\n"]);
        }
        file.write_all(text.as_bytes())?;
        std::fs::rename(&new, &path)?;
        Ok(Self {
            path,
            bot: bot.to_owned(),
            file,
            lines: known.order.len(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_one_bot_remembers_outlasts_a_restart_and_is_nothing_for_another() {
        let folder = std::env::temp_dir().join(format!("file-ids-{}", std::process::id()));
        std::fs::create_dir_all(&folder).expect("a folder");
        let open = |bot: &str| FileIds::open(Some(&folder), bot);
        let first = open("42");
        for (url, file_id) in [
            ("http://h/1", "a"),
            ("http://h/2", "b"),
            ("http://h/1", "c"),
        ] {
            first.insert(url, file_id);
        }
        drop(first);
        std::fs::File::options()
            .append(true)
            .open(folder.join(FILE))
            .and_then(|mut file| file.write_all(b"half a li"))
            .expect("room");
        let second = open("42");
        assert_eq!(second.get("http://h/1").as_deref(), Some("c"));
        assert_eq!(second.get("http://h/2").as_deref(), Some("b"));
        second.forget("b");
        assert_eq!(second.get("http://h/2"), None);
        drop(second);
        let saved = format!("http://h/images/{}?x=1", "0f".repeat(24));
        let third = open("42");
        third.insert(&saved, "AgAC-of-a-saved-one");
        third.forget_saved();
        assert_eq!(third.get(&saved), None);
        assert_eq!(third.get("http://h/1").as_deref(), Some("c"));
        let text = std::fs::read_to_string(folder.join(FILE)).expect("kept");
        assert!(!text.contains("AgAC-of-a-saved-one") && text.contains("http://h/1"));
        third.insert("http://h/3", "d");
        drop(third);
        assert_eq!(open("42").get("http://h/3").as_deref(), Some("d"));
        assert_eq!(open("43").get("http://h/1"), None);
        assert_eq!(open("42").get("http://h/1"), None, "overwritten");
        std::fs::remove_dir_all(&folder).expect("our own folder");
    }

    #[test]
    fn the_file_does_not_grow_for_ever() {
        let folder = std::env::temp_dir().join(format!("file-ids-long-{}", std::process::id()));
        std::fs::create_dir_all(&folder).expect("a folder");
        let ids = FileIds::open(Some(&folder), "42");
        for number in 0..3 * MAX_REMEMBERED {
            ids.insert(&format!("u{number}"), "f");
        }
        let text = std::fs::read_to_string(folder.join(FILE)).expect("kept");
        assert!(text.lines().count() <= 2 * MAX_REMEMBERED + 1);
        let again = FileIds::open(Some(&folder), "42");
        let last = format!("u{}", 3 * MAX_REMEMBERED - 1);
        assert_eq!(
            (again.get("u0"), again.get(&last)),
            (None, Some("f".into()))
        );
        std::fs::remove_dir_all(&folder).expect("our own folder");
    }
}
