//! What a function's input is, by its component in `/config`: what may be put into it, and what
//! its value looks like.

use serde_json::{Value, json};

use super::text;

/// One parameter of the function.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Input {
    /// The number of its component.
    pub component: Option<i64>,
    /// Its name in the Space's code where that is known, else its label in the same spelling.
    pub name: String,
    /// Its label in the same spelling, which often says more than the name.
    pub label: String,
    /// What is sent where nothing else is known.
    pub default: Value,
    /// Filled by the Space itself: a session's state and what its API page leaves out.
    pub hidden: bool,
    /// On the Space's page, at least until somebody does something there.
    pub shown: bool,
    pub kind: InputKind,
}

/// What may be put into an input.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum InputKind {
    /// A line of text. Passwords and what cannot be edited are none.
    Text,
    /// Text with files beside it, as chats have it.
    Message,
    /// A picture, in this form.
    Picture(PictureForm),
    /// A number.
    Number(Range),
    /// One of these values, each with its label; `free` where others are taken, too.
    Choice {
        choices: Vec<(String, Value)>,
        free: bool,
    },
    Other,
}

/// How a picture is handed over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum PictureForm {
    /// The file.
    File,
    /// A list of files.
    Files,
    /// A gallery's list.
    Gallery,
    /// What an editor makes of the file.
    Editor,
}

/// The numbers that an input takes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Range {
    pub minimum: Option<f64>,
    pub maximum: Option<f64>,
    pub step: Option<f64>,
}

impl Input {
    /// Reads a component of `/config`.
    pub fn read(component: Option<&Value>) -> Self {
        let component = component.unwrap_or(&Value::Null);
        let (kind, properties) = (text(component, "type").unwrap_or(""), &component["props"]);
        let state = kind == "state" || kind == "browserstate";
        let label = as_parameter(text(properties, "label").unwrap_or(""));
        let given = match kind {
            "state" => Value::Null,
            "browserstate" => properties["default_value"].clone(),
            _ => properties["value"].clone(),
        };
        let kind = InputKind::read(kind, component);
        Self {
            component: component["id"].as_i64(),
            name: label.clone(),
            label,
            default: if given.is_null() && !state {
                kind.untouched(component)
            } else {
                given
            },
            hidden: state || component["skip_api"] == json!(true),
            shown: ![json!(false), json!("hidden")].contains(&properties["visible"]),
            kind,
        }
    }

    /// Name and label, as words.
    pub fn words(&self) -> impl Iterator<Item = &str> {
        let names = [self.name.as_str(), self.label.as_str()];
        let both = if self.name == self.label { 1 } else { 2 };
        names
            .into_iter()
            .take(both)
            .flat_map(|name| name.split('_').filter(|word| !word.is_empty()))
    }
}

impl InputKind {
    fn read(kind: &str, component: &Value) -> Self {
        let properties = &component["props"];
        let fixed = properties["interactive"] == json!(false);
        let number = |key: &str| properties[key].as_f64();
        match kind {
            "textbox" | "textarea" | "text" | "code" if !fixed => match text(properties, "type") {
                Some("password" | "email") => Self::Other,
                _ => Self::Text,
            },
            "multimodaltextbox" => Self::Message,
            "image" | "sketchpad" | "paint" => Self::Picture(PictureForm::File),
            "imageeditor" | "imagemask" => Self::Picture(PictureForm::Editor),
            "file" | "uploadbutton" => match text(properties, "file_count") {
                None | Some("single") => Self::Picture(PictureForm::File),
                Some(_) => Self::Picture(PictureForm::Files),
            },
            "gallery" => Self::Picture(PictureForm::Gallery),
            "number" => Self::Number(Range {
                minimum: number("minimum"),
                maximum: number("maximum"),
                // Its step is that of the arrows beside it.
                step: (properties["precision"] == json!(0)).then_some(1.0),
            }),
            "slider" => Self::Number(Range {
                minimum: number("minimum"),
                maximum: number("maximum"),
                step: number("step"),
            }),
            "dropdown" | "radio" if properties["multiselect"] != json!(true) => Self::Choice {
                choices: choices(&properties["choices"]),
                free: properties["allow_custom_value"] == json!(true),
            },
            // A parameter of `gr.api`, which tells its type.
            "api" => match text(&component["api_info"], "type") {
                Some("string") => Self::Text,
                Some("integer") => Self::Number(Range {
                    minimum: None,
                    maximum: None,
                    step: Some(1.0),
                }),
                Some("number") => Self::Number(Range {
                    minimum: None,
                    maximum: None,
                    step: None,
                }),
                _ => Self::Other,
            },
            _ => Self::Other,
        }
    }

    /// The value that the Space's page sends where nobody touched the component.
    fn untouched(&self, component: &Value) -> Value {
        match (self, text(component, "type")) {
            (_, Some("api")) => Value::Null,
            (Self::Text, _) => json!(""),
            (Self::Message, _) => json!({ "text": "", "files": [] }),
            (Self::Number(range), Some("slider")) => {
                range.minimum.map_or(Value::Null, number_value)
            }
            (_, Some("chatbot" | "checkboxgroup")) => json!([]),
            (_, Some("checkbox")) => json!(false),
            _ => Value::Null,
        }
    }
}

