//! Tells a file that was deleted from one whose folder or disk is not there at the moment.

use std::fs;
use std::io::ErrorKind;
use std::path::Path;

/// Whether `folder` is not there, or is a folder without anything in it, as the mount point is of a
/// disk that is not mounted. One that cannot be read is taken to be away, too.
#[must_use]
pub fn is_away(folder: &Path) -> bool {
    match fs::read_dir(folder) {
        Ok(mut entries) => entries.next().is_none(),
        Err(cause) => cause.kind() != ErrorKind::NotADirectory,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_folder_is_away_and_one_with_a_file_is_not() {
        let folder = std::env::temp_dir().join(format!("away-{}", std::process::id()));
        assert!(is_away(&folder), "it is not there");
        fs::create_dir_all(&folder).expect("room");
        assert!(is_away(&folder), "it is empty");
        fs::write(folder.join("a"), "a").expect("room");
        assert!(!is_away(&folder));
        assert!(!is_away(&folder.join("a")), "it is a file");
        fs::remove_dir_all(&folder).expect("ours");
    }
}
