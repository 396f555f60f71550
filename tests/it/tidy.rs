//! Rules of the house that a compiler does not check.

use std::path::{Path, PathBuf};

use clip_bot::config::{BOT_VARIABLES, PLAYGROUND_VARIABLES, SEARCH_VARIABLES, Variable};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn read(path: impl AsRef<Path>) -> String {
    let path = root().join(path);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Every Rust file below `folder`, as (path from the root, text).
fn sources(folder: &str) -> Vec<(String, String)> {
    let mut folders = vec![root().join(folder)];
    let mut files = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).expect("a folder of ours") {
            let path: PathBuf = entry.expect("readable").path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|ending| ending == "rs") {
                let name = path.strip_prefix(root()).expect("below the root");
                files.push((name.display().to_string(), read(&path)));
            }
        }
    }
    assert!(!files.is_empty());
    files
}

/// The text without tests and without comments.
fn code(text: &str) -> String {
    let text = text.split("#[cfg(test)]").next().unwrap_or_default();
    let lines = text
        .lines()
        .filter(|line| !line.trim_start().starts_with("//"));
    lines.collect::<Vec<_>>().join("\n")
}

#[test]
fn each_outside_system_is_named_in_one_file() {
    let rules = [
        ("ureq::", "src/http.rs"),
        ("lambda_http::", "src/endpoint/lambda.rs"),
        ("redb::", "src/inbox/store.rs"),
        ("memmap2::", "src/clip/mapped.rs"),
        ("ring::digest", "src/digest.rs"),
        ("ring::hmac", "src/aws/signature.rs"),
        ("sd_listen_fds", "src/endpoint/socket.rs"),
        ("sd_notify", "src/systemd.rs"),
        ("tracing_journald", "src/log.rs"),
        ("tracing_subscriber", "src/log.rs"),
    ];
    for (name, home) in rules {
        let users: Vec<String> = sources("src")
            .into_iter()
            .filter(|(_, text)| code(text).contains(name))
            .map(|(path, _)| path)
            .collect();
        assert_eq!(users, [home], "{name}");
    }
}

#[test]
fn the_environment_is_read_in_binaries_only() {
    for (path, text) in sources("src") {
        let reads = code(&text).contains("std::env") || code(&text).contains("env::var");
        let may = path.starts_with("src/bin/") || path.contains("/tests");
        assert!(!reads || may, "{path}");
    }
}

#[test]
fn arrows_point_one_way() {
    let rules: &[(&str, &[&str])] = &[
        (
            "src/telegram",
            &[
                "crate::bot",
                "crate::search",
                "crate::engine::space",
                "crate::endpoint",
            ],
        ),
        (
            "src/search",
            &[
                "crate::bot",
                "crate::telegram",
                "crate::engine::space",
                "crate::endpoint",
            ],
        ),
        (
            "src/space",
            &[
                "crate::bot",
                "crate::telegram",
                "crate::clip",
                "crate::endpoint",
            ],
        ),
        (
            "src/inbox",
            &["crate::bot", "crate::telegram", "crate::search"],
        ),
        (
            "src/clip",
            &["crate::bot", "crate::telegram", "crate::engine::space"],
        ),
        (
            "src/bot",
            &[
                "crate::clip",
                "crate::engine::space",
                "crate::endpoint",
                "crate::engine::mock",
            ],
        ),
    ];
    for (folder, strangers) in rules {
        for (path, text) in sources(folder) {
            for stranger in *strangers {
                assert!(!code(&text).contains(stranger), "{path} knows {stranger}");
            }
        }
    }
}

#[test]
fn nothing_unwraps_without_a_proof() {
    for (path, text) in sources("src") {
        if path.contains("/tests") {
            continue;
        }
        let text = text.split("#[cfg(test)]").next().unwrap_or_default();
        let lines: Vec<&str> = text.lines().collect();
        for (number, line) in lines.iter().enumerate() {
            let is_comment = line.trim_start().starts_with("//");
            if is_comment || !(line.contains(".unwrap()") || line.contains(".expect(")) {
                continue;
            }
            let above = &lines[number.saturating_sub(3)..number];
            let proven = above
                .iter()
                .any(|line| line.trim_start().starts_with("// "));
            assert!(proven, "{path}:{}: {line}", number + 1);
        }
    }
}

const TABLES: [&[Variable]; 3] = [BOT_VARIABLES, SEARCH_VARIABLES, PLAYGROUND_VARIABLES];

#[test]
fn the_readme_lists_every_variable_as_the_code_has_it() {
    let readme = read("README.md");
    for variable in TABLES.into_iter().flatten() {
        let default = match variable.default {
            "" => String::new(),
            default => format!("`{default}`"),
        };
        let row = format!("| `{}` | {default} | {} |", variable.name, variable.meaning);
        assert!(readme.contains(&row), "README.md lacks this row:\n{row}");
    }
    let is_row = |line: &&str| line.starts_with("| `CLIP_") || line.starts_with("| `PLAYGROUND_");
    let rows = readme.lines().filter(is_row).count();
    assert_eq!(rows, TABLES.concat().len(), "a variable that is gone");
}

#[test]
fn variables_are_in_alphabetical_order() {
    for table in TABLES {
        assert!(table.is_sorted_by_key(|variable| variable.name));
    }
}

#[test]
fn the_changelog_knows_this_version() {
    let heading = format!("\n## {}", env!("CARGO_PKG_VERSION"));
    assert!(read("CHANGELOG.md").contains(&heading), "{heading}");
}

#[test]
fn every_dependency_says_why_it_is_there() {
    let manifest = read("Cargo.toml");
    let lines: Vec<&str> = manifest.lines().collect();
    let mut in_dependencies = false;
    let mut seen = 0;
    for (number, line) in lines.iter().enumerate() {
        if line.starts_with('[') {
            in_dependencies = line.ends_with("dependencies]");
        } else if in_dependencies && line.contains(" = ") && !line.starts_with([' ', '#']) {
            seen += 1;
            let says_why = line.contains(" # ") || lines[number - 1].starts_with("# ");
            assert!(says_why, "Cargo.toml: {line}");
        }
    }
    assert!(seen > 10, "the dependencies were found");
}

#[test]
fn the_top_level_holds_what_the_design_names() {
    let known = [
        ".ci",
        ".git",
        ".gitignore",
        "CHANGELOG.md",
        "Cargo.lock",
        "Cargo.toml",
        "LICENSE",
        "LICENSES",
        "README.md",
        "aws",
        "benches",
        "deny.toml",
        "docs",
        "flake.lock",
        "flake.nix",
        "models",
        "nix",
        "space",
        "src",
        "systemd",
        "target",
        "tests",
    ];
    for entry in std::fs::read_dir(root()).expect("our own root") {
        let name = entry.expect("readable").file_name();
        assert!(
            known.contains(&name.to_str().expect("a plain name")),
            "{}",
            name.display()
        );
    }
}
