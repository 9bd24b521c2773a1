//! Overriding the gate.

use gantry_domain::gate::{OverrideRefused, decide_override};
use gantry_domain::id::GoLiveId;
use serde_json::json;

use super::Caller;
use crate::live::topics;
use crate::store::{Db, Once, StoreError, audit, entries, go_lives};

/// Why the gate was not overridden.
#[derive(Debug, thiserror::Error)]
pub enum GateError {
    /// There is no such go-live.
    #[error("there is no such go-live")]
    NoSuchGoLive,
    /// The domain refused.
    #[error(transparent)]
    Refused(#[from] OverrideRefused),
    /// Postgres.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Opens the gate although items are open. Shown for ever.
pub async fn override_gate(
    db: &Db,
    caller: Caller,
    id: GoLiveId,
    reason: String,
    seen: i64,
) -> Result<(), GateError> {
    db.tx(move |tx| {
        Box::pin(async move {
            if tx.once(&caller.request, "").await? != Once::New {
                return Ok(());
            }
            let mut stored = go_lives::lock(tx, id).await?.ok_or(GateError::NoSuchGoLive)?;
            // The lock has counted the version up; people saw the one before.
            stored.go_live.version -= 1;
            let made = decide_override(&stored.go_live, &reason, &caller.actor, seen, caller.now)?;
            entries::add_override(tx, id, stored.go_live.overrides.len() + 1, &made).await?;
            tx.announce(topics::go_live(id));
            tx.announce(topics::GO_LIVES);
            tx.audit(&audit::New {
                at: caller.now,
                actor: Some(&caller.actor.person),
                action: "gate.overridden",
                subject: &format!("go-lives/{id}"),
                detail: json!({ "reason": made.reason, "open": made.open_then, "binding": made.binding }),
            })
            .await?;
            Ok(())
        })
    })
    .await
}
