//! What a Deployment, as the cluster told it, says about a release: environment, webhook addresses, references to
//! Secrets, images to return to, pods. Pure reading; judged by the domain.

use gantry_domain::light::Pods;
use gantry_domain::preset::Workload;
use gantry_domain::probe::{EnvEntry, EnvSource, RollbackObservation};
use serde_json::Value;

use crate::outside::cluster::Snapshot;

/// The most containers, and the most variables of each, that are looked at.
const MOST: usize = 200;

/// A variable whose value is a key of a Secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::services) struct Reference {
    /// Name of the variable.
    pub(in crate::services) variable: String,
    /// Name of the Secret.
    pub(in crate::services) secret: String,
    /// Key within it.
    pub(in crate::services) key: String,
}

fn text<'a>(value: &'a Value, pointer: &str) -> &'a str {
    value.pointer(pointer).and_then(Value::as_str).unwrap_or_default()
}

fn array<'a>(value: &'a Value, pointer: &str) -> impl Iterator<Item = &'a Value> {
    value.pointer(pointer).and_then(Value::as_array).into_iter().flatten().take(MOST)
}

/// All containers of the pod template, those that run first included.
fn containers(snapshot: &Snapshot) -> impl Iterator<Item = &Value> {
    let spec = "/spec/template/spec";
    ["containers", "initContainers"]
        .into_iter()
        .flat_map(move |kind| array(&snapshot.deployment, &format!("{spec}/{kind}")).collect::<Vec<_>>())
}

/// The environment of the pod template.
pub(in crate::services) fn environment(snapshot: &Snapshot) -> Vec<EnvEntry> {
    let mut entries = Vec::new();
    for container in containers(snapshot) {
        let of = text(container, "/name");
        for variable in array(container, "/env") {
            entries.push(EnvEntry {
                container: of.to_owned(),
                name: text(variable, "/name").to_owned(),
                source: source(variable),
            });
        }
        for whole in array(container, "/envFrom") {
            let all = || "*".to_owned();
            let source = if let Some(name) = whole.pointer("/secretRef/name").and_then(Value::as_str) {
                EnvSource::Secret { name: name.to_owned(), key: all() }
            } else if let Some(name) = whole.pointer("/configMapRef/name").and_then(Value::as_str) {
                EnvSource::ConfigMap { name: name.to_owned(), key: all() }
            } else {
                continue;
            };
            entries.push(EnvEntry { container: of.to_owned(), name: all(), source });
        }
    }
    entries
}

fn source(variable: &Value) -> EnvSource {
    let Some(from) = variable.get("valueFrom") else {
        return EnvSource::Literal(text(variable, "/value").to_owned());
    };
    let named = |kind: &str| {
        let reference = from.get(kind)?;
        Some((text(reference, "/name").to_owned(), text(reference, "/key").to_owned()))
    };
    if let Some((name, key)) = named("secretKeyRef") {
        EnvSource::Secret { name, key }
    } else if let Some((name, key)) = named("configMapKeyRef") {
        EnvSource::ConfigMap { name, key }
    } else {
        EnvSource::Field
    }
}

/// Texts of the template beside the environment in which a credential may stand, with where they stand.
pub(in crate::services) fn other_texts(snapshot: &Snapshot) -> Vec<(String, String)> {
    let mut texts = Vec::new();
    for container in containers(snapshot) {
        for field in ["command", "args"] {
            for (place, word) in array(container, &format!("/{field}")).enumerate() {
                if let Some(word) = word.as_str() {
                    let of = text(container, "/name");
                    texts.push((format!("{field} {} of container {of}", place + 1), word.to_owned()));
                }
            }
        }
    }
    let annotations =
        snapshot.deployment.pointer("/spec/template/metadata/annotations").and_then(Value::as_object);
    for (name, value) in annotations.into_iter().flatten().take(MOST) {
        // Checksums of configuration are long and random, and no credentials.
        if !name.contains("checksum") {
            texts.push((format!("annotation {name}"), value.as_str().unwrap_or_default().to_owned()));
        }
    }
    texts
}

/// The variables among `names` that come from a key of a Secret.
pub(in crate::services) fn references(environment: &[EnvEntry], names: &[String]) -> Vec<Reference> {
    let mut found: Vec<Reference> = Vec::new();
    for entry in environment.iter().filter(|entry| names.contains(&entry.name)) {
        let EnvSource::Secret { name, key } = &entry.source else { continue };
        let reference = Reference { variable: entry.name.clone(), secret: name.clone(), key: key.clone() };
        if key != "*" && !found.contains(&reference) {
            found.push(reference);
        }
    }
    found
}

/// The webhook addresses among `names`: without address where it does not stand in the template.
pub(in crate::services) fn webhooks(
    environment: &[EnvEntry],
    names: &[String],
) -> Vec<(String, Option<String>)> {
    environment
        .iter()
        .filter(|entry| names.contains(&entry.name))
        .map(|entry| {
            let address = match &entry.source {
                EnvSource::Literal(value) => Some(value.clone()),
                EnvSource::Secret { .. } | EnvSource::ConfigMap { .. } | EnvSource::Field => None,
            };
            (entry.name.clone(), address)
        })
        .collect()
}

