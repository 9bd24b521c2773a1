//! A watch over what must hold all the time: no overshoot, no dip.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use gantry_domain::rollout::{Phase, Side};
use gantry_server::store::rollouts;
use serde_json::{Value, json};
use tokio::task::JoinHandle;

use super::{NAME, NEW, Stage};

impl Stage {
    /// Watches until dropped: never more new pods than the recorded step, never fewer ready pods than replicas.
    pub(crate) fn watch(&self) -> Watch {
        let (db, cluster, namespace) = (self.db.clone(), self.cluster.clone(), self.namespace.clone());
        let (id, replicas) = (self.id, self.replicas);
        let looks = Arc::new(AtomicU32::new(0));
        let counted = Arc::clone(&looks);
        let task: JoinHandle<()> = tokio::spawn(async move {
            loop {
                let Ok(Some(snapshot)) = cluster.read(&namespace, NAME).await else {
                    tokio::task::yield_now().await;
                    continue;
                };
                // Read after the cluster: a step is recorded before it is performed.
                let row = rollouts::latest(db.pool(), id).await.unwrap().unwrap().rollout;
                let seen = gantry_server::outside::cluster::observe(&snapshot, &row);
                let most = match &row.phase {
                    Phase::Starting => 0,
                    Phase::Held { from, .. } => step_target(from).unwrap_or(replicas),
                    phase => step_target(phase).unwrap_or(replicas),
                };
                let new = seen.pods.tally(Side::New).desired;
                assert!(new <= most, "overshoot: {new} new pods at {:?}", row.phase);
                let ready = ready(&snapshot.pods);
                assert!(ready >= replicas, "{ready} of {replicas} pods are ready at {:?}", row.phase);
                counted.fetch_add(1, Ordering::SeqCst);
                tokio::time::sleep(Duration::from_millis(15)).await;
            }
        });
        Watch { task, looks }
    }
}

fn step_target(phase: &Phase) -> Option<u32> {
    match phase {
        Phase::Surging { to, .. } | Phase::Trimming { to, .. } | Phase::Soaking { to, .. } => Some(*to),
        _ => None,
    }
}

/// A watch over the invariants.
pub(crate) struct Watch {
    task: JoinHandle<()>,
    looks: Arc<AtomicU32>,
}

impl Watch {
    /// Ends it; fails with what it saw, or if it saw nothing.
    pub(crate) async fn end(self) {
        self.task.abort();
        if let Err(error) = self.task.await
            && error.is_panic()
        {
            std::panic::resume_unwind(error.into_panic());
        }
        assert!(self.looks.load(Ordering::SeqCst) > 0, "it never saw the cluster, so it says nothing");
    }
}

/// How many old and new pods the ReplicaSets are to have.
pub(crate) fn desired(sets: &[Value]) -> (u32, u32) {
    let of = |wanted: bool| {
        let image = "/spec/template/spec/containers/0/image";
        let sets = sets.iter().filter(|set| (set.pointer(image) == Some(&json!(NEW))) == wanted);
        let counts = sets.map(|set| set.pointer("/spec/replicas").and_then(Value::as_u64).unwrap());
        u32::try_from(counts.sum::<u64>()).unwrap()
    };
    (of(false), of(true))
}

/// How many of these pods are ready and not on their way out.
pub(crate) fn ready(pods: &[Value]) -> u32 {
    let is = |pod: &&Value| {
        let conditions = pod.pointer("/status/conditions").and_then(Value::as_array);
        let ready = conditions
            .is_some_and(|all| all.iter().any(|one| one["type"] == "Ready" && one["status"] == "True"));
        ready && pod.pointer("/metadata/deletionTimestamp").is_none()
    };
    u32::try_from(pods.iter().filter(is).count()).unwrap()
}
