//! From one of the rollout's writes to the JSON patch that performs it, and the comparison of pod templates.
//!
//! Pure: what to write is decided elsewhere, and sending it is done elsewhere.

use gantry_domain::canary::{Amount, Steering, Strategy, Template};
use gantry_domain::rollout::{ClusterWrite, Rollout};
use serde_json::{Map, Value, json};

use super::Snapshot;
use super::look::{container, text};

/// The annotation that says who drives: `<rollout>.<epoch of the lease>`.
pub(super) const DRIVER: &str = "gantry.dev/driver-epoch";
/// The annotation that keeps the original strategy, for people without the panel.
const ORIGINALS: &str = "gantry.dev/originals";
/// What `kubectl rollout history` shows.
const CHANGE_CAUSE: &str = "kubernetes.io/change-cause";
/// Written into every ReplicaSet's template by Kubernetes itself.
const HASH_LABEL: &str = "pod-template-hash";

/// The recorded stable template.
pub(super) fn stable_template(rollout: &Rollout) -> Value {
    serde_json::from_str(&rollout.stable.template).unwrap_or(Value::Null)
}

/// The stable template with the new image.
pub(super) fn new_template(rollout: &Rollout) -> Value {
    let mut template = stable_template(rollout);
    if let Some(container) = container_mut(&mut template, &rollout.target.container) {
        container.insert("image".into(), Value::String(rollout.new_image.clone()));
    }
    template
}

pub(super) fn container_mut<'a>(template: &'a mut Value, name: &str) -> Option<&'a mut Map<String, Value>> {
    let containers = template.pointer_mut("/spec/containers").and_then(Value::as_array_mut)?;
    containers.iter_mut().find(|c| text(c, "/name") == name).and_then(Value::as_object_mut)
}

/// Whether two templates are the same, apart from what Kubernetes adds and from the named environment variables.
pub(super) fn same_env_aside(one: &Value, other: &Value, container: &str, aside: &[String]) -> bool {
    plain(one, container, aside) == plain(other, container, aside)
}

/// A pod template without what Kubernetes adds and without the named environment variables of a container.
pub(super) fn plain(template: &Value, name: &str, aside: &[String]) -> Value {
    let mut template = template.clone();
    if let Some(labels) = template.pointer_mut("/metadata/labels").and_then(Value::as_object_mut) {
        labels.remove(HASH_LABEL);
    }
    if let Some(container) = container_mut(&mut template, name) {
        if let Some(env) = container.get_mut("env").and_then(Value::as_array_mut) {
            env.retain(|entry| !aside.iter().any(|name| name == text(entry, "/name")));
        }
        if container.get("env").is_some_and(|env| env.as_array().is_some_and(Vec::is_empty)) {
            container.remove("env");
        }
    }
    drop_nulls(&mut template);
    template
}

fn drop_nulls(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            fields.retain(|_, field| !field.is_null());
            fields.values_mut().for_each(drop_nulls);
        }
        Value::Array(items) => items.iter_mut().for_each(drop_nulls),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// Where two templates differ, by path and without any value: values may be secrets.
pub(super) fn differs(expected: &Value, found: &Value, container: &str) -> String {
    let mut paths = Vec::new();
    walk(&plain(expected, container, &[]), &plain(found, container, &[]), "", &mut paths);
    paths.retain(|path| path.rsplit('.').next() != Some("image"));
    let more = paths.len().saturating_sub(5);
    paths.truncate(5);
    match (paths.is_empty(), more) {
        (true, _) => String::new(),
        (false, 0) => format!("changed: {}", paths.join(", ")),
        (false, more) => format!("changed: {} and {more} more", paths.join(", ")),
    }
}

fn walk(one: &Value, other: &Value, path: &str, found: &mut Vec<String>) {
    match (one, other) {
        // A whole object that is only on one side is named by what is in it.
        (Value::Null, Value::Object(_)) => walk(&Value::Object(Map::new()), other, path, found),
        (Value::Object(_), Value::Null) => walk(one, &Value::Object(Map::new()), path, found),
        (Value::Object(a), Value::Object(b)) => {
            let keys: std::collections::BTreeSet<_> = a.keys().chain(b.keys()).collect();
            for key in keys {
                let at = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
                walk(a.get(key).unwrap_or(&Value::Null), b.get(key).unwrap_or(&Value::Null), &at, found);
            }
        }
        (Value::Array(a), Value::Array(b)) if a.len() == b.len() => {
            for (index, (a, b)) in a.iter().zip(b).enumerate() {
                let name = text(a, "/name");
                let name = if name.is_empty() { index.to_string() } else { name.to_owned() };
                walk(a, b, &format!("{path}[{name}]"), found);
            }
        }
        (a, b) if a == b => {}
        _ => found.push(path.to_owned()),
    }
}

