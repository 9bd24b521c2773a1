//! Housekeeping: what has expired is removed, at leisure.

use std::time::Duration;

use chrono::TimeDelta;
use tokio_util::sync::CancellationToken;

use crate::clock::Clock;
use crate::store::{Db, StoreError, idempotency, sessions, throttle};

/// How often.
const PERIOD: Duration = Duration::from_mins(10);
/// How long a repetition of a request is recognised.
const REMEMBERED: TimeDelta = TimeDelta::days(7);

/// Tidies up until `stop`.
pub(crate) async fn tidy(db: Db, clock: Clock, stop: CancellationToken) {
    while !stop.is_cancelled() {
        if let Err(error) = once(&db, &clock).await {
            tracing::debug!(%error, "could not tidy up; next time");
        }
        tokio::select! {
            () = stop.cancelled() => return,
            () = tokio::time::sleep(PERIOD) => {}
        }
    }
}

async fn once(db: &Db, clock: &Clock) -> Result<(), StoreError> {
    let now = clock.now();
    sessions::sweep(db.pool()).await?;
    throttle::sweep(db.pool(), now - TimeDelta::days(1)).await?;
    idempotency::sweep(db.pool(), now - REMEMBERED).await
}
