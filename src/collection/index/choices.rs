//! What the operator chose for each indexed folder and list, for every run to come: the file `choices`
//! beside the manifest, in lines `NUMBER follow` and `NUMBER leave-out PATTERN`. The number is that of
//! the root; the patterns are those of gitignore.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::io::ErrorKind;
use std::path::Path;

use crate::collection::patterns::Patterns;
use crate::error::{Error, Result};
use crate::private;

const NAME: &str = "choices";

/// The choices for one root.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(in crate::collection) struct RootChoices {
    /// Links to files are followed.
    pub follows: bool,
    /// What is left out.
    pub left_out: Vec<String>,
}

impl RootChoices {
    pub fn patterns(&self) -> Patterns {
        Patterns::parse(self.left_out.iter().map(String::as_str))
    }

    /// From now on `pattern` is left out.
    pub fn leave_out(&mut self, pattern: String) {
        self.left_out.retain(|other| *other != pattern);
        self.left_out.push(pattern);
    }
}

/// The choices for all roots, by their numbers.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(in crate::collection) struct Choices(pub BTreeMap<usize, RootChoices>);

impl Choices {
    /// Reads those of the index in `folder`.
    pub fn read(folder: &Path) -> Result<Self> {
        let path = folder.join(NAME);
        let text = match fs::read_to_string(&path) {
            Ok(text) => text,
            Err(cause) if cause.kind() == ErrorKind::NotFound => String::new(),
            Err(cause) => {
                let what = format!("cannot read {}", path.display());
                return Err(Error::system(what, cause));
            }
        };
        let mut choices = Self::default();
        for line in text.lines() {
            let mut words = line.splitn(3, ' ');
            let number = words.next().and_then(|word| word.parse().ok());
            let (Some(number), Some(what)) = (number, words.next()) else {
                continue;
            };
            let root: &mut RootChoices = choices.0.entry(number).or_default();
            match (what, words.next()) {
                ("follow", _) => root.follows = true,
                ("leave-out", Some(pattern)) => root.left_out.push(pattern.to_owned()),
                _ => {}
            }
        }
        Ok(choices)
    }

    /// Keeps them for the index in `folder`; if that fails, those of before stay.
    pub fn write(&self, folder: &Path) -> Result<()> {
        if *self == Self::read(folder)? {
            return Ok(());
        }
        let mut text = String::new();
        for (number, root) in &self.0 {
            if root.follows {
                // Writing to a String cannot fail.
                let _ = writeln!(text, "{number} follow");
            }
            for pattern in &root.left_out {
                let _ = writeln!(text, "{number} leave-out {pattern}");
            }
        }
        let (new, path) = (folder.join("choices.new"), folder.join(NAME));
        let written = private::replace(&path, &new, text.as_bytes())
            .and_then(|()| super::sync_folder(folder));
        written.map_err(|cause| {
            let _ = fs::remove_file(&new);
            Error::system(format!("cannot write {}", path.display()), cause)
        })
    }

    pub fn of(&self, root: usize) -> RootChoices {
        self.0.get(&root).cloned().unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn choices_are_kept() {
        let folder = std::env::temp_dir().join(format!("choices-{}", std::process::id()));
        fs::create_dir_all(&folder).expect("room");
        let mut choices = Choices::default();
        choices.0.entry(3).or_default().follows = true;
        let root = choices.0.entry(7).or_default();
        root.leave_out("/a b\\ ".to_owned());
        root.leave_out("*.png".to_owned());
        root.leave_out("/a b\\ ".to_owned());
        choices.write(&folder).expect("room");
        let read = Choices::read(&folder).expect("there");
        assert_eq!(read, choices);
        assert_eq!(read.of(7).left_out, ["*.png", "/a b\\ "]);
        assert_eq!(read.of(1), RootChoices::default());
        fs::remove_dir_all(&folder).expect("ours");
    }
}
