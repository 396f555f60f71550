//! The engine that asks a Space, against what real Gradio servers said (`recorded/`, trimmed).

mod faults;
mod hub;
mod login;
pub mod recording;

use std::time::{Duration, Instant};

use clip_bot::config::{SpaceArguments, SpaceConfig, SpaceLocation};
use clip_bot::engine::space::Space;
use clip_bot::search::{Engine, Failure, Filter, Page, Query, Reason, Subject};
use clip_bot::secret::Secret;
use serde_json::{Value, json};

use crate::support::process::Program;
use crate::support::server::Server;
use recording::{VERSIONS, gradio};

/// Longest time for one search, where a test does not need it to be over.
const LONG: Duration = Duration::from_secs(30);

fn config(space: &str, api: &str) -> SpaceConfig {
    SpaceConfig {
        location: SpaceLocation::Url(space.to_owned()),
        api: Some(api.to_owned()),
        arguments: SpaceArguments::Positional(vec!["{query}".into(), "{limit}".into()]),
        public_base: None,
        token: None,
        login: None,
        hub: "http://127.0.0.1:1".to_owned(),
    }
}

fn space(config: &SpaceConfig) -> Space {
    Space::new(config).expect("a good template")
}

fn words(limit: usize, offset: usize) -> Query {
    Query::text("red", limit, offset).expect("a query")
}

fn picture() -> Query {
    let subject = Subject::Picture {
        media_type: "image/png".into(),
        bytes: b"\x89PNG\r\n\x1a\n".to_vec(),
        words: String::new(),
    };
    Query {
        subject,
        limit: 2,
        offset: 0,
        filter: Filter::default(),
        language: None,
    }
}

fn ask(config: &SpaceConfig) -> Result<Page, Failure> {
    space(config).search(&words(2, 0), Instant::now() + LONG)
}

fn urls(page: &Page) -> Vec<&str> {
    page.hits.iter().map(|hit| hit.url.as_str()).collect()
}

fn paths(server: &Server) -> Vec<String> {
    server
        .requests()
        .iter()
        .map(|request| request.path().to_owned())
        .collect()
}

fn by_name() -> SpaceArguments {
    let template = json!({
        "text_prompt": "{query}", "image_prompt": "{image}",
        "prompt_type": "{type}", "nofimages_to_show": "{limit}",
    });
    SpaceArguments::Named(template.as_object().expect("an object").clone())
}

#[test]
fn every_version_finds_the_gallery() {
    for (version, prefix) in VERSIONS {
        let server = gradio(version, |_| None);
        let space = space(&config(&server.url(""), "gallery"));
        let page = space
            .search(&words(2, 0), Instant::now() + LONG)
            .expect(version);
        let files = server.url(&format!("{prefix}/file=/tmp/gradio"));
        let first = page.hits[0]
            .url
            .strip_prefix(&files)
            .expect("a file of the Space");
        assert!(
            first.ends_with("/red%20caf%C3%A9.png"),
            "{version}: {first}"
        );
        assert_eq!(
            page.hits[1].caption.as_deref(),
            Some("a green square"),
            "{version}"
        );
        assert_eq!(
            (page.hits.len(), page.next_offset),
            (2, Some(2)),
            "{version}"
        );
        space
            .search(&words(2, 0), Instant::now() + LONG)
            .expect(version);
        let call = match version {
            "3.50" => vec!["/run/gallery".to_owned()],
            _ => vec![
                format!("{prefix}/queue/join"),
                format!("{prefix}/queue/data"),
            ],
        };
        let expected = [vec!["/config".to_owned()], call.clone(), call].concat();
        assert_eq!(
            paths(&server),
            expected,
            "{version}: the description is kept"
        );
    }
}

