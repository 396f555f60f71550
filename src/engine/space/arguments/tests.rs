use serde_json::json;

use super::*;
use crate::engine::space::description::Protocol;
use crate::engine::space::function::Outputs;
use crate::engine::space::input::InputKind;

fn description(names: &[&str]) -> SpaceDescription {
    let input = |name: &&str| Input {
        component: None,
        name: (*name).to_owned(),
        default: if *name == "state" {
            Value::Null
        } else {
            json!("default")
        },
        shown: true,
        hidden: *name == "state",
        label: (*name).to_owned(),
        kind: InputKind::Text,
    };
    SpaceDescription {
        prefix: String::new(),
        version: String::new(),
        protocol: Protocol::Queue,
        api: Some("search".into()),
        index: 0,
        inputs: names.iter().map(input).collect(),
        outputs: Outputs::default(),
        followers: Vec::new(),
        page: None,
        cookies: String::new(),
    }
}

fn template(value: Value) -> SpaceArguments {
    match value {
        Value::Array(items) => SpaceArguments::Positional(items),
        Value::Object(object) => SpaceArguments::Named(object),
        other => panic!("{other}"),
    }
}

#[test]
fn a_template_is_filled_and_completed() {
    let text = PlaceholderValues::text("a {limit} \"bus\"", 7);
    let picture = PlaceholderValues::picture(json!({ "path": "/x" }), 7);
    let table = [
        (
            json!(["{query}", "{limit}"]),
            &["a", "b"][..],
            &text,
            json!(["a {limit} \"bus\"", 7]),
        ),
        (
            json!(["{query}"]),
            &["a", "state", "b"],
            &text,
            json!(["a {limit} \"bus\"", null, "default"]),
        ),
        (
            json!(["{query}", 3]),
            &["state", "a", "b"],
            &text,
            json!([null, "a {limit} \"bus\"", 3]),
        ),
        (
            json!(["{query}", "{limit}"]),
            &["a"],
            &text,
            json!(["a {limit} \"bus\""]),
        ),
        (
            json!(["{image}", "{type}", "{query}"]),
            &["a", "b", "c"],
            &picture,
            json!([{ "path": "/x" }, "Image", ""]),
        ),
        (
            json!(["{image}", "{type}"]),
            &["a", "b"],
            &text,
            json!([null, "Text"]),
        ),
        (
            json!({ "b": "{query}" }),
            &["a", "b"],
            &text,
            json!(["default", "a {limit} \"bus\""]),
        ),
        (
            json!(["{x} {{query}} top {limit}{", { "k": ["{limit}"] }]),
            &["a", "b"],
            &text,
            json!(["{x} {a {limit} \"bus\"} top 7{", { "k": [7] }]),
        ),
    ];
    for (value, inputs, words, expected) in table {
        let filled = fill(&template(value.clone()), &description(inputs), words).expect("it fits");
        assert_eq!(Value::from(filled.data), expected, "{value}");
    }
}

/// A function whose inputs are these components.
fn of_components(components: &[Value]) -> SpaceDescription {
    SpaceDescription {
        inputs: components
            .iter()
            .map(|component| Input::read(Some(component)))
            .collect(),
        ..description(&[])
    }
}

fn component(kind: &str, props: &Value) -> Value {
    json!({ "type": kind, "props": props })
}

/// Fills the arguments of a function with these inputs, without a template.
fn fill_by_kind(components: &[Value], words: &PlaceholderValues) -> (Value, bool) {
    let filled = fill(&SpaceArguments::ByKind, &of_components(components), words);
    let filled = filled.expect("without a template everything fits");
    (filled.data.into(), filled.limited)
}

