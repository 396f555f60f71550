use serde_json::json;

use super::*;

/// Keeps every picture, and finds one wherever it looks.
struct Everything;

impl Pictures for Everything {
    fn keep(&self, data: &str) -> Option<String> {
        data.contains(";base64,AA")
            .then(|| "/images/kept".to_owned())
    }

    fn is_picture(&self, url: &str) -> bool {
        !url.ends_with("/noise")
    }
}

fn found(outputs: &[Value], kinds: &[&str]) -> Result<Vec<Hit>, Failure> {
    let kinds: Vec<String> = kinds.iter().map(|kind| (*kind).to_owned()).collect();
    hits(
        outputs,
        &kinds,
        &Locations::new("http://h", "", None),
        &Everything,
    )
}

fn file(path: &str) -> Value {
    json!({ "path": path, "url": "http://wrong/", "orig_name": "o.png", "meta": { "_type": "gradio.FileData" } })
}

fn update(value: &Value) -> Value {
    json!({ "__type__": "update", "visible": true, "value": value })
}

fn assert_found(table: &[(Value, Vec<&str>)]) {
    for (output, expected) in table {
        let hits = found(std::slice::from_ref(output), &["json"])
            .unwrap_or_else(|failure| panic!("{output}: {failure}"));
        let urls: Vec<&str> = hits.iter().map(|hit| hit.url.as_str()).collect();
        assert_eq!(urls, *expected, "{output}");
    }
}

#[test]
fn every_shape_of_file_gives_its_picture() {
    assert_found(&[
        (
            json!([{ "image": file("/t/a b.png"), "caption": "c" }]),
            vec!["http://h/file=/t/a%20b.png"],
        ),
        (
            json!([file("/t/50% é.png")]),
            vec!["http://h/file=/t/50%25%20%C3%A9.png"],
        ),
        (
            file("http://cdn/a?x=1&y=%2F"),
            vec!["http://cdn/a?x=1&y=%2F"],
        ),
        (
            json!([[{ "name": "/t/a.png", "data": null, "is_file": true }, "c"]]),
            vec!["http://h/file=/t/a.png"],
        ),
        (
            json!([[{ "name": "/t/a.png", "data": null, "is_file": true }, null]]),
            vec!["http://h/file=/t/a.png"],
        ),
        (
            update(&json!([file("/t/a.png")])),
            vec!["http://h/file=/t/a.png"],
        ),
    ]);
}

#[test]
fn every_shape_of_address_gives_its_picture() {
    assert_found(&[
        (
            json!(["http://a/1", "http://a/2", "http://a/1"]),
            vec!["http://a/1", "http://a/2"],
        ),
        (json!("http://a/1 ![x](http://a/2)"), vec!["http://a/2"]),
        (
            json!(["/t/a.png", "b.png"]),
            vec!["http://h/file=/t/a.png", "http://h/file=b.png"],
        ),
        (json!("[\"http://a/1\"]"), vec!["http://a/1"]),
        (
            json!([{ "url": "/gradio_api/file=/t/a%20b.png" }]),
            vec!["http://h/file=/t/a%20b.png"],
        ),
        (
            json!([
                ["a bus", 0.9, "http://page/1", "http://a/1.png"],
                ["a cat", 0.8, "/t/cat.png", "http://page/2"]
            ]),
            vec!["http://a/1.png", "http://h/file=/t/cat.png"],
        ),
        (
            json!({ "label": "bus.png", "confidences": [{ "label": "bus.png", "confidence": 0.9 }, { "label": "cat.png", "confidence": 0.1 }] }),
            vec!["http://h/file=bus.png", "http://h/file=cat.png"],
        ),
        (
            json!([{ "role": "user", "content": "http://q/1.png" }, { "role": "assistant", "content": "![](http://a/1)" }]),
            vec!["http://a/1"],
        ),
        (
            json!({ "bus": "http://a/1.png", "cat": "http://a/2.png" }),
            vec!["http://a/1.png", "http://a/2.png"],
        ),
        (
            json!([{ "path": "/t/noise", "orig_name": "noise" }, file("/t/a")]),
            vec!["http://h/file=/t/a"],
        ),
        (
            json!("<img src='/file=/t/a b.png'>"),
            vec!["http://h/file=/t/a%20b.png"],
        ),
        (
            json!({ "headers": ["u"], "data": [["red", 0.3, "http://a/1"]], "metadata": null }),
            vec!["http://a/1"],
        ),
        (
            json!({ "results": [{ "page": "http://page/", "thumb": "http://a/t", "url": "http://a/1" }] }),
            vec!["http://a/1"],
        ),
        (
            json!({ "photo_image_url": "http://a/1", "photo_url": "http://page/" }),
            vec!["http://a/1"],
        ),
        (
            json!([{ "url": null, "src": "http://a/1" }]),
            vec!["http://a/1"],
        ),
        (
            json!([{ "video": file("/t/a.mp4") }, { "image": file("/t/a.png") }]),
            vec!["http://h/file=/t/a.png"],
        ),
        (
            json!([{ "path": "/t/a.csv", "mime_type": "text/csv", "orig_name": "a.csv" }, file("/t/a.png")]),
            vec!["http://h/file=/t/a.png"],
        ),
    ]);
}

