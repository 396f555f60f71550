//! Rules of the house that a compiler does not check, over whole files.

mod graph;
mod limits;
mod source;

use clip_bot::config::{BOT_VARIABLES, PLAYGROUND_VARIABLES, SEARCH_VARIABLES, Variable};

use source::{code, read, root, sources, without_tests};

/// Each outside system, by a name that only code has that speaks to it, and the only files that may.
const HOMES: [(&str, &[&str]); 11] = [
    (
        "clap::",
        &[
            "src/program/command_line.rs",
            "src/program/command_line/definition.rs",
            "src/program/command_line/refusal.rs",
        ],
    ),
    ("lambda_http::", &["src/endpoint/lambda.rs"]),
    ("memmap2::", &["crates/clip/src/mapped.rs"]),
    ("redb::", &["src/inbox/store.rs"]),
    (
        "ring::digest",
        &["src/digest.rs", "crates/clip/src/digest.rs"],
    ),
    ("ring::hmac", &["src/aws/signature.rs"]),
    ("sd_listen_fds", &["src/endpoint/socket.rs"]),
    ("sd_notify", &["src/systemd.rs"]),
    ("tracing_journald", &["src/log.rs"]),
    ("tracing_subscriber", &["src/log.rs"]),
    (
        "ureq::",
        &[
            "src/http/client.rs",
            "src/http/connection.rs",
            "src/http/connector.rs",
            "src/http/failure.rs",
            "src/http/proxy.rs",
            "src/http/resolver.rs",
        ],
    ),
];

/// All Rust files that are shipped, without comments, quotes and tests.
fn shipped() -> impl Iterator<Item = (String, String)> {
    let all = sources("src").into_iter().chain(sources("crates"));
    all.filter(|(path, _)| !path.contains("/tests"))
        .map(|(path, text)| (path, without_tests(&code(&text))))
}

#[test]
fn each_outside_system_is_named_in_few_files() {
    for (name, homes) in HOMES {
        let users = shipped().filter(|(_, code)| code.contains(name));
        let users: Vec<String> = users.map(|(path, _)| path).collect();
        assert_eq!(users, homes, "{name}");
    }
}

#[test]
fn the_environment_is_read_in_binaries_only() {
    for (path, code) in shipped() {
        let reads = code.contains("std::env") || code.contains("env::var");
        assert!(!reads || path.starts_with("src/bin/"), "{path}");
    }
}

#[test]
fn unsafe_code_stands_in_the_engine_alone_and_is_argued() {
    assert!(read("src/lib.rs").contains("#![forbid(unsafe_code)]"));
    let mut argued = 0;
    for (path, text) in sources("crates") {
        let code = code(&text);
        let expected = code.matches("#[expect(unsafe_code").count();
        let said = text.matches("// SAFETY:").count();
        assert!(said >= expected, "{path}: {said} of {expected} are argued");
        argued += expected;
    }
    assert!(argued > 0, "the blocks were found");
    for (path, text) in sources("src") {
        let code = code(&text);
        let mut words = code.split(|c: char| !(c.is_alphanumeric() || c == '_'));
        assert!(!words.any(|word| word == "unsafe"), "{path}");
    }
}

#[test]
fn nothing_unwraps_without_a_proof() {
    let all = sources("src").into_iter().chain(sources("crates"));
    for (path, text) in all.filter(|(path, _)| !path.contains("/tests")) {
        let code = without_tests(&code(&text));
        let lines: Vec<&str> = text.lines().collect();
        for (number, line) in code.lines().enumerate() {
            if !(line.contains(".unwrap()") || line.contains(".expect(")) {
                continue;
            }
            let above = &lines[number.saturating_sub(2)..number];
            let mut above = above.iter().map(|line| line.trim_start());
            assert!(
                above.any(|line| line.starts_with("// ")),
                "{path}:{}: {line}",
                number + 1
            );
        }
    }
}

#[test]
fn engines_know_neither_each_other_nor_the_endpoint() {
    let engines = ["clip", "mock", "sample", "space"];
    for (path, code) in shipped().filter(|(path, _)| path.starts_with("src/engine/")) {
        assert!(!code.contains("crate::endpoint"), "{path}");
        let own = path.trim_start_matches("src/engine/");
        for other in engines.iter().filter(|name| !own.starts_with(**name)) {
            for way in ["crate::engine::", "super::"] {
                let uses = code.contains(&format!("{way}{other}::"));
                assert!(!uses, "{path} knows the engine {other}");
            }
        }
    }
}

#[test]
fn modules_are_files_beside_their_folders() {
    for (path, _) in sources("src").into_iter().chain(sources("crates")) {
        assert!(!path.ends_with("/mod.rs"), "{path}");
    }
}

const TABLES: [&[Variable]; 3] = [BOT_VARIABLES, SEARCH_VARIABLES, PLAYGROUND_VARIABLES];

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

/// The packages beside ours have lock files of their own, which Cargo refuses where our packages need more.
#[test]
fn lock_files_know_what_our_packages_need() {
    let manifest = read("Cargo.toml");
    let enabled = ["search", "clip"].map(|feature| {
        let (_, list) = manifest
            .split_once(&format!("\n{feature} = ["))
            .expect(feature);
        list.split_once(']').expect("an end").0
    });
    for (package, folder) in [
        ("clip-bot", "."),
        ("clip", "crates/clip"),
        ("small-jpeg", "crates/small-jpeg"),
    ] {
        let manifest = read(format!("{folder}/Cargo.toml"));
        let (_, needed) = manifest
            .split_once("\n[dependencies]\n")
            .expect("dependencies");
        let needed = needed.lines().take_while(|line| !line.starts_with('['));
        let needed = needed.filter_map(|line| line.split_once(" = "));
        let needed = needed.filter(|(name, rest)| {
            let feature = format!("\"dep:{name}\"");
            !rest.contains("optional = true") || enabled.iter().any(|list| list.contains(&feature))
        });
        for lock in [
            "benches/compare/engines/Cargo.lock",
            "tests/fuzz/Cargo.lock",
        ] {
            let text = read(lock);
            let start = format!("[[package]]\nname = \"{package}\"\n");
            let (_, entry) = text.split_once(&start).expect(package);
            let entry = entry.split("[[package]]").next().expect("the first");
            for (name, _) in needed.clone() {
                let is_there = [format!("\"{name}\""), format!("\"{name} ")];
                assert!(
                    is_there.iter().any(|name| entry.contains(name)),
                    "{lock} lacks {name} of {package}: run cargo update --workspace there"
                );
            }
        }
    }
}

#[test]
fn nix_takes_every_bench_along() {
    let (manifest, package) = (read("Cargo.toml"), read("nix/package.nix"));
    let names = manifest.split("[[bench]]\nname = \"").skip(1);
    let names: Vec<&str> = names.filter_map(|rest| rest.split('"').next()).collect();
    assert!(names.len() > 1, "the benches were found");
    for name in names {
        let path = format!("../benches/{name}/main.rs");
        assert!(package.contains(&path), "nix/package.nix lacks {path}");
    }
}

#[test]
fn the_top_level_holds_what_the_design_names() {
    let known = [
        ".ci",
        ".git",
        ".gitignore",
        "CHANGELOG.md",
        "CONTRIBUTING.md",
        "Cargo.lock",
        "Cargo.toml",
        "LICENSE-APACHE",
        "LICENSE-MIT",
        "LICENSES",
        "README.md",
        "aws",
        "benches",
        "crates",
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