#[test]
fn every_version_gives_every_shape() {
    for (version, _) in VERSIONS {
        let table = [
            ("state", 2),
            ("html", 2),
            ("markdown", 2),
            ("objects", 2),
            ("files", 2),
            ("update", 2),
            ("only_query", 2),
            ("stream", 2),
        ];
        for (api, count) in table {
            let server = gradio(version, |_| None);
            let page = ask(&config(&server.url(""), api)).expect(api);
            assert_eq!(page.hits.len(), count, "{version} {api}: {:?}", urls(&page));
            assert!(
                urls(&page)[0].contains("/red%20caf%C3%A9.png"),
                "{version} {api}: {:?}",
                urls(&page)
            );
        }
    }
}

#[test]
fn every_version_says_why_it_failed() {
    let table = [
        (
            "fail",
            Reason::SpaceError,
            "the Space says: the index is not loaded: red",
        ),
        (
            "crash",
            Reason::SpaceError,
            "the Space's function failed without saying why",
        ),
        (
            "inline",
            Reason::SpaceMismatch,
            "the Space sends inline images that cannot be read",
        ),
    ];
    for (version, _) in VERSIONS {
        for (api, reason, message) in table {
            let server = gradio(version, |_| None);
            let failure = ask(&config(&server.url(""), api)).expect_err(api);
            assert_eq!(
                (failure.reason, failure.message.as_str()),
                (reason, message),
                "{version}"
            );
            assert_eq!(failure.retry_after, None, "{version}");
        }
    }
}

#[test]
fn arguments_can_be_named() {
    for (version, prefix) in VERSIONS {
        let server = gradio(version, |_| None);
        let config = SpaceConfig {
            arguments: by_name(),
            ..config(&server.url(""), "predict")
        };
        let space = space(&config);
        for _ in 0..2 {
            space
                .search(&words(2, 0), Instant::now() + LONG)
                .expect(version);
        }
        let requests = server.requests();
        let call = requests
            .iter()
            .find(|request| request.method == "POST")
            .expect("a call");
        assert_eq!(
            call.json()["data"],
            json!(["red", null, "Text", 2]),
            "{version}"
        );
        let asked = |path: String| {
            paths(&server)
                .iter()
                .filter(|known| **known == path)
                .count()
        };
        let wanted = usize::from(version != "3.50");
        assert_eq!(
            asked(format!("{prefix}/info")),
            wanted,
            "{version}: names are kept"
        );

        let wrong = json!({ "prompt": "{query}" })
            .as_object()
            .expect("an object")
            .clone();
        let config = SpaceConfig {
            arguments: SpaceArguments::Named(wrong),
            ..config
        };
        let failure = ask(&config).expect_err("no such parameter");
        let known = "(text_prompt, image_prompt, prompt_type, nofimages_to_show)";
        assert!(
            failure.reason == Reason::SpaceMismatch && failure.message.contains(known),
            "{failure}"
        );
    }
}

#[test]
fn a_picture_is_handed_over() {
    for (version, prefix) in VERSIONS {
        let server = gradio(version, |_| None);
        let config = SpaceConfig {
            arguments: by_name(),
            ..config(&server.url(""), "predict")
        };
        let page = space(&config)
            .search(&picture(), Instant::now() + LONG)
            .expect(version);
        assert_eq!(page.hits.len(), 2, "{version}");
        let requests = server.requests();
        let call = requests
            .iter()
            .rfind(|request| request.method == "POST")
            .expect("a call")
            .json();
        let value = if version == "3.50" {
            json!("data:image/png;base64,iVBORw0KGgo=")
        } else {
            let upload = requests
                .iter()
                .find(|request| request.path() == format!("{prefix}/upload"));
            let body = &upload.expect("an upload").body;
            assert!(
                body.windows(8).any(|part| part == b"\x89PNG\r\n\x1a\n"),
                "{version}: the file itself"
            );
            assert!(
                body.windows(12).any(|part| part == b"name=\"files\""),
                "{version}: its field"
            );
            let meta = json!({ "_type": "gradio.FileData" });
            json!({ "path": "/tmp/up/query.png", "orig_name": "query.png", "mime_type": "image/png", "meta": meta })
        };
        assert_eq!(call["data"], json!(["", value, "Image", 2]), "{version}");
    }
}

