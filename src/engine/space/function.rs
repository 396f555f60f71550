//! Chooses the function that answers queries among those that `/config` lists.

use serde_json::{Value, json};

use super::chain;
use super::input::Input;
use super::roles::{takes_picture, takes_text};
use super::text;
use crate::search::{Failure, Reason};

/// A function of the Space that can be called.
#[derive(Debug)]
pub(super) struct Function<'a> {
    description: &'a Value,
    /// Without slash; none where it can be called by its number only.
    pub name: Option<&'a str>,
    pub index: i64,
    pub inputs: Vec<Input>,
    pub outputs: Outputs,
    /// The number of the function after which the Space's page runs this one.
    pub after: Option<i64>,
    visibility: Visibility,
}

/// What a function returns, by its components.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Outputs {
    /// Such as `gallery`.
    pub kinds: Vec<String>,
    pub components: Vec<Option<i64>>,
}

/// For whom a function is, the most public first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Visibility {
    /// On the Space's API page.
    Public,
    /// It has a name, but is left out there.
    Undocumented,
    /// For the Space's own page, which calls it by number.
    Private,
}

/// How surely outputs hold pictures.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Showing {
    Nothing,
    /// Text may hold addresses.
    Text,
    /// So may tables and markup, and more often.
    Markup,
    Pictures,
}

impl<'a> Function<'a> {
    /// The functions in the body of `/config` that run on its server.
    pub fn all(config: &'a Value) -> Option<Vec<Self>> {
        let list = config["dependencies"].as_array()?;
        let with_backend = |(_, function): &(usize, &Value)| function["backend_fn"] != json!(false);
        let read = |(position, function)| Self::read(config, position, function);
        Some(
            list.iter()
                .enumerate()
                .filter(with_backend)
                .map(read)
                .collect(),
        )
    }

    fn read(config: &'a Value, position: usize, description: &'a Value) -> Self {
        let component = |id: &Value| {
            let components = config["components"].as_array().into_iter().flatten();
            components
                .into_iter()
                .find(|component| component["id"] == *id)
        };
        let ids = |key: &str| description[key].as_array().into_iter().flatten();
        // Gradio 3 to 5 say `false` for those without, 6 says the string "false".
        let name =
            text(description, "api_name").filter(|name| !name.is_empty() && *name != "false");
        let visibility = match (
            text(description, "api_visibility"),
            &description["show_api"],
        ) {
            _ if name.is_none() => Visibility::Private,
            (Some("public"), _) => Visibility::Public,
            (Some("undocumented"), _) => Visibility::Undocumented,
            (Some(_), _) => Visibility::Private,
            (None, Value::Bool(false)) => Visibility::Undocumented,
            (None, _) => Visibility::Public,
        };
        Self {
            description,
            name,
            // Gradio 3 has no ids: there it is the position.
            index: description["id"]
                .as_i64()
                .or(i64::try_from(position).ok())
                .unwrap_or(-1),
            inputs: ids("inputs").map(|id| Input::read(component(id))).collect(),
            outputs: Outputs {
                kinds: ids("outputs")
                    .map(|id| component(id).and_then(|found| text(found, "type")))
                    .map(|kind| kind.unwrap_or("").to_owned())
                    .collect(),
                components: ids("outputs").map(Value::as_i64).collect(),
            },
            after: description["trigger_after"].as_i64(),
            visibility,
        }
    }

    /// The position of the function that `wanted` names, or of the one that searches pictures.
    ///
    /// # Errors
    /// [`Reason::SpaceMismatch`], naming every function with its parameters, when there is none or
    /// more than one.
    pub fn choose(functions: &[Self], wanted: Option<&str>) -> Result<usize, Failure> {
        let chosen = match wanted {
            Some(wanted) => named(functions, wanted),
            None => searching(functions)
                .or_else(|candidates| chain::start(functions, None).ok_or(candidates)),
        };
        chosen.map_err(|candidates| no_choice(functions, &candidates, wanted))
    }