#[test]
fn of_several_sizes_and_pages_one_address_is_a_photos() {
    assert_found(&[
        (
            json!({ "/t/1.png": 0.5, "/t/2.png": 0.25 }),
            vec!["http://h/file=/t/1.png", "http://h/file=/t/2.png"],
        ),
        (
            json!([{ "urls": { "raw": "http://a/raw.jpg", "regular": "http://a/r.jpg", "thumb": "http://a/t.jpg" }, "links": { "html": "http://page/" } }]),
            vec!["http://a/r.jpg"],
        ),
        (
            json!([{ "src": { "original": "http://a/o.jpg", "large": "http://a/l.jpg", "tiny": "http://a/t.jpg" }, "url": "http://page/" }]),
            vec!["http://a/l.jpg"],
        ),
        (
            json!([{ "url": "http://page/1", "image": "http://a/1.jpg" }]),
            vec!["http://a/1.jpg"],
        ),
        (
            json!([{ "page": "http://page/1", "link": "http://a/1.jpg" }]),
            vec!["http://a/1.jpg"],
        ),
        (
            json!({ "headers": ["page", "image_url", "score"], "data": [["http://page/", "http://a/1", 0.5]] }),
            vec!["http://a/1"],
        ),
    ]);
}

#[test]
fn inline_pictures_are_kept() {
    let inline = "data:image/png;base64,AA==";
    for output in [
        json!(inline),
        json!(format!("<img src=\"{inline}\">")),
        json!(format!("![x]({inline})")),
        json!([[{ "name": "a.png", "data": inline, "is_file": false }, "c"]]),
        json!({ "url": inline }),
    ] {
        let hits = found(std::slice::from_ref(&output), &["image"]).expect("a hit");
        assert_eq!(hits[0].url, "/images/kept", "{output}");
    }
}

#[test]
fn what_a_space_says_in_place_of_pictures_is_passed_on() {
    let table = [
        (
            vec![json!([]), json!("Error: the index is not loaded")],
            &["gallery", "markdown"][..],
            Reason::SpaceError,
            "the index is not loaded",
        ),
        (
            vec![json!({ "error": "CUDA error" })],
            &["json"],
            Reason::SpaceError,
            "CUDA error",
        ),
        (
            vec![json!("no bus here")],
            &["textbox"],
            Reason::SpaceMismatch,
            "no bus here",
        ),
    ];
    for (outputs, kinds, reason, words) in table {
        let failure = found(&outputs, kinds).expect_err(words);
        assert!(
            failure.reason == reason && failure.message.contains(words),
            "{failure}"
        );
    }
    let sound = [
        json!({ "path": "/t/a.wav", "orig_name": "a.wav" }),
        json!([{ "image": file("/t/a.png") }]),
    ];
    assert_eq!(found(&sound, &["audio", "gallery"]).expect("one").len(), 1);
}

#[test]
fn an_empty_output_is_an_answer_without_pictures() {
    assert_found(&[
        (json!([]), vec![]),
        (json!({ "results": [], "query": "x" }), vec![]),
        (Value::Null, vec![]),
        (update(&json!([])), vec![]),
        (json!({ "__type__": "update", "visible": false }), vec![]),
    ]);
}

#[test]
fn what_is_known_about_a_picture_comes_along() {
    let object = json!([{
        "url": "http://a/1", "thumb": "http://a/t", "caption": " red ", "score": 0.25, "width": 64, "height": 48.0
    }]);
    let expected = Hit {
        thumbnail_url: Some("http://a/t".into()),
        caption: Some("red".into()),
        score: Some(0.25),
        width: Some(64),
        ..Hit::at("http://a/1")
    };
    assert_eq!(found(&[object], &["json"]).expect("a hit"), [expected]);
    let captioned = |output: Value| found(&[output], &["x"]).expect("a hit")[0].caption.clone();
    assert_eq!(
        captioned(json!([{ "image": file("/a"), "caption": "c" }])),
        Some("c".into())
    );
    assert_eq!(
        captioned(json!([[{ "name": "/a", "is_file": true }, "c"]])),
        Some("c".into())
    );
    assert_eq!(captioned(json!("![c](http://a/1)")), Some("c".into()));
    assert_eq!(
        captioned(json!([{ "image": file("/a"), "caption": null }])),
        None
    );
}

