//! One rollout's driver: keeps the lease, ticks, and waits for the next reason to tick.

use std::time::Duration;

use chrono::{DateTime, Utc};
use gantry_domain::id::RolloutId;
use gantry_domain::judge::Reading;
use gantry_domain::release::ImageRef;
use gantry_domain::rollout::{Decision, Observation, Phase, Rollout, advance, news};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::Engine;
use super::judging::Judging;
use crate::live::topics;
use crate::outside::cluster::{Changes, ClusterError, Snapshot, observe, patch_for};
use crate::services::incidents::opening::{self, RolledBack};
use crate::services::incidents::timeline;
use crate::store::{StoreError, leases, rollouts};

/// However much happens, there is this much time between two ticks.
const LEAST_PAUSE: Duration = Duration::from_millis(40);
/// After the first error of the cluster or the database; twice as long after each further one.
const AFTER_ERROR: Duration = Duration::from_millis(100);
/// The longest pause after errors.
const AFTER_ERRORS: Duration = Duration::from_secs(1);
/// How often it is noted that the cluster was read, although nothing changed.
const HEARTBEAT: Duration = Duration::from_secs(5);

/// What went wrong in a tick.
#[derive(Debug, thiserror::Error)]
enum TickError {
    #[error(transparent)]
    Cluster(#[from] ClusterError),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("no cluster is configured")]
    NoCluster,
}

/// What follows a tick.
enum Next {
    /// Look again at the latest then.
    In(Duration),
    /// The rollout is over, or somebody else drives it.
    Nothing,
}

/// Drives until the rollout is over, somebody else holds the lease, or `stop`.
pub(super) async fn drive(engine: Engine, id: RolloutId, stop: CancellationToken) {
    let asked = engine.hub.subscribe([topics::rollout(id)]);
    let mut driver = Driver::new(engine, id);
    let mut failures = 0_u32;
    loop {
        let pause = match driver.tick().await {
            Ok(Next::In(pause)) => {
                failures = 0;
                pause
            }
            Ok(Next::Nothing) => break,
            Err(TickError::Cluster(error)) if error.is_race() => LEAST_PAUSE,
            Err(error) => {
                // One hiccup is not worth telling people.
                if failures > 0 {
                    driver.trouble(&error).await;
                }
                failures += 1;
                AFTER_ERROR.saturating_mul(1 << failures.min(5)).min(AFTER_ERRORS)
            }
        };
        let began = Instant::now();
        tokio::select! {
            () = stop.cancelled() => break,
            _ = asked.news() => {}
            () = driver.cluster_changed() => {}
            () = driver.judging.fresh() => {}
            () = tokio::time::sleep(pause) => {}
        }
        // Many events at once are one reason to look.
        tokio::time::sleep_until(began + LEAST_PAUSE).await;
    }
    driver.end().await;
}

struct Driver {
    engine: Engine,
    id: RolloutId,
    lease: String,
    held: Option<(i64, Instant)>,
    changes: Option<Changes>,
    judging: Judging,
    noted: Option<Instant>,
}

impl Driver {
    fn new(engine: Engine, id: RolloutId) -> Self {
        let lease = format!("rollout:{id}");
        Self { engine, id, lease, held: None, changes: None, judging: Judging::default(), noted: None }
    }

    /// Never returns while nothing is watched.
    async fn cluster_changed(&self) {
        match &self.changes {
            Some(changes) => changes.next().await,
            None => std::future::pending().await,
        }
    }

    async fn tick(&mut self) -> Result<Next, TickError> {
        let Some(epoch) = self.epoch().await? else { return Ok(Next::Nothing) };
        let db = &self.engine.db;
        let Some(stored) = db.read(rollouts::find(db.pool(), self.id)).await? else {
            return Ok(Next::Nothing);
        };
        if stored.rollout.phase.is_over() {
            return Ok(Next::Nothing);
        }
        let snapshot = self.observe(&stored.rollout).await?;
        self.judging.begin(self.engine.prometheus.as_ref(), &stored.rollout, stored.now);
        let observation = Observation {
            deployment: snapshot.as_ref().map(|snapshot| observe(snapshot, &stored.rollout)),
            samples: self.judging.samples(),
            epoch,
        };
        let decision = advance(&stored.rollout, &observation, stored.now);
        if !self.save(&stored, &decision, epoch).await? {
            // Somebody asked for something meanwhile, or the lease is gone: nothing of this tick counts.
            self.held = None;
            return Ok(Next::In(Duration::ZERO));
        }
        if let (Some(write), Some(snapshot)) = (&decision.write, &snapshot) {
            let cluster = self.engine.cluster.as_ref().ok_or(TickError::NoCluster)?;
            cluster.patch(snapshot, &patch_for(snapshot, &decision.next, write)).await?;
        }
        Ok(match decision.requeue {
            Some(pause) => Next::In(pause.to_std().unwrap_or(LEAST_PAUSE)),
            None => Next::Nothing,
        })
    }

