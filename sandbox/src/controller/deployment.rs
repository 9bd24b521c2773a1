//! The deployment controller: one Deployment's ReplicaSets brought one step closer to what it asks for.
//!
//! Follows the real controller step by step, and writes to the store only through it. Sizes come from `arithmetic`,
//! the status from `status`.

use chrono::{DateTime, Utc};
use serde_json::{Value, json};

use super::arithmetic::{self, Amount, Resize, Set, Wanted};
use super::{conditions, events, hash, status};
use crate::world::World;
use crate::world::kinds::{DEPLOYMENTS, REPLICA_SETS};
use crate::world::object::{self, annotate, annotation, child, int, text};

/// The revision of a ReplicaSet or of its Deployment.
pub(crate) const REVISION: &str = "deployment.kubernetes.io/revision";
const REVISION_HISTORY: &str = "deployment.kubernetes.io/revision-history";
const DESIRED: &str = "deployment.kubernetes.io/desired-replicas";
const MAX: &str = "deployment.kubernetes.io/max-replicas";
const LAST_APPLIED: &str = "kubectl.kubernetes.io/last-applied-configuration";
/// The label that tells the pods of a Deployment's ReplicaSets apart.
pub(crate) const HASH_LABEL: &str = "pod-template-hash";

/// A Deployment as the controller works on it.
pub(crate) struct Subject {
    pub(crate) object: Value,
    pub(crate) wanted: Wanted,
    pub(crate) now: DateTime<Utc>,
}

/// One step for one Deployment. Calling it again until nothing changes brings it to rest.
pub(crate) fn sync(world: &mut World, deployment: &Value, now: DateTime<Utc>) {
    let mut subject = Subject { object: deployment.clone(), wanted: wanted(deployment), now };
    let sets = owned_sets(world, deployment);
    if object::is_terminating(deployment) {
        status::store(world, &subject, &sets, newest(&subject, &sets));
        return;
    }
    status::note_pause(&mut subject);
    let at = find_new(&subject, &sets);
    if at.is_some_and(|at| adopt_new(world, &mut subject, &sets, at)) {
        // The real controller's next write in the same pass meets its own change as a conflict and starts over; by
        // then the set's status says how many pods are available under the new minReadySeconds.
        return;
    }
    let paused = deployment["spec"]["paused"] == true;
    let numbers = measure(&sets);
    if paused || arithmetic::was_scaled(&subject.wanted, &numbers) {
        scale(world, &mut subject, sets, at);
    } else if subject.wanted.rolling {
        roll(world, &mut subject, sets, at);
    } else {
        recreate(world, &mut subject, sets, at);
    }
}

fn scale(world: &mut World, subject: &mut Subject, mut sets: Vec<Value>, at: Option<usize>) {
    let (new, old) = split(measure(&sets), at);
    for resize in arithmetic::proportional(&subject.wanted, new.as_ref(), &old) {
        resize_set(world, subject, &mut sets, &resize);
    }
    if subject.object["spec"]["paused"] == true {
        clean_up(world, subject, &sets, at);
    }
    status::store_plain(world, subject, &sets, at.map(|at| &sets[at]));
}

fn roll(world: &mut World, subject: &mut Subject, mut sets: Vec<Value>, at: Option<usize>) {
    let at = ensure_new(world, subject, &mut sets, at);
    let (new, old) = split(measure(&sets), Some(at));
    let Some(new) = new else { return };
    if let Some(size) = arithmetic::grow_new(&subject.wanted, &new, &old) {
        resize_set(world, subject, &mut sets, &Resize { name: new.name, to: size });
    } else {
        let shrunk = arithmetic::shrink_old(&subject.wanted, &new, &old);
        for resize in &shrunk {
            resize_set(world, subject, &mut sets, resize);
        }
        if shrunk.is_empty() && status::is_complete(&subject.object, &subject.object["status"]) {
            clean_up(world, subject, &sets, Some(at));
        }
    }
    status::store(world, subject, &sets, Some(&sets[at]));
}

