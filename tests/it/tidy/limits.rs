//! How long a file, a function and the README may be, and how large what git keeps.

use std::path::Path;

use super::source::{code, files, functions, read, root, sources};

const MAX_FILE_LINES: usize = 500;
const MAX_FUNCTION_LINES: usize = 70;
const MAX_README_LINES: usize = 150;
const MAX_FILE_BYTES: u64 = 1_000_000;

/// Folders with code of ours.
const FOLDERS: [&str; 7] = [
    "src", "crates", "tests", "benches", "models", "space", "nix",
];

/// What is written by programs, or by others: data, not code.
const DATA: [&str; 2] = ["tests/it/recorded/", "tests/peers/nix/stand-in/"];

/// Files of more than a megabyte, each with the reason why it is in git.
const LARGE: [(&str, &str); 2] = [
    (
        "models/sample/sample.clip",
        "the model that a fresh clone searches with",
    ),
    (
        "models/drawings/collection.bin",
        "the pictures that a fresh clone searches",
    ),
];

/// Whether the file at `path` is code, by its ending or by its first line.
fn is_code(path: &str) -> bool {
    let ending = Path::new(path)
        .extension()
        .and_then(|ending| ending.to_str());
    match ending {
        Some("rs" | "py" | "js" | "css" | "sh" | "nix") => true,
        Some(_) => false,
        None => std::fs::read(root().join(path)).is_ok_and(|bytes| bytes.starts_with(b"#!")),
    }
}

#[test]
fn no_file_is_longer_than_a_reader_can_hold() {
    let all = FOLDERS.into_iter().flat_map(files);
    let ours = all.filter(|path| !DATA.iter().any(|data| path.starts_with(data)) && is_code(path));
    let lengths = ours.map(|path| (read(&path).lines().count(), path));
    let long: Vec<_> = lengths
        .filter(|(lines, _)| *lines > MAX_FILE_LINES)
        .collect();
    assert!(long.is_empty(), "{long:#?}");
}

#[test]
fn no_function_is_longer_than_a_page() {
    let mut long = Vec::new();
    for (path, text) in FOLDERS.into_iter().flat_map(sources) {
        for (name, lines) in functions(&code(&text)) {
            if lines.len() > MAX_FUNCTION_LINES {
                long.push(format!(
                    "{path}:{} {name}: {} lines",
                    lines.start,
                    lines.len()
                ));
            }
        }
    }
    for path in FOLDERS.into_iter().flat_map(files) {
        let text = if is_code(&path) {
            read(&path)
        } else {
            continue;
        };
        let is_python = Path::new(&path)
            .extension()
            .is_some_and(|ending| ending == "py");
        if is_python || text.starts_with("#!/usr/bin/env python3") {
            for (name, length) in python_functions(&text) {
                if length > MAX_FUNCTION_LINES {
                    long.push(format!("{path} {name}: {length} lines"));
                }
            }
        }
    }
    assert!(long.is_empty(), "{long:#?}");
}

/// The functions of a Python file, each with its lines: from `def` to the last line that is indented
/// deeper.
fn python_functions(text: &str) -> Vec<(String, usize)> {
    let lines: Vec<&str> = text.lines().collect();
    let indent = |line: &str| line.len() - line.trim_start().len();
    let mut found = Vec::new();
    for (number, line) in lines.iter().enumerate() {
        let Some(rest) = line.trim_start().strip_prefix("def ") else {
            continue;
        };
        let name = rest.split('(').next().unwrap_or_default().to_owned();
        let mut last = number;
        for (more, inside) in lines.iter().enumerate().skip(number + 1) {
            let closes = inside.trim_start().starts_with(')');
            if !inside.trim().is_empty() && indent(inside) <= indent(line) && !closes {
                break;
            }
            if !inside.trim().is_empty() {
                last = more;
            }
        }
        found.push((name, last - number + 1));
    }
    found
}

#[test]
fn the_readme_is_short() {
    assert!(read("README.md").lines().count() <= MAX_README_LINES);
}

#[test]
fn what_is_large_says_why_it_is_there() {
    let folders = FOLDERS.into_iter().chain(["aws", "docs", "systemd"]);
    for path in folders.flat_map(files) {
        let bytes = root().join(&path).symlink_metadata().expect("a file").len();
        let reason = LARGE.iter().find(|(name, _)| *name == path);
        assert_eq!(
            bytes > MAX_FILE_BYTES,
            reason.is_some(),
            "{path}: {bytes} bytes"
        );
    }
}

#[test]
fn python_functions_are_measured_by_their_indent() {
    let text = "def one(\n    a,\n):\n    return a\n\n\ndef two():\n    def three():\n        pass\n\n    return 3\n";
    let expected = [("one", 4), ("two", 5), ("three", 2)];
    let found = python_functions(text);
    let found: Vec<(&str, usize)> = found
        .iter()
        .map(|(name, lines)| (name.as_str(), *lines))
        .collect();
    assert_eq!(found, expected);
}
