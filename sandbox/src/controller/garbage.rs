//! The garbage collector: what a removed owner controlled goes after it, and what stands in a removed namespace too.

use std::collections::BTreeSet;

use chrono::{DateTime, TimeDelta, Utc};

use super::replicaset::terminate;
use crate::world::World;
use crate::world::kinds::{self, DEPLOYMENTS, NAMESPACES, PODS, REPLICA_SETS};
use crate::world::object;

/// Removes ReplicaSets and pods whose owner is gone, and everything in namespaces that are being deleted.
pub(crate) fn collect(world: &mut World, now: DateTime<Utc>, grace: TimeDelta) {
    let owners: BTreeSet<String> = [&DEPLOYMENTS, &REPLICA_SETS]
        .into_iter()
        .flat_map(|kind| world.list(kind, None))
        .map(|owner| object::uid(&owner).to_owned())
        .collect();
    let orphaned = |uid: Option<&str>| uid.is_some_and(|uid| !owners.contains(uid));
    for set in world.list(&REPLICA_SETS, None) {
        if orphaned(object::controller_uid(&set)) {
            world.remove(&REPLICA_SETS, object::namespace(&set), object::name(&set));
        }
    }
    for pod in world.list(&PODS, None) {
        if orphaned(object::controller_uid(&pod)) {
            terminate(world, &pod, now, grace);
        }
    }
    for namespace in world.list(&NAMESPACES, None) {
        if object::is_terminating(&namespace) {
            empty(world, object::name(&namespace), now, grace);
        }
    }
}

fn empty(world: &mut World, namespace: &str, now: DateTime<Utc>, grace: TimeDelta) {
    for kind in kinds::ALL.into_iter().filter(|kind| kind.namespaced && **kind != PODS) {
        for object in world.list(kind, Some(namespace)) {
            world.remove(kind, namespace, object::name(&object));
        }
    }
    let pods = world.list(&PODS, Some(namespace));
    for pod in &pods {
        terminate(world, pod, now, grace);
    }
    if pods.is_empty() {
        world.remove(&NAMESPACES, "", namespace);
    }
}