fn recreate(world: &mut World, subject: &mut Subject, mut sets: Vec<Value>, at: Option<usize>) {
    let active: Vec<Resize> = sets
        .iter()
        .enumerate()
        .filter(|(index, set)| Some(*index) != at && set["spec"]["replicas"].as_i64().unwrap_or(0) > 0)
        .map(|(_, set)| Resize { name: object::name(set).to_owned(), to: 0 })
        .collect();
    if !active.is_empty() {
        for resize in &active {
            resize_set(world, subject, &mut sets, resize);
        }
        status::store(world, subject, &sets, at.map(|at| &sets[at]));
        return;
    }
    // Old pods must be gone for good, terminating ones included, before the first new one starts.
    let new_uid = at.map(|at| object::uid(&sets[at]).to_owned());
    let old_pods = world.list(&crate::world::kinds::PODS, Some(object::namespace(&subject.object)));
    let still_there = old_pods.iter().any(|pod| {
        object::controller_uid(pod).is_some_and(|owner| {
            Some(owner) != new_uid.as_deref() && sets.iter().any(|set| object::uid(set) == owner)
        })
    });
    if still_there {
        status::store(world, subject, &sets, at.map(|at| &sets[at]));
        return;
    }
    let at = ensure_new(world, subject, &mut sets, at);
    let name = object::name(&sets[at]).to_owned();
    let to = subject.wanted.replicas;
    resize_set(world, subject, &mut sets, &Resize { name, to });
    if status::is_complete(&subject.object, &subject.object["status"]) {
        clean_up(world, subject, &sets, Some(at));
    }
    status::store(world, subject, &sets, Some(&sets[at]));
}

/// Reads what a Deployment asks for.
pub(crate) fn wanted(deployment: &Value) -> Wanted {
    let strategy = &deployment["spec"]["strategy"];
    Wanted {
        replicas: int(deployment, "/spec/replicas").unwrap_or(1),
        max_surge: amount(&strategy["rollingUpdate"]["maxSurge"]),
        max_unavailable: amount(&strategy["rollingUpdate"]["maxUnavailable"]),
        rolling: strategy["type"] != "Recreate",
    }
}

fn amount(value: &Value) -> Amount {
    match value {
        Value::String(text) => {
            Amount::Percent(text.strip_suffix('%').and_then(|text| text.parse().ok()).unwrap_or(25))
        }
        other => Amount::Pods(other.as_i64().unwrap_or(0)),
    }
}

/// The Deployment's ReplicaSets, oldest first.
pub(crate) fn owned_sets(world: &World, deployment: &Value) -> Vec<Value> {
    let uid = object::uid(deployment);
    let mut sets: Vec<Value> = world
        .list(&REPLICA_SETS, Some(object::namespace(deployment)))
        .iter()
        .filter(|set| object::controller_uid(set) == Some(uid) && !object::is_terminating(set))
        .map(|set| (**set).clone())
        .collect();
    sets.sort_by_key(|set| (text(set, "/metadata/creationTimestamp").to_owned(), revision(set)));
    sets
}

fn measure(sets: &[Value]) -> Vec<Set> {
    let number = |set: &Value, key| annotation(set, key).and_then(|text| text.parse().ok());
    sets.iter()
        .enumerate()
        .map(|(age, set)| Set {
            name: object::name(set).to_owned(),
            replicas: int(set, "/spec/replicas").unwrap_or(0),
            available: int(set, "/status/availableReplicas").unwrap_or(0),
            age,
            desired: number(set, DESIRED),
            max: number(set, MAX),
        })
        .collect()
}

fn split(mut sets: Vec<Set>, at: Option<usize>) -> (Option<Set>, Vec<Set>) {
    let new = at.map(|at| sets.remove(at));
    (new, sets)
}

fn template_without_hash(set: &Value) -> Value {
    let mut template = set["spec"]["template"].clone();
    child(&mut template["metadata"], "labels").remove(HASH_LABEL);
    template
}

fn find_new(subject: &Subject, sets: &[Value]) -> Option<usize> {
    let template = &subject.object["spec"]["template"];
    sets.iter().position(|set| template_without_hash(set) == *template)
}

