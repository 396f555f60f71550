//! Which input of a function is the query, which the picture, which the number of results: found
//! by their kinds and names, for everybody who sets no template.

use serde_json::Value;

use super::input::{Input, InputKind};

/// What an input is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    /// The words.
    Query,
    /// How many results are wanted.
    Limit,
    /// The picture; empty for a search by words.
    Picture,
    /// Whether words or a picture are searched by.
    Subject,
}

/// Words in the name of a number of results.
const COUNT_WORDS: &[&str] = &[
    "k",
    "n",
    "top",
    "topk",
    "topn",
    "num",
    "number",
    "nb",
    "no",
    "count",
    "limit",
    "results",
    "result",
    "images",
    "pictures",
    "photos",
    "nofimages",
    "max",
    "many",
    "amount",
    "matches",
    "hits",
    "nresults",
    "neighbors",
    "neighbours",
    "items",
    "show",
    "display",
    "return",
];
/// Words in the name of a number that is something else.
const OTHER_NUMBERS: &[&str] = &[
    "threshold",
    "score",
    "similarity",
    "min",
    "minimum",
    "seed",
    "temperature",
    "weight",
    "alpha",
    "beta",
    "gamma",
    "width",
    "height",
    "size",
    "column",
    "columns",
    "cols",
    "rows",
    "page",
    "offset",
    "start",
    "skip",
    "step",
    "steps",
    "guidance",
    "scale",
    "year",
    "quality",
    "confidence",
    "probability",
    "resolution",
    "dpi",
    "batch",
    "id",
    "nprobe",
    "ef",
    "strength",
    "noise",
    "age",
    "price",
    "month",
    "day",
    "lat",
    "lon",
    "latitude",
    "longitude",
    "pixels",
    "tokens",
    "length",
];
/// Words in the name of a text that is not the query, wherever another text is there.
const OTHER_TEXTS: &[&str] = &[
    "negative",
    "exclude",
    "user",
    "username",
    "name",
    "login",
    "password",
    "token",
    "key",
    "secret",
    "email",
    "folder",
    "directory",
    "dir",
    "path",
    "host",
    "url",
    "model",
    "system",
    "output",
    "log",
    "status",
    "filter",
    "license",
    "author",
    "language",
];
/// Largest number of results that a number without a telling name may stand for.
const MOST_RESULTS: f64 = 100.0;

/// The inputs that have a role, by position.
pub(super) fn roles(inputs: &[Input]) -> Vec<(usize, Role)> {
    let visible: Vec<(usize, &Input)> = inputs
        .iter()
        .enumerate()
        .filter(|(_, input)| !input.hidden)
        .collect();
    let mut found = Vec::new();
    found.extend(query(&visible).map(|position| (position, Role::Query)));
    found.extend(limit(&visible).map(|position| (position, Role::Limit)));
    let has_picture = visible.iter().any(|(_, input)| takes_picture(input));
    for (position, input) in visible {
        match &input.kind {
            InputKind::Picture(_) => found.push((position, Role::Picture)),
            InputKind::Choice { .. }
                if has_picture
                    && by_subject(input, true).is_some()
                    && by_subject(input, false).is_some() =>
            {
                found.push((position, Role::Subject));
            }
            _ => {}
        }
    }
    found.sort_by_key(|(position, _)| *position);
    found
}

/// Whether a text can be searched for by a function with these inputs.
pub(super) fn takes_text(inputs: &[Input]) -> bool {
    roles(inputs).iter().any(|(_, role)| *role == Role::Query)
}

/// Whether a picture can be put into `input`.
pub(super) fn takes_picture(input: &Input) -> bool {
    !input.hidden && matches!(input.kind, InputKind::Picture(_) | InputKind::Message)
}

