//! Label and field selectors of lists and watches.

use serde_json::Value;

use crate::world::object::text;

/// What a list or a watch selects.
#[derive(Clone, Debug, Default)]
pub(crate) struct Selector {
    labels: Vec<Requirement>,
    /// Field path, whether it must equal, and the value.
    fields: Vec<(String, bool, String)>,
}

#[derive(Clone, Debug)]
enum Requirement {
    In(String, Vec<String>),
    NotIn(String, Vec<String>),
    Exists(String),
    Absent(String),
}

impl Selector {
    /// Parses both selectors; the error is the sentence for the client.
    pub(crate) fn parse(labels: &str, fields: &str) -> Result<Self, String> {
        let labels = split(labels).into_iter().map(requirement).collect::<Result<_, _>>()?;
        let mut parsed = Vec::new();
        for field in fields.split(',').filter(|field| !field.is_empty()) {
            let (path, equal, value) = if let Some((path, value)) = field.split_once("!=") {
                (path, false, value)
            } else if let Some((path, value)) = field.split_once("==").or_else(|| field.split_once('=')) {
                (path, true, value)
            } else {
                return Err(format!("invalid field selector: {field:?}"));
            };
            parsed.push((format!("/{}", path.replace('.', "/")), equal, value.to_owned()));
        }
        Ok(Self { labels, fields: parsed })
    }

    /// Whether an object is selected.
    pub(crate) fn matches(&self, object: &Value) -> bool {
        let label = |key: &str| object.get("metadata")?.get("labels")?.get(key)?.as_str();
        self.labels.iter().all(|requirement| match requirement {
            Requirement::In(key, values) => {
                label(key).is_some_and(|value| values.iter().any(|one| one == value))
            }
            Requirement::NotIn(key, values) => {
                !label(key).is_some_and(|value| values.iter().any(|one| one == value))
            }
            Requirement::Exists(key) => label(key).is_some(),
            Requirement::Absent(key) => label(key).is_none(),
        }) && self.fields.iter().all(|(pointer, equal, value)| (text(object, pointer) == value) == *equal)
    }
}

/// Splits at commas outside parentheses.
fn split(text: &str) -> Vec<&str> {
    let mut depth = 0_i32;
    text.split(|c: char| {
        depth += i32::from(c == '(') - i32::from(c == ')');
        c == ',' && depth == 0
    })
    .map(str::trim)
    .filter(|part| !part.is_empty())
    .collect()
}

fn requirement(text: &str) -> Result<Requirement, String> {
    let values = |list: &str| {
        list.trim()
            .trim_start_matches('(')
            .trim_end_matches(')')
            .split(',')
            .map(|one| one.trim().to_owned())
            .collect()
    };
    let one = |value: &str| vec![value.trim().to_owned()];
    if let Some((key, list)) = text.split_once(" notin ") {
        Ok(Requirement::NotIn(key.trim().to_owned(), values(list)))
    } else if let Some((key, list)) = text.split_once(" in ") {
        Ok(Requirement::In(key.trim().to_owned(), values(list)))
    } else if let Some((key, value)) = text.split_once("!=") {
        Ok(Requirement::NotIn(key.trim().to_owned(), one(value)))
    } else if let Some((key, value)) = text.split_once("==").or_else(|| text.split_once('=')) {
        Ok(Requirement::In(key.trim().to_owned(), one(value)))
    } else if let Some(key) = text.strip_prefix('!') {
        Ok(Requirement::Absent(key.trim().to_owned()))
    } else if text.contains(char::is_whitespace) {
        Err(format!("unable to parse requirement: {text:?}"))
    } else {
        Ok(Requirement::Exists(text.to_owned()))
    }
}
