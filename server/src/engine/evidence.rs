//! Collects evidence that was asked for, part by part. After a kill it goes on with the first part that is not settled:
//! what was collected stays as it was collected. One replica at a time: whoever holds the lease.

use std::time::Duration;

use gantry_domain::evidence::{Part, Standing, next};
use gantry_domain::id::BundleId;
use gantry_domain::incident::entry::EntryKind;
use serde_json::json;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::live::{Hub, topics};
use crate::services::evidence::{Collector, collect};
use crate::services::response::{ResponseError, Said, say, scene};
use crate::store::{StoreError, evidence, leases};

/// Between two looks for something to do.
const IDLE: Duration = Duration::from_secs(2);
/// How long the lease lasts without being kept up: so long a bundle waits when its replica is killed.
const LEASE: f64 = 4.0;
/// How long one part may take.
const PART: Duration = Duration::from_secs(45);
/// Its name.
const NAME: &str = "evidence";

/// What the loop works with.
#[derive(Debug, Clone)]
pub struct Engine {
    /// Collects.
    pub collector: Collector,
    /// For being told that something is asked for.
    pub hub: Hub,
    /// This process among the replicas.
    pub holder: Uuid,
}

impl Engine {
    /// As this process.
    pub fn new(collector: Collector, hub: Hub) -> Self {
        Self { collector, hub, holder: Uuid::new_v4() }
    }

    /// Works until `stop`. Dropping the future ends everything at once, as a crash would.
    pub async fn run(self, stop: CancellationToken) {
        let news = self.hub.subscribe([topics::EVIDENCE.to_owned()]);
        while !stop.is_cancelled() {
            let worked = tokio::select! {
                () = stop.cancelled() => break,
                worked = self.round() => worked,
            };
            if let Err(error) = &worked {
                tracing::warn!(%error, "evidence cannot be collected; trying again");
            }
            tokio::select! {
                () = stop.cancelled() => {}
                _ = news.news() => {}
                () = tokio::time::sleep(IDLE), if !matches!(worked, Ok(true)) => {}
                () = std::future::ready(()), if matches!(worked, Ok(true)) => {}
            }
        }
        let db = &self.collector.db;
        let given_up = db.read(leases::give_up(db.pool(), NAME, self.holder)).await;
        if let Err(error) = given_up {
            tracing::debug!(%error, "a lease was not given up; it runs out");
        }
    }

    /// Collects one part of each bundle that is not complete. Whether there was one.
    pub async fn round(&self) -> Result<bool, StoreError> {
        let db = &self.collector.db;
        let unfinished = db.read(evidence::unfinished(db.pool())).await?;
        if unfinished.is_empty()
            || db.read(leases::take(db.pool(), NAME, self.holder, LEASE)).await?.is_none()
        {
            return Ok(false);
        }
        for id in unfinished {
            let Some(done) =
                leases::keeping(db.pool(), NAME, self.holder, LEASE, Box::pin(self.step(id))).await
            else {
                return Ok(false);
            };
            done?;
        }
        Ok(true)
    }

    async fn step(&self, id: BundleId) -> Result<(), StoreError> {
        let db = &self.collector.db;
        let Some(bundle) = db.read(evidence::find(db.pool(), id)).await? else { return Ok(()) };
        let scene = match scene(db, &self.collector.around.presets, bundle.incident).await {
            Ok(scene) => scene,
            Err(ResponseError::Store(error)) => return Err(error),
            Err(error) => {
                tracing::error!(%error, bundle = %id, "the incident of a bundle cannot be read");
                return Ok(());
            }
        };
        let settled = match next(&bundle.parts) {
            Some(part) => {
                let collected = tokio::time::timeout(PART, collect(&self.collector, &scene, part)).await;
                let (standing, files) = collected.unwrap_or_else(|_| {
                    let why = format!("it did not come within {} s", PART.as_secs());
                    (Standing::Missing { why }, Vec::new())
                });
                Some((part, standing, files))
            }
            None => None,
        };
        let (incident, at) = (bundle.incident, self.collector.clock.now());
        let missing = bundle.parts.iter().filter(|(_, one)| matches!(one, Standing::Missing { .. })).count();
        db.tx(move |tx| {
            Box::pin(async move {
                if let Some((part, standing, files)) = &settled {
                    evidence::settle(tx, id, *part, standing, files).await?;
                } else if evidence::finish(tx, id, at).await? {
                    let text = match missing {
                        0 => "Evidence is complete".to_owned(),
                        some => format!(
                            "Evidence is collected; {some} of {} parts were not to be had",
                            Part::ALL.len()
                        ),
                    };
                    let detail = json!({ "bundle": id });
                    say(tx, incident, Said { kind: EntryKind::Evidence, by: None, text, detail, at }).await?;
                }
                tx.announce(topics::incident(incident));
                Ok::<_, StoreError>(())
            })
        })
        .await
    }
}