#[test]
fn without_a_template_words_and_pictures_go_where_they_fit() {
    let (text, picture) = (
        PlaceholderValues::text("bus", 7),
        PlaceholderValues::picture(json!("P"), 7),
    );
    let kinds = json!({ "choices": [["By image", "i"], ["By text", "t"]], "value": "i" });
    let reference = [
        component("textbox", &json!({ "value": "a dog" })),
        component("image", &json!({ "value": "example.png" })),
        component("radio", &kinds),
        component("number", &json!({ "value": 4 })),
    ];
    let chat = [component("multimodaltextbox", &json!({}))];
    let editor = [component("imageeditor", &json!({}))];
    let table = [
        (&reference[..], &text, json!(["bus", null, "t", 7])),
        (&reference, &picture, json!(["", "P", "i", 7])),
        (&chat, &text, json!([{ "text": "bus", "files": [] }])),
        (&chat, &picture, json!([{ "text": "", "files": ["P"] }])),
        (
            &editor,
            &picture,
            json!([{ "background": "P", "layers": [], "composite": "P" }]),
        ),
    ];
    for (components, words, data) in table {
        assert_eq!(fill_by_kind(components, words).0, data, "{components:?}");
    }
}

#[test]
fn the_limit_goes_to_numbers_alone_and_into_their_range() {
    let words = PlaceholderValues::text("bus", 7);
    let textbox = || component("textbox", &json!({}));
    let choice = |choices: Value| {
        component(
            "dropdown",
            &json!({ "choices": choices, "value": choices[0] }),
        )
    };
    let small = component(
        "slider",
        &json!({ "minimum": 1, "maximum": 3, "step": 1, "value": 2 }),
    );
    let table = [
        (vec![small.clone(), textbox()], json!([3, "bus"]), false),
        (
            vec![
                textbox(),
                choice(json!(["good", "fast"])),
                choice(json!(["5", "10", "20"])),
            ],
            json!(["bus", "good", "10"]),
            true,
        ),
        (
            vec![textbox(), choice(json!([1, 5]))],
            json!(["bus", 5]),
            false,
        ),
        (vec![textbox()], json!(["bus"]), false),
    ];
    for (components, data, limited) in table {
        assert_eq!(
            fill_by_kind(&components, &words),
            (data, limited),
            "{components:?}"
        );
    }
    // A template's limit is fitted, too.
    let filled = fill(
        &template(json!(["{limit}"])),
        &of_components(&[small]),
        &words,
    );
    assert_eq!(filled.expect("it fits").data, [json!(3)]);
}

#[test]
fn a_dropped_limit_is_not_told() {
    let default = template(json!(["{query}", "{limit}"]));
    let words = PlaceholderValues::text("x", 7);
    assert!(
        fill(&default, &description(&["a", "b"]), &words)
            .expect("it fits")
            .limited
    );
    assert!(
        !fill(&default, &description(&["a"]), &words)
            .expect("it fits")
            .limited
    );
}

#[test]
fn what_does_not_fit_is_refused_by_name() {
    let table = [
        (
            json!(["{query}", 1]),
            "has 2 arguments, but /search takes 1 argument (a)",
        ),
        (
            json!(["{query}", "{limit}", "{limit}"]),
            "has 3 arguments, but /search takes 1 argument (a)",
        ),
        (
            json!({ "text": "{query}" }),
            "names `text`, but /search takes 1 argument (a)",
        ),
        (json!({ "state": "{query}" }), "names `state`"),
    ];
    for (value, words) in table {
        let failure = fill(
            &template(value),
            &description(&["a", "state"]),
            &PlaceholderValues::text("x", 1),
        );
        let failure = failure.expect_err(words);
        assert!(
            failure.reason == Reason::SpaceMismatch && failure.message.contains(words),
            "{failure}"
        );
    }
}

#[test]
fn placeholders_are_found_everywhere() {
    let nested = template(json!({ "a": [{ "b": "x {image}" }], "c": 1 }));
    assert!(mentions(&nested, "{image}") && !mentions(&nested, "{query}"));
}

#[test]
fn a_plan_says_what_will_be_sent() {
    let components = [
        component("textbox", &json!({ "label": "Query" })),
        component("image", &json!({ "label": "Image" })),
        component("slider", &json!({ "minimum": 1, "maximum": 3 })),
        component("state", &json!({})),
    ];
    let function = of_components(&components);
    let planned = plan(&SpaceArguments::ByKind, &function).expect("it fits");
    let expected = [
        ("query".to_owned(), json!("{query}")),
        ("image".to_owned(), json!(null)),
        ("argument 3".to_owned(), json!("{limit}")),
    ];
    assert_eq!(planned, expected);
    let planned = plan(&template(json!(["a {query}"])), &function).expect("it fits");
    assert_eq!(planned[0].1, json!("a {query}"));
}
