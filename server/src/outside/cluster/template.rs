//! A fingerprint of the configuration that a pod template carries. Pure.
//!
//! Left out is what the panel changes there by itself, so that no rollout, way back, restart or switch makes another
//! configuration of it. A template may hold values that nobody should read: nothing but the fingerprint leaves this place.

use gantry_domain::digest;
use serde_json::{Map, Value};

use super::Snapshot;
use super::act::RESTARTED;
use super::patch::{container_mut, plain};

/// What the names of our own annotations begin with.
const OURS: &str = "gantry.dev/";

/// The fingerprint of a Deployment's pod template without the image of `container_name`, and without what is `ours`: these
/// variables of that container, our annotations, the restart stamp.
pub fn fingerprint(snapshot: &Snapshot, container_name: &str, ours: &[String]) -> String {
    let template = snapshot.deployment.pointer("/spec/template").unwrap_or(&Value::Null);
    let mut template = plain(template, container_name, ours);
    if let Some(container) = container_mut(&mut template, container_name) {
        container.remove("image");
    }
    if let Some(metadata) = template.pointer_mut("/metadata").and_then(Value::as_object_mut) {
        if let Some(annotations) = metadata.get_mut("annotations").and_then(Value::as_object_mut) {
            annotations.retain(|name, _| name != RESTARTED && !name.starts_with(OURS));
        }
        if metadata.get("annotations").and_then(Value::as_object).is_some_and(Map::is_empty) {
            metadata.remove("annotations");
        }
    }
    // A `Map` keeps its fields in the order of their names. Lists are as they are: the order of containers and of variables
    // has a meaning.
    digest::mark(&[&template.to_string()])
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const MODE: &str = "RATE_LIMIT_MODE";

    fn template() -> Value {
        json!({
            "metadata": { "labels": { "app": "x" } },
            "spec": {
                "containers": [
                    { "name": "app", "image": "a:1", "env": [{ "name": "LIMIT", "value": "5" }] },
                    { "name": "side", "image": "s:1" },
                ],
                "terminationGracePeriodSeconds": 30,
            },
        })
    }

    fn mark(template: &Value) -> String {
        let snapshot = Snapshot {
            deployment: json!({ "spec": { "template": template } }),
            replica_sets: Vec::new(),
            pods: Vec::new(),
            autoscalers: Vec::new(),
        };
        fingerprint(&snapshot, "app", &[MODE.to_owned()])
    }

    fn with(pointer: &str, value: Value) -> Value {
        let mut changed = template();
        let (parent, field) = pointer.rsplit_once('/').unwrap_or_default();
        if let Some(parent) = changed.pointer_mut(parent).and_then(Value::as_object_mut) {
            parent.insert(field.to_owned(), value);
        }
        assert_ne!(changed, template(), "{pointer}");
        changed
    }

    #[test]
    fn what_somebody_changes_makes_another_fingerprint() {
        let limit = |value: &str| json!({ "name": "LIMIT", "value": value });
        let from = json!({ "name": "LIMIT", "valueFrom": { "secretKeyRef": { "name": "s", "key": "k" } } });
        let table = [
            ("/spec/containers/0/env", json!([limit("6")])),
            ("/spec/containers/0/env", json!([])),
            ("/spec/containers/0/env", json!([from])),
            ("/spec/containers/0/env", json!([limit("5"), { "name": "OTHER", "value": "1" }])),
            ("/spec/containers/0/envFrom", json!([{ "secretRef": { "name": "all" } }])),
            ("/spec/containers/0/args", json!(["--verbose"])),
            ("/spec/containers/0/resources", json!({ "limits": { "cpu": "1" } })),
            ("/spec/containers/1/image", json!("s:2")),
            // A switch is one of the container that is released, and of no other.
            ("/spec/containers/1/env", json!([{ "name": MODE, "value": "queue" }])),
            ("/spec/serviceAccountName", json!("other")),
            ("/spec/terminationGracePeriodSeconds", json!(31)),
            ("/metadata/annotations", json!({ "checksum/config": "abc" })),
            ("/metadata/labels", json!({ "app": "x", "tier": "back" })),
        ];
        let mut seen = vec![mark(&template())];
        for (pointer, value) in table {
            let mark = mark(&with(pointer, value.clone()));
            assert!(!seen.contains(&mark), "{pointer}: {value}");
            seen.push(mark);
        }
    }

    #[test]
    fn what_the_panel_and_kubernetes_change_makes_none() {
        let limit = json!({ "name": "LIMIT", "value": "5" });
        let table = [
            ("/spec/containers/0/image", json!("a:2")),
            ("/spec/containers/0/env", json!([limit, { "name": MODE, "value": "queue" }])),
            ("/spec/containers/0/env", json!([{ "name": MODE, "value": "queue" }, limit])),
            ("/metadata/annotations", json!({ RESTARTED: "2026-11-21T10:00:00Z" })),
            ("/metadata/annotations", json!({ "gantry.dev/driver-epoch": "x.1" })),
            ("/metadata/annotations", json!({})),
            ("/metadata/labels", json!({ "app": "x", "pod-template-hash": "abc" })),
            ("/metadata/creationTimestamp", Value::Null),
        ];
        for (pointer, value) in table {
            assert_eq!(mark(&with(pointer, value.clone())), mark(&template()), "{pointer}: {value}");
        }
    }

    #[test]
    fn a_switch_that_was_the_only_variable_leaves_nothing_behind() {
        let without = with("/spec/containers/0/env", json!([]));
        let switched = with("/spec/containers/0/env", json!([{ "name": MODE, "value": "queue" }]));
        assert_eq!(mark(&without), mark(&switched));
    }

    #[test]
    fn the_order_in_which_fields_are_told_does_not_count() {
        let one: Value = serde_json::from_str(r#"{"spec":{"b":1,"a":{"d":2,"c":3}}}"#).unwrap_or_default();
        let other: Value = serde_json::from_str(r#"{"spec":{"a":{"c":3,"d":2},"b":1}}"#).unwrap_or_default();
        assert_eq!(mark(&one), mark(&other));
        assert_ne!(mark(&one), mark(&Value::Null));
    }

    #[test]
    fn a_fingerprint_is_short_and_shows_nothing_of_the_template() {
        let mark = mark(&with("/spec/containers/0/env", json!([{ "name": "KEY", "value": "s3cret" }])));
        assert!(mark.len() == 32 && mark.bytes().all(|byte| byte.is_ascii_hexdigit()), "{mark}");
    }
}
