//! A Deployment's status: counts, conditions and the progress deadline.
//!
//! Follows the real controller's rules of when a condition changes. It must not decide sizes.

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Value, json};

use super::conditions;
use super::deployment::{Subject, conditions_of, set_condition};
use crate::world::World;
use crate::world::kinds::DEPLOYMENTS;
use crate::world::object::{self, int, text};

const PROGRESSING: &str = "Progressing";
const DONE: &str = "NewReplicaSetAvailable";
const TIMED_OUT: &str = "ProgressDeadlineExceeded";

/// The deadline, unless there is none: the largest number means none.
fn deadline(deployment: &Value) -> Option<i64> {
    int(deployment, "/spec/progressDeadlineSeconds").filter(|seconds| *seconds != i64::from(i32::MAX))
}

/// Notes a pause, or its end, so that paused time never counts as lack of progress.
pub(crate) fn note_pause(subject: &mut Subject) {
    if deadline(&subject.object).is_none() {
        return;
    }
    let all = conditions_of(&subject.object);
    let reason = conditions::find(&all, PROGRESSING).map(|condition| text(condition, "/reason"));
    if reason == Some(TIMED_OUT) {
        return;
    }
    let noted = reason == Some("DeploymentPaused");
    let paused = subject.object["spec"]["paused"] == true;
    let now = subject.now;
    if paused && !noted {
        set_condition(
            subject,
            conditions::new(PROGRESSING, "Unknown", "DeploymentPaused", "Deployment is paused", now),
        );
    } else if !paused && noted {
        set_condition(
            subject,
            conditions::new(PROGRESSING, "Unknown", "DeploymentResumed", "Deployment is resumed", now),
        );
    }
}

/// Notes that a ReplicaSet with the wanted template was there already.
pub(crate) fn note_found(subject: &mut Subject, name: &str) {
    let known = conditions::find(&conditions_of(&subject.object), PROGRESSING).is_some();
    if deadline(&subject.object).is_some() && !known {
        let message = format!("Found new replica set \"{name}\"");
        set_condition(
            subject,
            conditions::new(PROGRESSING, "True", "FoundNewReplicaSet", &message, subject.now),
        );
    }
}

/// Notes that a ReplicaSet was made.
pub(crate) fn note_created(subject: &mut Subject, name: &str) {
    if deadline(&subject.object).is_some() {
        let message = format!("Created new replica set \"{name}\"");
        set_condition(
            subject,
            conditions::new(PROGRESSING, "True", "NewReplicaSetCreated", &message, subject.now),
        );
    }
}

/// Whether all pods are new, available and no other is left.
pub(crate) fn is_complete(deployment: &Value, status: &Value) -> bool {
    let replicas = int(deployment, "/spec/replicas").unwrap_or(1);
    let count = |field: &str| status[field].as_i64().unwrap_or(0);
    count("updatedReplicas") == replicas
        && count("replicas") == replicas
        && count("availableReplicas") == replicas
        && count("observedGeneration") >= int(deployment, "/metadata/generation").unwrap_or(0)
}

/// Stores the status while nothing rolls: counts, but no judgement of progress.
pub(crate) fn store_plain(world: &mut World, subject: &Subject, sets: &[Value], new: Option<&Value>) {
    let status = calculate(subject, sets, new);
    write(world, subject, status);
}