/// The patch for a write, on the Deployment as it was read.
pub fn patch_for(snapshot: &Snapshot, rollout: &Rollout, write: &ClusterWrite) -> Value {
    let deployment = &snapshot.deployment;
    // Setting it makes the API server refuse the patch with 409 if anything has changed.
    let version = text(deployment, "/metadata/resourceVersion");
    let mut steps = vec![json!({ "op": "replace", "path": "/metadata/resourceVersion", "value": version })];
    let mut annotations =
        deployment.pointer("/metadata/annotations").and_then(Value::as_object).cloned().unwrap_or_default();
    let mut set = |path: &str, value: Value| steps.push(json!({ "op": "add", "path": path, "value": value }));
    match write {
        ClusterWrite::Fence { driver, originals } => {
            annotations.insert(DRIVER.into(), json!(format!("{}.{}", driver.rollout, driver.epoch)));
            annotations.insert(ORIGINALS.into(), json!(steering(originals).to_string()));
        }
        ClusterWrite::Shape { shape, carry, release } => {
            let Value::Object(fields) = steering(&shape.steering) else { return Value::Null };
            for (field, value) in fields {
                set(&format!("/spec/{field}"), value);
            }
            let running = deployment.pointer("/spec/template").unwrap_or(&Value::Null);
            let (template, image) = match shape.template {
                Template::Stable => (stable_template(rollout), &rollout.stable.image),
                Template::New => (new_template(rollout), &rollout.new_image),
            };
            let template = carried(template, running, &rollout.target.container, carry);
            if !same_env_aside(&template, running, &rollout.target.container, &[]) {
                set("/spec/template", template);
                annotations.insert(CHANGE_CAUSE.into(), json!(format!("Gantry: {image}")));
            }
            if *release {
                annotations.remove(DRIVER);
                annotations.remove(ORIGINALS);
            }
        }
    }
    set("/metadata/annotations", Value::Object(annotations));
    Value::Array(steps)
}

/// The template with the named environment variables as the running one has them.
fn carried(mut template: Value, running: &Value, name: &str, carry: &[String]) -> Value {
    let entries = container(running, name).and_then(|c| c.get("env")).and_then(Value::as_array);
    let kept: Vec<Value> = entries
        .into_iter()
        .flatten()
        .filter(|entry| carry.iter().any(|name| name == text(entry, "/name")))
        .cloned()
        .collect();
    // As the running one has them also means: without those that were removed since the template was recorded.
    let recorded = container(&template, name).and_then(|c| c.get("env")).and_then(Value::as_array);
    let stale = |entry: &Value| carry.iter().any(|name| name == text(entry, "/name"));
    if kept.is_empty() && !recorded.is_some_and(|env| env.iter().any(stale)) {
        return template;
    }
    if let Some(container) = container_mut(&mut template, name) {
        let env = container.entry("env").or_insert_with(|| json!([]));
        if let Some(env) = env.as_array_mut() {
            env.retain(|entry| !stale(entry));
            env.extend(kept);
        }
    }
    template
}

/// The steering fields as the Deployment's specification has them.
fn steering(steering: &Steering) -> Value {
    let strategy = match steering.strategy {
        Strategy::Recreate => json!({ "type": "Recreate" }),
        Strategy::RollingUpdate { max_surge, max_unavailable } => json!({
            "type": "RollingUpdate",
            "rollingUpdate": { "maxSurge": amount(max_surge), "maxUnavailable": amount(max_unavailable) },
        }),
    };
    json!({
        "strategy": strategy,
        "minReadySeconds": steering.min_ready_seconds,
        "progressDeadlineSeconds": steering.progress_deadline_seconds,
        "paused": steering.paused,
    })
}

fn amount(amount: Amount) -> Value {
    match amount {
        Amount::Pods(pods) => json!(pods),
        Amount::Percent(percent) => json!(format!("{percent}%")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn template(image: &str, env: &[(&str, &str)]) -> Value {
        let env: Vec<Value> = env.iter().map(|(n, v)| json!({ "name": n, "value": v })).collect();
        json!({
            "metadata": { "labels": { "app": "x" } },
            "spec": { "containers": [{ "name": "app", "image": image, "env": env }, { "name": "side", "image": "s:1" }] },
        })
    }

    #[test]
    fn what_kubernetes_adds_and_mitigations_do_not_make_another_template() {
        let mut set = template("a:1", &[("RATE_LIMIT_MODE", "queue")]);
        set["metadata"]["labels"]["pod-template-hash"] = json!("abc");
        set["metadata"]["creationTimestamp"] = Value::Null;
        let aside = ["RATE_LIMIT_MODE".to_owned()];
        assert!(same_env_aside(&set, &template("a:1", &[]), "app", &aside));
        assert!(!same_env_aside(&set, &template("a:1", &[]), "app", &[]));
        assert!(!same_env_aside(&set, &template("a:2", &[]), "app", &aside));
    }

    #[test]
    fn a_mitigation_is_carried_over_with_its_value_and_nothing_else_is() {
        let running = template("a:2", &[("FALLBACK", "true"), ("OTHER", "x")]);
        let carried = carried(template("a:1", &[("KEPT", "1")]), &running, "app", &["FALLBACK".into()]);
        assert_eq!(carried, template("a:1", &[("KEPT", "1"), ("FALLBACK", "true")]));
    }

    #[test]
    fn a_mitigation_that_was_removed_since_does_not_come_back_with_the_recorded_template() {
        let carried = carried(
            template("a:1", &[("KEPT", "1"), ("FALLBACK", "true")]),
            &template("a:2", &[]),
            "app",
            &["FALLBACK".into()],
        );
        assert_eq!(carried, template("a:1", &[("KEPT", "1")]));
    }

    #[test]
    fn differences_name_the_place_and_never_the_value() {
        let words =
            differs(&template("a:2", &[("KEY", "old")]), &template("a:3", &[("KEY", "s3cret")]), "app");
        assert_eq!(words, "changed: spec.containers[app].env[KEY].value");
    }
}
