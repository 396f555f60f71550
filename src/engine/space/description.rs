//! What `/config` tells about a Space: protocol, paths, and the function that answers queries.

use serde_json::{Value, json};

use super::text;
use crate::search::{Failure, Reason};

/// The keys of `/config` that are read here; the values of components come along.
pub(super) const READ: &[&str] = &[
    "api_name",
    "api_prefix",
    "components",
    "dependencies",
    "id",
    "inputs",
    "label",
    "outputs",
    "props",
    "protocol",
    "skip_api",
    "type",
    "version",
];

/// How a function is called.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Protocol {
    /// Gradio 3: `POST /run/{api}` answers with the result.
    Run,
    /// Gradio 4.0 to 4.11: the same where the Space allows it; its queue is not spoken here.
    RunIfOpen,
    /// Gradio 4.12 and later: join the queue, then read the result from a stream.
    Queue,
}

/// One parameter of the function.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Input {
    /// Its name in the Space's code where that is known, else its label in the same spelling.
    pub name: String,
    /// What is sent where the template says nothing.
    pub default: Value,
    /// Filled by the Space itself: a session's state and what its API page leaves out.
    pub hidden: bool,
}

/// The function that answers queries, and how it is reached.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct SpaceDescription {
    /// In front of all paths but `/config`: empty, or such as `/gradio_api`.
    pub prefix: String,
    /// Gradio's version, for messages.
    pub version: String,
    pub protocol: Protocol,
    /// The function's name, without slash.
    pub api: String,
    /// The function's number.
    pub index: i64,
    pub inputs: Vec<Input>,
    /// Kinds of the outputs, such as `gallery`.
    pub outputs: Vec<String>,
    /// Cookies of the Space's load balancer, which lead to the same replica again.
    pub cookies: String,
}

impl SpaceDescription {
    /// Reads the body of `/config`, for the function `api` or the one to choose.
    pub fn read(config: &Value, api: Option<&str>) -> Result<Self, Failure> {
        let functions = config["dependencies"].as_array().ok_or_else(|| {
            Failure::new(
                Reason::SpaceMismatch,
                "this is not a Gradio Space: its /config lists no functions",
            )
        })?;
        let named: Vec<(usize, &Value, &str)> = functions
            .iter()
            .enumerate()
            .filter_map(|(position, function)| Some((position, function, public_name(function)?)))
            .collect();
        let (position, function, name) = choose(&named, api)?;
        let component = |id: &Value| {
            let components = config["components"].as_array().into_iter().flatten();
            components
                .into_iter()
                .find(|component| component["id"] == *id)
        };
        let ids = |key: &str| function[key].as_array().cloned().unwrap_or_default();
        let prefix = text(config, "api_prefix")
            .unwrap_or("")
            .trim_end_matches('/');
        if !is_prefix(prefix) {
            return Err(Failure::new(
                Reason::SpaceMismatch,
                "this is not a Gradio Space: the api_prefix in its /config is no path",
            ));
        }
        Ok(Self {
            prefix: prefix.to_owned(),
            version: text(config, "version").unwrap_or("unknown").to_owned(),
            protocol: match text(config, "protocol") {
                None | Some("ws") => Protocol::Run,
                Some("sse") => Protocol::RunIfOpen,
                Some(_) => Protocol::Queue,
            },
            api: name.to_owned(),
            // Gradio 3 has no ids: there it is the position.
            index: function["id"]
                .as_i64()
                .or(i64::try_from(position).ok())
                .unwrap_or(-1),
            inputs: ids("inputs")
                .iter()
                .map(|id| Input::read(component(id)))
                .collect(),
            outputs: ids("outputs")
                .iter()
                .map(|id| {
                    component(id)
                        .and_then(|found| text(found, "type"))
                        .unwrap_or("")
                        .to_owned()
                })
                .collect(),
            cookies: String::new(),
        })
    }

    /// The parameters that the caller fills.
    pub fn visible(&self) -> impl Iterator<Item = (usize, &Input)> {
        self.inputs
            .iter()
            .enumerate()
            .filter(|(_, input)| !input.hidden)
    }

    /// Takes the parameters' names from the body of `/info`, as far as it has them (since 4.15).
    pub fn learn_names(&mut self, info: &Value) {
        let parameters = &info["named_endpoints"][format!("/{}", self.api)]["parameters"];
        let parameters = parameters.as_array().into_iter().flatten();
        for (input, parameter) in self
            .inputs
            .iter_mut()
            .filter(|input| !input.hidden)
            .zip(parameters)
        {
            if let Some(name) = text(parameter, "parameter_name") {
                name.clone_into(&mut input.name);
            }
        }
    }

    /// "/search takes 2 arguments (query, count)", for messages.
    pub fn signature(&self) -> String {
        let names: Vec<&str> = self
            .visible()
            .map(|(_, input)| input.name.as_str())
            .collect();
        let plural = if names.len() == 1 { "" } else { "s" };
        format!(
            "/{} takes {} argument{plural} ({})",
            self.api,
            names.len(),
            names.join(", ")
        )
    }
}

impl Input {
    fn read(component: Option<&Value>) -> Self {
        let component = component.unwrap_or(&Value::Null);
        let state = component["type"] == "state";
        Self {
            name: as_parameter(text(&component["props"], "label").unwrap_or("")),
            default: if state {
                Value::Null
            } else {
                component["props"]["value"].clone()
            },
            hidden: state || component["skip_api"] == json!(true),
        }
    }
}

/// The name that a function can be called by. Gradio 3 to 5 say `false` for hidden ones, 6 says
/// the string "false".
fn public_name(function: &Value) -> Option<&str> {
    text(function, "api_name").filter(|name| !name.is_empty() && *name != "false")
}

