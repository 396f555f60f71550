//! Runs what a Space's page runs after a function: many apps show their pictures only in a second
//! step, which takes what the first one kept or showed.

use std::collections::HashMap;

use serde_json::Value;

use super::description::SpaceDescription;
use super::function::{Function, Showing};
use super::input::Input;
use super::outputs::PICTURE_KINDS;
use super::refusal::SpaceFailure;
use crate::search::{Failure, Hit, Reason};

/// Calls a function with these arguments, and returns its outputs.
type Run<'a> = &'a dyn Fn(&SpaceDescription, Vec<Value>) -> Result<Vec<Value>, SpaceFailure>;
/// Finds the pictures in outputs of these kinds.
type Read<'a> = &'a dyn Fn(&[Value], &[String]) -> Result<Vec<Hit>, Failure>;

/// Functions that are run after the first one, at most.
const MOST_FOLLOWERS: usize = 8;

/// The positions of the functions that the page runs after that at `first`, in this order.
pub(super) fn followers(functions: &[Function<'_>], first: usize) -> Vec<usize> {
    let mut found: Vec<usize> = Vec::new();
    let mut next = Some(first);
    while let Some(last) = next {
        let after = functions[last].index;
        for (position, function) in functions.iter().enumerate() {
            let known = position == first || found.contains(&position);
            if function.after == Some(after) && !known && found.len() < MOST_FOLLOWERS {
                found.push(position);
            }
        }
        let done = found.iter().position(|&position| position == last);
        next = found.get(done.map_or(0, |done| done + 1)).copied();
    }
    found
}

/// The position of the function with which the page begins to search by words, where the pictures
/// come from one that follows it; none where there are several. `other` is left out.
pub(super) fn start(functions: &[Function<'_>], other: Option<usize>) -> Option<usize> {
    let showing_after = |position: usize| {
        let followers = followers(functions, position).into_iter();
        followers
            .map(|follower| functions[follower].showing())
            .max()
    };
    let mut starts: Vec<usize> = Vec::new();
    for (position, function) in functions.iter().enumerate() {
        let shown = showing_after(position).is_some_and(|showing| showing > Showing::Text);
        let known = starts
            .iter()
            .any(|&start| function.equals(&functions[start]));
        if function.after.is_none() && function.takes_text() && shown && !known {
            starts.push(position);
        }
    }
    match starts[..] {
        [only] => Some(only).filter(|only| Some(*only) != other),
        _ => None,
    }
}

/// Whether a failure means that the pictures are elsewhere.
pub(super) fn may_go_on(failure: &Failure) -> bool {
    failure.reason == Reason::SpaceMismatch
}

/// Runs the function with `data`, then its followers until one returns pictures, and reads these.
pub(super) fn search(
    function: &SpaceDescription,
    data: Vec<Value>,
    run: Run<'_>,
    read: Read<'_>,
) -> Result<Vec<Hit>, SpaceFailure> {
    let mut page = PageValues::default();
    page.filled(function, &data);
    let outputs = run(function, data)?;
    let mut found = read(&outputs, &function.outputs.kinds);
    page.shown(function, outputs);
    let shows = |function: &SpaceDescription| {
        let mut kinds = function.outputs.kinds.iter();
        kinds.any(|kind| PICTURE_KINDS.contains(&kind.as_str()))
    };
    let mut is_nothing_found = found.is_ok() && shows(function);
    for follower in &function.followers {
        match &found {
            Ok(hits) if !hits.is_empty() => break,
            Err(failure) if !may_go_on(failure) => break,
            _ => {}
        }
        let outputs = match run(follower, page.inputs(follower)) {
            Ok(outputs) => outputs,
            // Pictures were looked for, and what else is done with them does not matter.
            Err(failed) if is_nothing_found && failed.failure.reason == Reason::SpaceError => break,
            Err(failed) => return Err(failed),
        };
        match read(&outputs, &follower.outputs.kinds) {
            Err(failure) if may_go_on(&failure) => {}
            Ok(hits) if hits.is_empty() && found.is_err() => {}
            other => found = other,
        }
        is_nothing_found |= found.is_ok() && shows(follower);
        page.shown(follower, outputs);
    }
    Ok(found?)
}

/// What the components of the page hold, by their numbers.
#[derive(Debug, Default)]
struct PageValues(HashMap<i64, Value>);

impl PageValues {
    fn filled(&mut self, function: &SpaceDescription, data: &[Value]) {
        let components = function.inputs.iter().map(|input| input.component);
        for (component, value) in components.zip(data) {
            self.hold(component, value.clone());
        }
    }

    fn shown(&mut self, function: &SpaceDescription, outputs: Vec<Value>) {
        for (component, output) in function.outputs.components.iter().zip(outputs) {
            // An update that tells no value leaves the old one.
            match output {
                Value::Object(update) if update.get("__type__").is_some() => {
                    if let Some(value) = update.get("value") {
                        self.hold(*component, value.clone());
                    }
                }
                value => self.hold(*component, value),
            }
        }
    }

    fn hold(&mut self, component: Option<i64>, value: Value) {
        if let Some(component) = component {
            self.0.insert(component, value);
        }
    }

    /// The arguments of `function`. What the session keeps is null here; the server knows it.
    fn inputs(&self, function: &SpaceDescription) -> Vec<Value> {
        let value = |input: &Input| {
            let held = input.component.and_then(|component| self.0.get(&component));
            held.unwrap_or(&input.default).clone()
        };
        function.inputs.iter().map(value).collect()
    }
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;

    use serde_json::json;

    use super::*;

    /// A page on which Enter keeps what was asked, then something clears the box, then the pictures
    /// are shown.
    fn page() -> Value {
        let function = |id: i64, after: Value, inputs: &[i64], outputs: &[i64]| json!({ "id": id, "api_name": format!("step_{id}"), "trigger_after": after, "inputs": inputs, "outputs": outputs });
        json!({
            "protocol": "sse_v3",
            "dependencies": [
                function(7, json!(3), &[2, 3, 5], &[4]),
                function(1, Value::Null, &[1], &[2, 3]),
                function(3, json!(1), &[], &[1]),
                function(9, Value::Null, &[3], &[3]),
            ],
            "components": [
                { "id": 1, "type": "textbox", "props": {} },
                { "id": 2, "type": "state", "props": {} },
                { "id": 3, "type": "markdown", "props": {} },
                { "id": 4, "type": "gallery", "props": {} },
                { "id": 5, "type": "slider", "props": { "value": 4 } },
            ],
        })
    }

    fn description() -> SpaceDescription {
        SpaceDescription::read(&page(), None).expect("a page that searches")
    }

    /// The numbers of the functions that ran, with their arguments, and what was found at the end.
    fn searched(answer: impl Fn(i64) -> Result<Vec<Value>, SpaceFailure>) -> (Value, String) {
        let ran = RefCell::new(Vec::new());
        let run = |function: &SpaceDescription, data: Vec<Value>| {
            ran.borrow_mut().push(json!([function.index, data]));
            answer(function.index)
        };
        let read = |outputs: &[Value], kinds: &[String]| {
            let hit = |url: &str| Hit {
                url: url.to_owned(),
                ..Hit::default()
            };
            match (kinds, outputs) {
                ([kind], [pictures]) if kind == "gallery" => Ok(pictures
                    .as_array()
                    .into_iter()
                    .flatten()
                    .filter_map(Value::as_str)
                    .map(hit)
                    .collect()),
                _ => Err(Failure::new(Reason::SpaceMismatch, "no picture")),
            }
        };
        let found = search(&description(), vec!["bus".into()], &run, &read);
        let told = match found {
            Ok(hits) => hits
                .iter()
                .map(|hit| hit.url.as_str())
                .collect::<Vec<_>>()
                .join(" "),
            Err(failed) => failed.failure.to_string(),
        };
        (ran.into_inner().into(), told)
    }

    #[test]
    fn the_function_that_others_follow_begins() {
        let description = description();
        assert_eq!(description.index, 1);
        let followers: Vec<i64> = description.followers.iter().map(|one| one.index).collect();
        assert_eq!(followers, [3, 7]);
    }

    #[test]
    fn a_follower_takes_what_the_page_holds() {
        let (ran, found) = searched(|index| match index {
            1 => Ok(vec![
                Value::Null,
                json!({ "__type__": "update", "value": "asked" }),
            ]),
            3 => Ok(vec![json!("")]),
            _ => Ok(vec![json!(["a", "b"])]),
        });
        assert_eq!(ran, json!([[1, ["bus"]], [3, []], [7, [null, "asked", 4]]]));
        assert_eq!(found, "a b");
    }

    /// The bug: a first step that shows nothing, and a second one that failed, were nothing found.
    #[test]
    fn a_failure_is_none_of_nothing_found() {
        let description = description();
        let nothing = |_: &[Value], _: &[String]| Ok(Vec::new());
        let failed = |reason| {
            let run = move |function: &SpaceDescription, _: Vec<Value>| match function.index {
                1 => Ok(vec![json!(""), Value::Null]),
                _ => Err(Failure::new(reason, "too much to do").into()),
            };
            let found = search(&description, vec!["bus".into()], &run, &nothing);
            found.expect_err("not nothing").failure.reason
        };
        for reason in [Reason::SpaceBusy, Reason::SpaceError] {
            assert_eq!(failed(reason), reason);
        }
    }

    #[test]
    fn no_follower_runs_after_a_failure() {
        let failed = || Failure::new(Reason::SpaceError, "the index is not loaded").into();
        let (ran, told) = searched(|index| match index {
            1 => Ok(vec![Value::Null, json!("asked")]),
            _ => Err(failed()),
        });
        assert_eq!(ran, json!([[1, ["bus"]], [3, []]]));
        assert!(told.contains("the index is not loaded"), "{told}");
    }
}