impl Range {
    /// The smallest number in the range that is not below `wanted`, else its largest.
    pub fn fit(self, wanted: f64) -> f64 {
        let low = self.minimum.unwrap_or(f64::NEG_INFINITY);
        let mut fitting = wanted.max(low);
        if let Some(step) = self.step.filter(|step| *step > 0.0) {
            let base = self.minimum.unwrap_or(0.0);
            fitting = base + ((fitting - base) / step).ceil() * step;
        }
        self.maximum.map_or(fitting, |high| fitting.min(high))
    }
}

/// `5` rather than `5.0`.
pub(super) fn number_value(number: f64) -> Value {
    #[allow(
        clippy::cast_possible_truncation,
        reason = "it is checked to be whole and small"
    )]
    if number.fract() == 0.0 && number.abs() < 1e15 {
        json!(number as i64)
    } else {
        json!(number)
    }
}

/// Pairs of label and value; older versions list bare values.
fn choices(list: &Value) -> Vec<(String, Value)> {
    let label = |value: &Value| match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    let choice = |choice: &Value| match choice.as_array().map(Vec::as_slice) {
        Some([name, value]) => (label(name), value.clone()),
        _ => (label(choice), choice.clone()),
    };
    list.as_array().into_iter().flatten().map(choice).collect()
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

    fn kind(component: &Value) -> InputKind {
        Input::read(Some(component)).kind
    }

    #[test]
    fn components_tell_what_they_take() {
        let range = |minimum, maximum, step| {
            InputKind::Number(Range {
                minimum,
                maximum,
                step,
            })
        };
        let table = [
            (
                json!({ "type": "textbox", "props": { "type": "text" } }),
                InputKind::Text,
            ),
            (
                json!({ "type": "textbox", "props": { "type": "password" } }),
                InputKind::Other,
            ),
            (
                json!({ "type": "textbox", "props": { "interactive": false } }),
                InputKind::Other,
            ),
            (
                json!({ "type": "image", "props": {} }),
                InputKind::Picture(PictureForm::File),
            ),
            (
                json!({ "type": "file", "props": { "file_count": "multiple" } }),
                InputKind::Picture(PictureForm::Files),
            ),
            (
                json!({ "type": "slider", "props": { "minimum": 1, "maximum": 9, "step": 2 } }),
                range(Some(1.0), Some(9.0), Some(2.0)),
            ),
            (
                json!({ "type": "number", "props": { "step": 1 } }),
                range(None, None, None),
            ),
            (
                json!({ "type": "number", "props": { "precision": 0 } }),
                range(None, None, Some(1.0)),
            ),
            (
                json!({ "type": "api", "api_info": { "type": "integer" }, "props": {} }),
                range(None, None, Some(1.0)),
            ),
            (
                json!({ "type": "dropdown", "props": { "multiselect": true } }),
                InputKind::Other,
            ),
            (json!({ "type": "audio" }), InputKind::Other),
        ];
        for (component, expected) in table {
            assert_eq!(kind(&component), expected, "{component}");
        }
        let expected = InputKind::Choice {
            choices: vec![
                ("five".into(), json!(5)),
                ("10".into(), json!(10)),
                ("x".into(), json!("x")),
            ],
            free: true,
        };
        let dropdown = json!({ "type": "dropdown", "props": { "choices": [["five", 5], 10, "x"], "allow_custom_value": true } });
        assert_eq!(kind(&dropdown), expected);
    }

    #[test]
    fn what_nobody_touched_has_the_value_that_the_page_sends() {
        let table = [
            (
                json!({ "type": "textbox", "props": { "value": null } }),
                json!(""),
            ),
            (
                json!({ "type": "slider", "props": { "minimum": 2 } }),
                json!(2),
            ),
            (
                json!({ "type": "slider", "props": { "minimum": 2, "value": 0.5 } }),
                json!(0.5),
            ),
            (
                json!({ "type": "state", "props": { "value": "secret" } }),
                json!(null),
            ),
            (json!({ "type": "chatbot", "props": {} }), json!([])),
            (json!({ "type": "number", "props": {} }), json!(null)),
            (
                json!({ "type": "browserstate", "props": { "default_value": [1] } }),
                json!([1]),
            ),
        ];
        for (component, default) in table {
            assert_eq!(
                Input::read(Some(&component)).default,
                default,
                "{component}"
            );
        }
    }

    #[test]
    fn a_number_is_fitted_upwards_and_into_its_range() {
        let range = |minimum, maximum, step| Range {
            minimum,
            maximum,
            step,
        };
        let table = [
            (range(None, None, None), 5.0, 5.0),
            (range(Some(1.0), Some(3.0), Some(1.0)), 5.0, 3.0),
            (range(Some(10.0), Some(50.0), Some(10.0)), 5.0, 10.0),
            (range(Some(0.0), Some(50.0), Some(10.0)), 5.0, 10.0),
            (range(Some(1.0), Some(8.0), Some(3.0)), 5.0, 7.0),
            (range(None, Some(4.0), Some(0.0)), 5.0, 4.0),
        ];
        for (range, wanted, fitted) in table {
            assert!(
                (range.fit(wanted) - fitted).abs() < 1e-9,
                "{range:?} {wanted}"
            );
        }
    }
}
