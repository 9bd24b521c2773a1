//! Takes the first triage of incidents that opened by themselves, so that whoever comes finds it done. What is owed is a row;
//! taking it, its entry on the timeline and settling the row are one transaction, so that a kill neither loses nor doubles it.

use std::time::Duration;

use futures_util::{FutureExt as _, StreamExt as _};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::clock::Clock;
use crate::live::{Hub, topics};
use crate::services::response::{Responding, ResponseError};
use crate::services::triage;
use crate::store::{Db, StoreError, first_looks, leases};

/// Between two looks for something to do.
const IDLE: Duration = Duration::from_secs(5);
/// The lease under which they are taken.
const LEASE: &str = "first-looks";
/// How long it lasts without being kept up, in seconds.
const LEASE_SECONDS: f64 = 4.0;
/// Incidents looked at at the same time.
const AT_ONCE: usize = 4;
/// The most incidents of one round.
const MOST: i64 = 16;
/// Begun more often than this, it is given up.
const TRIES: i32 = 3;

/// What the loop works with.
#[derive(Debug)]
pub struct FirstLooks {
    /// The database.
    pub db: Db,
    /// For being told that one is owed.
    pub hub: Hub,
    /// The outside.
    pub around: Responding,
    /// The time.
    pub clock: Clock,
    /// This process among the replicas.
    pub holder: Uuid,
}

impl FirstLooks {
    /// Works until `stop`. Dropping the future ends everything at once, as a crash would.
    pub async fn run(self, stop: CancellationToken) {
        let news = self.hub.subscribe([topics::FIRST_LOOKS.to_owned()]);
        loop {
            let worked = tokio::select! {
                () = stop.cancelled() => break,
                worked = self.round() => worked,
            };
            if let Err(error) = &worked {
                tracing::warn!(%error, "a first triage cannot be taken; trying again");
            }
            tokio::select! {
                () = stop.cancelled() => break,
                _ = news.news() => {}
                () = tokio::time::sleep(IDLE) => {}
            }
        }
        if let Err(error) = leases::give_up(self.db.pool(), LEASE, self.holder).await {
            tracing::debug!(%error, "a lease was not given up; it runs out");
        }
    }

    /// Takes what is owed, a few at the same time. How many were settled.
    pub async fn round(&self) -> Result<usize, StoreError> {
        let pool = self.db.pool();
        let owed = self.db.read(first_looks::owed(pool, MOST)).await?;
        if owed.is_empty()
            || self.db.read(leases::take(pool, LEASE, self.holder, LEASE_SECONDS)).await?.is_none()
        {
            return Ok(0);
        }
        let looks = owed.into_iter().map(|(id, tries)| {
            async move {
                if tries >= TRIES {
                    return triage::give_up_first(&self.db, id, &self.clock).await;
                }
                self.db.read(first_looks::begin(pool, id)).await?;
                triage::take_first(&self.db, &self.around, id, &self.clock).await
            }
            .boxed()
        });
        let looking = futures_util::stream::iter(looks).buffer_unordered(AT_ONCE).collect();
        let kept = leases::keeping(pool, LEASE, self.holder, LEASE_SECONDS, looking).await;
        let done: Vec<Result<(), ResponseError>> = kept.unwrap_or_default();
        let settled = done.iter().filter(|one| one.is_ok()).count();
        // One that cannot be read keeps none of the others from being taken.
        for error in done.into_iter().filter_map(Result::err) {
            match error {
                ResponseError::Store(error) => return Err(error),
                other => tracing::warn!(error = %other, "a first triage was not taken"),
            }
        }
        Ok(settled)
    }
}
