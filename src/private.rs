//! Files and folders for nobody but the user who runs the program, whatever the umask says: an index
//! tells names, captions and places of pictures that others may not see. What is there already keeps its mode.

use std::fs::{DirBuilder, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::Path;

use serde::de::DeserializeOwned;

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
    std::fs::rename(new, path)
}

/// To write to a file, which is made where it is missing.
#[must_use]
pub fn options() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.write(true).create(true).mode(0o600);
    options
}

/// What the JSON in `file` says; the default where it cannot be read.
#[must_use]
pub fn read<T: DeserializeOwned + Default>(file: &Path) -> T {
    let text = std::fs::read(file).unwrap_or_default();
    serde_json::from_slice(&text).unwrap_or_default()
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
}
