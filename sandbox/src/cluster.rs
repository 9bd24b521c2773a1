//! The shared state of the sandbox: one lock around the stored world and what acts on it, and the signal that it changed.
//!
//! Everything that happens is a short closure under the lock. It must not wait for anything while it holds it.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use chrono::{TimeDelta, Utc};
use serde_json::Value;
use tokio::sync::watch;

use crate::controller::kubelet::{Kubelet, Pace};
use crate::options::Options;
use crate::outside::journal::Journal;
use crate::scenario::Scenario;
use crate::traffic::Traffic;
use crate::world::World;
use crate::world::kinds::{DEPLOYMENTS, REPLICA_SETS};
use crate::world::object::{self, text};

/// What the lock guards.
#[derive(Debug)]
pub(crate) struct State {
    pub(crate) world: World,
    pub(crate) kubelet: Kubelet,
    pub(crate) traffic: Traffic,
    pub(crate) scenario: Scenario,
    /// When the vendor last revoked every key there was, as the cluster writes moments; empty for never.
    pub(crate) revoked_at: String,
    pub(crate) counters: Counters,
    pub(crate) journal: Journal,
    /// The image that each Deployment (namespace, name) was first seen with: any other is a new version.
    pub(crate) baselines: BTreeMap<(String, String), String>,
}

/// How many requests came, for faults that strike every n-th.
#[derive(Debug, Default)]
pub(crate) struct Counters {
    pub(crate) requests: u64,
    pub(crate) writes: u64,
}

/// The sandbox cluster.
#[derive(Debug)]
pub(crate) struct Cluster {
    state: Mutex<State>,
    changed: watch::Sender<u64>,
    pub(crate) pace: Pace,
    pub(crate) controller_delay: std::time::Duration,
    pub(crate) bookmark_every: std::time::Duration,
}

impl Cluster {
    /// An empty cluster.
    pub(crate) fn new(options: &Options) -> Self {
        // Grows by far more than the sandbox can write in the time between two starts.
        let version = u64::try_from(Utc::now().timestamp_millis()).unwrap_or(1) / 10;
        let millis = |millis: u64| TimeDelta::milliseconds(i64::try_from(millis).unwrap_or(i64::MAX / 2));
        Self {
            state: Mutex::new(State {
                world: World::new(version, options.watch_history),
                kubelet: Kubelet::default(),
                traffic: Traffic::default(),
                scenario: Scenario::default(),
                revoked_at: String::new(),
                counters: Counters::default(),
                journal: Journal::default(),
                baselines: BTreeMap::new(),
            }),
            changed: watch::Sender::new(version),
            pace: Pace { start: millis(options.pod_start_ms), stop: millis(options.pod_stop_ms) },
            controller_delay: std::time::Duration::from_millis(options.controller_delay_ms),
            bookmark_every: std::time::Duration::from_millis(options.bookmark_ms),
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // A panic in one request must not stop the others; every write to the world is a single insertion.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Runs a closure on the state and wakes watchers and controllers if the world changed.
    pub(crate) fn with<T>(&self, act: impl FnOnce(&mut State) -> T) -> T {
        let (result, version) = {
            let mut state = self.lock();
            (act(&mut state), state.world.version())
        };
        self.changed.send_if_modified(|known| std::mem::replace(known, version) != version);
        result
    }

    /// The current scenario.
    pub(crate) fn scenario(&self) -> Scenario {
        self.lock().scenario.clone()
    }

    /// A receiver of world versions.
    pub(crate) fn changes(&self) -> watch::Receiver<u64> {
        self.changed.subscribe()
    }

    /// Wakes watchers and controllers although nothing in the world changed, e.g. for a new scenario.
    pub(crate) fn wake(&self) {
        self.changed.send_modify(|_| {});
    }
}

impl State {
    /// Remembers the first image of every Deployment, and forgets Deployments that are gone.
    pub(crate) fn note_baselines(&mut self) {
        let deployments = self.world.list(&DEPLOYMENTS, None);
        let known = |key: &(String, String)| {
            deployments.iter().any(|one| object::namespace(one) == key.0 && object::name(one) == key.1)
        };
        self.baselines.retain(|key, _| known(key));
        for deployment in &deployments {
            let key = (object::namespace(deployment).to_owned(), object::name(deployment).to_owned());
            self.baselines
                .entry(key)
                .or_insert_with(|| text(deployment, "/spec/template/spec/containers/0/image").to_owned());
        }
    }

    /// The Deployment that a pod belongs to.
    pub(crate) fn deployment_of(&self, pod: &Value) -> Option<String> {
        let owner = pod.pointer("/metadata/ownerReferences/0/name")?.as_str()?;
        let set = self.world.get(&REPLICA_SETS, object::namespace(pod), owner)?;
        set.pointer("/metadata/ownerReferences/0/name")?.as_str().map(str::to_owned)
    }

    /// Whether a pod runs the new version, as the scenario understands it.
    pub(crate) fn is_new(&self, pod: &Value, deployment: &str) -> bool {
        is_new(&self.scenario, &self.baselines, pod, deployment)
    }
}

/// Whether a pod runs the new version: the named tag, or any image but its Deployment's first.
pub(crate) fn is_new(
    scenario: &Scenario,
    baselines: &BTreeMap<(String, String), String>,
    pod: &Value,
    deployment: &str,
) -> bool {
    let image = text(pod, "/spec/containers/0/image");
    match &scenario.new_tag {
        Some(tag) => image_tag(image) == tag,
        None => baselines
            .get(&(object::namespace(pod).to_owned(), deployment.to_owned()))
            .is_some_and(|first| first != image),
    }
}

/// The tag of an image, or `latest`.
pub(crate) fn image_tag(image: &str) -> &str {
    let image = image.split('@').next().unwrap_or(image);
    let last = image.rsplit('/').next().unwrap_or(image);
    last.split_once(':').map_or("latest", |(_, tag)| tag)
}
