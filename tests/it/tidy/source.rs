//! Rust files as the rules see them: without comments, without what is quoted, without tests.

use std::ops::Range;
use std::path::{Path, PathBuf};

/// The folder that holds Cargo.toml.
pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The text of the file at `path`, from the root.
pub fn read(path: impl AsRef<Path>) -> String {
    let path = root().join(path);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Paths from the root of all files below `folder`, but for build outputs and what was installed.
pub fn files(folder: &str) -> Vec<String> {
    let mut folders = vec![root().join(folder)];
    let mut files = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).expect("a folder of ours") {
            let path: PathBuf = entry.expect("readable").path();
            let name = path.file_name().and_then(|name| name.to_str());
            if matches!(name, Some("target" | "node_modules" | "__pycache__")) {
                continue;
            }
            if path.is_dir() {
                folders.push(path);
            } else {
                let name = path.strip_prefix(root()).expect("below the root");
                files.push(name.display().to_string());
            }
        }
    }
    assert!(!files.is_empty(), "{folder} is empty");
    files.sort();
    files
}

/// Every Rust file below `folder`, as (path from the root, text).
pub fn sources(folder: &str) -> Vec<(String, String)> {
    let all = files(folder).into_iter();
    all.filter(|path| Path::new(path).extension().is_some_and(|e| e == "rs"))
        .map(|path| (path.clone(), read(path)))
        .collect()
}

/// `text` with blanks in place of comments and of what stands between quotes; lines and lengths stay.
pub fn code(text: &str) -> String {
    let mut bytes = text.as_bytes().to_vec();
    let mut at = 0;
    while at < bytes.len() {
        let Some(end) = skipped(text, at) else {
            at += 1;
            continue;
        };
        for byte in &mut bytes[at..end] {
            if *byte != b'\n' {
                *byte = b' ';
            }
        }
        at = end;
    }
    String::from_utf8(bytes).expect("blanks for whole characters")
}

/// Where the comment or literal that begins at `at` ends; none if none begins there.
fn skipped(text: &str, at: usize) -> Option<usize> {
    let rest = text.get(at..)?;
    let until = |end: &str| {
        rest.find(end)
            .map_or(text.len(), |found| at + found + end.len())
    };
    if rest.starts_with("//") {
        return Some(rest.find('\n').map_or(text.len(), |found| at + found));
    }
    if rest.starts_with("/*") {
        return Some(until("*/"));
    }
    if rest.starts_with('"') {
        return Some(at + quoted(rest, '"'));
    }
    let before = text[..at].chars().next_back();
    let begins_word = !before.is_some_and(|c| c.is_alphanumeric() || c == '_');
    if begins_word {
        let raw = rest.strip_prefix("br").or_else(|| rest.strip_prefix('r'));
        let hashes = raw.map(|raw| raw.len() - raw.trim_start_matches('#').len());
        if let (Some(raw), Some(hashes)) = (raw, hashes)
            && raw[hashes..].starts_with('"')
        {
            let end = format!("\"{}", "#".repeat(hashes));
            let from = rest.len() - raw.len() + hashes + 1;
            return Some(
                rest[from..]
                    .find(&end)
                    .map_or(text.len(), |found| at + from + found + end.len()),
            );
        }
    }
    if let Some(inside) = rest.strip_prefix('\'') {
        // A lifetime has no second quote behind its first character.
        let is_escape = inside.starts_with('\\');
        let second = inside.chars().nth(1);
        return (is_escape || second == Some('\'')).then(|| at + quoted(rest, '\''));
    }
    None
}

/// Length of the literal that `text` begins with, with both of its `quote`s.
fn quoted(text: &str, quote: char) -> usize {
    let mut is_escaped = false;
    for (place, letter) in text.char_indices().skip(1) {
        match letter {
            _ if is_escaped => is_escaped = false,
            '\\' => is_escaped = true,
            _ if letter == quote => return place + 1,
            _ => {}
        }
    }
    text.len()
}

/// `code`, which has no comments and quotes, with blanks in place of what `#[cfg(test)]` marks.
pub fn without_tests(code: &str) -> String {
    const MARK: &str = "#[cfg(test)]";
    let mut bytes = code.as_bytes().to_vec();
    let mut from = 0;
    while let Some(found) = code[from..].find(MARK) {
        let start = from + found;
        let end = item_end(code, start + MARK.len());
        for byte in &mut bytes[start..end] {
            if *byte != b'\n' {
                *byte = b' ';
            }
        }
        from = end;
    }
    String::from_utf8(bytes).expect("blanks for whole characters")
}

/// Where the item that begins at or after `from` ends: at its `;`, `,` or closing brace.
fn item_end(code: &str, from: usize) -> usize {
    let mut depth = 0_usize;
    for (place, letter) in code[from..].char_indices() {
        match letter {
            '(' | '[' | '{' => depth += 1,
            ')' | ']' => depth = depth.saturating_sub(1),
            '}' if depth <= 1 => return from + place + usize::from(depth == 1),
            '}' => depth -= 1,
            ';' | ',' if depth == 0 => return from + place + 1,
            _ => {}
        }
    }
    code.len()
}

/// Where the body of the function that begins at `start` does, or its `;`.
fn body_of(code: &str, start: usize) -> Option<usize> {
    let mut depth = 0_usize;
    for (place, letter) in code[start..].char_indices() {
        match letter {
            '(' | '[' => depth += 1,
            ')' | ']' => depth = depth.saturating_sub(1),
            '{' | ';' if depth == 0 => return Some(start + place),
            _ => {}
        }
    }
    None
}

/// The functions in `code`, each with its name and the lines that it takes.
pub fn functions(code: &str) -> Vec<(String, Range<usize>)> {
    let mut found = Vec::new();
    for (start, _) in code.match_indices("fn ") {
        let is_word = code[..start]
            .chars()
            .next_back()
            .is_none_or(char::is_whitespace);
        let name: String = code[start + 3..]
            .chars()
            .take_while(|c| c.is_alphanumeric() || *c == '_')
            .collect();
        let body = body_of(code, start);
        let Some(body) =
            body.filter(|body| is_word && !name.is_empty() && code[*body..].starts_with('{'))
        else {
            continue;
        };
        let line = |place: usize| code[..place].matches('\n').count() + 1;
        found.push((name, line(start)..line(item_end(code, body)) + 1));
    }
    found
}

#[test]
fn comments_quotes_and_tests_are_left_out() {
    let text = r##"
use crate::a; // crate::b
/* crate::c */
const TEXT: &str = "crate::d \" crate::e";
const RAW: &str = r#"crate::f " crate::g"#;
fn after<'a>(quote: char) -> bool { quote == '"' || quote == '\'' || crate::h(quote) }
#[cfg(test)]
#[expect(dead_code)]
mod tests { fn of() { crate::i(); } }
#[cfg(test)]
use crate::j;
fn last() { crate::k(); }
"##;
    let seen = without_tests(&code(text));
    assert_eq!(seen.len(), text.len());
    let found: Vec<&str> = seen
        .match_indices("crate::")
        .map(|(at, _)| &seen[at + 7..=at + 7])
        .collect();
    assert_eq!(found, ["a", "h", "k"]);
    let names: Vec<String> = functions(&seen).into_iter().map(|(name, _)| name).collect();
    assert_eq!(names, ["after", "last"]);
}

#[test]
fn a_function_is_as_long_as_its_lines() {
    let text =
        "fn one(x: [u8; 2]) {\n    two(|| {\n    });\n}\ntrait T {\n    fn none(&self);\n}\n";
    assert_eq!(functions(&code(text)), [("one".to_owned(), 1..5)]);
}