/// Stores the status of a rollout with its progress.
pub(crate) fn store(world: &mut World, subject: &Subject, sets: &[Value], new: Option<&Value>) {
    let mut status = calculate(subject, sets, new);
    let deployment = &subject.object;
    let mut all = status["conditions"].as_array().cloned().unwrap_or_default();
    match deadline(deployment) {
        None => conditions::remove(&mut all, PROGRESSING),
        Some(seconds) => {
            let current = conditions::find(&conditions_of(deployment), PROGRESSING).cloned();
            let reason = current.as_ref().map(|condition| text(condition, "/reason").to_owned());
            let over = status["replicas"] == status["updatedReplicas"] && reason.as_deref() == Some(DONE);
            let subject_name = new.map_or_else(
                || format!("Deployment \"{}\"", object::name(deployment)),
                |set| format!("ReplicaSet \"{}\"", object::name(set)),
            );
            let make = |status, reason, what: &str| {
                conditions::new(PROGRESSING, status, reason, &format!("{subject_name} {what}"), subject.now)
            };
            if over {
            } else if is_complete(deployment, &status) {
                conditions::set(&mut all, make("True", DONE, "has successfully progressed."));
            } else if has_progressed(&deployment["status"], &status) {
                conditions::renew(&mut all, make("True", "ReplicaSetUpdated", "is progressing."));
            } else if current.is_some_and(|current| has_timed_out(&current, seconds, subject.now)) {
                conditions::set(&mut all, make("False", TIMED_OUT, "has timed out progressing."));
            }
        }
    }
    status["conditions"] = Value::Array(all);
    write(world, subject, status);
}

/// When the progress deadline should be looked at next.
pub(crate) fn next_check(deployment: &Value) -> Option<DateTime<Utc>> {
    let seconds = deadline(deployment)?;
    let all = conditions_of(deployment);
    let condition = conditions::find(&all, PROGRESSING)?;
    if matches!(text(condition, "/reason"), DONE | TIMED_OUT | "DeploymentPaused") {
        return None;
    }
    let from = object::parse_stamp(text(condition, "/lastUpdateTime"))?;
    Some(from + TimeDelta::seconds(seconds + 1))
}

fn has_timed_out(condition: &Value, seconds: i64, now: DateTime<Utc>) -> bool {
    match text(condition, "/reason") {
        DONE => false,
        TIMED_OUT => true,
        _ => object::parse_stamp(text(condition, "/lastUpdateTime"))
            .is_some_and(|from| from + TimeDelta::seconds(seconds) < now),
    }
}

fn has_progressed(before: &Value, after: &Value) -> bool {
    let count = |status: &Value, field: &str| status[field].as_i64().unwrap_or(0);
    let old_pods = |status: &Value| count(status, "replicas") - count(status, "updatedReplicas");
    ["updatedReplicas", "readyReplicas", "availableReplicas"]
        .into_iter()
        .any(|field| count(after, field) > count(before, field))
        || old_pods(after) < old_pods(before)
}

fn calculate(subject: &Subject, sets: &[Value], new: Option<&Value>) -> Value {
    let deployment = &subject.object;
    let sum = |pointer: &str| sets.iter().filter_map(|set| int(set, pointer)).sum::<i64>();
    let available = sum("/status/availableReplicas");
    let total = sum("/spec/replicas");
    let mut all = conditions_of(deployment);
    let enough = available >= subject.wanted.replicas - subject.wanted.unavailable();
    conditions::set(
        &mut all,
        if enough {
            conditions::new(
                "Available",
                "True",
                "MinimumReplicasAvailable",
                "Deployment has minimum availability.",
                subject.now,
            )
        } else {
            conditions::new(
                "Available",
                "False",
                "MinimumReplicasUnavailable",
                "Deployment does not have minimum availability.",
                subject.now,
            )
        },
    );
    let mut status = json!({
        "observedGeneration": deployment["metadata"]["generation"],
        "conditions": all,
    });
    let counts = [
        ("replicas", sum("/status/replicas")),
        ("updatedReplicas", new.and_then(|set| int(set, "/status/replicas")).unwrap_or(0)),
        ("readyReplicas", sum("/status/readyReplicas")),
        ("availableReplicas", available),
        ("unavailableReplicas", (total - available).max(0)),
        ("collisionCount", int(deployment, "/status/collisionCount").unwrap_or(0)),
    ];
    for (field, count) in counts {
        // Zero counts are left out, as the API server does.
        if count != 0 {
            status[field] = json!(count);
        }
    }
    status
}

fn write(world: &mut World, subject: &Subject, status: Value) {
    let mut object = subject.object.clone();
    object["status"] = status;
    world.put(&DEPLOYMENTS, object);
}