#[test]
fn without_a_template_the_kinds_of_the_inputs_decide() {
    for (version, prefix) in VERSIONS {
        let server = gradio(version, |_| None);
        let by_kind = SpaceConfig {
            api: None,
            arguments: SpaceArguments::ByKind,
            ..config(&server.url(""), "")
        };
        let space = space(&by_kind);
        for query in [words(2, 0), picture()] {
            let page = space.search(&query, Instant::now() + LONG).expect(version);
            assert_eq!(page.hits.len(), 2, "{version}");
        }
        let requests = server.requests();
        let calls: Vec<Value> = requests
            .iter()
            .filter(|request| request.path().ends_with("/join") || request.path().contains("/run/"))
            .map(|request| request.json()["data"].clone())
            .collect();
        assert_eq!(calls[0], json!(["red", null, "Text", 2]), "{version}");
        let seen = [&calls[1][0], &calls[1][2], &calls[1][3]];
        assert_eq!(seen, [&json!(""), &json!("Image"), &json!(2)], "{version}");
        assert!(!calls[1][1].is_null(), "{version}: the picture is sent");
        let named = requests
            .iter()
            .any(|request| request.path() == format!("{prefix}/info"));
        assert_eq!(named, version != "3.50", "{version}");
    }
}

#[test]
fn a_function_of_words_alone_is_not_asked_by_picture() {
    let server = gradio("6.31", |_| None);
    let config = SpaceConfig {
        arguments: SpaceArguments::ByKind,
        ..config(&server.url(""), "gallery")
    };
    let failure = space(&config)
        .search(&picture(), Instant::now() + LONG)
        .expect_err("words only");
    assert_eq!(failure.reason, Reason::NotSupported);
    assert!(
        failure.message.contains("/gallery takes 2 arguments"),
        "{failure}"
    );
}

#[test]
fn a_picture_needs_a_place_in_the_template() {
    let server = gradio("6.31", |_| None);
    let config = config(&server.url(""), "gallery");
    let failure = space(&config)
        .search(&picture(), Instant::now() + LONG)
        .expect_err("words only");
    assert_eq!(failure.reason, Reason::NotSupported);
    assert_eq!(paths(&server), [""; 0]);
}

#[test]
fn surplus_arguments_are_refused_before_the_call() {
    let server = gradio("6.31", |_| None);
    let positional =
        |items: &Value| SpaceArguments::Positional(items.as_array().expect("an array").clone());
    let config = config(&server.url(""), "only_query");
    let surplus = SpaceConfig {
        arguments: positional(&json!(["{query}", 5])),
        ..config.clone()
    };
    let failure = ask(&surplus).expect_err("one argument too many");
    assert_eq!(failure.reason, Reason::SpaceMismatch);
    assert!(
        failure
            .message
            .ends_with("has 2 arguments, but /only_query takes 1 argument (query)"),
        "{failure}"
    );
    assert_eq!(paths(&server), ["/config"]);
    // The placeholder of the default template is no mistake.
    assert_eq!(ask(&config).expect("the limit is left out").hits.len(), 2);
}

#[test]
fn an_unknown_function_is_told_from_the_known() {
    let server = gradio("6.31", |_| None);
    let failure = ask(&config(&server.url(""), "nope")).expect_err("no such function");
    assert_eq!(failure.reason, Reason::SpaceMismatch);
    assert!(
        failure
            .message
            .contains("no function /nope; it has /predict (text_prompt, image_prompt, prompt_type, nofimages_to_show), /gallery (query, number_of_images)"),
        "{failure}"
    );
}

