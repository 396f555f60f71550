//! Parses JSON and drops the fields that are not used: the description of a Space is ten times as
//! large as what this program reads of it, and parsed in memory ten times as large again.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};

/// Parses a document, keeping only these keys of its objects, at every depth; what is under
/// [`WHOLE`] is kept whole.
#[derive(Debug, Clone, Copy)]
pub(super) struct Pruned<'k>(pub &'k [&'k str]);

/// The key of a component's value, which is sent back to the Space as it came.
const WHOLE: &str = "value";

impl<'de> DeserializeSeed<'de> for Pruned<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Pruned<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut kept = Vec::new();
        while let Some(item) = items.next_element_seed(self)? {
            kept.push(item);
        }
        Ok(kept.into())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Value, A::Error> {
        let mut kept = Map::new();
        while let Some(key) = entries.next_key::<String>()? {
            if key == WHOLE {
                kept.insert(key, entries.next_value()?);
            } else if self.0.contains(&key.as_str()) {
                kept.insert(key, entries.next_value_seed(self)?);
            } else {
                entries.next_value::<IgnoredAny>()?;
            }
        }
        Ok(kept.into())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn pruned(text: &str) -> serde_json::Result<Value> {
        Pruned(&["list", "name"]).deserialize(&mut serde_json::Deserializer::from_str(text))
    }

    #[test]
    fn only_what_is_named_is_kept() {
        let text = r#"{
            "name": "outer", "other": { "name": "lost with what it is in" },
            "list": [null, true, -1, 2, 0.5, "text", { "name": "inner", "more": [1] }, [[]]],
            "value": { "anything": ["stays"] }
        }"#;
        let expected = json!({
            "name": "outer",
            "list": [null, true, -1, 2, 0.5, "text", { "name": "inner" }, [[]]],
            "value": { "anything": ["stays"] },
        });
        assert_eq!(pruned(text).expect("JSON"), expected);
    }

    #[test]
    fn mistakes_are_found_in_what_is_dropped_too() {
        pruned(r#"{ "other": [1, }"#).expect_err("no JSON");
    }
}
