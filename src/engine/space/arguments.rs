//! Fills the arguments of a function with a query: by the kinds of its inputs, or by a template.

use serde_json::{Map, Value};

use super::description::SpaceDescription;
use super::input::Input;
use super::placeholder::PlaceholderValues;
use super::roles::{self, Role};
use crate::config::SpaceArguments;
use crate::search::{Failure, Reason};

/// The arguments of one call.
#[derive(Debug, PartialEq)]
pub(super) struct FilledArguments {
    /// One value for each of the function's inputs.
    pub data: Vec<Value>,
    /// Whether the function was told how many results are wanted, and could be told so many.
    pub limited: bool,
}

/// Whether `placeholder` is anywhere in the template.
pub(super) fn mentions(template: &SpaceArguments, placeholder: &str) -> bool {
    match template {
        SpaceArguments::ByKind => false,
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
    let mut put = |position: usize, (value, whole): (Value, bool)| {
        limited |= whole;
        data[position] = value;
    };
    if *template == SpaceArguments::ByKind {
        for (position, role) in roles::roles(&description.inputs) {
            put(
                position,
                words.for_role(&description.inputs[position], role),
            );
        }
    }
    for (position, value) in placed(template, description)? {
        let filled = if value == "{limit}" {
            words.fit_limit(&description.inputs[position])
        } else {
            (words.fill(value), value_mentions(value, "{limit}"))
        };
        put(position, filled);
    }
    Ok(FilledArguments { data, limited })
}

/// Names and values of the arguments of a search by text, with placeholders for those of the query.
pub(super) fn plan(
    template: &SpaceArguments,
    description: &SpaceDescription,
) -> Result<Vec<(String, Value)>, Failure> {
    let filled = fill(
        template,
        description,
        &PlaceholderValues::text("{query}", 1),
    )?;
    let mut data = filled.data;
    let mut put = |position: usize, value: Value| data[position] = value;
    if *template == SpaceArguments::ByKind {
        for (position, role) in roles::roles(&description.inputs) {
            if role == Role::Limit {
                put(position, "{limit}".into());
            }
        }
    }
    for (position, value) in placed(template, description)? {
        put(position, value.clone());
    }
    let named = |(position, input): (usize, &Input)| {
        let name = match input.name.as_str() {
            "" => format!("argument {}", position + 1),
            name => name.to_owned(),
        };
        (name, data[position].clone())
    };
    Ok(description.visible().map(named).collect())
}

/// Each argument of the template with the position of its input.
fn placed<'a>(
    template: &'a SpaceArguments,
    description: &SpaceDescription,
) -> Result<Vec<(usize, &'a Value)>, Failure> {
    match template {
        SpaceArguments::ByKind => Ok(Vec::new()),
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
mod tests;
