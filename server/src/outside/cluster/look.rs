//! Reading Kubernetes' objects: from JSON to what the rollout knows. Pure; nothing is decided here.
//!
//! What is only shown and logged is made inert here: an image or the reason of a container is nearly free text. What is
//! compared with what we write, or written back, is left as it is.

use gantry_domain::canary::{Amount, DEFAULT_PROGRESS_DEADLINE_SECONDS, Steering, Strategy};
use gantry_domain::id::RolloutId;
use gantry_domain::rollout::{
    DeploymentSeen, Driver, PodSeen, ReplicaSetSeen, Rollout, Seen, Side, Stable, TemplateSeen,
};
use gantry_domain::text::inert_line;
use serde_json::Value;

use super::Snapshot;
use super::patch::{DRIVER, new_template, same_env_aside, stable_template};

/// The longest name in Kubernetes, in characters.
pub(super) const LONGEST_NAME: usize = 253;
/// The most characters of an image that are shown.
const LONGEST_IMAGE: usize = 300;

/// What must be known of a Deployment before a rollout of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Facts {
    /// Its UID.
    pub uid: String,
    /// The version that runs, with the template to return to; `None` while its ReplicaSet is not there.
    pub stable: Option<Stable>,
    /// The steering fields.
    pub steering: Steering,
    /// Replicas asked for.
    pub replicas: u32,
    /// Ready pods of the current template.
    pub ready: u32,
    /// Pods of other templates that still run.
    pub others: u32,
    /// Whether Kubernetes has seen its latest specification.
    pub settled: bool,
    /// How many old revisions are kept.
    pub history_limit: i64,
    /// The autoscaler attached to it.
    pub autoscaler: Option<String>,
    /// Who drives it, by the annotation.
    pub driver: Option<Driver>,
}

/// The string at a JSON pointer, or nothing.
pub(super) fn text<'a>(object: &'a Value, pointer: &str) -> &'a str {
    object.pointer(pointer).and_then(Value::as_str).unwrap_or_default()
}

fn number(object: &Value, pointer: &str) -> Option<i64> {
    object.pointer(pointer).and_then(Value::as_i64)
}

fn whole(object: &Value, pointer: &str, default: u32) -> u32 {
    number(object, pointer).and_then(|n| u32::try_from(n).ok()).unwrap_or(default)
}

fn short(object: &Value, pointer: &str, default: i32) -> i32 {
    number(object, pointer).and_then(|n| i32::try_from(n).ok()).unwrap_or(default)
}

/// Whether the object's owner has that UID.
pub(super) fn owned_by(object: &Value, uid: &str) -> bool {
    let owners = object.pointer("/metadata/ownerReferences").and_then(Value::as_array);
    owners.is_some_and(|owners| owners.iter().any(|owner| text(owner, "/uid") == uid))
}

/// The Deployment's selector as a query parameter.
pub(super) fn selector(deployment: &Value) -> String {
    let mut terms = Vec::new();
    if let Some(labels) = deployment.pointer("/spec/selector/matchLabels").and_then(Value::as_object) {
        terms.extend(
            labels.iter().map(|(key, value)| format!("{key}={}", value.as_str().unwrap_or_default())),
        );
    }
    let expressions = deployment.pointer("/spec/selector/matchExpressions").and_then(Value::as_array);
    for expression in expressions.into_iter().flatten() {
        let key = text(expression, "/key");
        let values: Vec<&str> = expression
            .pointer("/values")
            .and_then(Value::as_array)
            .map(|values| values.iter().filter_map(Value::as_str).collect())
            .unwrap_or_default();
        terms.push(match text(expression, "/operator") {
            "In" => format!("{key} in ({})", values.join(",")),
            "NotIn" => format!("{key} notin ({})", values.join(",")),
            "DoesNotExist" => format!("!{key}"),
            _ => key.to_owned(),
        });
    }
    let encoded: String = terms
        .join(",")
        .bytes()
        .map(|byte| match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' => char::from(byte).to_string(),
            other => format!("%{other:02X}"),
        })
        .collect();
    format!("labelSelector={encoded}")
}

