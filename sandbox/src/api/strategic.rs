//! Strategic merge patches: merge patches that know which lists are keyed.

use serde_json::{Map, Value};

use crate::world::fields::merge_key;

/// Merges a patch into an object.
pub(crate) fn merge(target: &mut Value, patch: &Value) {
    let Value::Object(changes) = patch else {
        *target = patch.clone();
        return;
    };
    match changes.get("$patch").and_then(Value::as_str) {
        Some("replace") => {
            let mut plain = changes.clone();
            plain.remove("$patch");
            *target = Value::Object(plain);
            return;
        }
        Some("delete") => {
            *target = Value::Object(Map::new());
            return;
        }
        _ => {}
    }
    if !target.is_object() {
        *target = Value::Object(Map::new());
    }
    let Value::Object(members) = target else { return };
    for (field, change) in changes {
        if let Some(list) = field.strip_prefix("$deleteFromPrimitiveList/") {
            if let (Some(Value::Array(elements)), Value::Array(gone)) = (members.get_mut(list), change) {
                elements.retain(|element| !gone.contains(element));
            }
        } else if field == "$retainKeys" {
            let kept: Vec<&str> = change.as_array().into_iter().flatten().filter_map(Value::as_str).collect();
            members.retain(|field, _| kept.contains(&field.as_str()));
        } else if field.starts_with('$') {
            // The order of elements ($setElementOrder) means nothing to the sandbox.
        } else if change.is_null() {
            members.remove(field);
        } else {
            let slot = members.entry(field.clone()).or_insert(Value::Null);
            member(field, slot, change);
        }
    }
}

fn member(field: &str, slot: &mut Value, change: &Value) {
    match change {
        Value::Object(_) => merge(slot, change),
        Value::Array(elements) => {
            let replaces = elements.iter().any(|element| element["$patch"] == "replace");
            let plain: Vec<Value> =
                elements.iter().filter(|element| element["$patch"] != "replace").cloned().collect();
            match merge_key(field, &plain) {
                Some(key) if !replaces => merge_list(slot, &plain, key),
                _ => *slot = Value::Array(plain),
            }
        }
        plain => *slot = plain.clone(),
    }
}

fn merge_list(slot: &mut Value, changes: &[Value], key: &str) {
    if !slot.is_array() {
        *slot = Value::Array(Vec::new());
    }
    let Value::Array(elements) = slot else { return };
    for change in changes {
        let at = elements.iter().position(|element| element[key] == change[key]);
        if change["$patch"] == "delete" {
            if let Some(at) = at {
                elements.remove(at);
            }
        } else if let Some(at) = at {
            merge(&mut elements[at], change);
        } else {
            let mut new = Value::Object(Map::new());
            merge(&mut new, change);
            elements.push(new);
        }
    }
}