/// The image that a pod template runs in the workload's container, or in its only one.
fn image<'a>(template: &'a Value, workload: &Workload) -> &'a str {
    let mut all = array(template, "/spec/containers");
    let named = array(template, "/spec/containers").find(|one| text(one, "/name") == workload.container);
    let only = match (all.next(), all.next()) {
        (Some(only), None) => Some(only),
        (_, _) => None,
    };
    named.or(only).map_or("", |container| text(container, "/image"))
}

/// What the cluster keeps of the workload's past.
pub(in crate::services) fn past(snapshot: &Snapshot, workload: &Workload) -> RollbackObservation {
    let of = |set: &Value| {
        let template = set.pointer("/spec/template").unwrap_or(&Value::Null);
        (text(set, "/metadata/name").to_owned(), image(template, workload).to_owned())
    };
    let limit = snapshot.deployment.pointer("/spec/revisionHistoryLimit").and_then(Value::as_i64);
    RollbackObservation {
        replica_sets: snapshot.replica_sets.iter().map(of).collect(),
        history_limit: limit.and_then(|limit| i32::try_from(limit).ok()),
    }
}

/// The image that the Deployment asks for now.
pub(in crate::services) fn running_image<'a>(snapshot: &'a Snapshot, workload: &Workload) -> &'a str {
    image(snapshot.deployment.pointer("/spec/template").unwrap_or(&Value::Null), workload)
}

/// The workload's pods.
pub(in crate::services) fn pods(snapshot: &Snapshot) -> Pods {
    let wanted = snapshot.deployment.pointer("/spec/replicas").and_then(Value::as_u64).unwrap_or(1);
    let wanted = u32::try_from(wanted).unwrap_or(u32::MAX);
    let staying = |pod: &&Value| pod.pointer("/metadata/deletionTimestamp").is_none_or(Value::is_null);
    let ready = snapshot.pods.iter().filter(staying).filter(|pod| is_ready(pod)).count();
    let mut problems: Vec<String> = snapshot
        .pods
        .iter()
        .flat_map(|pod| array(pod, "/status/containerStatuses"))
        .map(|status| text(status, "/state/waiting/reason"))
        .filter(|reason| !matches!(*reason, "" | "ContainerCreating" | "PodInitializing"))
        .map(|reason| gantry_domain::text::inert_line(reason, 60))
        .collect();
    problems.sort();
    problems.dedup();
    problems.truncate(5);
    // While a rollout surges there are more than were asked for.
    Pods { wanted, ready: u32::try_from(ready).unwrap_or(u32::MAX).min(wanted), problems }
}

fn is_ready(pod: &Value) -> bool {
    array(pod, "/status/conditions")
        .any(|condition| text(condition, "/type") == "Ready" && text(condition, "/status") == "True")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn snapshot(spec: &Value) -> Snapshot {
        Snapshot {
            deployment: json!({ "spec": { "replicas": 3, "template": { "spec": spec } } }),
            replica_sets: Vec::new(),
            pods: Vec::new(),
            autoscalers: Vec::new(),
        }
    }

    #[test]
    fn the_environment_is_read_from_all_containers_and_from_whole_secrets() {
        let snapshot = snapshot(&json!({
            "initContainers": [{ "name": "first", "env": [{ "name": "A", "value": "1" }] }],
            "containers": [{ "name": "app", "envFrom": [{ "secretRef": { "name": "all" } }], "env": [
                { "name": "KEY", "valueFrom": { "secretKeyRef": { "name": "s", "key": "k" } } },
                { "name": "MAP", "valueFrom": { "configMapKeyRef": { "name": "m", "key": "k" } } },
                { "name": "IP", "valueFrom": { "fieldRef": { "fieldPath": "status.podIP" } } },
                { "name": "HOOK", "value": "https://hooks.example/x" },
            ] }],
        }));
        let environment = environment(&snapshot);
        assert_eq!(environment.len(), 6);
        let names = ["KEY".to_owned(), "MAP".to_owned(), "HOOK".to_owned()];
        let expected = Reference { variable: "KEY".into(), secret: "s".into(), key: "k".into() };
        assert_eq!(references(&environment, &names), [expected]);
        let hooks = webhooks(&environment, &names);
        assert_eq!(hooks[2], ("HOOK".to_owned(), Some("https://hooks.example/x".to_owned())));
        assert_eq!(hooks[0].1, None);
    }

    #[test]
    fn pods_that_leave_do_not_count_and_what_keeps_others_is_named() {
        let mut snapshot = snapshot(&json!({}));
        let pod = |ready: &str, leaving: Value, reason: &str| {
            json!({
                "metadata": { "deletionTimestamp": leaving },
                "status": {
                    "conditions": [{ "type": "Ready", "status": ready }],
                    "containerStatuses": [{ "state": { "waiting": { "reason": reason } } }],
                },
            })
        };
        snapshot.pods = vec![
            pod("True", Value::Null, ""),
            pod("True", json!("2026-01-01T00:00:00Z"), ""),
            pod("False", Value::Null, "CrashLoopBackOff"),
        ];
        let seen = pods(&snapshot);
        assert_eq!((seen.wanted, seen.ready, seen.problems), (3, 1, vec!["CrashLoopBackOff".to_owned()]));
    }
}
