//! Drives rollouts: one task per rollout that is not over, on whichever replica holds its lease.
//!
//! observe → decide → save → act, again and again. What follows from what is decided by `domain::rollout::advance`;
//! here things are read, saved and written in the order that makes a crash anywhere harmless.

mod drive;
mod judging;

use std::collections::HashMap;
use std::time::Duration;

use gantry_domain::id::RolloutId;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::live::{Hub, topics};
use crate::outside::cluster::Cluster;
use crate::outside::prometheus::Prometheus;
use crate::services::incidents::Desk;
use crate::store::{Db, rollouts};

/// How often it is looked for rollouts that nobody drives.
const PERIOD: Duration = Duration::from_secs(2);

/// What the engine works with.
#[derive(Debug, Clone)]
pub struct Engine {
    /// The database.
    pub db: Db,
    /// Topics that others announce.
    pub hub: Hub,
    /// The cluster; `None` where none is configured.
    pub cluster: Option<Cluster>,
    /// Prometheus; `None` where none is configured: nothing can be judged then, and rollouts hold.
    pub prometheus: Option<Prometheus>,
    /// This process among the replicas.
    pub holder: Uuid,
    /// How long a lease lasts without being kept up.
    pub lease: Duration,
    /// For the incident that a rollback opens.
    pub desk: Desk,
}

impl Engine {
    /// With the usual lease: a rollout whose driver died is driven again within a quarter of a minute.
    pub fn new(db: Db, hub: Hub, cluster: Option<Cluster>, prometheus: Option<Prometheus>) -> Self {
        Self {
            db,
            hub,
            cluster: cluster.map(|cluster| cluster.driving()),
            prometheus,
            holder: Uuid::new_v4(),
            lease: Duration::from_secs(10),
            desk: Desk::default(),
        }
    }

    /// The same, which opens incidents by these rules.
    #[must_use]
    pub fn telling(self, desk: Desk) -> Self {
        Self { desk, ..self }
    }
}

/// Drives until `stop`. Dropping the future ends everything at once, as a crash would.
pub async fn run(engine: Engine, stop: CancellationToken) {
    let news = engine.hub.subscribe([topics::ROLLOUTS.to_owned()]);
    let mut drivers = JoinSet::new();
    let mut driven: HashMap<RolloutId, tokio::task::AbortHandle> = HashMap::new();
    while !stop.is_cancelled() {
        match engine.db.read(rollouts::active(engine.db.pool())).await {
            Ok(active) => {
                driven.retain(|_, task| !task.is_finished());
                for id in active {
                    driven
                        .entry(id)
                        .or_insert_with(|| drivers.spawn(drive::drive(engine.clone(), id, stop.clone())));
                }
            }
            Err(error) => tracing::warn!(%error, "rollouts cannot be looked up"),
        }
        while drivers.try_join_next().is_some() {}
        tokio::select! {
            () = stop.cancelled() => {}
            _ = news.news() => {}
            () = tokio::time::sleep(PERIOD) => {}
        }
    }
    // Each gives its lease up.
    while drivers.join_next().await.is_some() {}
}
