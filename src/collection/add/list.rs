//! Lists of addresses: text files with a line `URL<TAB>caption` for each picture.

use std::fs::File;
use std::io::{BufRead, BufReader, Read, Result};
use std::path::Path;

use crate::error::one_line;

/// Longest line that is read, in bytes.
const MAX_LINE: u64 = 64 << 10;

/// The addresses in the list at `path`, each with its caption. Empty lines and comments (`#`) are
/// skipped; whether an address is a valid one is not checked here.
///
/// # Errors
/// The list cannot be read.
pub fn entries(path: &Path) -> Result<impl Iterator<Item = Result<(String, String)>>> {
    let mut list = BufReader::new(File::open(path)?);
    let next = move || {
        let mut line = Vec::new();
        let read = list.by_ref().take(MAX_LINE).read_until(b'\n', &mut line);
        match read {
            Ok(0) => return None,
            Ok(_) => {}
            Err(cause) => return Some(Err(cause)),
        }
        let line = String::from_utf8_lossy(&line);
        let (url, caption) = line.split_once('\t').unwrap_or((&line, ""));
        Some(Ok((url.trim().to_owned(), one_line(caption.trim()))))
    };
    let is_entry = |line: &Result<(String, String)>| {
        line.as_ref()
            .map_or(true, |(url, _)| !url.is_empty() && !url.starts_with('#'))
    };
    Ok(std::iter::from_fn(next).filter(is_entry))
}