/// The four fields that steer.
pub(super) fn steering(deployment: &Value) -> Steering {
    let strategy = match text(deployment, "/spec/strategy/type") {
        "Recreate" => Strategy::Recreate,
        _ => Strategy::RollingUpdate {
            max_surge: amount(deployment.pointer("/spec/strategy/rollingUpdate/maxSurge")),
            max_unavailable: amount(deployment.pointer("/spec/strategy/rollingUpdate/maxUnavailable")),
        },
    };
    Steering {
        strategy,
        min_ready_seconds: short(deployment, "/spec/minReadySeconds", 0),
        progress_deadline_seconds: short(
            deployment,
            "/spec/progressDeadlineSeconds",
            DEFAULT_PROGRESS_DEADLINE_SECONDS,
        ),
        paused: deployment.pointer("/spec/paused").and_then(Value::as_bool).unwrap_or(false),
    }
}

fn amount(value: Option<&Value>) -> Amount {
    let read = value.and_then(|value| match value {
        Value::Number(number) => number.as_u64().and_then(|n| u32::try_from(n).ok()).map(Amount::Pods),
        Value::String(text) => text.strip_suffix('%').and_then(|t| t.parse().ok()).map(Amount::Percent),
        _ => None,
    });
    read.unwrap_or(Amount::Percent(25))
}

/// The named container of a pod template.
pub(super) fn container<'a>(template: &'a Value, name: &str) -> Option<&'a Value> {
    let containers = template.pointer("/spec/containers").and_then(Value::as_array)?;
    containers.iter().find(|container| text(container, "/name") == name)
}

/// Names of the containers of a Deployment.
pub fn container_names(snapshot: &Snapshot) -> Vec<String> {
    let containers = snapshot.deployment.pointer("/spec/template/spec/containers").and_then(Value::as_array);
    containers.into_iter().flatten().map(|c| text(c, "/name").to_owned()).collect()
}

fn template(object: &Value) -> &Value {
    object.pointer("/spec/template").unwrap_or(&Value::Null)
}

fn image<'a>(template: &'a Value, name: &str) -> &'a str {
    container(template, name).map_or("", |container| text(container, "/image"))
}

fn is_settled(deployment: &Value) -> bool {
    number(deployment, "/status/observedGeneration") >= number(deployment, "/metadata/generation")
}

/// The driver written as `<rollout>.<epoch>`.
fn driver(deployment: &Value) -> Option<Driver> {
    let annotations = deployment.pointer("/metadata/annotations")?;
    let (rollout, epoch) = annotations.get(DRIVER)?.as_str()?.rsplit_once('.')?;
    Some(Driver { rollout: rollout.parse::<RolloutId>().ok()?, epoch: epoch.parse().ok()? })
}

fn pod(pod: &Value, container: &str) -> PodSeen {
    let conditions = pod.pointer("/status/conditions").and_then(Value::as_array);
    let ready = conditions.is_some_and(|all| {
        all.iter().any(|one| text(one, "/type") == "Ready" && text(one, "/status") == "True")
    });
    let statuses = pod.pointer("/status/containerStatuses").and_then(Value::as_array);
    let problem = statuses
        .into_iter()
        .flatten()
        .map(|status| text(status, "/state/waiting/reason"))
        .find(|reason| !matches!(*reason, "" | "ContainerCreating" | "PodInitializing"));
    // Some nodes name an image by the hash of its description instead: that is not what a tag stands for.
    let digest = statuses
        .into_iter()
        .flatten()
        .find(|status| text(status, "/name") == container)
        .and_then(|status| text(status, "/imageID").rsplit_once('@'))
        .map(|(_, digest)| digest)
        .filter(|digest| digest.starts_with("sha256:"));
    PodSeen {
        name: inert_line(text(pod, "/metadata/name"), LONGEST_NAME),
        ready,
        terminating: pod.pointer("/metadata/deletionTimestamp").is_some_and(|at| !at.is_null()),
        problem: problem.map(|reason| inert_line(reason, 80)),
        digest: digest.map(|digest| digest.chars().take("sha256:".len() + 64).collect()),
    }
}

