//! The values of a query, in the form that an argument takes.
//!
//! A placeholder that is a whole string becomes a value of its own type: `"{limit}"` a number,
//! `"{image}"` the picture or null. Inside a longer string it is replaced by its text.

use serde_json::{Value, json};

use super::input::{Input, InputKind, PictureForm, number_value};
use super::roles::{self, Role, by_subject};

/// The values of the placeholders.
#[derive(Debug)]
pub(super) struct PlaceholderValues {
    query: String,
    limit: usize,
    image: Value,
    by_picture: bool,
}

impl PlaceholderValues {
    /// `{type}` is `Text`, `{image}` null.
    pub fn text(query: &str, limit: usize) -> Self {
        Self {
            query: query.to_owned(),
            limit,
            image: Value::Null,
            by_picture: false,
        }
    }

    /// `{type}` is `Image`, `{query}` empty.
    pub fn picture(image: Value, limit: usize) -> Self {
        Self {
            query: String::new(),
            limit,
            image,
            by_picture: true,
        }
    }

    fn value(&self, name: &str) -> Option<Value> {
        Some(match name {
            "{query}" => Value::from(self.query.as_str()),
            "{limit}" => Value::from(self.limit),
            "{image}" => self.image.clone(),
            "{type}" => Value::from(if self.by_picture { "Image" } else { "Text" }),
            _ => return None,
        })
    }

    pub fn fill(&self, template: &Value) -> Value {
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

impl PlaceholderValues {
    /// The value for an input with this role, and whether that tells the whole limit.
    pub fn for_role(&self, input: &Input, role: Role) -> (Value, bool) {
        match (role, &input.kind) {
            (Role::Query, InputKind::Message) => {
                let files: Vec<&Value> = Some(&self.image)
                    .filter(|image| !image.is_null())
                    .into_iter()
                    .collect();
                (json!({ "text": self.query, "files": files }), false)
            }
            (Role::Query, _) => (Value::from(self.query.as_str()), false),
            (Role::Limit, _) => self.fit_limit(input),
            (Role::Picture, _) if !self.by_picture => (Value::Null, false),
            (Role::Picture, InputKind::Picture(form)) => (in_form(&self.image, *form), false),
            (Role::Picture, _) => (self.image.clone(), false),
            (Role::Subject, _) => {
                let choice = by_subject(input, self.by_picture);
                (choice.unwrap_or_else(|| input.default.clone()), false)
            }
        }
    }

    /// The limit as `input` takes it, and whether it is the whole limit.
    pub fn fit_limit(&self, input: &Input) -> (Value, bool) {
        #[allow(clippy::cast_precision_loss, reason = "a limit is at most 50")]
        let wanted = self.limit as f64;
        match &input.kind {
            InputKind::Number(range) => {
                let fitted = range.fit(wanted);
                (number_value(fitted), fitted >= wanted)
            }
            InputKind::Choice { choices, .. } => {
                let mut numbers = roles::numbers(choices).unwrap_or_default();
                numbers.sort_by(|(one, _), (other, _)| one.total_cmp(other));
                let enough = numbers.iter().find(|(number, _)| *number >= wanted);
                match enough.or(numbers.last()) {
                    Some((number, value)) => ((*value).clone(), *number >= wanted),
                    None => (Value::from(self.limit), true),
                }
            }
            _ => (Value::from(self.limit), true),
        }
    }
}

/// A picture's file as an input of this form takes it.
fn in_form(file: &Value, form: PictureForm) -> Value {
    match form {
        PictureForm::File => file.clone(),
        PictureForm::Files => json!([file]),
        PictureForm::Gallery => json!([{ "image": file, "caption": null }]),
        PictureForm::Editor => json!({ "background": file, "layers": [], "composite": file }),
    }
}
