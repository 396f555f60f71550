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

/// Whether `folder`, at or below `root`, is away as with a disk: it is empty, or what should hold it is, or all
/// of `root` is not there, or disks are mounted there. Where the folder above holds something else, it was deleted or moved.
#[must_use]
pub fn is_on_missing_disk(root: &Path, folder: &Path) -> bool {
    let above = folder.ancestors().take_while(|at| at.starts_with(root));
    let is_missing = |at: &&Path| matches!(fs::symlink_metadata(at), Err(cause) if cause.kind() == ErrorKind::NotFound);
    // All of them are missing where the root is.
    let lowest = { above }.find(|at| !is_missing(at));
    lowest.is_none_or(|lowest| is_away(lowest) || holds_disks(lowest))
}

/// Whether systems mount disks below `folder`, in folders that are there as long as the disks.
fn holds_disks(folder: &Path) -> bool {
    let holds = |place: &str| folder == Path::new(place);
    let of_a_user = |place: &str| folder.parent() == Some(Path::new(place));
    ["/media", "/mnt", "/Volumes"].into_iter().any(holds)
        || ["/media", "/run/media"].into_iter().any(of_a_user)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn disks_are_mounted_where_systems_mount_them() {
        for (folder, expected) in [
            ("/mnt", true),
            ("/media/ann", true),
            ("/run/media/ann", true),
            ("/media/ann/DISK", false),
            ("/home/ann", false),
        ] {
            assert_eq!(holds_disks(Path::new(folder)), expected, "{folder}");
        }
    }

    #[test]
    fn a_deleted_folder_is_on_no_missing_disk() {
        let root = std::env::temp_dir().join(format!("disk-{}", std::process::id()));
        let below = root.join("a/b/c");
        assert!(is_on_missing_disk(&root, &below), "there is no root");
        fs::create_dir_all(root.join("a")).expect("room");
        assert!(is_on_missing_disk(&root, &below), "a is empty");
        fs::write(root.join("a/other.jpg"), "").expect("room");
        assert!(!is_on_missing_disk(&root, &below), "b was deleted from a");
        fs::create_dir_all(&below).expect("room");
        assert!(is_on_missing_disk(&root, &below), "a mount point");
        fs::remove_dir_all(&root).expect("ours");
    }

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
