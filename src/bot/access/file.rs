//! Keeps the [`Book`] in the state folder: a small JSON file that only the bot's user may read,
//! replaced as a whole.

use std::error::Error as _;
use std::path::Path;

use super::book::Book;
use crate::error::{Error, Kind, Result};
use crate::private;

const FILE: &str = "access.json";
/// One that is being written.
const NEW: &str = "access.new";

/// Reads the book in `folder`; an empty one if there is none. Changes nothing.
///
/// # Errors
/// When the disk refuses; [`Kind::Unusable`] for a file that is none.
pub fn read(folder: &Path) -> Result<Book> {
    let path = folder.join(FILE);
    // A file where the folder should be holds none either; the inbox says what is wrong.
    let Some(text) = private::contents(&path)? else {
        return Ok(Book::default());
    };
    serde_json::from_slice(&text).map_err(|cause| {
        let what = format!("{} is damaged", path.display());
        Error::new(Kind::Unusable, what).because(cause)
    })
}

/// As [`read`], but a damaged file is moved aside: then the bot is unclaimed, which opens it to nobody.
///
/// # Errors
/// When the disk refuses.
pub fn load(folder: &Path) -> Result<Book> {
    read(folder).or_else(|error| {
        if *error.kind() != Kind::Unusable {
            return Err(error);
        }
        let why = error.source().map(ToString::to_string).unwrap_or_default();
        let loss = "who owns the bot cannot be read, and it must be claimed anew";
        private::move_aside(&folder.join(FILE), &why, loss)?;
        Ok(Book::default())
    })
}

/// Replaces the book in `folder`; it survives a power cut.
///
/// # Errors
/// When the disk refuses; then the earlier one is still there.
pub fn save(folder: &Path, book: &Book) -> Result<()> {
    let path = folder.join(FILE);
    let failed = |cause| Error::system(format!("failed to write {}", path.display()), cause);
    let text = serde_json::to_vec_pretty(book)
        .map_err(|cause| Error::config("the list of guests cannot be written").because(cause))?;
    private::replace(&path, &folder.join(NEW), &text).map_err(failed)
}

#[cfg(test)]
mod tests {
    use super::super::book::Person;
    use super::*;
    use std::fs;
    use std::os::unix::fs::PermissionsExt;

    const ASIDE: &str = "access.damaged";

    #[test]
    fn the_owner_is_kept_for_the_bot_alone() {
        let folder = std::env::temp_dir().join(format!("book-{}", std::process::id()));
        fs::create_dir_all(&folder).expect("room");
        assert_eq!(load(&folder).expect("none is fine"), Book::default());
        let mut book = Book::default();
        book.owner = Some(Person::new(7, "Ada", Some("en")));
        book.let_in(Person::new(8, "Bob", None), 1);
        book.set_rate(8, Some("30/1m".parse().ok()));
        assert!(book.asks(Person::new(-9, "Family", None), 5));
        for _ in 0..2 {
            save(&folder, &book).expect("room");
        }
        assert_eq!(load(&folder).expect("it is there"), book);
        let mode = fs::metadata(folder.join(FILE)).expect("it is there");
        assert_eq!(mode.permissions().mode() & 0o777, 0o600);

        fs::write(folder.join(FILE), "{\"owner\": 7").expect("room");
        let refused = read(&folder).expect_err("half a file");
        assert!(*refused.kind() == Kind::Unusable && folder.join(FILE).exists());
        assert_eq!(load(&folder).expect("moved aside"), Book::default());
        assert!(folder.join(ASIDE).exists());
        fs::remove_dir_all(&folder).expect("our own folder");
    }
}
