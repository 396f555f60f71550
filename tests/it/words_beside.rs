//! Words beside a picture count: of two drawings like a picture, the one that fits the words is found before
//! the other.

use clip_bot::engine::drawings;
use clip_bot::http::{Client, Request};

use crate::support::endpoint::start;

const PAIRS: &str = include_str!("recorded/words_beside_pictures.tsv");
/// How many of the twenty pairs must come out right.
const WANTED: usize = 16;
const PAGE: usize = 50;
const PAGES: usize = 21;

/// Places of `fitting` and `other` among what the endpoint at `address` finds by the drawing `picture` and
/// `words`.
fn places(address: &str, picture: &str, words: &str, wanted: [&str; 2]) -> [Option<usize>; 2] {
    let client = Client::new(1);
    let file = drawings::find(picture)
        .expect("it is built in")
        .file
        .to_vec();
    let mut places = [None; 2];
    for page in 0..PAGES {
        let mut search = Request::post(format!("{address}/search"), "image/webp", file.clone())
            .query("details", "true")
            .query("limit", &PAGE.to_string())
            .query("offset", &(page * PAGE).to_string());
        if !words.is_empty() {
            search = search.query("query", words);
        }
        let answer = client.send(&search).expect("an answer");
        assert_eq!(answer.head.status, 200, "{picture}, {words}");
        let json = answer.json().expect("JSON");
        let hits = json["results"].as_array().expect("results");
        for (place, hit) in hits.iter().enumerate() {
            let at = wanted.iter().position(|id| hit["id"] == *id);
            if let Some(at) = at {
                places[at] = Some(page * PAGE + place);
            }
        }
        if places.iter().all(Option::is_some) || hits.len() < PAGE {
            break;
        }
    }
    places
}

/// Whether the first of two places is better than the second.
fn is_first([fitting, other]: [Option<usize>; 2]) -> bool {
    fitting.is_some_and(|fitting| other.is_none_or(|other| fitting < other))
}

#[test]
fn the_fitting_one_of_two_pictures_comes_first() {
    let (_program, address) = start(&[("CLIP_SEARCH_ENGINE", "clip")]);
    let address = format!("http://{address}");
    let mut right = 0;
    let mut report = Vec::new();
    let lines = PAIRS.lines().filter(|line| !line.starts_with('#'));
    for line in lines {
        let [picture, words, fitting, other] = line
            .split('\t')
            .collect::<Vec<_>>()
            .try_into()
            .expect("four columns");
        let with = places(&address, picture, words, [fitting, other]);
        let without = places(&address, picture, "", [fitting, other]);
        right += usize::from(is_first(with));
        report.push(format!(
            "{} {picture} + {words}: {fitting} {:?}, {other} {:?}; without words {:?}, {:?}",
            if is_first(with) { "right" } else { "WRONG" },
            with[0],
            with[1],
            without[0],
            without[1]
        ));
    }
    let report = report.join("\n");
    println!("{right} of 20\n{report}");
    assert!(right >= WANTED, "{right} of 20\n{report}");
}