fn newest<'a>(subject: &Subject, sets: &'a [Value]) -> Option<&'a Value> {
    find_new(subject, sets).map(|at| &sets[at])
}

/// The revision of a ReplicaSet; 0 before it has one.
pub(crate) fn revision(set: &Value) -> i64 {
    annotation(set, REVISION).and_then(|text| text.parse().ok()).unwrap_or(0)
}

fn ensure_new(world: &mut World, subject: &mut Subject, sets: &mut Vec<Value>, at: Option<usize>) -> usize {
    at.unwrap_or_else(|| {
        let new = create_new(world, subject, sets);
        sets.push(new);
        sets.len() - 1
    })
}

/// Brings the revision, annotations and minReadySeconds of an existing new set up to date. Returns whether that took a
/// write.
fn adopt_new(world: &mut World, subject: &mut Subject, sets: &[Value], at: usize) -> bool {
    let newest_old = sets
        .iter()
        .enumerate()
        .filter(|(index, _)| *index != at)
        .map(|(_, set)| revision(set))
        .max()
        .unwrap_or(0);
    let mut set = sets[at].clone();
    let before = revision(&set);
    let mut changed = copy_annotations(&subject.object, &mut set);
    if before < newest_old + 1 {
        annotate(&mut set, REVISION, &(newest_old + 1).to_string());
        changed = true;
    }
    if changed && before > 0 && before < newest_old + 1 {
        let history = annotation(&set, REVISION_HISTORY).unwrap_or_default();
        let history = if history.is_empty() { before.to_string() } else { format!("{history},{before}") };
        annotate(&mut set, REVISION_HISTORY, &history);
    }
    let min_ready = &subject.object["spec"]["minReadySeconds"];
    if set["spec"]["minReadySeconds"] != *min_ready {
        set_or_remove(&mut set["spec"], "minReadySeconds", min_ready);
        bump_generation(&mut set);
        changed = true;
    }
    if changed {
        world.put(&REPLICA_SETS, set);
        return true;
    }
    let revision = before.to_string();
    annotate(&mut subject.object, REVISION, &revision);
    let name = object::name(&set).to_owned();
    status::note_found(subject, &name);
    false
}

fn create_new(world: &mut World, subject: &mut Subject, sets: &[Value]) -> Value {
    let deployment = &subject.object;
    let namespace = object::namespace(deployment).to_owned();
    let mut template = deployment["spec"]["template"].clone();
    let mut collisions = int(deployment, "/status/collisionCount").unwrap_or(0);
    let (hash, name) = loop {
        let hash = hash::template(&template, collisions);
        let name = format!("{}-{hash}", object::name(deployment));
        if world.get(&REPLICA_SETS, &namespace, &name).is_none() {
            break (hash, name);
        }
        collisions += 1;
    };
    child(&mut template["metadata"], "labels").insert(HASH_LABEL.to_owned(), json!(hash));
    let mut selector = deployment["spec"]["selector"].clone();
    child(&mut selector, "matchLabels").insert(HASH_LABEL.to_owned(), json!(hash));
    let others: i64 = sets.iter().filter_map(|set| int(set, "/spec/replicas")).sum();
    let size = arithmetic::new_set_size(&subject.wanted, 0, others);
    let mut set = json!({
        "metadata": {
            "name": name,
            "namespace": namespace,
            "labels": template["metadata"]["labels"],
            "ownerReferences": [object::owner_reference(&DEPLOYMENTS, deployment)],
        },
        "spec": { "replicas": size, "selector": selector, "template": template },
        "status": { "replicas": 0 },
    });
    set_or_remove(&mut set["spec"], "minReadySeconds", &deployment["spec"]["minReadySeconds"]);
    object::stamp_new(&REPLICA_SETS, &mut set, subject.now);
    copy_annotations(deployment, &mut set);
    let revision = sets.iter().map(revision).max().unwrap_or(0) + 1;
    annotate(&mut set, REVISION, &revision.to_string());
    note_size(subject, &mut set);
    let set = (*world.put(&REPLICA_SETS, set)).clone();
    announce(world, subject, &name, 0, size);
    annotate(&mut subject.object, REVISION, &revision.to_string());
    if collisions > 0 {
        subject.object["status"]["collisionCount"] = json!(collisions);
    }
    status::note_created(subject, &name);
    set
}

