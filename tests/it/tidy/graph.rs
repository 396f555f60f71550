//! Which module may use which. The table is an allow-list from the bottom to the top: a module uses
//! only modules of the layers below its own, so that there can be no circle.

use std::collections::{BTreeMap, BTreeSet};

use super::source::{code, read, root, sources, without_tests};

/// A module and those that it may use.
type Row = (&'static str, &'static [&'static str]);

/// The layers, the lowest first.
const LAYERS: &[&[Row]] = &[
    &[
        ("backoff", &[]),
        ("digest", &[]),
        ("error", &[]),
        ("locked", &[]),
        ("log", &[]),
        ("media", &[]),
        ("metrics", &[]),
        ("multipart", &[]),
        ("progress", &[]),
        ("quantity", &[]),
        ("secret", &[]),
    ],
    &[
        ("budget", &["locked"]),
        ("clock", &["locked"]),
        ("http", &["error", "locked"]),
        ("picture", &["error", "media"]),
        ("private", &["error"]),
        ("search", &["error"]),
        ("shutdown", &["error", "locked"]),
        ("systemd", &["backoff", "locked", "log"]),
        ("together", &["locked"]),
    ],
    &[
        ("aws", &["digest", "error", "http", "locked", "secret"]),
        (
            "collection",
            &[
                "budget", "digest", "error", "http", "locked", "media", "picture", "private",
                "progress", "search", "secret", "shutdown", "together",
            ],
        ),
        ("download", &["digest", "error", "http", "progress"]),
        ("inbox", &["clock", "error", "locked", "log", "shutdown"]),
        (
            "telegram",
            &[
                "backoff", "clock", "error", "http", "locked", "log", "secret", "shutdown",
            ],
        ),
    ],
    &[("config", &["aws", "error", "http", "search", "secret"])],
    &[
        (
            "bot",
            &[
                "aws", "backoff", "clock", "config", "error", "http", "inbox", "locked", "log",
                "media", "metrics", "private", "quantity", "search", "secret", "shutdown",
                "systemd", "telegram",
            ],
        ),
        (
            "endpoint",
            &[
                "config",
                "error",
                "http",
                "locked",
                "metrics",
                "multipart",
                "quantity",
                "search",
                "secret",
                "shutdown",
                "systemd",
            ],
        ),
        (
            "engine",
            &[
                "budget",
                "collection",
                "config",
                "digest",
                "error",
                "http",
                "locked",
                "media",
                "picture",
                "private",
                "search",
                "secret",
                "together",
            ],
        ),
        (
            "models",
            &["config", "digest", "download", "error", "http", "progress"],
        ),
    ],
    &[(
        "playground",
        &["bot", "config", "locked", "media", "search", "shutdown"],
    )],
    &[(
        "program",
        &[
            "bot",
            "collection",
            "config",
            "digest",
            "endpoint",
            "engine",
            "error",
            "http",
            "log",
            "models",
            "playground",
            "private",
            "progress",
            "quantity",
            "search",
            "secret",
            "shutdown",
            "systemd",
            "telegram",
        ],
    )],
];

/// Submodules that must not use one another in a circle.
const WITHOUT_CIRCLES: [&str; 4] = ["aws", "config", "http", "search"];

/// The module paths that `code` names behind `prefix`, such as `crate::`: their first `depth` words.
fn named(code: &str, prefix: &str, depth: usize) -> BTreeSet<Vec<String>> {
    let mut found = BTreeSet::new();
    for (start, _) in code.match_indices(prefix) {
        let before = code[..start].chars().next_back();
        if before.is_some_and(|c| c.is_alphanumeric() || c == '_' || c == ':') {
            continue;
        }
        collect(
            &code[start + prefix.len()..],
            &mut Vec::new(),
            depth,
            &mut found,
        );
    }
    found
}

/// Reads one path, or a group of them in braces, from the start of `text`; returns its length.
fn collect(
    text: &str,
    path: &mut Vec<String>,
    depth: usize,
    found: &mut BTreeSet<Vec<String>>,
) -> usize {
    let blanks = text.len() - text.trim_start().len();
    let rest = &text[blanks..];
    if let Some(group) = rest.strip_prefix('{') {
        let mut at = 0;
        loop {
            at += collect(&group[at..], path, depth, found);
            at += group[at..].len() - group[at..].trim_start().len();
            match group[at..].chars().next() {
                Some(',') => at += 1,
                _ => return blanks + 1 + at + 1,
            }
            if group[at..].trim_start().starts_with('}') {
                let more = group[at..].find('}').unwrap_or_default();
                return blanks + 1 + at + more + 1;
            }
        }
    }
    let word: String = rest
        .chars()
        .take_while(|c| c.is_alphanumeric() || *c == '_' || *c == '*')
        .collect();
    let mut at = blanks + word.len();
    path.push(word);
    if let Some(more) = text[at..].strip_prefix("::") {
        at += 2 + collect(more, path, depth, found);
    } else {
        found.insert(path.iter().take(depth).cloned().collect());
        if let Some(alias) = text[at..].strip_prefix(" as ") {
            at += 4 + alias
                .find(|c: char| !(c.is_alphanumeric() || c == '_'))
                .unwrap_or_default();
        }
    }
    path.pop();
    at
}

/// The path of the module in the file at `path`.
fn module(path: &str) -> Vec<String> {
    let path = path.trim_start_matches("src/").trim_end_matches(".rs");
    path.split('/').map(str::to_owned).collect()
}

/// What a module uses of the crate, as (module, path from the root).
fn uses(path: &str, text: &str, depth: usize) -> BTreeSet<Vec<String>> {
    let code = without_tests(&code(text));
    let module = module(path);
    let mut used = named(&code, "crate::", depth);
    for up in 1..=module.len() {
        // `super::super::` with nothing before it: so many levels up from this file.
        let prefix = "super::".repeat(up);
        for below in named(&code, &prefix, depth) {
            if below[0] == "super" {
                continue;
            }
            let base = &module[..module.len() - up];
            let whole: Vec<String> = base.iter().cloned().chain(below).take(depth).collect();
            used.insert(whole);
        }
    }
    used
}

/// Every arrow between two modules of the first level.
fn arrows() -> BTreeMap<String, BTreeSet<String>> {
    let mut arrows: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let names: BTreeSet<String> = sources("src")
        .iter()
        .map(|(path, _)| module(path)[0].clone())
        .filter(|name| name != "lib" && name != "bin")
        .collect();
    for (path, text) in sources("src") {
        let from = module(&path)[0].clone();
        if !names.contains(&from) || path.contains("/tests") {
            continue;
        }
        let used = uses(&path, &text, 1)
            .into_iter()
            .map(|path| path[0].clone());
        let others = used.filter(|to| *to != from && names.contains(to));
        arrows.entry(from.clone()).or_default().extend(others);
    }
    arrows
}

/// The graph as text: a line for each module, the layers apart.
fn drawing(layers: &[&[Row]]) -> String {
    let mut drawing = String::new();
    for layer in layers.iter().rev() {
        for (name, uses) in *layer {
            let line = format!("{name:<11} → {}", uses.join(", "));
            drawing.push_str(line.trim_end_matches([' ', '→']));
            drawing.push('\n');
        }
        drawing.push_str(&"─".repeat(20));
        drawing.push('\n');
    }
    drawing.trim_end_matches(['─', '\n']).to_owned() + "\n"
}

#[test]
fn each_module_uses_what_the_table_allows_and_nothing_else() {
    let found = arrows();
    let mut allowed = BTreeMap::new();
    for (name, uses) in LAYERS.iter().copied().flatten() {
        let uses: BTreeSet<String> = uses.iter().map(|name| (*name).to_owned()).collect();
        allowed.insert((*name).to_owned(), uses);
    }
    let table = |of: &BTreeMap<String, BTreeSet<String>>| {
        let lines = of.iter().map(|(name, uses)| format!("{name}: {uses:?}\n"));
        lines.collect::<String>()
    };
    assert_eq!(table(&found), table(&allowed), "the code, then the table");
}

#[test]
fn no_arrow_points_from_a_lower_to_an_upper_layer() {
    let mut below = BTreeSet::new();
    for layer in LAYERS {
        for (name, uses) in *layer {
            for used in *uses {
                assert!(
                    below.contains(used),
                    "{name} uses {used}, which is not below it"
                );
            }
        }
        below.extend(layer.iter().map(|(name, _)| *name));
    }
}

/// `UPDATE=1` draws it anew.
#[test]
fn the_graph_in_contributing_is_the_one_of_the_code() {
    let page = read("CONTRIBUTING.md");
    let drawing = drawing(LAYERS);
    let start = page.find("```text\n").expect("the drawing") + "```text\n".len();
    let end = start + page[start..].find("```").expect("its end");
    if std::env::var_os("UPDATE").is_some() {
        let page = format!("{}{drawing}{}", &page[..start], &page[end..]);
        std::fs::write(root().join("CONTRIBUTING.md"), page).expect("our own file");
        return;
    }
    println!("{drawing}");
    assert_eq!(&page[start..end], drawing);
}

#[test]
fn files_of_one_module_do_not_use_one_another_in_a_circle() {
    for top in WITHOUT_CIRCLES {
        let mut arrows: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        for (path, text) in sources(&format!("src/{top}")) {
            let from = module(&path);
            if path.contains("/tests") {
                continue;
            }
            let used = uses(&path, &text, 2).into_iter();
            let siblings = used.filter(|to| to.len() == 2 && to[0] == top && to[1] != from[1]);
            let to = siblings.map(|path| path[1].clone());
            arrows.entry(from[1].clone()).or_default().extend(to);
        }
        while !arrows.is_empty() {
            let names: BTreeSet<String> = arrows.keys().cloned().collect();
            let free = arrows.iter().find(|(_, uses)| uses.is_disjoint(&names));
            let Some((free, _)) = free else {
                panic!("a circle in {top}: {arrows:?}");
            };
            let free = free.clone();
            arrows.remove(&free);
        }
    }
}

#[test]
fn groups_of_names_are_read_whole() {
    let code = "use crate::{a, b::{self, c}, d as e};\nuse crate::f::g;\nfn x() { crate::h::i(); ::crate::z }";
    let found = named(code, "crate::", 1);
    let words: Vec<&str> = found.iter().map(|path| path[0].as_str()).collect();
    assert_eq!(words, ["a", "b", "d", "f", "h"]);
    let found = uses(
        "src/a/b/c.rs",
        "use super::super::d::E; use super::f; use super::super::super::g;",
        2,
    );
    let words: Vec<String> = found.iter().map(|path| path.join("::")).collect();
    assert_eq!(words, ["a::b", "a::d", "g"]);
}