/// A pod that ended does not come back, and its ReplicaSet does not count it.
fn has_ended(pod: &Value) -> bool {
    matches!(text(pod, "/status/phase"), "Failed" | "Succeeded")
}

fn pods_of(snapshot: &Snapshot, set: &Value, container: &str) -> Vec<PodSeen> {
    let uid = text(set, "/metadata/uid");
    let mut pods: Vec<PodSeen> = snapshot
        .pods
        .iter()
        .filter(|p| owned_by(p, uid) && !has_ended(p))
        .map(|p| pod(p, container))
        .collect();
    pods.sort_by(|a, b| a.name.cmp(&b.name));
    pods
}

fn set_seen(snapshot: &Snapshot, set: &Value, name: &str, side: Side) -> ReplicaSetSeen {
    ReplicaSetSeen {
        name: inert_line(text(set, "/metadata/name"), LONGEST_NAME),
        template_hash: text(set, "/metadata/labels/pod-template-hash").to_owned(),
        image: inert_line(image(template(set), name), LONGEST_IMAGE),
        side,
        current: same_env_aside(template(set), template(&snapshot.deployment), name, &[]),
        desired: whole(set, "/spec/replicas", 0),
        pods: pods_of(snapshot, set, name),
    }
}

/// What is known of a Deployment that no rollout drives yet.
pub fn facts(snapshot: &Snapshot, container_name: &str) -> Facts {
    let deployment = &snapshot.deployment;
    let seen = |set: &Value| set_seen(snapshot, set, container_name, Side::Old);
    let sets: Vec<(&Value, ReplicaSetSeen)> =
        snapshot.replica_sets.iter().map(|set| (set, seen(set))).collect();
    let current = sets.iter().find(|(_, seen)| seen.current);
    let stable = current.map(|(set, seen)| Stable {
        // The exact one: it is compared with the image that is to come.
        image: image(template(set), container_name).to_owned(),
        template_hash: seen.template_hash.clone(),
        replica_set_uid: text(set, "/metadata/uid").to_owned(),
        revision: set
            .pointer("/metadata/annotations")
            .and_then(|annotations| annotations.get("deployment.kubernetes.io/revision"))
            .and_then(Value::as_str)
            .and_then(|revision| revision.parse().ok()),
        template: template(deployment).to_string(),
    });
    let others = sets.iter().filter(|(_, seen)| !seen.current);
    Facts {
        uid: text(deployment, "/metadata/uid").to_owned(),
        stable,
        steering: steering(deployment),
        replicas: whole(deployment, "/spec/replicas", 1),
        ready: current.map_or(0, |(_, seen)| seen.ready()),
        others: others.map(|(_, seen)| seen.count().max(seen.desired)).sum(),
        settled: is_settled(deployment),
        history_limit: number(deployment, "/spec/revisionHistoryLimit").unwrap_or(10),
        autoscaler: snapshot.autoscalers.first().cloned(),
        driver: driver(deployment),
    }
}