/// Whether `text` behind a host is a path on that host. Anything else could lead requests, and the
/// token in them, to another one: `.evil.example`, `@evil.example`.
fn is_prefix(text: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || "/-_.~%".contains(c);
    text.is_empty() || text.starts_with('/') && text.chars().all(plain)
}

fn choose<'a>(
    named: &[(usize, &'a Value, &'a str)],
    wanted: Option<&str>,
) -> Result<(usize, &'a Value, &'a str), Failure> {
    let find = |wanted: &str| named.iter().find(|(_, _, name)| *name == wanted).copied();
    let found = match (wanted, named) {
        (Some(wanted), _) => find(wanted),
        (None, [only]) => Some(*only),
        (None, _) => find("search").or_else(|| find("predict")),
    };
    found.ok_or_else(|| {
        let known: Vec<String> = named
            .iter()
            .take(20)
            .map(|(_, _, name)| format!("/{name}"))
            .collect();
        let known = if known.is_empty() {
            "none".to_owned()
        } else {
            known.join(", ")
        };
        let message = match wanted {
            Some(wanted) => format!("the Space has no function /{wanted}; it has {known}"),
            None => format!("set CLIP_SEARCH_SPACE_API to one of the Space's functions: {known}"),
        };
        Failure::new(Reason::SpaceMismatch, message)
    })
}

/// A label in the spelling of a parameter: `Number of images` is `number_of_images`.
fn as_parameter(label: &str) -> String {
    let spelled = label.chars().map(|c| {
        if c.is_alphanumeric() {
            c.to_ascii_lowercase()
        } else {
            '_'
        }
    });
    spelled.collect::<String>().trim_matches('_').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(names: &[Value]) -> Value {
        let functions: Vec<Value> = names
            .iter()
            .map(|name| json!({ "api_name": name, "inputs": [1, 2, 3], "outputs": [4] }))
            .collect();
        json!({
            "version": "6.31.0", "protocol": "sse_v3", "api_prefix": "/gradio_api/",
            "components": [
                { "id": 1, "type": "textbox", "props": { "label": "Query", "value": null } },
                { "id": 2, "type": "state", "props": { "value": "secret" } },
                { "id": 3, "type": "slider", "props": { "label": "Number of images!", "value": 4 } },
                { "id": 4, "type": "gallery", "props": {} },
            ],
            "dependencies": functions,
        })
    }

    #[test]
    fn a_function_is_chosen_by_name() {
        let names = |names: &[&str]| {
            names
                .iter()
                .map(|name| Value::from(*name))
                .collect::<Vec<_>>()
        };
        let hidden = [
            json!("false"),
            json!(false),
            json!(null),
            json!(""),
            json!("only"),
        ];
        let table = [
            (
                names(&["a", "search", "predict"]),
                Some("predict"),
                Ok(("predict", 2)),
            ),
            (names(&["predict", "a", "search"]), None, Ok(("search", 2))),
            (names(&["a", "predict"]), None, Ok(("predict", 1))),
            (hidden.to_vec(), None, Ok(("only", 4))),
            (names(&["a", "b"]), None, Err("/a, /b")),
            (
                names(&["a"]),
                Some("search"),
                Err("no function /search; it has /a"),
            ),
        ];
        for (names, wanted, expected) in table {
            match (SpaceDescription::read(&config(&names), wanted), expected) {
                (Ok(found), Ok(expected)) => {
                    assert_eq!((found.api.as_str(), found.index), expected);
                }
                (Err(failure), Err(words)) => assert!(failure.message.contains(words), "{failure}"),
                (found, expected) => panic!("{found:?} is not {expected:?}"),
            }
        }
    }

    #[test]
    fn inputs_have_names_and_defaults() {
        let mut description =
            SpaceDescription::read(&config(&["search".into()]), None).expect("a function");
        assert_eq!(
            description.signature(),
            "/search takes 2 arguments (query, number_of_images)"
        );
        let defaults: Vec<&Value> = description
            .inputs
            .iter()
            .map(|input| &input.default)
            .collect();
        assert_eq!(defaults, [&Value::Null, &Value::Null, &json!(4)]);
        description.learn_names(&json!({ "named_endpoints": { "/search": { "parameters": [
            { "label": "Query", "parameter_name": "text" }, { "label": "Number of images!" }
        ] } } }));
        assert_eq!(
            description.signature(),
            "/search takes 2 arguments (text, number_of_images)"
        );
        assert_eq!(description.prefix, "/gradio_api");
        assert_eq!(description.outputs, ["gallery"]);
    }

    #[test]
    fn a_prefix_stays_on_the_host() {
        for prefix in [
            ".evil.example",
            "@evil.example",
            ":1",
            "x",
            "/a b",
            "/a?",
            "/#",
        ] {
            let mut config = config(&["search".into()]);
            config["api_prefix"] = prefix.into();
            let failure = SpaceDescription::read(&config, None).expect_err(prefix);
            assert!(failure.message.contains("api_prefix"), "{failure}");
        }
    }

    #[test]
    fn protocols_are_told_apart() {
        let table = [
            (json!(null), Protocol::Run),
            (json!("ws"), Protocol::Run),
            (json!("sse"), Protocol::RunIfOpen),
            (json!("sse_v2.1"), Protocol::Queue),
        ];
        for (protocol, expected) in table {
            let mut config = config(&["search".into()]);
            config["protocol"] = protocol;
            assert_eq!(
                SpaceDescription::read(&config, None)
                    .expect("a function")
                    .protocol,
                expected
            );
        }
        assert!(SpaceDescription::read(&json!({ "name": "x" }), None).is_err());
    }
}
