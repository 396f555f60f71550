//! What `tests/peers` ask our library, so that programs we did not write can be compared with it.
//!
//! `cargo test --test probe -- SUBJECT [ARGUMENT…]`; each module tells what its subject does.

mod damaged;
mod decode;
mod embed;
mod encode;
mod preprocess;
mod qdrant;
mod signature;

use std::io::BufRead;

use serde::de::DeserializeOwned;

const USAGE: &str = "damaged FILE CASES, decode FILE TIMES [ENOUGH], embed MODEL, encode MODEL FILE TIMES TOGETHER [exact], preprocess, signature, qdrant make FOLDER COUNT, or qdrant compare FOLDER URL";

fn main() {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    match words[..] {
        ["damaged", file, cases] => {
            damaged::run(file.as_ref(), cases.parse().expect("a number"));
        }
        ["decode", file, times, ref enough @ ..] => {
            let enough = enough.first().map(|enough| enough.parse().expect("pixels"));
            let times = times.parse().expect("a number");
            decode::run(file.as_ref(), times, enough.unwrap_or(u32::MAX));
        }
        ["embed", model] => embed::run(model.as_ref()),
        ["encode", model, file, times, together, ref rest @ ..] => encode::run(
            model.as_ref(),
            file.as_ref(),
            times.parse().expect("a number"),
            together.parse().expect("a number"),
            rest.first().copied().unwrap_or_default(),
        ),
        ["preprocess"] => preprocess::run(),
        ["qdrant", "make", folder, count] => {
            qdrant::make(folder.as_ref(), count.parse().expect("a number"));
        }
        ["qdrant", "compare", folder, url] => qdrant::compare(folder.as_ref(), url),
        ["signature"] => signature::run(),
        _ => panic!("{words:?} is not one of: {USAGE}"),
    }
}

/// The lines of standard input, a JSON value each.
fn cases<T: DeserializeOwned>() -> impl Iterator<Item = T> {
    let lines = std::io::stdin().lock().lines();
    lines.map(|line| {
        let line = line.expect("standard input is text");
        serde_json::from_str(&line).expect("a case as JSON")
    })
}
