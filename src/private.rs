//! Files and folders for nobody but the user who runs the program, whatever the umask says: an index
//! tells names, captions and places of pictures that others may not see. What is there already keeps its mode.

use std::fs::{DirBuilder, File, OpenOptions};
use std::io::{self, ErrorKind, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::Path;

use serde::de::DeserializeOwned;

use crate::error::{Error, Result};

/// Makes `folder` and those above it, where they are missing.
///
/// # Errors
/// The system's.
pub fn create_folder(folder: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(folder)
}

/// Opens the file at `path` for writing; what was in it is gone.
///
/// # Errors
/// The system's.
pub fn create(path: &Path) -> io::Result<File> {
    options().truncate(true).open(path)
}

/// Puts `bytes` in the place of the file at `path`, by way of one at `new` beside it: at every moment
/// one of the two is whole, also after a power cut.
///
/// # Errors
/// The system's; then the old file is still there.
pub fn replace(path: &Path, new: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file = create(new)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    std::fs::rename(new, path)?;
    let folder = path
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty());
    File::open(folder.unwrap_or(Path::new(".")))?.sync_all()
}

/// To write to a file, which is made where it is missing.
#[must_use]
pub fn options() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.write(true).create(true).mode(0o600);
    options
}

/// The bytes of `file`; none where there is no such file, or not even its folder.
///
/// # Errors
/// It cannot be read: whoever took it for empty would write over it.
pub fn contents(file: &Path) -> Result<Option<Vec<u8>>> {
    match std::fs::read(file) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(cause) if matches!(cause.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => {
            Ok(None)
        }
        Err(cause) => {
            let what = format!(
                "failed to read {}, which is left as it is: see that the disk is well and that the user \
                 of this program may read it, or put a backup in its place",
                file.display()
            );
            Err(Error::system(what, cause))
        }
    }
}

/// What the JSON in `file` says; the default where there is none. One that is damaged is moved aside, and
/// `loss` says in the log what that means.
///
/// # Errors
/// It cannot be read or moved.
pub fn read<T: DeserializeOwned + Default>(file: &Path, loss: &str) -> Result<T> {
    let Some(text) = contents(file)? else {
        return Ok(T::default());
    };
    serde_json::from_slice(&text).or_else(|cause| {
        move_aside(file, &cause.to_string(), loss)?;
        Ok(T::default())
    })
}

/// Moves `file`, which `why` cannot be understood, aside, so that nothing is written over it, and says
/// that and `loss` in the log.
///
/// # Errors
/// The system's.
pub fn move_aside(file: &Path, why: &str, loss: &str) -> Result<()> {
    let aside = file.with_extension("damaged");
    std::fs::rename(file, &aside)
        .map_err(|cause| Error::system(format!("failed to move {}", file.display()), cause))?;
    let (file, aside) = (file.display(), aside.display());
    tracing::error!("{file} is damaged ({why}) and kept as {aside}: {loss}");
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn what_is_made_is_for_its_owner_alone() {
        let base = std::env::temp_dir().join(format!("private-{}", std::process::id()));
        let folder = base.join("one/two");
        create_folder(&folder).expect("room");
        create_folder(&folder).expect("it may be there");
        let file = folder.join("file");
        create(&file).expect("room");
        let mode = |path: &Path| path.metadata().expect("it is there").permissions().mode() & 0o777;
        let modes = [&base, &folder, &file].map(|path| mode(path));
        std::fs::remove_dir_all(&base).expect("ours");
        assert_eq!(modes, [0o700, 0o700, 0o600]);
    }

    /// It was taken for empty, and the next change was written over it.
    #[test]
    fn what_cannot_be_read_is_no_empty_file_and_what_is_damaged_is_kept() {
        let base = std::env::temp_dir().join(format!("private-read-{}", std::process::id()));
        std::fs::create_dir_all(&base).expect("room");
        let file = base.join("numbers");
        let read = || read::<Vec<u32>>(&file, "they are counted anew");
        assert!(read().expect("none is fine").is_empty());
        std::os::unix::fs::symlink("/proc/self/mem", &file).expect("room");
        let refused = read().expect_err("an input/output error").chain();
        assert!(
            refused.contains("numbers, which is left as it is"),
            "{refused}"
        );
        assert!(refused.contains("os error 5"), "{refused}");
        std::fs::remove_file(&file).expect("ours");

        std::fs::write(&file, "[1, 2").expect("room");
        assert!(read().expect("moved aside").is_empty());
        let aside = std::fs::read(base.join("numbers.damaged")).expect("kept");
        assert_eq!((aside.as_slice(), file.exists()), (&b"[1, 2"[..], false));
        replace(&file, &base.join("numbers.new"), b"[3]").expect("room");
        assert_eq!(read().expect("readable"), [3]);
        std::fs::remove_dir_all(&base).expect("ours");
    }
}