/// The choice that stands for a search by words, or by a picture; none where the choices are
/// about something else.
pub(super) fn by_subject(input: &Input, picture: bool) -> Option<Value> {
    let InputKind::Choice { choices, .. } = &input.kind else {
        return None;
    };
    // "Text to image" searches by text: the first word counts.
    let is_picture = |label: &str| {
        let words = label.to_lowercase();
        let place = |list: &[&str]| list.iter().filter_map(|word| words.find(word)).min();
        let text = place(&["text", "word", "query", "prompt", "caption", "keyword"]);
        let image = place(&["image", "picture", "photo", "visual", "upload", "img"]);
        match (text, image) {
            (Some(text), Some(image)) => Some(image < text),
            (Some(_), None) => Some(false),
            (None, Some(_)) => Some(true),
            (None, None) => None,
        }
    };
    let mut fitting = choices
        .iter()
        .filter(|(label, _)| is_picture(label) == Some(picture))
        .map(|(_, value)| value);
    let first = fitting.next()?;
    let keeps = first == &input.default || fitting.any(|value| *value == input.default);
    Some(if keeps { &input.default } else { first }.clone())
}

/// The numbers among the choices, each with its value; none unless the choices are numbers.
pub(super) fn numbers(choices: &[(String, Value)]) -> Option<Vec<(f64, &Value)>> {
    let number = |value: &Value| match value {
        Value::Number(number) => number.as_f64(),
        Value::String(text) => {
            let text = text.trim();
            let text = text
                .strip_prefix("top")
                .or(text.strip_prefix("Top"))
                .unwrap_or(text);
            text.trim_start_matches([' ', '-'])
                .split(' ')
                .next()?
                .parse()
                .ok()
        }
        _ => None,
    };
    let found: Vec<(f64, &Value)> = choices
        .iter()
        .filter_map(|(_, value)| Some((number(value)?, value)))
        .filter(|(number, _)| number.is_finite())
        .collect();
    // One of them may be "all".
    (!found.is_empty() && found.len() + 1 >= choices.len()).then_some(found)
}

fn query(visible: &[(usize, &Input)]) -> Option<usize> {
    let texts = || {
        let is_text = |input: &Input| matches!(input.kind, InputKind::Text | InputKind::Message);
        visible.iter().filter(move |(_, input)| is_text(input))
    };
    let is_other = |input: &Input| input.words().any(|word| OTHER_TEXTS.contains(&word));
    let free = |input: &Input| match &input.kind {
        InputKind::Choice { choices, free } => *free && numbers(choices).is_none(),
        _ => false,
    };
    texts()
        .find(|(_, input)| input.shown && !is_other(input))
        .or_else(|| texts().find(|(_, input)| input.shown))
        .or_else(|| texts().find(|(_, input)| !is_other(input)))
        .or_else(|| texts().next())
        .or_else(|| visible.iter().find(|(_, input)| free(input)))
        .map(|(position, _)| *position)
}

fn limit(visible: &[(usize, &Input)]) -> Option<usize> {
    let rated = |list: &[(usize, &Input)]| -> Vec<(i32, usize)> {
        let rate = |(position, input): &(usize, &Input)| Some((rate(input)?, *position));
        let shown = list.iter().filter(|(_, input)| input.shown);
        shown.filter_map(rate).collect()
    };
    let rated = rated(visible);
    let best = rated.iter().map(|(rating, _)| *rating).max()?;
    let first = rated.iter().find(|(rating, _)| *rating == best)?;
    Some(first.1)
}

