//! The ReplicaSet controller: as many pods as asked for, and a status that says how many are ready and available.
//!
//! It knows nothing of Deployments.

use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Value, json};

use super::{conditions, events};
use crate::world::World;
use crate::world::kinds::{PODS, REPLICA_SETS};
use crate::world::object::{self, int, text};

/// Makes or deletes pods and stores the status. Returns when a pod will become available by mere passing of time.
pub(crate) fn sync(
    world: &mut World,
    set: &Value,
    now: DateTime<Utc>,
    grace: TimeDelta,
) -> Option<DateTime<Utc>> {
    let wanted = usize::try_from(int(set, "/spec/replicas").unwrap_or(1)).unwrap_or(0);
    let mut pods = active_pods(world, set);
    if !object::is_terminating(set) {
        if pods.len() < wanted {
            for _ in pods.len()..wanted {
                let pod = create(world, set, now);
                pods.push(pod);
            }
        } else if pods.len() > wanted {
            pods.sort_by_key(|pod| rank(pod));
            for pod in pods.drain(..pods.len() - wanted) {
                terminate(world, &pod, now, grace);
                let message = format!("Deleted pod: {}", object::name(&pod));
                events::record(world, &REPLICA_SETS, set, "Normal", "SuccessfulDelete", &message, now);
            }
        }
    }
    let min_ready = TimeDelta::seconds(int(set, "/spec/minReadySeconds").unwrap_or(0));
    let ready: Vec<DateTime<Utc>> = pods.iter().filter_map(|pod| ready_since(pod)).collect();
    let available = ready.iter().filter(|since| **since + min_ready <= now).count();
    let next = ready.iter().map(|since| *since + min_ready).filter(|at| *at > now).min();

    let mut status = json!({
        "replicas": pods.len(),
        "observedGeneration": set["metadata"]["generation"],
    });
    for (field, count) in [
        ("fullyLabeledReplicas", pods.len()),
        ("readyReplicas", ready.len()),
        ("availableReplicas", available),
    ] {
        if count > 0 {
            status[field] = json!(count);
        }
    }
    if let Some(current) = world.get(&REPLICA_SETS, object::namespace(set), object::name(set)) {
        let mut stored = (*current).clone();
        stored["status"] = status;
        world.put(&REPLICA_SETS, stored);
    }
    next
}

/// The pods of a set that are neither finished nor on their way out.
pub(crate) fn active_pods(world: &World, set: &Value) -> Vec<Arc<Value>> {
    let uid = object::uid(set);
    world
        .list(&PODS, Some(object::namespace(set)))
        .into_iter()
        .filter(|pod| {
            object::controller_uid(pod) == Some(uid)
                && !object::is_terminating(pod)
                && !matches!(text(pod, "/status/phase"), "Succeeded" | "Failed")
        })
        .collect()
}

/// Since when a pod is ready, if it is.
pub(crate) fn ready_since(pod: &Value) -> Option<DateTime<Utc>> {
    let all = pod.pointer("/status/conditions")?.as_array()?;
    let ready = conditions::find(all, "Ready").filter(|condition| condition["status"] == "True")?;
    object::parse_stamp(text(ready, "/lastTransitionTime"))
}

/// Lower goes first when a set shrinks: not running, not ready, cheap to delete, shortest ready, most restarts, newest.
fn rank(
    pod: &Value,
) -> (bool, bool, i64, std::cmp::Reverse<String>, std::cmp::Reverse<i64>, std::cmp::Reverse<String>) {
    let ready = ready_since(pod);
    let cost = object::annotation(pod, "controller.kubernetes.io/pod-deletion-cost")
        .and_then(|text| text.parse().ok())
        .unwrap_or(0);
    (
        text(pod, "/status/phase") == "Running",
        ready.is_some(),
        cost,
        std::cmp::Reverse(ready.map(object::stamp).unwrap_or_default()),
        std::cmp::Reverse(int(pod, "/status/containerStatuses/0/restartCount").unwrap_or(0)),
        std::cmp::Reverse(text(pod, "/metadata/creationTimestamp").to_owned()),
    )
}

fn create(world: &mut World, set: &Value, now: DateTime<Utc>) -> Arc<Value> {
    let template = &set["spec"]["template"];
    let mut pod = json!({
        "metadata": template["metadata"],
        "spec": template["spec"],
        "status": { "phase": "Pending", "qosClass": "BestEffort" },
    });
    pod["metadata"]["generateName"] = json!(format!("{}-", object::name(set)));
    pod["metadata"]["namespace"] = set["metadata"]["namespace"].clone();
    pod["metadata"]["ownerReferences"] = json!([object::owner_reference(&REPLICA_SETS, set)]);
    object::stamp_new(&PODS, &mut pod, now);
    let message = format!("Created pod: {}", object::name(&pod));
    let pod = world.put(&PODS, pod);
    events::record(world, &REPLICA_SETS, set, "Normal", "SuccessfulCreate", &message, now);
    pod
}

/// Marks a pod as on its way out; the kubelet removes it when its grace is over.
pub(crate) fn terminate(world: &mut World, pod: &Value, now: DateTime<Utc>, grace: TimeDelta) {
    let mut pod = pod.clone();
    if object::is_terminating(&pod) {
        return;
    }
    pod["metadata"]["deletionTimestamp"] = json!(object::stamp(now + grace));
    pod["metadata"]["deletionGracePeriodSeconds"] = json!(grace.num_seconds());
    world.put(&PODS, pod);
}
