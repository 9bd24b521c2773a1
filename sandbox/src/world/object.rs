//! Reading and making the common parts of stored objects. No rules of any one kind.

use chrono::{DateTime, SecondsFormat, Utc};
use rand::Rng as _;
use serde_json::{Map, Value, json};

use super::kinds::Kind;

/// `metadata.name`, empty when absent.
pub(crate) fn name(object: &Value) -> &str {
    text(object, "/metadata/name")
}

/// `metadata.namespace`, empty when absent.
pub(crate) fn namespace(object: &Value) -> &str {
    text(object, "/metadata/namespace")
}

/// `metadata.uid`, empty when absent.
pub(crate) fn uid(object: &Value) -> &str {
    text(object, "/metadata/uid")
}

/// The string at a JSON pointer, empty when absent.
pub(crate) fn text<'a>(object: &'a Value, pointer: &str) -> &'a str {
    object.pointer(pointer).and_then(Value::as_str).unwrap_or_default()
}

/// The integer at a JSON pointer.
pub(crate) fn int(object: &Value, pointer: &str) -> Option<i64> {
    object.pointer(pointer).and_then(Value::as_i64)
}

/// One annotation.
pub(crate) fn annotation<'a>(object: &'a Value, key: &str) -> Option<&'a str> {
    object.get("metadata")?.get("annotations")?.get(key)?.as_str()
}

/// Sets one annotation.
pub(crate) fn annotate(object: &mut Value, key: &str, value: &str) {
    child(&mut object["metadata"], "annotations").insert(key.to_owned(), Value::String(value.to_owned()));
}

/// The object under `key`, made if it is absent or not an object.
pub(crate) fn child<'a>(parent: &'a mut Value, key: &str) -> &'a mut Map<String, Value> {
    if !parent.is_object() {
        *parent = json!({});
    }
    let slot = &mut parent[key];
    if !slot.is_object() {
        *slot = json!({});
    }
    match slot {
        Value::Object(map) => map,
        _ => unreachable!("made an object one line above"),
    }
}

/// Whether the object is on its way out.
pub(crate) fn is_terminating(object: &Value) -> bool {
    object.pointer("/metadata/deletionTimestamp").is_some_and(|at| !at.is_null())
}

/// The controlling owner's uid.
pub(crate) fn controller_uid(object: &Value) -> Option<&str> {
    object
        .pointer("/metadata/ownerReferences")?
        .as_array()?
        .iter()
        .find(|owner| owner["controller"] == Value::Bool(true))?
        .get("uid")?
        .as_str()
}

/// An owner reference by which `owner` controls the object that carries it.
pub(crate) fn owner_reference(kind: &Kind, owner: &Value) -> Value {
    json!({
        "apiVersion": kind.api_version(),
        "kind": kind.kind,
        "name": name(owner),
        "uid": uid(owner),
        "controller": true,
        "blockOwnerDeletion": true,
    })
}

/// An object under the version in which it was asked for.
pub(crate) fn shown(kind: &Kind, object: &Value) -> Value {
    let mut shown = object.clone();
    shown["apiVersion"] = Value::String(kind.api_version());
    shown
}

/// A time as the API writes it, to the second.
pub(crate) fn stamp(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Secs, true)
}

/// A time as the API wrote it.
pub(crate) fn parse_stamp(text: &str) -> Option<DateTime<Utc>> {
    DateTime::parse_from_rfc3339(text).ok().map(|at| at.with_timezone(&Utc))
}

/// The five characters that end a generated name.
pub(crate) fn suffix() -> String {
    const ALPHABET: &[u8] = b"bcdfghjklmnpqrstvwxz2456789";
    let mut random = rand::rng();
    (0..5).map(|_| char::from(ALPHABET[random.random_range(0..ALPHABET.len())])).collect()
}

/// Fills what the API server fills in a new object: uid, creation time, generation, generated name.
pub(crate) fn stamp_new(kind: &Kind, object: &mut Value, now: DateTime<Utc>) {
    object["apiVersion"] = Value::String(kind.api_version());
    object["kind"] = Value::String(kind.kind.to_owned());
    let prefix = text(object, "/metadata/generateName").to_owned();
    let unnamed = name(object).is_empty();
    let meta = child(object, "metadata");
    if unnamed && !prefix.is_empty() {
        meta.insert("name".to_owned(), Value::String(format!("{prefix}{}", suffix())));
    }
    meta.insert("uid".to_owned(), Value::String(uuid::Uuid::new_v4().to_string()));
    meta.insert("creationTimestamp".to_owned(), Value::String(stamp(now)));
    for server_owned in ["resourceVersion", "deletionTimestamp", "deletionGracePeriodSeconds", "generation"] {
        meta.remove(server_owned);
    }
    if kind.status {
        meta.insert("generation".to_owned(), json!(1));
    }
}
