//! Texts of a rule file. YAML makes numbers and truth values of what Prometheus reads as texts (`for: 0`,
//! `priority: 1`); here they are texts again.

use std::collections::BTreeMap;

use serde::de::Error;
use serde::{Deserialize, Deserializer};
use serde_json::Value;

/// A text, however it was written; nothing is the empty one.
struct Text(String);

impl<'de> Deserialize<'de> for Text {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match Value::deserialize(deserializer)? {
            Value::String(text) => Ok(Self(text)),
            Value::Null => Ok(Self(String::new())),
            Value::Bool(is) => Ok(Self(is.to_string())),
            Value::Number(number) => Ok(Self(number.to_string())),
            Value::Array(_) => Err(D::Error::custom("invalid type: a list where a text is needed")),
            Value::Object(_) => Err(D::Error::custom("invalid type: a map where a text is needed")),
        }
    }
}

/// A text that has to be there.
pub(super) fn text<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    Text::deserialize(deserializer).map(|text| text.0)
}

/// A text that need not be there.
pub(super) fn optional<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    Ok(Option::<Text>::deserialize(deserializer)?.map(|text| text.0))
}

/// Texts with names.
pub(super) fn named<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<BTreeMap<String, String>, D::Error> {
    let texts = Option::<BTreeMap<String, Text>>::deserialize(deserializer)?.unwrap_or_default();
    Ok(texts.into_iter().map(|(name, text)| (name, text.0)).collect())
}