    /// "/search (query, count)", for messages.
    fn signature(&self) -> String {
        let names: Vec<&str> = self
            .inputs
            .iter()
            .filter(|input| !input.hidden)
            .map(|input| match input.name.as_str() {
                "" => "unnamed",
                name => name,
            })
            .collect();
        let title = title(self.name, self.index);
        format!("{title} ({})", names.join(", "))
    }

    pub fn takes_text(&self) -> bool {
        takes_text(&self.inputs)
    }

    fn can_search(&self) -> bool {
        let has_subject = self.takes_text() || self.inputs.iter().any(takes_picture);
        has_subject && self.showing() > Showing::Nothing
    }

    pub fn showing(&self) -> Showing {
        let one = |kind: &String| match kind.as_str() {
            "gallery" | "image" | "file" | "annotatedimage" | "imageslider" | "dataset"
            | "imageeditor" | "downloadbutton" => Showing::Pictures,
            "html" | "markdown" | "json" | "api" | "dataframe" | "chatbot" => Showing::Markup,
            "textbox" | "code" | "label" | "highlightedtext" => Showing::Text,
            _ => Showing::Nothing,
        };
        let showing = self.outputs.kinds.iter().map(one).max();
        showing.unwrap_or(Showing::Nothing)
    }

    /// Whether `other` does the same, as a button and the Enter key do.
    pub fn equals(&self, other: &Self) -> bool {
        let stem = |name: Option<&'a str>| {
            name.map(|name| match name.rsplit_once('_') {
                Some((stem, number)) if number.bytes().all(|byte| byte.is_ascii_digit()) => stem,
                _ => name,
            })
        };
        let same = |key: &str| self.description[key] == other.description[key];
        same("inputs") && same("outputs") && stem(self.name) == stem(other.name)
    }
}

/// A function's name, or what stands for it.
pub(super) fn title(name: Option<&str>, index: i64) -> String {
    match name {
        Some(name) => format!("/{name}"),
        None => format!("function {index}"),
    }
}

