//! Which choice somebody made about pictures without a question, and the pictures that wait for it, kept
//! in the state folder.

use std::collections::BTreeMap;
use std::io;
use std::path::PathBuf;
use std::sync::Mutex;

use serde::{Deserialize, Serialize};

use super::{Choice, NewPicture};
use crate::error::Result;
use crate::locked::locked;
use crate::private;

const FILE: &str = "picture-habits";
/// Pictures of one person that wait for a choice, at most.
const MAX_WAITING: usize = 200;

/// What pictures mean, by user.
#[derive(Debug, Default)]
pub struct Habits {
    file: Option<PathBuf>,
    users: Mutex<BTreeMap<i64, Habit>>,
}

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
struct Habit {
    choice: Option<Choice>,
    /// Something was saved, and not all of it forgotten again.
    #[serde(default)]
    saved: bool,
    #[serde(default)]
    waiting: Vec<NewPicture>,
}

impl Habits {
    /// Those in `folder`; without one they last as long as the process.
    ///
    /// # Errors
    /// They cannot be read.
    pub fn open(folder: Option<PathBuf>) -> Result<Self> {
        let file = folder.map(|folder| folder.join(FILE));
        let loss =
            "everybody is asked anew what pictures are sent for, and those that waited are lost";
        let users = file.as_deref().map(|file| private::read(file, loss));
        let users = Mutex::new(users.transpose()?.unwrap_or_default());
        Ok(Self { file, users })
    }

    /// What `user` chose.
    #[must_use]
    pub fn choice(&self, user: i64) -> Option<Choice> {
        locked(&self.users).get(&user)?.choice
    }

    /// Whether anybody sent a picture that was to be saved: so there was an endpoint that saves.
    #[must_use]
    pub fn are_known(&self) -> bool {
        !locked(&self.users).is_empty()
    }

    /// Whether pictures of `user` are saved, or wait for that: no search, and no matter of rates.
    #[must_use]
    pub fn keeps(&self, user: i64) -> bool {
        let users = locked(&self.users);
        users
            .get(&user)
            .is_some_and(|habit| habit.choice == Some(Choice::Save) || !habit.waiting.is_empty())
    }

    /// Whether something may be saved for `user`.
    #[must_use]
    pub fn has_saved(&self, user: i64) -> bool {
        let users = locked(&self.users);
        users
            .get(&user)
            .is_some_and(|habit| habit.saved || habit.choice == Some(Choice::Save))
    }

    /// `user` chooses.
    ///
    /// # Errors
    /// The system's, when that cannot be kept.
    pub fn choose(&self, user: i64, choice: Choice) -> io::Result<()> {
        self.change(user, |habit| habit.choice = Some(choice))
    }

    /// Keeps `picture` until `user` chooses. Returns whether that is still to be asked for: by the first
    /// picture, also when the message with it is handled again after a kill.
    ///
    /// # Errors
    /// The system's, when it cannot be kept.
    pub fn wait(&self, user: i64, picture: &NewPicture) -> io::Result<bool> {
        self.change(user, |habit| {
            let is_known = habit.waiting.iter().any(|old| old.key == picture.key);
            if !is_known && habit.waiting.len() < MAX_WAITING {
                habit.waiting.push(picture.clone());
            }
        })?;
        let waiting = self.waiting(user);
        Ok(waiting.first().is_none_or(|first| first.key == picture.key))
    }

    /// The pictures of `user` that wait.
    #[must_use]
    pub fn waiting(&self, user: i64) -> Vec<NewPicture> {
        let users = locked(&self.users);
        users
            .get(&user)
            .map(|habit| habit.waiting.clone())
            .unwrap_or_default()
    }

    /// These pictures of `user` wait no more: they were saved, or are not to be. Others may have come.
    ///
    /// # Errors
    /// The system's.
    pub fn wait_no_more(&self, user: i64, pictures: &[NewPicture], saved: bool) -> io::Result<()> {
        self.change(user, |habit| {
            let is_done = |one: &NewPicture| pictures.iter().any(|done| done.key == one.key);
            habit.waiting.retain(|one| !is_done(one));
            habit.saved |= saved;
        })
    }

