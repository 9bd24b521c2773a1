//! Field paths into objects, with the API's keyed lists: what server-side apply owns and strategic merges match by.
//!
//! Knows which lists are keyed and by what. It must not know managers or patches.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

/// One step of a path.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Step {
    /// A member of an object.
    Field(String),
    /// The element of a keyed list, by its key as canonical JSON, e.g. `{"name":"app"}`.
    Key(String),
}

/// A path from the top of an object to a leaf.
pub(crate) type Path = Vec<Step>;

/// The key by which elements of the list `field` are told apart, or `None` when the list is replaced as a whole.
pub(crate) fn merge_key(field: &str, elements: &[Value]) -> Option<&'static str> {
    let key = match field {
        "containers" | "initContainers" | "ephemeralContainers" | "env" | "volumes" | "imagePullSecrets" => {
            "name"
        }
        "ports" if elements.iter().all(|port| port.get("containerPort").is_some()) => "containerPort",
        "ports" => "port",
        "volumeMounts" => "mountPath",
        "ownerReferences" => "uid",
        "conditions" => "type",
        "hostAliases" => "ip",
        _ => return None,
    };
    elements.iter().all(|element| element.get(key).is_some()).then_some(key)
}

/// Every leaf that a person may own: not `status`, not what the server itself keeps in `metadata`, not nulls.
pub(crate) fn leaves(object: &Value) -> BTreeMap<Path, Value> {
    let mut found = BTreeMap::new();
    for (field, value) in object.as_object().into_iter().flatten() {
        match field.as_str() {
            "apiVersion" | "kind" | "status" => {}
            "metadata" => {
                for (field, value) in value.as_object().into_iter().flatten() {
                    if matches!(field.as_str(), "labels" | "annotations" | "finalizers" | "ownerReferences") {
                        let mut path = vec![Step::Field("metadata".to_owned()), Step::Field(field.clone())];
                        collect(field, value, &mut path, &mut found);
                    }
                }
            }
            _ => collect(field, value, &mut vec![Step::Field(field.clone())], &mut found),
        }
    }
    found
}

fn collect(field: &str, value: &Value, path: &mut Path, found: &mut BTreeMap<Path, Value>) {
    match value {
        Value::Null => {}
        Value::Object(map) if !map.is_empty() => {
            for (field, value) in map {
                path.push(Step::Field(field.clone()));
                collect(field, value, path, found);
                path.pop();
            }
        }
        Value::Array(elements) if !elements.is_empty() => match merge_key(field, elements) {
            Some(key) => {
                for element in elements {
                    path.push(Step::Key(json!({ key: element[key] }).to_string()));
                    collect("", element, path, found);
                    path.pop();
                }
            }
            None => {
                found.insert(path.clone(), value.clone());
            }
        },
        _ => {
            found.insert(path.clone(), value.clone());
        }
    }
}

/// Writes a leaf, making what is missing on the way.
pub(crate) fn set(object: &mut Value, path: &[Step], leaf: Value) {
    let Some((step, rest)) = path.split_first() else {
        *object = leaf;
        return;
    };
    match step {
        Step::Field(field) => {
            if !object.is_object() {
                *object = json!({});
            }
            set(&mut object[field.as_str()], rest, leaf);
        }
        Step::Key(key) => {
            if !object.is_array() {
                *object = json!([]);
            }
            let Value::Array(elements) = object else { return };
            let key: Value = serde_json::from_str(key).unwrap_or_default();
            let at = elements.iter().position(|element| matches_key(element, &key)).unwrap_or_else(|| {
                elements.push(key);
                elements.len() - 1
            });
            set(&mut elements[at], rest, leaf);
        }
    }
}

/// Removes a leaf. Removing the key of a list's element removes the element.
pub(crate) fn unset(object: &mut Value, path: &[Step]) {
    match path {
        [] => {}
        [Step::Field(field)] => {
            if let Value::Object(map) = object {
                map.remove(field);
            }
        }
        [Step::Key(key)] => remove_element(object, key),
        [Step::Key(key), Step::Field(field)] if key.starts_with(&format!("{{\"{field}\":")) => {
            remove_element(object, key);
        }
        [Step::Field(field), rest @ ..] => {
            if let Some(next) = object.get_mut(field) {
                unset(next, rest);
            }
        }
        [Step::Key(key), rest @ ..] => {
            let key: Value = serde_json::from_str(key).unwrap_or_default();
            let elements = object.as_array_mut().into_iter().flatten();
            if let Some(element) = elements.into_iter().find(|element| matches_key(element, &key)) {
                unset(element, rest);
            }
        }
    }
}

fn remove_element(list: &mut Value, key: &str) {
    let key: Value = serde_json::from_str(key).unwrap_or_default();
    if let Value::Array(elements) = list {
        elements.retain(|element| !matches_key(element, &key));
    }
}

fn matches_key(element: &Value, key: &Value) -> bool {
    key.as_object().is_some_and(|key| key.iter().all(|(field, value)| element.get(field) == Some(value)))
}

/// A path as messages write it: `.spec.template.spec.containers[name="app"].image`.
pub(crate) fn display(path: &[Step]) -> String {
    use std::fmt::Write as _;
    let mut text = String::new();
    for step in path {
        match step {
            Step::Field(field) => {
                text.push('.');
                text.push_str(field);
            }
            Step::Key(key) => {
                let key: Map<String, Value> = serde_json::from_str(key).unwrap_or_default();
                let parts: Vec<String> =
                    key.iter().map(|(field, value)| format!("{field}={value}")).collect();
                let _ = write!(text, "[{}]", parts.join(","));
            }
        }
    }
    text
}

/// A set of paths in the `FieldsV1` form of `managedFields`.
pub(crate) fn encode(paths: &BTreeSet<Path>) -> Value {
    let mut root = json!({});
    for path in paths {
        let mut at = &mut root;
        for step in path {
            let key = match step {
                Step::Field(field) => format!("f:{field}"),
                Step::Key(key) => format!("k:{key}"),
            };
            let next = &mut at[key];
            if !next.is_object() {
                *next = if matches!(step, Step::Key(_)) { json!({ ".": {} }) } else { json!({}) };
            }
            at = next;
        }
    }
    root
}

/// The paths of a `FieldsV1`.
pub(crate) fn decode(encoded: &Value) -> BTreeSet<Path> {
    fn walk(value: &Value, path: &mut Path, found: &mut BTreeSet<Path>) {
        let members: Vec<_> =
            value.as_object().into_iter().flatten().filter(|(key, _)| *key != ".").collect();
        if members.is_empty() && !path.is_empty() {
            found.insert(path.clone());
        }
        for (key, value) in members {
            let step = match key.split_once(':') {
                Some(("f", field)) => Step::Field(field.to_owned()),
                Some(("k", key)) => Step::Key(key.to_owned()),
                _ => continue,
            };
            path.push(step);
            walk(value, path, found);
            path.pop();
        }
    }
    let mut found = BTreeSet::new();
    walk(encoded, &mut Vec::new(), &mut found);
    found
}
