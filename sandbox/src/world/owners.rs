//! Who owns which field: `managedFields`, server-side apply with its conflicts, and the owning by ordinary writes.
//!
//! Pure functions over objects. It must not store anything nor answer requests.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use serde_json::{Value, json};

use super::fields::{self, Path};
use super::object;

/// A field that another manager owns with another value.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Conflict {
    pub(crate) manager: String,
    pub(crate) field: String,
}

/// Who writes, and when.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Writer<'a> {
    pub(crate) manager: &'a str,
    pub(crate) now: DateTime<Utc>,
}

#[derive(Debug)]
struct Share {
    manager: String,
    operation: String,
    time: String,
    paths: BTreeSet<Path>,
}

/// Merges an applied configuration into the live object. Without `force`, fields that others own with another value
/// are conflicts and nothing is merged; with it they change hands. Fields that this manager applied before and leaves
/// out now are removed, unless somebody else owns them too.
pub(crate) fn apply(
    live: &Value,
    config: &Value,
    force: bool,
    writer: Writer<'_>,
) -> Result<Value, Vec<Conflict>> {
    let wanted = fields::leaves(config);
    let current = fields::leaves(live);
    let mut shares = shares(live);
    let mut conflicts = Vec::new();
    for (path, value) in &wanted {
        if current.get(path) == Some(value) {
            continue;
        }
        for share in &mut shares {
            let own = share.manager == writer.manager && share.operation == "Apply";
            if own || !share.paths.contains(path) {
                continue;
            }
            if force {
                share.paths.remove(path);
            } else {
                conflicts.push(Conflict { manager: share.manager.clone(), field: fields::display(path) });
            }
        }
    }
    if !conflicts.is_empty() {
        return Err(conflicts);
    }
    let mut merged = live.clone();
    let position =
        shares.iter().position(|share| share.manager == writer.manager && share.operation == "Apply");
    let before = position.map(|at| shares.remove(at));
    for path in before.iter().flat_map(|share| &share.paths).rev() {
        if !wanted.contains_key(path) && !shares.iter().any(|share| share.paths.contains(path)) {
            fields::unset(&mut merged, path);
        }
    }
    for (path, value) in &wanted {
        // An empty object says that there is one, not that it has nothing in it.
        let says_nothing = value.as_object().is_some_and(serde_json::Map::is_empty);
        if !(says_nothing && current.keys().any(|known| known.starts_with(path))) {
            fields::set(&mut merged, path, value.clone());
        }
    }
    shares.push(Share {
        manager: writer.manager.to_owned(),
        operation: "Apply".to_owned(),
        time: object::stamp(writer.now),
        paths: wanted.into_keys().collect(),
    });
    store(&mut merged, shares);
    Ok(merged)
}

/// Notes that an ordinary write (create, update, patch) changed `before` into `after`: what changed is the writer's.
pub(crate) fn record_update(before: Option<&Value>, after: &mut Value, writer: Writer<'_>) {
    let old = before.map(fields::leaves).unwrap_or_default();
    let new = fields::leaves(after);
    let changed: BTreeSet<Path> = new
        .iter()
        .filter(|(path, value)| old.get(*path) != Some(value))
        .map(|(path, _)| path.clone())
        .collect();
    let mut shares = before.map(shares).unwrap_or_default();
    for share in &mut shares {
        share.paths.retain(|path| new.contains_key(path) && !changed.contains(path));
    }
    if !changed.is_empty() {
        let own =
            shares.iter_mut().find(|share| share.manager == writer.manager && share.operation == "Update");
        if let Some(own) = own {
            own.paths.extend(changed);
            own.time = object::stamp(writer.now);
        } else {
            shares.push(Share {
                manager: writer.manager.to_owned(),
                operation: "Update".to_owned(),
                time: object::stamp(writer.now),
                paths: changed,
            });
        }
    }
    store(after, shares);
}

fn shares(object: &Value) -> Vec<Share> {
    let entries = object.pointer("/metadata/managedFields").and_then(Value::as_array);
    entries
        .into_iter()
        .flatten()
        .map(|entry| Share {
            manager: object::text(entry, "/manager").to_owned(),
            operation: object::text(entry, "/operation").to_owned(),
            time: object::text(entry, "/time").to_owned(),
            paths: fields::decode(&entry["fieldsV1"]),
        })
        .collect()
}

fn store(object: &mut Value, shares: Vec<Share>) {
    let api_version = object["apiVersion"].clone();
    let entries: Vec<Value> = shares
        .into_iter()
        .filter(|share| !share.paths.is_empty())
        .map(|share| {
            json!({
                "manager": share.manager,
                "operation": share.operation,
                "apiVersion": api_version,
                "time": share.time,
                "fieldsType": "FieldsV1",
                "fieldsV1": fields::encode(&share.paths),
            })
        })
        .collect();
    let meta = object::child(object, "metadata");
    if entries.is_empty() {
        meta.remove("managedFields");
    } else {
        meta.insert("managedFields".to_owned(), Value::Array(entries));
    }
}

/// How many conflicts each manager holds, for the message.
pub(crate) fn describe(conflicts: &[Conflict], api_version: &str) -> String {
    let mut by_manager: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for conflict in conflicts {
        by_manager.entry(&conflict.manager).or_default().push(&conflict.field);
    }
    let count = conflicts.len();
    let noun = if count == 1 { "conflict" } else { "conflicts" };
    let parts: Vec<String> = by_manager
        .iter()
        .map(|(manager, fields)| match fields.as_slice() {
            [field] => format!("conflict with \"{manager}\" using {api_version}: {field}"),
            many => format!("conflicts with \"{manager}\" using {api_version}:\n- {}", many.join("\n- ")),
        })
        .collect();
    format!("Apply failed with {count} {noun}: {}", parts.join("\n"))
}
