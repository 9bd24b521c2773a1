//! Brings actions to their end: what is asked for is written, and watched until the pods are ready. One replica at a
//! time: whoever holds the lease.
//!
//! observe → decide → save → write, again and again. A step is saved before it is performed; after a kill the cluster
//! is read again and nothing is replayed. What follows from what is decided by `domain::mitigation::advance`.

use std::time::Duration;

use chrono::{DateTime, Utc};
use gantry_domain::id::MitigationId;
use gantry_domain::incident::entry::EntryKind;
use gantry_domain::mitigation::{Act, Decision, Env, Mitigation, Observation, Problem, Seen, advance};
use gantry_domain::preset::Workload;
use serde_json::json;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::clock::Clock;
use crate::live::{Hub, topics};
use crate::outside::cluster::{Cluster, ClusterError, Mode, Snapshot, env_of, facts, stamp_of, write_patch};
use crate::services::mitigations::{announce, pods_of, secret_fingerprint, whom_to_ask};
use crate::services::response::{Said, say};
use crate::store::mitigations::Stored;
use crate::store::{Db, StoreError, Tx, leases, mitigations};

/// Between two looks while something is under way.
const PERIOD: Duration = Duration::from_millis(500);
/// Between two looks for something to do.
const IDLE: Duration = Duration::from_secs(3);
/// How long the lease lasts without being kept up: so long an action waits when its replica is killed.
const LEASE: f64 = 4.0;
/// Its name.
const NAME: &str = "mitigations";

/// What the loop works with.
#[derive(Debug, Clone)]
pub struct Engine {
    /// The database.
    pub db: Db,
    /// For being told that something is asked for.
    pub hub: Hub,
    /// The cluster; `None` where none is configured.
    pub cluster: Option<Cluster>,
    /// The time.
    pub clock: Clock,
    /// This process among the replicas.
    pub holder: Uuid,
}

impl Engine {
    /// As this process.
    pub fn new(db: Db, hub: Hub, cluster: Option<Cluster>, clock: Clock) -> Self {
        let cluster = cluster.map(|cluster| cluster.driving());
        Self { db, hub, cluster, clock, holder: Uuid::new_v4() }
    }

    /// Works until `stop`. Dropping the future ends everything at once, as a crash would.
    pub async fn run(self, stop: CancellationToken) {
        let news = self.hub.subscribe([topics::MITIGATIONS.to_owned()]);
        while !stop.is_cancelled() {
            let pause = match self.round().await {
                Ok(0) => IDLE,
                Ok(_) => PERIOD,
                Err(error) => {
                    tracing::warn!(%error, "actions of incidents cannot be looked up; trying again");
                    IDLE
                }
            };
            tokio::select! {
                () = stop.cancelled() => {}
                _ = news.news() => {}
                () = tokio::time::sleep(pause) => {}
            }
        }
        let given_up = self.db.read(leases::give_up(self.db.pool(), NAME, self.holder)).await;
        if let Err(error) = given_up {
            tracing::debug!(%error, "a lease was not given up; it runs out");
        }
    }

    /// Moves everything on that is under way, and returns how much that was.
    pub async fn round(&self) -> Result<usize, StoreError> {
        let active = self.db.read(mitigations::active(self.db.pool())).await?;
        if active.is_empty() {
            return Ok(0);
        }
        let lease = leases::take(self.db.pool(), NAME, self.holder, LEASE);
        if self.db.read(lease).await?.is_none() {
            return Ok(active.len());
        }
        // Each has a Deployment of its own: a slow one keeps no other waiting.
        let looking = futures_util::future::join_all(active.iter().map(|one| self.step(one)));
        let looked = leases::keeping(self.db.pool(), NAME, self.holder, LEASE, looking).await;
        for (one, looked) in active.iter().zip(looked.into_iter().flatten()) {
            if let Err(error) = looked {
                tracing::warn!(mitigation = %one.mitigation.id, %error, "an action could not be moved on");
            }
        }
        Ok(active.len())
    }

    async fn step(&self, stored: &Stored) -> Result<(), StoreError> {
        let row = &stored.mitigation;
        let (snapshot, seen) = match self.observe(row).await {
            Ok((snapshot, seen)) => (Some(snapshot), Ok(seen)),
            Err(problem) => (None, Err(problem)),
        };
        let decision = advance(row, &seen, self.clock.now());
        if !self.save(stored, &decision).await? {
            return Ok(());
        }
        let (Some(write), Some(snapshot), Some(cluster)) = (&decision.write, &snapshot, &self.cluster) else {
            return Ok(());
        };
        let Some(patch) = write_patch(snapshot, &row.target.container, write) else { return Ok(()) };
        match cluster.write(snapshot, &patch, Mode::Do).await {
            Ok(_) => self.db.announce(topics::MITIGATIONS.to_owned()).await,
            // Read again, decide again.
            Err(error) if error.is_race() => Ok(()),
            Err(error) => {
                let stored = Stored {
                    mitigation: decision.next.clone(),
                    version: if decision.next == *row { stored.version } else { stored.version + 1 },
                };
                let refused: Observation = Err(problem(&error));
                let decision = advance(&stored.mitigation, &refused, self.clock.now());
                self.save(&stored, &decision).await.map(|_| ())
            }
        }
    }

