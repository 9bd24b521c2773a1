//! The loop in which the controllers and the kubelet act on the world, on every change and when time makes a difference.

pub(crate) mod arithmetic;
#[cfg(test)]
mod arithmetic_tests;
#[cfg(test)]
mod canary_tests;
pub(crate) mod conditions;
pub(crate) mod deployment;
pub(crate) mod events;
pub(crate) mod garbage;
pub(crate) mod hash;
pub(crate) mod kubelet;
#[cfg(test)]
pub(crate) mod lab;
#[cfg(test)]
mod release_tests;
pub(crate) mod replicaset;
#[cfg(test)]
mod rollout_tests;
pub(crate) mod status;

use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::Value;

use crate::cluster::{Cluster, State, is_new};
use crate::world::kinds::{DEPLOYMENTS, REPLICA_SETS};
use crate::world::object;

use self::kubelet::Pace;

/// Far more steps than any change takes.
const MOST_STEPS: usize = 500;

/// Acts for ever.
pub(crate) async fn run(cluster: Arc<Cluster>) {
    let mut changes = cluster.changes();
    loop {
        changes.borrow_and_update();
        let next = settle(&cluster).await;
        let wait = next.map_or(Duration::from_hours(1), |next| {
            (next - Utc::now()).to_std().unwrap_or_default() + Duration::from_millis(1)
        });
        tokio::select! {
            alive = changes.changed() => {
                if alive.is_err() {
                    return;
                }
                // Real controllers hear of a change a moment later.
                tokio::time::sleep(cluster.controller_delay).await;
            }
            () = tokio::time::sleep(wait) => {}
        }
    }
}

/// Acts until the world is at rest. Others may look and write between two steps, as they may in a real cluster.
async fn settle(cluster: &Cluster) -> Option<DateTime<Utc>> {
    for _ in 0..MOST_STEPS {
        let (next, changed) = cluster.with(|state| {
            let before = state.world.version();
            let next = step(state, cluster.pace, Utc::now());
            (next, state.world.version() != before)
        });
        if !changed {
            return next;
        }
        tokio::task::yield_now().await;
    }
    // Two writers that undo each other must not take the whole processor.
    Some(Utc::now() + TimeDelta::milliseconds(100))
}

/// One step of everything. Returns when time alone will make a difference.
fn step(state: &mut State, pace: Pace, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
    if state.scenario.cluster.controllers_stopped {
        return None;
    }
    state.note_baselines();
    garbage::collect(&mut state.world, now, pace.stop);
    let mut wake: Vec<Option<DateTime<Utc>>> = Vec::new();
    for set in state.world.list(&REPLICA_SETS, None) {
        wake.push(replicaset::sync(&mut state.world, &set, now, pace.stop));
    }
    for deployment in state.world.list(&DEPLOYMENTS, None) {
        deployment::sync(&mut state.world, &deployment, now);
        wake.push(status::next_check(&deployment).filter(|at| *at > now));
    }
    let pods = state.world.list(&crate::world::kinds::PODS, None);
    let (scenario, baselines) = (&state.scenario, &state.baselines);
    // Which of how many pods of its ReplicaSet one is.
    let place_of = |pod: &Value| {
        let of = object::controller_uid(pod);
        let siblings: Vec<_> = pods.iter().filter(|other| object::controller_uid(other) == of).collect();
        let before = siblings.iter().filter(|other| object::uid(other) < object::uid(pod)).count();
        (before, siblings.len())
    };
    let crashing: Vec<String> = pods
        .iter()
        .filter(|pod| {
            let new = state.deployment_of(pod).is_some_and(|name| is_new(scenario, baselines, pod, &name));
            scenario.all_versions.crash_looping
                || (new && scenario.new_version.crash_looping)
                || is_among(scenario.all_versions.crashing_percent, || place_of(pod))
                || (new && is_among(scenario.new_version.crashing_percent, || place_of(pod)))
        })
        .map(|pod| object::uid(pod).to_owned())
        .collect();
    let dying = scenario.all_versions.crashing_percent > 0.0 || scenario.new_version.crashing_percent > 0.0;
    wake.push(
        state.kubelet.step(&mut state.world, now, pace, dying, |pod| {
            crashing.iter().any(|uid| uid == object::uid(pod))
        }),
    );
    wake.into_iter().flatten().min()
}

/// Whether the pod at this place of so many is among so many percent of all, of which there is at least one.
fn is_among(percent: f64, place: impl FnOnce() -> (usize, usize)) -> bool {
    if percent <= 0.0 {
        return false;
    }
    let (before, all) = place();
    let (before, all) = (u32::try_from(before).unwrap_or(u32::MAX), u32::try_from(all).unwrap_or(u32::MAX));
    f64::from(before) * 100.0 < percent * f64::from(all)
}