/// How much `input` looks like the number of results; none where it cannot be it.
fn rate(input: &Input) -> Option<i32> {
    let named = |list: &[&str]| i32::from(input.words().any(|word| list.contains(&word)));
    let rating = 2 * named(COUNT_WORDS) - 3 * named(OTHER_NUMBERS);
    let fits = match &input.kind {
        InputKind::Number(range) => {
            let whole = |number: f64| number.fract() == 0.0;
            let default = input.default.as_f64();
            range.maximum.is_none_or(|maximum| maximum >= 2.0)
                && range.step.is_none_or(whole)
                && default.is_none_or(whole)
                && (rating > 0 || default.is_none_or(|n| (1.0..=MOST_RESULTS).contains(&n)))
        }
        InputKind::Choice { choices, .. } => numbers(choices).is_some_and(|numbers| {
            numbers
                .iter()
                .all(|(number, _)| number.fract() == 0.0 && *number >= 1.0)
                && (rating > 0
                    || numbers
                        .iter()
                        .any(|(number, _)| *number <= MOST_RESULTS / 2.0))
        }),
        _ => false,
    };
    (fits && rating >= 0).then_some(rating)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn input(component: &Value) -> Input {
        Input::read(Some(component))
    }

    fn textbox(label: &str) -> Value {
        json!({ "type": "textbox", "props": { "label": label, "value": "" } })
    }

    fn slider(label: &str, minimum: f64, maximum: f64, step: f64) -> Value {
        json!({ "type": "slider", "props": { "label": label, "minimum": minimum, "maximum": maximum, "step": step, "value": minimum } })
    }

    fn choice(label: &str, choices: &Value) -> Value {
        json!({ "type": "dropdown", "props": { "label": label, "choices": choices, "value": choices[0] } })
    }

    #[test]
    fn inputs_find_their_roles() {
        use Role::{Limit, Picture, Query, Subject};
        let image = json!({ "type": "image", "props": { "label": "image" } });
        let state = json!({ "type": "state", "props": {} });
        let table = [
            (
                vec![textbox("Query"), slider("k", 1.0, 20.0, 1.0)],
                vec![(0, Query), (1, Limit)],
            ),
            (
                vec![state, slider("", 1.0, 20.0, 1.0), textbox("")],
                vec![(1, Limit), (2, Query)],
            ),
            // The reference.
            (
                vec![
                    textbox("text_prompt"),
                    image.clone(),
                    choice("prompt_type", &json!(["Text", "Image"])),
                    slider("n", 1.0, 50.0, 1.0),
                ],
                vec![(0, Query), (1, Picture), (2, Subject), (3, Limit)],
            ),
            (
                vec![textbox("Negative prompt"), textbox("Prompt")],
                vec![(1, Query)],
            ),
            (vec![textbox("Folder name")], vec![(0, Query)]),
            (
                vec![
                    json!({ "type": "textbox", "props": { "label": "Secret", "visible": false } }),
                    textbox("Query"),
                ],
                vec![(1, Query)],
            ),
            (
                vec![
                    textbox("q"),
                    slider("Threshold", 0.0, 1.0, 0.01),
                    slider("Columns", 1.0, 6.0, 1.0),
                    slider("Results", 1.0, 6.0, 1.0),
                ],
                vec![(0, Query), (3, Limit)],
            ),
            (
                vec![textbox("q"), slider("Seed", 0.0, 100.0, 1.0)],
                vec![(0, Query)],
            ),
            (
                vec![textbox("q"), choice("mode", &json!(["fast", "good"]))],
                vec![(0, Query)],
            ),
            (
                vec![textbox("q"), choice("", &json!(["5", "10"]))],
                vec![(0, Query), (1, Limit)],
            ),
            (
                vec![textbox("q"), choice("Image size", &json!([224, 336]))],
                vec![(0, Query)],
            ),
            (vec![image], vec![(0, Picture)]),
        ];
        for (components, expected) in table {
            let inputs: Vec<Input> = components.iter().map(input).collect();
            assert_eq!(roles(&inputs), expected, "{components:?}");
        }
    }

    #[test]
    fn a_choice_says_what_is_searched_by() {
        let table = [
            (json!(["Image", "Text"]), Some("Text"), Some("Image")),
            (
                json!(["Text to image", "Image to image"]),
                Some("Text to image"),
                Some("Image to image"),
            ),
            (json!(["fast", "good"]), None, None),
        ];
        for (choices, text, picture) in table {
            let input = input(&choice("by", &choices));
            assert_eq!(
                by_subject(&input, false),
                text.map(Value::from),
                "{choices}"
            );
            assert_eq!(
                by_subject(&input, true),
                picture.map(Value::from),
                "{choices}"
            );
        }
    }

    #[test]
    fn choices_may_be_numbers_in_words() {
        let of = |list: Value| {
            let Input {
                kind: InputKind::Choice { choices, .. },
                ..
            } = input(&choice("", &list))
            else {
                panic!("{list}")
            };
            numbers(&choices)
                .map(|found| found.iter().map(|(number, _)| *number).collect::<Vec<_>>())
        };
        assert_eq!(of(json!([5, 10])), Some(vec![5.0, 10.0]));
        assert_eq!(
            of(json!(["Top 5", "10 pictures", "all"])),
            Some(vec![5.0, 10.0])
        );
        assert_eq!(of(json!(["a", "b", "1"])), None);
    }
}