#[test]
fn pages_follow_each_other() {
    let server = gradio("6.31", recording::many_pictures);
    let space = space(&config(&server.url(""), "gallery"));
    let page = |limit, offset| {
        space
            .search(&words(limit, offset), Instant::now() + LONG)
            .expect("a page")
    };
    let table = [
        // limit, offset, wanted, first, count, next
        (5, 0, 5, "http://pictures.test/0", 5, Some(5)),
        (5, 5, 10, "http://pictures.test/5", 5, Some(10)),
        (50, 0, 50, "http://pictures.test/0", 50, None),
        (10, 45, 50, "http://pictures.test/45", 5, None),
    ];
    for (limit, offset, wanted, first, count, next) in table {
        let page = page(limit, offset);
        assert_eq!(
            (urls(&page)[0], page.hits.len(), page.next_offset),
            (first, count, next)
        );
        let requests = server.requests();
        let call = requests
            .iter()
            .rfind(|request| request.method == "POST")
            .expect("a call")
            .json();
        assert_eq!(call["data"][1], wanted);
    }
    assert_eq!(page(5, 50), Page::default());
}

#[test]
fn a_function_without_limit_has_one_page_of_what_it_gives() {
    let server = gradio("6.31", |_| None);
    let space = space(&config(&server.url(""), "only_query"));
    let page = |limit| {
        space
            .search(&words(limit, 0), Instant::now() + LONG)
            .expect("a page")
    };
    // The recorded answer has four pictures.
    assert_eq!((page(3).hits.len(), page(3).next_offset), (3, Some(3)));
    assert_eq!((page(4).hits.len(), page(4).next_offset), (4, None));
}

#[test]
fn files_move_to_the_public_address() {
    for (version, _) in VERSIONS {
        let server = gradio(version, |_| None);
        let public_base = Some("https://hub.test/dataset/".to_owned());
        let page = ask(&SpaceConfig {
            public_base,
            ..config(&server.url(""), "gallery")
        })
        .expect(version);
        let expected = [
            "https://hub.test/dataset/red%20caf%C3%A9.png",
            "https://hub.test/dataset/green%20caf%C3%A9.png",
        ];
        assert_eq!(urls(&page), expected, "{version}");
    }
}

#[test]
fn ready_asks_for_the_description_alone() {
    let server = gradio("6.31", |_| None);
    let config = config(&server.url(""), "gallery");
    space(&config).ready(Instant::now() + LONG).expect("ready");
    assert_eq!(paths(&server), ["/config"]);
    let unknown = SpaceConfig {
        api: Some("nope".into()),
        ..config
    };
    assert!(space(&unknown).ready(Instant::now() + LONG).is_err());
}

#[test]
fn check_and_ready_say_what_will_be_sent() {
    let server = gradio("6.31", |_| None);
    let variables = [("CLIP_SEARCH_SPACE", &*server.url(""))];
    let program = env!("CARGO_BIN_EXE_clip-search");
    let checked = Program::start(program, &["check"], &variables).wait();
    for line in [
        "ok   function /predict",
        "ok   argument text_prompt = \"{query}\"",
        "ok   argument image_prompt = null",
        "ok   argument nofimages_to_show = \"{limit}\"",
        "ok   trial search: 2 results",
    ] {
        assert!(checked.output.contains(line), "{line}: {}", checked.output);
    }
    let space = space(&SpaceConfig {
        api: None,
        arguments: SpaceArguments::ByKind,
        ..config(&server.url(""), "")
    });
    assert_eq!(space.plan(), None, "nothing is known yet");
    space.ready(Instant::now() + LONG).expect("ready");
    let plan = space.plan().expect("it is known now");
    assert_eq!(plan.function, "/predict");
    assert_eq!(plan.arguments[2], ("prompt_type".to_owned(), json!("Text")));
}

#[test]
fn settings_that_cannot_work_are_refused_at_the_start() {
    let fixed = SpaceArguments::Positional(vec!["bus".into()]);
    let config = config("http://127.0.0.1:1", "gallery");
    let error = Space::new(&SpaceConfig {
        arguments: fixed,
        ..config.clone()
    })
    .expect_err("no query");
    assert_eq!(error.exit_code(), 2);
    let error = Space::new(&SpaceConfig {
        token: Some(Secret::new("hf x")),
        ..config
    })
    .expect_err("no token");
    assert!(error.exit_code() == 2 && !error.chain().contains("hf x"));
}
