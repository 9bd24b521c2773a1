//! Looks at go-lives again and again, and says so when something is new. One replica looks in each round: whoever
//! moves the go-live's next turn on. Nothing is judged here, and nothing is ever ticked.

use std::sync::Arc;
use std::time::Duration;

use gantry_domain::id::GoLiveId;
use gantry_domain::preset::Preset;
use gantry_domain::release::Running;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::clock::Clock;
use crate::live::{Hub, topics};
use crate::services::probes::{Looks, Round};
use crate::services::{presets, running};
use crate::store::{Db, StoreError, go_lives, probes};

/// How often one looks at a go-live unless configured otherwise, in seconds.
pub const PERIOD_SECONDS: u32 = 30;
/// How often it is asked what is due.
const POLL: Duration = Duration::from_secs(3);
/// Go-lives are looked at for so long after they were opened, and longer while somebody has their page open.
const DAYS: i32 = 30;
/// Looks under way at the same time.
const AT_ONCE: i64 = 16;

/// What the loop works with.
#[derive(Debug, Clone)]
pub struct Probes {
    /// The database.
    pub db: Db,
    /// For being told that something is due at once.
    pub hub: Hub,
    /// The outside.
    pub looks: Arc<Looks>,
    /// The presets.
    pub presets: Arc<Vec<Preset>>,
    /// The time.
    pub clock: Clock,
}

impl Probes {
    /// Looks until `stop`.
    pub async fn run(self, stop: CancellationToken) {
        // Not on every change of a go-live: asking what is due would get in the way of the next change.
        let wishes = self.hub.subscribe([topics::LOOKS.to_owned()]);
        let mut away = false;
        loop {
            let round = tokio::select! {
                () = stop.cancelled() => return,
                round = self.round() => round,
            };
            match round {
                Ok(_) => away = false,
                // Once: it is tried again every few seconds.
                Err(error) if !away => {
                    away = true;
                    tracing::warn!(%error, "go-lives cannot be looked at; trying again");
                }
                Err(_) => {}
            }
            tokio::select! {
                () = stop.cancelled() => return,
                _ = wishes.news() => {}
                () = tokio::time::sleep(POLL) => {}
            }
        }
    }

    /// Looks at everything that is due, and returns how much that was.
    pub async fn round(&self) -> Result<usize, StoreError> {
        let period = f64::from(self.looks.period_seconds());
        let due = self.db.read(probes::take_due(self.db.pool(), period, DAYS, AT_ONCE)).await?;
        let count = due.len();
        let mut looks = JoinSet::new();
        for id in due {
            let this = self.clone();
            looks.spawn(async move {
                if let Err(error) = this.look(id).await {
                    tracing::warn!(%error, go_live = %id, "what was found cannot be stored");
                }
            });
        }
        // A look that panics takes no other with it.
        while let Some(ended) = looks.join_next().await {
            if let Err(error) = ended {
                tracing::error!(%error, "a look did not come to an end");
            }
        }
        Ok(count)
    }

    async fn look(&self, id: GoLiveId) -> Result<(), StoreError> {
        let Some(stored) = self.db.read(go_lives::find(self.db.pool(), id)).await? else { return Ok(()) };
        let preset = presets::of_go_live(&self.db, &self.presets, &stored.go_live).await?;
        let ours = running::ours(&self.db, &self.presets, preset.as_ref(), &stored.go_live.workload).await?;
        let now = self.clock.now();
        let mut found = self.looks.look(&stored.go_live, preset.as_ref(), &ours, now).await;
        if let Some(fingerprint) = found.running.take() {
            running::follow(&self.db, &stored.go_live, Running { fingerprint, noticed_at: now }).await?;
        }
        keep(&self.db, id, found, self.looks.period_seconds()).await
    }
}

/// Stores what was found. It is announced when it says something new, and otherwise once in a period, so that the ages
/// on open pages do not grow too old.
async fn keep(db: &Db, id: GoLiveId, found: Round, period_seconds: u32) -> Result<(), StoreError> {
    db.tx(move |tx| {
        Box::pin(async move {
            let findings = probes::put_findings(tx, id, &found.findings).await?;
            let lights = probes::put_lights(tx, id, &found.lights).await?;
            // A little less than a period: rounds are never exactly one apart.
            let seconds = f64::from(period_seconds) * 0.8;
            if probes::may_announce(tx, id, findings || lights, seconds).await? {
                tx.announce(topics::go_live(id));
            }
            Ok(())
        })
    })
    .await
}

/// Has a go-live looked at now, by whichever replica hears of it first.
pub async fn look_now(db: &Db, id: GoLiveId) -> Result<(), StoreError> {
    db.tx(move |tx| {
        Box::pin(async move {
            probes::make_due(tx, id).await?;
            tx.announce(topics::LOOKS);
            Ok(())
        })
    })
    .await
}
