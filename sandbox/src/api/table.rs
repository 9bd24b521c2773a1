//! Tables: what `kubectl get` prints. Columns for the kinds that people look at, names and ages for the rest.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use serde_json::{Value, json};

use super::Call;
use crate::world::kinds::{self, Kind};
use crate::world::object::{self, int, text};

/// Whether the client wants a table.
pub(crate) fn wanted(call: &Call) -> bool {
    call.header("accept").split(',').next().is_some_and(|first| first.contains("as=Table"))
}

/// The table of some objects.
pub(crate) fn render(kind: &Kind, objects: &[Arc<Value>], version: &Value) -> Value {
    let now = Utc::now();
    let columns: Vec<Value> = columns(kind)
        .iter()
        .map(|(name, wide)| {
            let format = if *name == "Name" { "name" } else { "" };
            let number = matches!(*name, "Up-to-date" | "Available" | "Desired" | "Current" | "Data")
                || (*kind == kinds::REPLICA_SETS && *name == "Ready");
            json!({
                "name": name,
                "type": if number { "integer" } else { "string" },
                "format": format,
                "description": "",
                "priority": i32::from(*wide),
            })
        })
        .collect();
    let rows: Vec<Value> = objects
        .iter()
        .map(|object| {
            json!({
                "cells": cells(kind, object, now),
                "object": {
                    "kind": "PartialObjectMetadata",
                    "apiVersion": "meta.k8s.io/v1",
                    "metadata": object["metadata"],
                },
            })
        })
        .collect();
    json!({
        "kind": "Table",
        "apiVersion": "meta.k8s.io/v1",
        "metadata": { "resourceVersion": version },
        "columnDefinitions": columns,
        "rows": rows,
    })
}

fn columns(kind: &Kind) -> &'static [(&'static str, bool)] {
    match kind.plural {
        "deployments" => &[
            ("Name", false),
            ("Ready", false),
            ("Up-to-date", false),
            ("Available", false),
            ("Age", false),
            ("Containers", true),
            ("Images", true),
            ("Selector", true),
        ],
        "replicasets" => &[
            ("Name", false),
            ("Desired", false),
            ("Current", false),
            ("Ready", false),
            ("Age", false),
            ("Containers", true),
            ("Images", true),
            ("Selector", true),
        ],
        "pods" => &[
            ("Name", false),
            ("Ready", false),
            ("Status", false),
            ("Restarts", false),
            ("Age", false),
            ("IP", true),
            ("Node", true),
        ],
        "events" => {
            &[("Last Seen", false), ("Type", false), ("Reason", false), ("Object", false), ("Message", false)]
        }
        "secrets" => &[("Name", false), ("Type", false), ("Data", false), ("Age", false)],
        "namespaces" => &[("Name", false), ("Status", false), ("Age", false)],
        _ => &[("Name", false), ("Age", false)],
    }
}

fn cells(kind: &Kind, object: &Value, now: DateTime<Utc>) -> Value {
    let name = object::name(object);
    let age = age(text(object, "/metadata/creationTimestamp"), now);
    let count = |pointer: &str| int(object, pointer).unwrap_or(0);
    let containers = |template: &str, field: &str| {
        let list = object.pointer(&format!("{template}/containers")).and_then(Value::as_array);
        list.into_iter().flatten().filter_map(|one| one[field].as_str()).collect::<Vec<_>>().join(",")
    };
    let selector = || {
        let labels = object.pointer("/spec/selector/matchLabels").and_then(Value::as_object);
        let parts = labels
            .into_iter()
            .flatten()
            .map(|(key, value)| format!("{key}={}", value.as_str().unwrap_or("")));
        parts.collect::<Vec<_>>().join(",")
    };
    match kind.plural {
        "deployments" => json!([
            name,
            format!("{}/{}", count("/status/readyReplicas"), count("/spec/replicas")),
            count("/status/updatedReplicas"),
            count("/status/availableReplicas"),
            age,
            containers("/spec/template/spec", "name"),
            containers("/spec/template/spec", "image"),
            selector(),
        ]),
        "replicasets" => json!([
            name,
            count("/spec/replicas"),
            count("/status/replicas"),
            count("/status/readyReplicas"),
            age,
            containers("/spec/template/spec", "name"),
            containers("/spec/template/spec", "image"),
            selector(),
        ]),
        "pods" => {
            let all = object.pointer("/status/containerStatuses").and_then(Value::as_array);
            let all: Vec<&Value> = all.into_iter().flatten().collect();
            let ready = all.iter().filter(|one| one["ready"] == true).count();
            let waiting = all.iter().find_map(|one| one.pointer("/state/waiting/reason")?.as_str());
            let status = if object::is_terminating(object) {
                "Terminating"
            } else {
                waiting.unwrap_or(text(object, "/status/phase"))
            };
            let restarts: i64 = all.iter().filter_map(|one| one["restartCount"].as_i64()).sum();
            json!([
                name,
                format!("{ready}/{}", all.len()),
                status,
                restarts.to_string(),
                age,
                text(object, "/status/podIP"),
                text(object, "/spec/nodeName"),
            ])
        }
        "events" => json!([
            self::age(text(object, "/lastTimestamp"), now),
            text(object, "/type"),
            text(object, "/reason"),
            format!(
                "{}/{}",
                text(object, "/involvedObject/kind").to_lowercase(),
                text(object, "/involvedObject/name")
            ),
            text(object, "/message"),
        ]),
        "secrets" => {
            let data = object["data"].as_object().map_or(0, serde_json::Map::len);
            json!([name, text(object, "/type"), data, age])
        }
        "namespaces" => json!([name, text(object, "/status/phase"), age]),
        _ => json!([name, age]),
    }
}

fn age(stamp: &str, now: DateTime<Utc>) -> String {
    let Some(since) = object::parse_stamp(stamp) else { return "<unknown>".to_owned() };
    let seconds = (now - since).num_seconds().max(0);
    match seconds {
        0..=119 => format!("{seconds}s"),
        120..=7199 => format!("{}m", seconds / 60),
        7200..=172_799 => format!("{}h", seconds / 3600),
        _ => format!("{}d", seconds / 86_400),
    }
}