fn resize_set(world: &mut World, subject: &Subject, sets: &mut [Value], resize: &Resize) {
    let Some(set) = sets.iter_mut().find(|set| object::name(set) == resize.name) else { return };
    let before = int(set, "/spec/replicas").unwrap_or(0);
    note_size(subject, set);
    if before != resize.to {
        set["spec"]["replicas"] = json!(resize.to);
        bump_generation(set);
    }
    *set = (*world.put(&REPLICA_SETS, set.clone())).clone();
    announce(world, subject, &resize.name, before, resize.to);
}

/// Writes down for which size of the Deployment a set was scaled; by that a later scaling is noticed.
fn note_size(subject: &Subject, set: &mut Value) {
    annotate(set, DESIRED, &subject.wanted.replicas.to_string());
    annotate(set, MAX, &(subject.wanted.replicas + subject.wanted.surge()).to_string());
}

fn announce(world: &mut World, subject: &Subject, set: &str, from: i64, to: i64) {
    if from == to {
        return;
    }
    let direction = if from < to { "up" } else { "down" };
    let message = format!("Scaled {direction} replica set {set} from {from} to {to}");
    events::record(
        world,
        &DEPLOYMENTS,
        &subject.object,
        "Normal",
        "ScalingReplicaSet",
        &message,
        subject.now,
    );
}

fn clean_up(world: &mut World, subject: &Subject, sets: &[Value], at: Option<usize>) {
    let Some(limit) = int(&subject.object, "/spec/revisionHistoryLimit") else { return };
    let mut old: Vec<&Value> =
        sets.iter().enumerate().filter(|(index, _)| Some(*index) != at).map(|(_, set)| set).collect();
    let excess = old.len().saturating_sub(usize::try_from(limit).unwrap_or(0));
    old.sort_by_key(|set| revision(set));
    for set in old.into_iter().take(excess) {
        let empty = int(set, "/status/replicas").unwrap_or(0) == 0 && int(set, "/spec/replicas") == Some(0);
        if empty && int(set, "/metadata/generation") <= int(set, "/status/observedGeneration") {
            world.remove(&REPLICA_SETS, object::namespace(set), object::name(set));
        }
    }
}

fn copy_annotations(deployment: &Value, set: &mut Value) -> bool {
    const SKIPPED: [&str; 5] = [REVISION, REVISION_HISTORY, DESIRED, MAX, LAST_APPLIED];
    let annotations = deployment.pointer("/metadata/annotations").and_then(Value::as_object);
    let mut changed = false;
    for (key, value) in annotations.into_iter().flatten() {
        let value = value.as_str().unwrap_or_default();
        if !SKIPPED.contains(&key.as_str()) && annotation(set, key) != Some(value) {
            annotate(set, key, value);
            changed = true;
        }
    }
    changed
}

fn set_or_remove(parent: &mut Value, field: &str, value: &Value) {
    if let Value::Object(map) = parent {
        if value.is_null() {
            map.remove(field);
        } else {
            map.insert(field.to_owned(), value.clone());
        }
    }
}

fn bump_generation(set: &mut Value) {
    let generation = int(set, "/metadata/generation").unwrap_or(0) + 1;
    set["metadata"]["generation"] = json!(generation);
}

/// Reason-aware access to a Deployment's conditions for the status module.
pub(crate) fn conditions_of(deployment: &Value) -> Vec<Value> {
    deployment.pointer("/status/conditions").and_then(Value::as_array).cloned().unwrap_or_default()
}

/// Sets one condition on the subject's own copy; it is stored with the status.
pub(crate) fn set_condition(subject: &mut Subject, condition: Value) {
    let mut all = conditions_of(&subject.object);
    conditions::set(&mut all, condition);
    subject.object["status"]["conditions"] = Value::Array(all);
}
