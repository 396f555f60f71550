//! `clip-search index push`: a collection in Qdrant is only written to if all of it is ours.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, Mutex};

use serde_json::{Value, json};

use crate::clip_index::{indexed, start};
use crate::support::process::Ended;
use crate::support::server::{Reply, Request, Server};

type Points = Arc<Mutex<BTreeMap<String, Value>>>;

/// A collection in Qdrant that exists, takes the vectors of the tests' model, and holds `points`.
fn collection(points: &Points) -> Server {
    let points = Arc::clone(points);
    Server::start(move |request| answer(request, &mut points.lock().expect("no panic while held")))
}

fn answer(request: &Request, points: &mut BTreeMap<String, Value>) -> Reply {
    let body = request.json();
    let result = match request.path() {
        "/collections/pictures" => json!({
            "config": {"params": {"vectors": {"size": 24, "distance": "Cosine"}}}
        }),
        "/collections/pictures/points/scroll" => {
            json!({"points": points.values().collect::<Vec<_>>(), "next_page_offset": null})
        }
        "/collections/pictures/points" => {
            for point in body["points"].as_array().expect("points") {
                points.insert(point["id"].to_string(), point.clone());
            }
            json!({})
        }
        "/collections/pictures/points/delete" => {
            for id in body["points"].as_array().expect("ids") {
                points.remove(&id.to_string());
            }
            json!({})
        }
        one => {
            let id = one.trim_start_matches("/collections/pictures/points/");
            match points.get(&json!(id).to_string()) {
                Some(point) => point.clone(),
                None => return Reply::json(404, &json!({"status": {"error": "Not found"}})),
            }
        }
    };
    Reply::json(200, &json!({"result": result, "status": "ok"}))
}

fn push(folder: &Path, qdrant: &Server, more: &[&str]) -> Ended {
    let url = qdrant.url("/collections/pictures");
    let words = [&["push"], more, &[url.as_str()]].concat();
    start(folder, &words).wait()
}

#[test]
fn a_collection_with_points_of_somebody_else_is_refused_and_stays_as_it_is() {
    let folder = indexed();
    let foreign = [
        json!({"id": 1, "payload": {"text": "an order"}}),
        json!({"id": "8c3d1a52-9c1f-4be5-8d3b-0b0b8f5f9d11", "payload": {"text": "a customer"}}),
        json!({"id": "8c3d1a52-9c1f-4be5-8d3b-0b0b8f5f9d12", "payload": null}),
        json!({"id": 7, "payload": {"id": "0123456789abcdef", "mark": "0123456789abcdef"}}),
    ];
    for point in foreign {
        let before = BTreeMap::from([(point["id"].to_string(), point)]);
        let points = Arc::new(Mutex::new(before.clone()));
        let qdrant = collection(&points);
        for more in [&[][..], &["--yes"]] {
            let ended = push(&folder, &qdrant, more);
            assert_eq!(ended.status.code(), Some(2), "{}", ended.output);
            for words in [
                "that clip-search did not write (1, such as ",
                "nothing was changed",
            ] {
                assert!(ended.output.contains(words), "{}", ended.output);
            }
        }
        let reads = qdrant
            .requests()
            .iter()
            .all(|request| request.method == "GET" || request.path().ends_with("/points/scroll"));
        assert!(reads, "nothing is written");
        assert_eq!(*points.lock().expect("no panic while held"), before);
    }
}

#[test]
fn what_a_push_would_remove_is_shown_and_stays_until_somebody_agrees() {
    let folder = indexed();
    let points = Points::default();
    let qdrant = collection(&points);
    let count = || points.lock().expect("no panic while held").len();
    let first = push(&folder, &qdrant, &[]);
    assert_eq!(first.output, "2 sent, 0 unchanged, 0 removed");

    let one = folder.join("pictures/1.png");
    let one = one.to_str().expect("plain");
    start(&folder, &["remove", one]).wait();
    let refused = push(&folder, &qdrant, &[]);
    assert_eq!(refused.status.code(), Some(2), "{}", refused.output);
    for words in ["1 of the 2 pictures in the collection", one, "with --yes"] {
        assert!(refused.output.contains(words), "{}", refused.output);
    }
    assert_eq!(count(), 2);

    let agreed = push(&folder, &qdrant, &["--yes"]);
    assert_eq!(agreed.output, "0 sent, 1 unchanged, 1 removed");
    assert_eq!(count(), 1);
}
