//! The language in which [`super::methods`] says what requests may look like, and the check.
//!
//! Telegram itself ignores unknown parameters and reads `"5"` as 5; this server refuses both,
//! because a typo that goes unnoticed here would go unnoticed for ever.

use serde_json::{Map, Value};

use super::call::Refusal;

/// The type and the limits of a value.
#[derive(Debug, Clone, Copy)]
pub(super) enum ValueKind {
    /// A whole number between both.
    Integer(i64, i64),
    /// `true` or `false`.
    Boolean,
    /// Only `true`.
    True,
    /// Text with limits on its number of characters. Blanks at both ends do not count.
    Text(TextLimits),
    /// Text with a minimum and maximum number of bytes; otherwise Telegram's error.
    Bytes(usize, usize, &'static str),
    /// One text of a list; otherwise Telegram's error.
    OneOf(&'static [&'static str], &'static str),
    /// A chat's number, or `@name`.
    Chat,
    /// `file_id`, address or `attach://name`; in a form also the file itself.
    File,
    /// An object.
    Object(&'static Shape),
    /// An object of the first shape whose `type`, and all of whose required fields, it has.
    Tagged(&'static str, &'static [(&'static str, &'static Shape)]),
    /// An object of the shape whose first field it has.
    AnyOf(&'static str, &'static [&'static Shape]),
    /// A list with a minimum and maximum length; otherwise Telegram's error.
    List(&'static ValueKind, usize, usize, &'static str),
}

/// Limits of a text.
#[derive(Debug, Clone, Copy)]
pub(super) struct TextLimits {
    /// Fewest characters.
    pub min: usize,
    /// Most characters.
    pub max: usize,
    /// Telegram's error for fewer characters.
    pub empty: &'static str,
    /// Telegram's error for more characters.
    pub long: &'static str,
}

/// One field of an object.
#[derive(Debug, Clone, Copy)]
pub(super) struct Field {
    pub name: &'static str,
    pub kind: ValueKind,
    pub required: bool,
}

/// The fields of an object, or the parameters of a method.
#[derive(Debug, Clone, Copy)]
pub(super) struct Shape {
    pub name: &'static str,
    pub fields: &'static [Field],
    /// Exactly one of these fields must be present; empty: no such rule.
    pub one_of: &'static [&'static str],
}

/// A field that must be there.
pub(super) const fn must(name: &'static str, kind: ValueKind) -> Field {
    Field {
        name,
        kind,
        required: true,
    }
}

/// A field that may be there.
pub(super) const fn may(name: &'static str, kind: ValueKind) -> Field {
    Field {
        name,
        kind,
        required: false,
    }
}

/// A shape without further rules.
pub(super) const fn shape(name: &'static str, fields: &'static [Field]) -> Shape {
    Shape {
        name,
        fields,
        one_of: &[],
    }
}

impl Shape {
    /// The field of this name.
    pub fn field(&self, name: &str) -> Option<&'static Field> {
        self.fields.iter().find(|field| field.name == name)
    }

    /// Checks the parameters of a method.
    ///
    /// # Errors
    /// Telegram's error for the first parameter that is wrong.
    pub fn check(&self, parameters: &Value) -> Result<(), Refusal> {
        let Some(parameters) = parameters.as_object() else {
            return Err(Refusal::bad("object expected as request"));
        };
        self.check_fields(parameters, true).map_err(Refusal::bad)
    }

    fn check_fields(&self, object: &Map<String, Value>, top: bool) -> Result<(), String> {
        for name in object.keys() {
            if self.field(name).is_none() {
                return Err(format!("unknown parameter \"{name}\" of {}", self.name));
            }
        }
        for field in self.fields {
            match object.get(field.name) {
                Some(value) => field.kind.check(field.name, value)?,
                None if field.required && top => return Err(missing(field.name)),
                None if field.required => {
                    return Err(format!("Can't find field \"{}\"", field.name));
                }
                None => {}
            }
        }
        let present = |name: &&&str| object.contains_key(**name);
        if !self.one_of.is_empty() && self.one_of.iter().filter(present).count() != 1 {
            return Err(match self.name {
                "InlineKeyboardButton" => {
                    "Text buttons are unallowed in the inline keyboard".to_owned()
                }
                name => format!("{name} must have exactly one optional field"),
            });
        }
        Ok(())
    }
}

/// What Telegram says when a parameter of a method is missing.
fn missing(name: &str) -> String {
    match name {
        "chat_id" => "chat_id is empty".to_owned(),
        "text" => "message text is empty".to_owned(),
        "message_id" => "message identifier is not specified".to_owned(),
        "photo" | "document" => format!("there is no {name} in the request"),
        "results" => "result isn't specified".to_owned(),
        "file_id" => "file_id is empty".to_owned(),
        name => format!("parameter \"{name}\" is required"),
    }
}

impl ValueKind {
    fn check(&self, name: &str, value: &Value) -> Result<(), String> {
        let wrong = |wanted: &str| Err(format!("Field \"{name}\" must be of type {wanted}"));
        match (self, value) {
            (Self::Integer(min, max), Value::Number(number)) => match number.as_i64() {
                Some(number) if (*min..=*max).contains(&number) => Ok(()),
                Some(_) => Err(format!("Field \"{name}\" must be from {min} to {max}")),
                None => wrong("Number"),
            },
            (Self::Integer(..), _) => wrong("Number"),
            (Self::Boolean, Value::Bool(_)) | (Self::True, Value::Bool(true)) => Ok(()),
            (Self::Boolean | Self::True, _) => wrong("Boolean"),
            (Self::Text(text), Value::String(value)) => text.check(value),
            (Self::Bytes(min, max, words), Value::String(value)) => {
                within(value.len(), *min, *max, words)
            }
            (Self::OneOf(known, words), Value::String(value)) => {
                let known = known.contains(&value.as_str());
                known.then_some(()).ok_or_else(|| (*words).to_owned())
            }
            (Self::File, Value::String(_)) => Ok(()),
            (Self::Text(_) | Self::Bytes(..) | Self::OneOf(..) | Self::File, _) => wrong("String"),
            (Self::Chat, Value::Number(number)) if number.is_i64() => Ok(()),
            (Self::Chat, Value::String(name)) if name.starts_with('@') => Ok(()),
            (Self::Chat, _) => Err("chat not found".to_owned()),
            (Self::Object(shape), Value::Object(object)) => nested(shape, object),
            (Self::Tagged(what, shapes), Value::Object(object)) => {
                let tag = object.get("type").and_then(Value::as_str);
                let mut tagged = shapes.iter().filter(|(known, _)| Some(*known) == tag);
                let Some((_, first)) = tagged.clone().next() else {
                    return Err(format!(
                        "can't parse {what}: type must be one that is known"
                    ));
                };
                let complete = tagged.find(|(_, shape)| {
                    let mut required = shape.fields.iter().filter(|field| field.required);
                    required.all(|field| object.contains_key(field.name))
                });
                nested(complete.map_or(*first, |(_, shape)| *shape), object)
            }
            (Self::AnyOf(what, shapes), Value::Object(object)) => {
                let meant = |shape: &&&Shape| object.contains_key(shape.fields[0].name);
                match shapes.iter().find(meant) {
                    Some(shape) => nested(shape, object),
                    None => Err(format!("can't parse {what} JSON object")),
                }
            }
            (Self::Object(shape), _) => Err(format!("object expected as {}", shape.name)),
            (Self::Tagged(what, _) | Self::AnyOf(what, _), _) => {
                Err(format!("object expected as {what}"))
            }
            (Self::List(kind, min, max, words), Value::Array(items)) => {
                within(items.len(), *min, *max, words)?;
                items.iter().try_for_each(|item| kind.check(name, item))
            }
            (Self::List(..), _) => Err(format!("expected an Array as \"{name}\"")),
        }
    }

    /// The JSON value of a form field with this text.
    pub fn read(&self, text: &str) -> Value {
        let plain = || Value::String(text.to_owned());
        match self {
            Self::Integer(..) | Self::Chat => {
                text.parse::<i64>().map_or_else(|_| plain(), Value::from)
            }
            Self::Boolean | Self::True => match text {
                "true" | "True" | "1" => Value::Bool(true),
                "false" | "False" | "0" => Value::Bool(false),
                _ => plain(),
            },
            Self::Text(_) | Self::Bytes(..) | Self::OneOf(..) | Self::File => plain(),
            Self::Object(_) | Self::Tagged(..) | Self::AnyOf(..) | Self::List(..) => {
                serde_json::from_str(text).unwrap_or_else(|_| plain())
            }
        }
    }
}

impl TextLimits {
    fn check(&self, value: &str) -> Result<(), String> {
        let count = value.trim().chars().count();
        if count < self.min {
            return Err(self.empty.to_owned());
        }
        within(count, self.min, self.max, self.long)
    }
}

fn within(count: usize, min: usize, max: usize, words: &str) -> Result<(), String> {
    let fits = (min..=max).contains(&count);
    fits.then_some(()).ok_or_else(|| words.to_owned())
}

/// Errors inside an object name the object; words that are Telegram's own stay as they are.
fn nested(shape: &Shape, object: &Map<String, Value>) -> Result<(), String> {
    shape.check_fields(object, false).map_err(|words| {
        let structural = ["Field ", "Can't find", "Text buttons", "unknown parameter"];
        if structural.iter().any(|start| words.starts_with(start)) {
            format!("can't parse {}: {words}", shape.name)
        } else {
            words
        }
    })
}
