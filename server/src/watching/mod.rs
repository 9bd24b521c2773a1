//! Looks on a period at what the open go-lives depend on: the six probes and the three lights. It observes, the domain
//! judges, and what was found is kept with its time. It changes nothing outside.

mod around;
mod environment;
mod lights;
mod probes;

use std::sync::Arc;
use std::time::Duration;

use gantry_domain::golive::GoLive;
use gantry_domain::preset::Preset;
use tokio::time::{MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;

use crate::clock::Clock;
use crate::live::topics;
use crate::outside::cluster::{Cluster, Snapshot};
use crate::outside::health::Health;
use crate::outside::posthog::VendorClient;
use crate::outside::prometheus::Prometheus;
use crate::store::{Db, StoreError, findings, go_lives, lights as light_store};

pub use around::neighbours;

/// How often each go-live is looked at, in seconds.
pub const PERIOD: u32 = 20;
/// The longest that looking at one of them may take.
const LONGEST: Duration = Duration::from_secs(15);
/// The newest ones are looked at.
const WATCHED: i64 = 12;

/// Everything that can be looked at.
#[derive(Clone, Debug)]
pub struct Outlook {
    /// The database.
    pub db: Db,
    /// The time.
    pub clock: Clock,
    /// The presets.
    pub presets: Arc<Vec<Preset>>,
    /// The cluster, where there is one.
    pub cluster: Option<Cluster>,
    /// Prometheus, where there is one.
    pub prometheus: Option<Prometheus>,
    /// The vendor.
    pub vendor: VendorClient,
    /// Health documents, where it is known where they are.
    pub health: Option<Health>,
    /// The same in staging.
    pub staging: Option<Health>,
}

/// One look at one go-live: what several probes need is asked for once.
pub(crate) struct Look<'a> {
    outlook: &'a Outlook,
    go_live: &'a GoLive,
    preset: Option<&'a Preset>,
    snapshot: Result<Snapshot, String>,
}

/// Looks until `stop`.
pub async fn watch(outlook: Outlook, stop: CancellationToken) {
    let mut beat = interval(Duration::from_secs(u64::from(PERIOD)));
    beat.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            _ = beat.tick() => {}
        }
        tokio::select! {
            () = stop.cancelled() => return,
            looked = once(&outlook) => if let Err(error) = looked {
                tracing::debug!(%error, "could not look around; next time");
            }
        }
    }
}

/// Looks at each go-live once.
pub async fn once(outlook: &Outlook) -> Result<(), StoreError> {
    let stored = outlook.db.read(go_lives::list(outlook.db.pool(), WATCHED)).await?;
    for stored in stored {
        match tokio::time::timeout(LONGEST, look_at(outlook, &stored.go_live)).await {
            Ok(looked) => looked?,
            Err(_) => tracing::warn!(go_live = %stored.go_live.id, "looking around took too long"),
        }
    }
    Ok(())
}

async fn look_at(outlook: &Outlook, go_live: &GoLive) -> Result<(), StoreError> {
    let preset = outlook.presets.iter().find(|preset| Some(&preset.key) == go_live.preset.as_ref());
    let snapshot = around::snapshot(outlook.cluster.as_ref(), go_live).await;
    let look = Look { outlook, go_live, preset, snapshot };
    let (found, lights) = tokio::join!(probes::all(&look), lights::all(&look));
    let now = outlook.clock.now();
    let mut news = false;
    for (probe, judgement) in found {
        news |= findings::put(outlook.db.pool(), go_live.id, &judgement.taken(probe, now, PERIOD)).await?;
    }
    for light in lights {
        news |= light_store::put(outlook.db.pool(), go_live.id, &light, now, PERIOD).await?;
    }
    if news {
        outlook.db.announce(topics::go_live(go_live.id)).await?;
    }
    Ok(())
}
