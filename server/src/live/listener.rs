//! The one connection that hears what any replica has committed. When it breaks, it is made again, and then everybody
//! is told to look again, because nobody knows what was missed. One that goes silent is noticed within five seconds.

use std::time::Duration;

use sqlx::PgPool;
use sqlx::postgres::PgListener;
use tokio_util::sync::CancellationToken;

use super::Hub;
use crate::store::{CHANNEL, Db, ping_listener};

/// How long to wait before the next try to connect.
const RETRY: Duration = Duration::from_secs(1);
/// After this much silence the line is tried.
const QUIET: Duration = Duration::from_secs(3);
/// How long Postgres may take to say anything to it.
const ANSWER: Duration = Duration::from_secs(2);

/// Passes topics from Postgres to the hub until `stop`.
pub async fn listen(db: Db, hub: Hub, stop: CancellationToken) {
    while !stop.is_cancelled() {
        let line = db.listening();
        let ended = tokio::select! {
            () = stop.cancelled() => {
                let _closed = tokio::time::timeout(ANSWER, line.close()).await;
                return;
            }
            ended = hear(&db, &hub, &line) => ended,
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

async fn hear(db: &Db, hub: &Hub, line: &PgPool) -> Result<(), sqlx::Error> {
    let mut listener = answered(PgListener::connect_with(line)).await?;
    listener.eager_reconnect(false);
    answered(listener.listen(CHANNEL)).await?;
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
            Err(_) => answered(ping_listener(&mut listener)).await?,
        }
    }
}

/// What Postgres says, unless it keeps silent.
async fn answered<T>(asked: impl Future<Output = Result<T, sqlx::Error>>) -> Result<T, sqlx::Error> {
    tokio::time::timeout(ANSWER, asked).await.map_err(|_| sqlx::Error::WorkerCrashed)?
}
