//! Watches the response clocks: says so, once for each, when nobody answered in time.

use std::time::Duration;

use tokio_util::sync::CancellationToken;

use crate::clock::Clock;
use crate::services::incidents::{Desk, clocks};
use crate::store::Db;

/// How often.
const PERIOD: Duration = Duration::from_secs(2);

/// Watches until `stop`. Any number of replicas may: each clock is told of by one.
pub async fn run(db: Db, desk: Desk, clock: Clock, stop: CancellationToken) {
    let mut away = false;
    loop {
        match clocks::tell_of_missed(&db, &desk, clock.now()).await {
            Ok(_) => away = false,
            Err(error) if !away => {
                away = true;
                tracing::warn!(%error, "response clocks cannot be looked at; trying again");
            }
            Err(_) => {}
        }
        tokio::select! {
            () = stop.cancelled() => return,
            () = tokio::time::sleep(PERIOD) => {}
        }
    }
}
