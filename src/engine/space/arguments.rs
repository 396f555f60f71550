//! Fills the argument template with a query.
//!
//! A placeholder that is a whole string becomes a value of its own type: `"{limit}"` a number,
//! `"{image}"` the picture or null. Inside a longer string it is replaced by its text.

use serde_json::{Map, Value};

use super::description::SpaceDescription;
use crate::config::SpaceArguments;
use crate::search::{Failure, Reason};

/// The values of the placeholders.
#[derive(Debug)]
pub(super) struct PlaceholderValues {
    query: String,
    limit: usize,
    image: Value,
    kind: &'static str,
}

impl PlaceholderValues {
    /// `{type}` is `Text`, `{image}` null.
    pub fn text(query: &str, limit: usize) -> Self {
        Self {
            query: query.to_owned(),
            limit,
            image: Value::Null,
            kind: "Text",
        }
    }

    /// `{type}` is `Image`, `{query}` empty.
    pub fn picture(image: Value, limit: usize) -> Self {
        Self {
            query: String::new(),
            limit,
            image,
            kind: "Image",
        }
    }

    fn value(&self, name: &str) -> Option<Value> {
        Some(match name {
            "{query}" => Value::from(self.query.as_str()),
            "{limit}" => Value::from(self.limit),
            "{image}" => self.image.clone(),
            "{type}" => Value::from(self.kind),
            _ => return None,
        })
    }

    fn fill(&self, template: &Value) -> Value {
        match template {
            Value::String(text) => self
                .value(text)
                .unwrap_or_else(|| self.fill_text(text).into()),
            Value::Array(items) => items.iter().map(|item| self.fill(item)).collect(),
            Value::Object(object) => {
                let filled = object
                    .iter()
                    .map(|(key, value)| (key.clone(), self.fill(value)));
                Value::Object(filled.collect())
            }
            other => other.clone(),
        }
    }

    /// One pass from left to right, so that braces in the query stay what they are.
    fn fill_text(&self, text: &str) -> String {
        let mut filled = String::new();
        let mut rest = text;
        while let Some(start) = rest.find('{') {
            filled.push_str(&rest[..start]);
            rest = &rest[start..];
            let end = rest.find('}').map_or(rest.len(), |end| end + 1);
            let (length, value) = match self.value(&rest[..end]) {
                Some(Value::String(text)) => (end, text),
                Some(Value::Number(number)) => (end, number.to_string()),
                _ => (1, "{".to_owned()),
            };
            filled.push_str(&value);
            rest = &rest[length..];
        }
        filled + rest
    }
}

/// The arguments of one call.
#[derive(Debug, PartialEq)]
pub(super) struct FilledArguments {
    /// One value for each of the function's inputs.
    pub data: Vec<Value>,
    /// Whether the function was told how many results are wanted.
    pub limited: bool,
}

/// Whether `placeholder` is anywhere in the template.
pub(super) fn mentions(template: &SpaceArguments, placeholder: &str) -> bool {
    match template {
        SpaceArguments::Positional(items) => {
            items.iter().any(|item| value_mentions(item, placeholder))
        }
        SpaceArguments::Named(object) => object
            .values()
            .any(|value| value_mentions(value, placeholder)),
    }
}

fn value_mentions(value: &Value, placeholder: &str) -> bool {
    match value {
        Value::String(text) => text.contains(placeholder),
        Value::Array(items) => items.iter().any(|item| value_mentions(item, placeholder)),
        Value::Object(object) => object
            .values()
            .any(|value| value_mentions(value, placeholder)),
        Value::Null | Value::Bool(_) | Value::Number(_) => false,
    }
}

/// The arguments for a call: `template` with `words` in place of its placeholders, and the
/// function's defaults for what the template does not mention.
///
/// # Errors
/// [`Reason::SpaceMismatch`], naming what the function takes, for a surplus or unknown argument.
pub(super) fn fill(
    template: &SpaceArguments,
    description: &SpaceDescription,
    words: &PlaceholderValues,
) -> Result<FilledArguments, Failure> {
    let mut data: Vec<Value> = description
        .inputs
        .iter()
        .map(|input| input.default.clone())
        .collect();
    let mut limited = false;
    for (position, value) in placed(template, description)? {
        limited |= value_mentions(value, "{limit}");
        data[position] = words.fill(value);
    }
    Ok(FilledArguments { data, limited })
}

/// Each argument of the template with the position of its input.
fn placed<'a>(
    template: &'a SpaceArguments,
    description: &SpaceDescription,
) -> Result<Vec<(usize, &'a Value)>, Failure> {
    match template {
        SpaceArguments::Positional(items) => by_position(items, description),
        SpaceArguments::Named(object) => by_name(object, description),
    }
}

fn by_position<'a>(
    items: &'a [Value],
    description: &SpaceDescription,
) -> Result<Vec<(usize, &'a Value)>, Failure> {
    let positions: Vec<usize> = description
        .visible()
        .map(|(position, _)| position)
        .collect();
    let fitting = match items {
        // The default template fits a function of the query alone, too.
        [fitting @ .., Value::String(last)]
            if items.len() > positions.len() && last == "{limit}" =>
        {
            fitting
        }
        items => items,
    };
    if fitting.len() > positions.len() {
        let message = format!(
            "CLIP_SEARCH_SPACE_ARGS has {} arguments, but {}",
            items.len(),
            description.signature()
        );
        return Err(Failure::new(Reason::SpaceMismatch, message));
    }
    Ok(positions.into_iter().zip(fitting).collect())
}

fn by_name<'a>(
    object: &'a Map<String, Value>,
    description: &SpaceDescription,
) -> Result<Vec<(usize, &'a Value)>, Failure> {
    let place = |(name, value): (&String, &'a Value)| {
        let mut visible = description.visible();
        let found = visible.find(|(_, input)| input.name == *name);
        found.map(|(position, _)| (position, value)).ok_or_else(|| {
            let message = format!(
                "CLIP_SEARCH_SPACE_ARGS names `{name}`, but {}",
                description.signature()
            );
            Failure::new(Reason::SpaceMismatch, message)
        })
    };
    object.iter().map(place).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::engine::space::description::{Input, Protocol};

    fn description(names: &[&str]) -> SpaceDescription {
        let input = |name: &&str| Input {
            name: (*name).to_owned(),
            default: if *name == "state" {
                Value::Null
            } else {
                json!("default")
            },
            hidden: *name == "state",
        };
        SpaceDescription {
            prefix: String::new(),
            version: String::new(),
            protocol: Protocol::Queue,
            api: "search".into(),
            index: 0,
            inputs: names.iter().map(input).collect(),
            outputs: Vec::new(),
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
            let filled =
                fill(&template(value.clone()), &description(inputs), words).expect("it fits");
            assert_eq!(Value::from(filled.data), expected, "{value}");
        }
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
}
