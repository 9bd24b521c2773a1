//! The one connection that hears what any replica has committed. When it breaks, it is made again, and then everybody
//! is told to look again, because nobody knows what was missed.

use std::time::Duration;

use sqlx::postgres::PgListener;
use tokio_util::sync::CancellationToken;

use super::Hub;
use crate::store::{CHANNEL, Db};

/// How long to wait before the next try to connect.
const RETRY: Duration = Duration::from_secs(1);
/// After this much silence the line is tried.
const QUIET: Duration = Duration::from_secs(10);

/// Passes topics from Postgres to the hub until `stop`.
pub async fn listen(db: Db, hub: Hub, stop: CancellationToken) {
    while !stop.is_cancelled() {
        let ended = tokio::select! {
            () = stop.cancelled() => return,
            ended = hear(&db, &hub) => ended,
        };
        db.changes().deaf();
        if let Err(error) = ended {
            tracing::warn!(%error, "changes cannot be heard; trying again");
        }
        tokio::select! {
            () = stop.cancelled() => return,
            () = tokio::time::sleep(RETRY) => {}
        }
    }
}

async fn hear(db: &Db, hub: &Hub) -> Result<(), sqlx::Error> {
    let mut listener = PgListener::connect_with(db.listening()).await?;
    listener.eager_reconnect(false);
    listener.listen(CHANNEL).await?;
    // Also at the start: streams may have been opened before.
    db.changes().hearing();
    hub.publish_all();
    loop {
        match tokio::time::timeout(QUIET, listener.try_recv()).await {
            Ok(Ok(Some(heard))) => {
                db.changes().changed(heard.payload());
                hub.publish(heard.payload());
            }
            // A broken line; what happened until a new one listens is lost.
            Ok(Ok(None)) => return Ok(()),
            Ok(Err(error)) => return Err(error),
            // Silence, or a line that died without a word.
            Err(_) => {
                let asked = sqlx::query!("select 1 as one").fetch_one(&mut listener);
                tokio::time::timeout(QUIET, asked).await.map_err(|_| sqlx::Error::WorkerCrashed)??;
            }
        }
    }
}
