//! Fills the argument template with a query.
//!
//! A placeholder that is a whole string becomes a value of its own type: `"{limit}"` a number,
//! `"{image}"` the picture or null. Inside a longer string it is replaced by its text.

use serde_json::{Map, Value};

use super::description::Description;
use crate::config::SpaceArguments;
use crate::search::{Failure, Reason};

/// What the placeholders stand for.
#[derive(Debug)]
pub(super) struct Words {
    query: String,
    limit: usize,
    image: Value,
    kind: &'static str,
}

impl Words {
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
pub(super) struct Filled {
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

/// The arguments that `template` makes of `words`; what it does not mention has its default.
///
/// # Errors
/// [`Reason::SpaceMismatch`], naming what the function takes, for a surplus or unknown argument.
pub(super) fn fill(
    template: &SpaceArguments,
    description: &Description,
    words: &Words,
) -> Result<Filled, Failure> {
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
    Ok(Filled { data, limited })
}

/// Each argument of the template with the position of its input.
fn placed<'a>(
    template: &'a SpaceArguments,
    description: &Description,
) -> Result<Vec<(usize, &'a Value)>, Failure> {
    match template {
        SpaceArguments::Positional(items) => by_position(items, description),
        SpaceArguments::Named(object) => by_name(object, description),
    }
}

fn by_position<'a>(
    items: &'a [Value],
    description: &Description,
) -> Result<Vec<(usize, &'a Value)>, Failure> {
    let positions: Vec<usize> = description
        .visible()
        .map(|(position, _)| position)
        .collect();
    let items = match items {
        // The default template fits a function of the query alone, too.
        [fitting @ .., Value::String(last)]
            if items.len() > positions.len() && last == "{limit}" =>
        {
            fitting
        }
        items => items,
    };
    if items.len() > positions.len() {
        let message = format!(
            "CLIP_SEARCH_SPACE_ARGS has {} arguments, but {}",
            items.len(),
            description.signature()
        );
        return Err(Failure::new(Reason::SpaceMismatch, message));
    }
    Ok(positions.into_iter().zip(items).collect())
}

fn by_name<'a>(
    object: &'a Map<String, Value>,
    description: &Description,
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