/// The Deployment as the rollout sees it.
pub fn observe(snapshot: &Snapshot, rollout: &Rollout) -> DeploymentSeen {
    let deployment = &snapshot.deployment;
    let name = &rollout.target.container;
    let stable = stable_template(rollout);
    let new = new_template(rollout);
    let is = |template: &Value, which: &Value| same_env_aside(template, which, name, &rollout.mitigations);
    let side = |set: &Value| {
        if text(set, "/metadata/uid") == rollout.stable.replica_set_uid || is(template(set), &stable) {
            Side::Old
        } else if is(template(set), &new) {
            Side::New
        } else {
            Side::Other
        }
    };
    let running = template(deployment);
    let seen = if is(running, &stable) {
        TemplateSeen::Stable
    } else if is(running, &new) {
        TemplateSeen::New
    } else {
        TemplateSeen::Foreign {
            image: inert_line(image(running, name), LONGEST_IMAGE),
            differs: inert_line(&super::patch::differs(&new, running, name), 1000),
        }
    };
    let sets = snapshot.replica_sets.iter().map(|set| set_seen(snapshot, set, name, side(set)));
    let mut replica_sets: Vec<_> = sets.filter(|set| set.desired > 0 || !set.pods.is_empty()).collect();
    replica_sets.sort_by(|a, b| a.name.cmp(&b.name));
    DeploymentSeen {
        uid: text(deployment, "/metadata/uid").to_owned(),
        template: seen,
        steering: steering(deployment),
        driver: driver(deployment),
        settled: is_settled(deployment),
        pods: Seen {
            replicas: whole(deployment, "/spec/replicas", 1),
            replica_sets,
            autoscaler: snapshot.autoscalers.first().cloned(),
        },
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const RED: &str = "\u{1b}[31m";
    const BACKWARDS: &str = "\u{202e}";

    fn hostile(word: &str) -> String {
        format!("{RED}{word}{BACKWARDS}\r\n")
    }

    fn snapshot() -> Snapshot {
        let template = json!({ "spec": { "containers": [{ "name": "app", "image": hostile("app:v3") }] } });
        let named = |name: &str, uid: &str, owner: &str| json!({ "name": name, "uid": uid, "ownerReferences": [{ "uid": owner }] });
        Snapshot {
            deployment: json!({ "metadata": { "uid": "d" }, "spec": { "replicas": 1, "template": template } }),
            replica_sets: vec![
                json!({ "metadata": named("app-1", "s", "d"), "spec": { "replicas": 1, "template": template } }),
            ],
            pods: vec![json!({
                "metadata": named(&hostile("app-1-x"), "p", "s"),
                "status": { "containerStatuses": [{ "state": { "waiting": { "reason": hostile("Broken") } } }] },
            })],
            autoscalers: Vec::new(),
        }
    }

    #[test]
    fn what_is_shown_of_a_pod_is_inert() {
        let snapshot = snapshot();
        let set = set_seen(&snapshot, &snapshot.replica_sets[0], "app", Side::Other);
        assert_eq!(set.image, "app:v3");
        let pod = &set.pods[0];
        assert_eq!((pod.name.as_str(), pod.problem.as_deref()), ("app-1-x", Some("Broken")));
    }

    #[test]
    fn the_running_image_is_known_exactly_for_it_is_compared() {
        let stable = facts(&snapshot(), "app").stable;
        assert_eq!(stable.map(|stable| stable.image), Some(hostile("app:v3")));
    }

    #[test]
    fn the_digest_of_a_pod_is_that_of_its_own_container_where_the_node_says_one() {
        let digest = format!("sha256:{}", "0f".repeat(32));
        let runs = |id: &str| {
            json!({ "status": { "containerStatuses": [
                { "name": "proxy", "imageID": format!("docker.io/envoy@sha256:{}", "ee".repeat(32)) },
                { "name": "app", "imageID": id },
            ]}})
        };
        let table = [
            (format!("registry.example/app@{digest}"), Some(digest.clone())),
            (format!("docker-pullable://registry.example/app@{digest}"), Some(digest.clone())),
            (digest, None),
            ("registry.example/app:v2@sandbox".to_owned(), None),
            (String::new(), None),
        ];
        for (id, known) in table {
            assert_eq!(pod(&runs(&id), "app").digest, known, "{id}");
        }
        assert_eq!(pod(&json!({}), "app").digest, None);
    }
}