    /// The epoch of our lease, kept up when a third of it has passed.
    async fn epoch(&mut self) -> Result<Option<i64>, TickError> {
        if let Some((epoch, since)) = self.held
            && since.elapsed() < self.engine.lease / 3
        {
            return Ok(Some(epoch));
        }
        let (db, now) = (&self.engine.db, Instant::now());
        let taken = leases::take(db.pool(), &self.lease, self.engine.holder, self.engine.lease.as_secs_f64());
        let epoch = db.read(taken).await?;
        self.held = epoch.map(|epoch| (epoch, now));
        Ok(epoch)
    }

    async fn observe(&mut self, rollout: &Rollout) -> Result<Option<Snapshot>, TickError> {
        let cluster = self.engine.cluster.as_ref().ok_or(TickError::NoCluster)?;
        let target = &rollout.target;
        let snapshot = cluster.read(&target.namespace, &target.deployment).await?;
        if self.changes.is_none()
            && let Some(snapshot) = &snapshot
        {
            self.changes = Some(cluster.changes(snapshot)?);
        }
        Ok(snapshot)
    }

    /// Saves the decision before anything of it is done. `false`: it does not count.
    async fn save(
        &mut self,
        stored: &rollouts::Stored,
        decision: &Decision,
        epoch: i64,
    ) -> Result<bool, TickError> {
        let changed = decision.next != stored.rollout || !decision.log.is_empty();
        if !changed {
            let due = self.noted.is_none_or(|noted| noted.elapsed() >= HEARTBEAT);
            if due || stored.problem.is_some() {
                self.note(None).await?;
            }
            return Ok(true);
        }
        let (next, log, version) = (decision.next.clone(), decision.log.clone(), stored.version);
        let readings = new_readings(&stored.rollout.readings, &next.readings);
        let (told, at) = (news(&stored.rollout.phase, &next), stored.now);
        let (desk, rolled_back) = (self.engine.desk.clone(), rolled_back(&stored.rollout, &next, stored.now));
        let held = rollouts::Held { name: self.lease.clone(), holder: self.engine.holder, epoch };
        let saved = self
            .engine
            .db
            .tx(move |tx| {
                Box::pin(async move {
                    if !rollouts::advance(tx, &next, version, &held).await? {
                        return Ok::<_, StoreError>(false);
                    }
                    rollouts::log(tx, next.id, &log).await?;
                    rollouts::keep(tx, next.id, &readings).await?;
                    tx.announce(topics::go_live(next.golive_id));
                    if next.phase.is_over() {
                        tx.announce(topics::GO_LIVES);
                    }
                    if let Some(told) = &told {
                        timeline::tell_of_rollout(tx, &next, told, at).await?;
                    }
                    if let Some(rolled_back) = &rolled_back {
                        opening::rollout_rolled_back(tx, &desk, rolled_back).await?;
                    }
                    Ok(true)
                })
            })
            .await?;
        if saved {
            self.noted = Some(Instant::now());
        }
        Ok(saved)
    }

    /// Notes that the cluster was read, or what the trouble is; tells the pages.
    async fn note(&mut self, problem: Option<&str>) -> Result<(), StoreError> {
        let (id, problem) = (self.id, problem.map(str::to_owned));
        self.noted = Some(Instant::now());
        self.engine
            .db
            .tx(move |tx| {
                Box::pin(async move {
                    if let Some(go_live) = rollouts::observed(tx, id, problem.as_deref()).await? {
                        tx.announce(topics::go_live(go_live));
                    }
                    Ok(())
                })
            })
            .await
    }

    async fn trouble(&mut self, error: &TickError) {
        tracing::warn!(rollout = %self.id, %error, "a tick failed");
        if let Err(error) = self.note(Some(&error.to_string())).await {
            tracing::debug!(%error, "the trouble could not be noted");
        }
    }

    async fn end(self) {
        if self.held.is_some() {
            let db = &self.engine.db;
            let given_up = db.read(leases::give_up(db.pool(), &self.lease, self.engine.holder)).await;
            if let Err(error) = given_up {
                tracing::debug!(%error, "a lease was not given up; it runs out");
            }
        }
    }
}

/// What there is to tell when this step ends the way back.
fn rolled_back(before: &Rollout, next: &Rollout, at: DateTime<Utc>) -> Option<RolledBack> {
    let Phase::RolledBack { why } = &next.phase else { return None };
    let version =
        |image: &str| image.parse::<ImageRef>().map_or_else(|_| image.to_owned(), |image| image.version());
    (before.phase != next.phase).then(|| RolledBack {
        go_live: next.golive_id,
        rollout: next.id,
        why: why.clone(),
        from: version(&next.new_image),
        to: version(&next.stable.image),
        at,
    })
}

/// Readings that were not there before.
fn new_readings(before: &[Reading], after: &[Reading]) -> Vec<Reading> {
    let known =
        |reading: &Reading| before.iter().any(|b| b.key == reading.key && b.taken_at == reading.taken_at);
    after.iter().filter(|reading| !known(reading)).cloned().collect()
}