/// The position of the function called `wanted`, or with that number.
fn named(functions: &[Function<'_>], wanted: &str) -> Result<usize, Vec<usize>> {
    let by_name = functions
        .iter()
        .position(|function| function.name == Some(wanted));
    let by_number = || {
        let number: i64 = wanted.parse().ok()?;
        functions
            .iter()
            .position(|function| function.index == number)
    };
    by_name.or_else(by_number).ok_or_else(|| {
        let known = functions.iter().enumerate();
        let known = known.filter(|(_, function)| function.visibility != Visibility::Private);
        known.map(|(position, _)| position).collect()
    })
}

/// The position of the function that searches pictures, or of those that may be it.
fn searching(functions: &[Function<'_>]) -> Result<usize, Vec<usize>> {
    let mut undecided = Vec::new();
    let mut only_public = None;
    for visibility in [
        Visibility::Public,
        Visibility::Undocumented,
        Visibility::Private,
    ] {
        let mut alike: Vec<usize> = Vec::new();
        for (position, function) in functions.iter().enumerate() {
            let known = alike
                .iter()
                .any(|&other| function.equals(&functions[other]));
            if function.visibility == visibility && !known {
                alike.push(position);
            }
        }
        if visibility == Visibility::Public {
            only_public = match alike[..] {
                [only] => Some(only),
                _ => None,
            };
        }
        let fitting: Vec<usize> = alike
            .iter()
            .copied()
            .filter(|&position| functions[position].can_search())
            .collect();
        if let Some(found) = best(functions, &fitting) {
            return Ok(found);
        }
        if undecided.is_empty() {
            undecided = fitting;
        }
        if visibility == Visibility::Public && !undecided.is_empty() {
            break;
        }
    }
    match (undecided.is_empty(), only_public) {
        (true, Some(only)) => Ok(only),
        (true, None) => Err((0..functions.len())
            .filter(|&position| functions[position].visibility == Visibility::Public)
            .collect()),
        (false, _) => Err(undecided),
    }
}

/// The one of `fitting` that stands out: it is the only one, has the name that searches usually
/// have, takes words, or shows pictures most surely.
fn best(functions: &[Function<'_>], fitting: &[usize]) -> Option<usize> {
    let only = |list: &[usize]| match list {
        [only] => Some(*only),
        _ => None,
    };
    let among = |list: &[usize], keep: &dyn Fn(&Function<'_>) -> bool| -> Vec<usize> {
        list.iter()
            .copied()
            .filter(|&at| keep(&functions[at]))
            .collect()
    };
    let has_name =
        |wanted: &'static str| move |function: &Function<'_>| function.name == Some(wanted);
    let texts = among(fitting, &|function| function.takes_text());
    let most = texts.iter().map(|&at| functions[at].showing()).max();
    let surest = among(&texts, &|function| Some(function.showing()) == most);
    let searches = among(&surest, &|function| {
        function
            .name
            .is_some_and(|name| name.contains("search") || name.contains("query"))
    });
    only(fitting)
        .or_else(|| only(&among(&texts, &has_name("search"))))
        .or_else(|| only(&among(&texts, &has_name("predict"))))
        .or_else(|| only(&texts))
        .or_else(|| only(&surest))
        .or_else(|| only(&searches))
}

fn no_choice(functions: &[Function<'_>], candidates: &[usize], wanted: Option<&str>) -> Failure {
    let known: Vec<String> = candidates
        .iter()
        .map(|&position| functions[position].signature())
        .collect();
    let known = if known.is_empty() {
        "none that can be called".to_owned()
    } else {
        known.join(", ")
    };
    let message = match wanted {
        Some(wanted) => format!("the Space has no function /{wanted}; it has {known}"),
        None => format!(
            "set CLIP_SEARCH_SPACE_API to the name or number of the function that searches pictures; the Space has {known}"
        ),
    };
    Failure::new(Reason::SpaceMismatch, message)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A function with these inputs and outputs, of the components below.
    fn function(name: &Value, more: &Value, inputs: &[i64], outputs: &[i64]) -> Value {
        let mut function = json!({ "api_name": name, "inputs": inputs, "outputs": outputs });
        for (key, value) in more.as_object().into_iter().flatten() {
            function[key] = value.clone();
        }
        function
    }

    fn config(functions: &[Value]) -> Value {
        json!({ "dependencies": functions, "components": [
            { "id": 1, "type": "textbox", "props": { "label": "Query" } },
            { "id": 2, "type": "slider", "props": { "label": "k", "minimum": 1, "maximum": 9, "step": 1 } },
            { "id": 3, "type": "image", "props": { "label": "Image" } },
            { "id": 4, "type": "gallery", "props": {} },
            { "id": 5, "type": "json", "props": {} },
            { "id": 6, "type": "button", "props": {} },
            { "id": 7, "type": "textbox", "props": { "label": "Status" } },
        ] })
    }

    fn chosen(functions: &[Value], wanted: Option<&str>) -> Result<i64, Failure> {
        let config = config(functions);
        let functions = Function::all(&config).expect("there are functions");
        Function::choose(&functions, wanted).map(|position| functions[position].index)
    }

    fn public(name: &str, inputs: &[i64], outputs: &[i64]) -> Value {
        function(&name.into(), &json!({}), inputs, outputs)
    }

    #[test]
    fn an_interface_has_one_public_function() {
        let six = |visibility: &str| json!({ "api_visibility": visibility });
        let functions = [
            function(
                &"js_fn".into(),
                &json!({ "api_visibility": "private", "backend_fn": false }),
                &[],
                &[1, 4],
            ),
            function(&"Flag".into(), &six("undocumented"), &[1, 4], &[6]),
            function(&"lambda".into(), &six("public"), &[1], &[4]),
        ];
        assert_eq!(chosen(&functions, None).expect("one"), 2);
        let five = [
            function(&"Flag".into(), &json!({ "show_api": false }), &[1, 4], &[6]),
            function(&"predict".into(), &json!({ "show_api": true }), &[1], &[4]),
        ];
        assert_eq!(chosen(&five, None).expect("one"), 1);
    }

    #[test]
    fn the_function_that_searches_stands_out() {
        let table = [
            // Enter and the button.
            (
                vec![
                    public("image_search", &[1], &[4]),
                    public("image_search_1", &[1], &[4]),
                ],
                0,
            ),
            (
                vec![
                    public("predict", &[1], &[4]),
                    public("a", &[1], &[4]),
                    public("search", &[1], &[5]),
                ],
                2,
            ),
            (
                vec![public("a", &[1], &[4]), public("predict", &[1], &[4])],
                1,
            ),
            // By words rather than by picture, and pictures rather than a line of text.
            (
                vec![
                    public("by_image", &[3], &[4]),
                    public("by_text", &[1], &[4]),
                ],
                1,
            ),
            (
                vec![public("status", &[1], &[7]), public("go", &[1, 2], &[4])],
                1,
            ),
            (
                vec![public("clear", &[], &[1]), public("go", &[1], &[5])],
                1,
            ),
            (
                vec![
                    public("find", &[1], &[4]),
                    public("photo_search", &[1, 2], &[4]),
                ],
                1,
            ),
        ];
        assert_chosen(&table);
    }

    #[test]
    fn where_no_public_function_searches_those_of_the_page_do() {
        let table = [
            // Nothing is public: those of the page itself.
            (
                vec![
                    function(&json!(false), &json!({}), &[1], &[1]),
                    function(&json!("false"), &json!({}), &[1, 2], &[4]),
                ],
                1,
            ),
            (
                vec![
                    function(&json!(null), &json!({}), &[1], &[4]),
                    function(&json!(null), &json!({}), &[1], &[4]),
                ],
                0,
            ),
            // The public one does not search.
            (
                vec![
                    public("clear", &[], &[1]),
                    function(&json!(false), &json!({}), &[1], &[4]),
                ],
                1,
            ),
            (vec![public("only", &[], &[])], 0),
        ];
        assert_chosen(&table);
    }

    fn assert_chosen(table: &[(Vec<Value>, i64)]) {
        for (functions, expected) in table {
            let found = chosen(functions, None)
                .unwrap_or_else(|failure| panic!("{functions:?}: {failure}"));
            assert_eq!(found, *expected, "{functions:?}");
        }
    }

    #[test]
    fn a_function_is_named_or_numbered() {
        let mut functions = vec![public("a", &[1], &[4]), public("3", &[1], &[4])];
        functions.push(function(&json!(false), &json!({ "id": 17 }), &[1], &[4]));
        assert_eq!(chosen(&functions, Some("a")).expect("by name"), 0);
        assert_eq!(
            chosen(&functions, Some("3")).expect("a name before a number"),
            1
        );
        assert_eq!(chosen(&functions, Some("17")).expect("by number"), 17);
        let failure = chosen(&functions, Some("b")).expect_err("none");
        assert!(
            failure
                .message
                .ends_with("no function /b; it has /a (query), /3 (query)"),
            "{failure}"
        );
    }

    #[test]
    fn a_choice_that_remains_is_asked_for_with_everything_that_is_needed() {
        let functions: Vec<Value> = (0..30)
            .map(|number| public(&format!("find{number}"), &[1, 2], &[4]))
            .collect();
        let failure = chosen(&functions, None).expect_err("thirty alike");
        assert!(
            failure
                .message
                .contains("/find0 (query, k), /find1 (query, k)"),
            "{failure}"
        );
        assert!(failure.message.ends_with("/find29 (query, k)"), "{failure}");
        let failure = chosen(&[], None).expect_err("none at all");
        assert!(
            failure.message.ends_with("none that can be called"),
            "{failure}"
        );
    }
}