    async fn observe(&self, row: &Mitigation) -> Result<(Snapshot, Seen), Problem> {
        let cluster =
            self.cluster.as_ref().ok_or_else(|| Problem::Passing("no cluster is configured".into()))?;
        let Workload { namespace, deployment, container } = &row.target;
        let snapshot = cluster.read(namespace, deployment).await.map_err(|error| problem(&error))?;
        let snapshot = snapshot
            .ok_or_else(|| Problem::Passing(format!("there is no Deployment {deployment} in {namespace}")))?;
        let fingerprint = match &row.act {
            Act::ReplaceKey { secret, key, .. } => {
                let found =
                    cluster.secret_key(namespace, secret, key).await.map_err(|error| problem(&error))?;
                found.value.as_ref().map(secret_fingerprint)
            }
            Act::Set { .. } | Act::Remove { .. } | Act::Restart { .. } => None,
        };
        let facts = facts(&snapshot, container);
        let env = row.variable().map_or(Env::Absent, |name| env_of(&snapshot.deployment, container, name));
        let seen = Seen {
            env,
            stamp: stamp_of(&snapshot.deployment),
            fingerprint,
            driven: facts.driver.is_some(),
            paused: facts.steering.paused,
            settled: facts.settled,
            wanted: facts.replicas,
            ready: facts.ready,
            others: facts.others,
            problems: pods_of(&snapshot).problems,
        };
        Ok((snapshot, seen))
    }

    /// Saves a decision before anything of it is done. `false`: somebody else changed the row.
    async fn save(&self, stored: &Stored, decision: &Decision) -> Result<bool, StoreError> {
        if decision.next == stored.mitigation {
            return Ok(true);
        }
        let (next, say_it, version, at) =
            (decision.next.clone(), decision.say.clone(), stored.version, self.clock.now());
        self.db
            .tx(move |tx| {
                Box::pin(async move {
                    if !mitigations::put(tx, &next, version).await? {
                        return Ok(false);
                    }
                    if let Act::Remove { of, .. } = &next.act
                        && next.phase.is_written()
                    {
                        end_mark(tx, *of, at).await?;
                    }
                    end_earlier_marks(tx, &next, at).await?;
                    announce(tx, next.incident);
                    if let Some(text) = say_it {
                        let detail = json!({ "mitigation": next.id, "act": next.act, "phase": next.phase });
                        say(tx, next.incident, Said { kind: EntryKind::Action, by: None, text, detail, at })
                            .await?;
                    }
                    Ok(true)
                })
            })
            .await
    }
}

/// A switch that is set again is marked once: the marks that somebody else's change has left behind end here.
async fn end_earlier_marks(tx: &mut Tx, next: &Mitigation, at: DateTime<Utc>) -> Result<(), StoreError> {
    if !next.stands() {
        return Ok(());
    }
    for earlier in mitigations::standing_on(&mut **tx, &next.target).await? {
        if next.replaces(&earlier) {
            end_mark(tx, earlier.id, at).await?;
        }
    }
    Ok(())
}

/// Ends the mark of a switch, where it has not ended before.
async fn end_mark(tx: &mut Tx, id: MitigationId, at: DateTime<Utc>) -> Result<(), StoreError> {
    if let Some(set) = mitigations::find(&mut **tx, id).await?
        && set.mitigation.removed_at.is_none()
    {
        let removed = Mitigation { removed_at: Some(at), ..set.mitigation };
        mitigations::put(tx, &removed, set.version).await?;
    }
    Ok(())
}

fn problem(error: &ClusterError) -> Problem {
    let words = format!("{error}{}", whom_to_ask(error));
    match error {
        ClusterError::Forbidden(_) => Problem::Forbidden(error.to_string()),
        ClusterError::Invalid(_) | ClusterError::BadName(_) => Problem::Refused(words),
        ClusterError::Config(_)
        | ClusterError::LoginExpired
        | ClusterError::NotFound(_)
        | ClusterError::Conflict
        | ClusterError::Gone
        | ClusterError::Throttled
        | ClusterError::Unreachable(_)
        | ClusterError::TooLarge(_)
        | ClusterError::Resting
        | ClusterError::Crowded => Problem::Passing(words),
    }
}