    /// Everything of `user` was forgotten.
    ///
    /// # Errors
    /// The system's.
    pub fn forgot_all(&self, user: i64) -> io::Result<()> {
        self.change(user, |habit| {
            habit.waiting.clear();
            habit.saved = false;
        })
    }

    fn change(&self, user: i64, change: impl FnOnce(&mut Habit)) -> io::Result<()> {
        let mut users = locked(&self.users);
        let old = users.get(&user).cloned();
        let mut new = old.clone().unwrap_or_default();
        change(&mut new);
        if old.as_ref().unwrap_or(&Habit::default()) == &new {
            return Ok(());
        }
        users.insert(user, new);
        let written = self.write(&users);
        if written.is_err() {
            match old {
                Some(old) => users.insert(user, old),
                None => users.remove(&user),
            };
        }
        written
    }

    fn write(&self, users: &BTreeMap<i64, Habit>) -> io::Result<()> {
        let Some(path) = &self.file else {
            return Ok(());
        };
        let new = path.with_extension("new");
        private::replace(path, &new, &serde_json::to_vec(users)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn picture(key: &str) -> NewPicture {
        NewPicture {
            fetched: format!("small-{key}"),
            sent: format!("large-{key}"),
            key: key.to_owned(),
            caption: String::new(),
            is_file: false,
            date: Some(1),
            album: None,
            link: String::new(),
            by: None,
        }
    }

    #[test]
    fn choices_and_what_waits_for_them_outlast_a_restart() {
        let folder = std::env::temp_dir().join(format!("habits-{}", std::process::id()));
        std::fs::create_dir_all(&folder).expect("a folder");
        let first = Habits::open(Some(folder.clone())).expect("readable");
        assert!(first.wait(7, &picture("a")).expect("room"), "to be asked");
        let second = first.wait(7, &picture("b")).expect("room");
        assert!(!second, "was asked");
        let again = first.wait(7, &picture("a")).expect("room");
        assert!(again, "the question may not have been sent before a kill");
        assert!(first.keeps(7) && !first.keeps(8));

        let second = Habits::open(Some(folder.clone())).expect("readable");
        assert_eq!(second.choice(7), None);
        let keys: Vec<String> = second.waiting(7).into_iter().map(|one| one.key).collect();
        assert_eq!(keys, ["a", "b"]);
        second.choose(7, Choice::Save).expect("room");
        let (first, late) = (second.waiting(7), picture("late"));
        assert!(!second.wait(7, &late).expect("room"));
        second.wait_no_more(7, &first, true).expect("room");
        assert_eq!(
            second.waiting(7),
            std::slice::from_ref(&late),
            "it came since"
        );
        second.wait_no_more(7, &[late], true).expect("room");
        assert!(!second.has_saved(8));

        let third = Habits::open(Some(folder.clone())).expect("readable");
        assert_eq!(third.choice(7), Some(Choice::Save));
        assert!(third.waiting(7).is_empty() && third.keeps(7));
        third.choose(7, Choice::Find).expect("room");
        assert!(third.has_saved(7), "what was saved stays");
        third.forgot_all(7).expect("room");
        assert!(!third.has_saved(7));
        std::fs::remove_dir_all(&folder).expect("our own folder");
    }

    #[test]
    fn what_cannot_be_kept_is_not_pretended_to_be() {
        let nowhere = std::env::temp_dir().join("habits-without-a-folder");
        let habits = Habits::open(Some(nowhere)).expect("none there");
        assert!(habits.wait(7, &picture("a")).is_err());
        assert!(habits.choose(7, Choice::Find).is_err());
        assert!(habits.waiting(7).is_empty());
        assert_eq!(habits.choice(7), None);
    }
}