#[test]
fn text_beside_pictures_is_not_searched() {
    let text = json!("from http://page/");
    let gallery = json!([{ "image": file("/t/a.png"), "caption": null }]);
    let hits = found(&[text.clone(), gallery.clone()], &["markdown", "gallery"]).expect("a hit");
    assert_eq!(hits, [Hit::at("http://h/file=/t/a.png")]);
    assert_eq!(
        found(&[text, json!([])], &["html", "gallery"]).expect("nothing found"),
        []
    );
    let twice = found(&[gallery.clone(), gallery], &["gallery", "gallery"]).expect("a hit");
    assert_eq!(twice.len(), 1);
}

#[test]
fn outputs_without_an_address_are_a_mismatch() {
    let table = [
        (json!("data:image/png;base64,broken"), "inline"),
        (
            json!([{ "path": "/t/a.wav", "orig_name": "a.wav" }, { "path": "/t/notes.txt", "orig_name": "notes.txt" }]),
            "no address",
        ),
        (json!("the model is warming up"), "no address"),
        (json!(["ftp://a/1", 5]), "no address"),
        (file("http://a/1 http://a/2"), "no address"),
        (json!("http://a/\u{8}"), "no address"),
        (
            json!(format!("http://a/{}", "x".repeat(2048))),
            "no address",
        ),
    ];
    for (output, words) in table {
        let failure = found(&[output], &["json"]).expect_err(words);
        assert!(failure.message.contains(words), "{failure}");
    }
}

#[test]
fn a_short_text_may_say_that_nothing_was_found() {
    for text in [
        "no results",
        "<p>Nothing found for 'x'.</p>",
        "No matching images",
    ] {
        let hits = found(&[json!(text)], &["html"]);
        assert_eq!(hits.expect(text), []);
    }
}

#[test]
fn objects_of_databases_and_plain_base64_are_understood() {
    let png = "iVBORw0KGgoAAAANSUhEUgAAAAgAAAAICAIAAABLbSncAAAAEklEQVR4nGP4z8CAFWEXHbQSACj";
    let chroma = json!({ "ids": [["1", "2"]], "documents": [[null, null]], "distances": [[0.1, 0.2]],
        "metadatas": [[{ "path": "/t/a.png" }, { "path": "/t/b.png" }]] });
    assert_found(&[
        (
            chroma,
            vec!["http://h/file=/t/a.png", "http://h/file=/t/b.png"],
        ),
        (
            json!([{ "image": "/tmp/blobs/0a1b", "score": 0.5 }]),
            vec!["http://h/file=/tmp/blobs/0a1b"],
        ),
        (
            json!([{ "Image": "<img src='http://a/1.png'>" }]),
            vec!["http://a/1.png"],
        ),
    ]);
    let failure = found(&[json!([{ "image": png }])], &["json"]).expect_err("cannot be kept here");
    assert!(failure.message.contains("inline"), "{failure}");
}

#[test]
fn files_can_move_to_a_public_address() {
    let copy = json!({ "path": "/t/deep/a 1é.png", "orig_name": "a (1)#é.png" });
    let old = json!({ "name": "/t/deep/50% é.png", "data": null, "is_file": true });
    let outputs = [json!([copy, old, "http://a/1.jpg"])];
    let locations = Locations::new("http://h", "", Some("https://p/dataset/"));
    let hits = hits(&outputs, &[], &locations, &Everything).expect("hits");
    let urls: Vec<&str> = hits.iter().map(|hit| hit.url.as_str()).collect();
    let expected = [
        "https://p/dataset/a%20%281%29%23%C3%A9.png",
        "https://p/dataset/50%25%20%C3%A9.png",
        "http://a/1.jpg",
    ];
    assert_eq!(urls, expected);
}

#[test]
fn an_answer_holds_at_most_fifty() {
    let many: Value = (0..80).map(|n| format!("http://a/{n}")).collect();
    assert_eq!(found(&[many], &["json"]).expect("hits").len(), 50);
}
