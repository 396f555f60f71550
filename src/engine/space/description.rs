//! What `/config` tells about a Space: protocol, paths, and the function that answers queries.

use serde_json::Value;

use super::chain;
use super::function::{self, Function, Outputs};
use super::input::Input;
use super::text;
use crate::search::{Failure, Reason};

/// The keys of `/config` that are read here; the values of components come along.
pub(super) const READ: &[&str] = &[
    "allow_custom_value",
    "api_info",
    "api_name",
    "api_prefix",
    "api_visibility",
    "backend_fn",
    "choices",
    "components",
    "default_value",
    "dependencies",
    "file_count",
    "id",
    "inputs",
    "interactive",
    "label",
    "maximum",
    "minimum",
    "multiselect",
    "outputs",
    "precision",
    "props",
    "protocol",
    "show_api",
    "skip_api",
    "step",
    "trigger_after",
    "type",
    "version",
    "visible",
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

/// The function that answers queries, and how it is reached.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct SpaceDescription {
    /// In front of all paths but `/config`: empty, or such as `/gradio_api`.
    pub prefix: String,
    /// Gradio's version, for messages.
    pub version: String,
    pub protocol: Protocol,
    /// The function's name, without slash; none where it has only its number.
    pub api: Option<String>,
    /// The function's number.
    pub index: i64,
    pub inputs: Vec<Input>,
    pub outputs: Outputs,
    /// What the Space's page runs after the function, in this order.
    pub followers: Vec<Self>,
    /// What the Space's page runs to the same end, where the function is for programs.
    pub page: Option<Box<Self>>,
    /// Cookies of the Space's load balancer, which lead to the same replica again.
    pub cookies: String,
}

impl SpaceDescription {
    /// Reads the body of `/config`, for the function `api` or the one to choose.
    pub fn read(config: &Value, api: Option<&str>) -> Result<Self, Failure> {
        let functions = Function::all(config).ok_or_else(|| {
            Failure::new(
                Reason::SpaceMismatch,
                "this is not a Gradio Space: its /config lists no functions",
            )
        })?;
        let chosen = Function::choose(&functions, api)?;
        let prefix = text(config, "api_prefix")
            .unwrap_or("")
            .trim_end_matches('/');
        if !is_prefix(prefix) {
            return Err(Failure::new(
                Reason::SpaceMismatch,
                "this is not a Gradio Space: the api_prefix in its /config is no path",
            ));
        }
        let protocol = match text(config, "protocol") {
            None | Some("ws") => Protocol::Run,
            Some("sse") => Protocol::RunIfOpen,
            Some(_) => Protocol::Queue,
        };
        let alone = |position: usize| {
            let function = &functions[position];
            Self {
                prefix: prefix.to_owned(),
                version: text(config, "version").unwrap_or("unknown").to_owned(),
                protocol,
                api: function.name.map(str::to_owned),
                index: function.index,
                inputs: function.inputs.clone(),
                outputs: function.outputs.clone(),
                followers: Vec::new(),
                page: None,
                cookies: String::new(),
            }
        };
        let followed = |position: usize| Self {
            followers: chain::followers(&functions, position)
                .into_iter()
                .map(alone)
                .collect(),
            ..alone(position)
        };
        let page = chain::start(&functions, Some(chosen)).filter(|_| api.is_none());
        Ok(Self {
            page: page.map(|position| Box::new(followed(position))),
            ..followed(chosen)
        })
    }

    /// Goes to the same replica with every call.
    pub fn keep_cookies(&mut self, cookies: &str) {
        for follower in &mut self.followers {
            follower.keep_cookies(cookies);
        }
        if let Some(page) = &mut self.page {
            page.keep_cookies(cookies);
        }
        cookies.clone_into(&mut self.cookies);
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
        let title = self.title();
        let parameters = &info["named_endpoints"][&title]["parameters"];
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

    /// The function's name with a slash, or what stands for it.
    pub fn title(&self) -> String {
        function::title(self.api.as_deref(), self.index)
    }

    /// "/search takes 2 arguments (query, count)", for messages.
    pub fn signature(&self) -> String {
        let names: Vec<&str> = self
            .visible()
            .map(|(_, input)| input.name.as_str())
            .collect();
        let plural = if names.len() == 1 { "" } else { "s" };
        format!(
            "{} takes {} argument{plural} ({})",
            self.title(),
            names.len(),
            names.join(", ")
        )
    }
}

/// Whether `text` behind a host is a path on that host. Anything else could lead requests, and the
/// token in them, to another one: `.evil.example`, `@evil.example`.
fn is_prefix(text: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || "/-_.~%".contains(c);
    text.is_empty() || text.starts_with('/') && text.chars().all(plain)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

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
        assert_eq!(defaults, [&json!(""), &Value::Null, &json!(4)]);
        description.learn_names(&json!({ "named_endpoints": { "/search": { "parameters": [
            { "label": "Query", "parameter_name": "text" }, { "label": "Number of images!" }
        ] } } }));
        assert_eq!(
            description.signature(),
            "/search takes 2 arguments (text, number_of_images)"
        );
        assert_eq!(description.prefix, "/gradio_api");
        assert_eq!(description.outputs.kinds, ["gallery"]);
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
