//! Saying something about an item of a checklist.

use gantry_domain::checklist::{Act, Command, Refused, decide};
use gantry_domain::id::{GoLiveId, ItemKey};
use serde_json::json;

use super::Caller;
use crate::live::topics;
use crate::store::{Constraint, Db, Once, StoreError, audit, entries, go_lives};

/// Why nothing was recorded.
#[derive(Debug, thiserror::Error)]
pub enum ItemError {
    /// There is no such go-live, or it has no such item.
    #[error("there is no such item")]
    NoSuchItem,
    /// The domain refused.
    #[error(transparent)]
    Refused(#[from] Refused),
    /// Postgres.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Records `command` on the item as the caller saw it (`seen`). Doing the same request again has no further effect.
pub async fn state(
    db: &Db,
    caller: &Caller,
    go_live: GoLiveId,
    item: ItemKey,
    command: Command,
    seen: u32,
) -> Result<(), ItemError> {
    let result = try_state(db, caller.clone(), go_live, item.clone(), command.clone(), seen).await;
    match result {
        // Somebody was quicker in a way that the lock does not see; the next try meets what they said.
        Err(ItemError::Store(StoreError::Conflict(Constraint::EntryTaken))) => {
            try_state(db, caller.clone(), go_live, item, command, seen).await
        }
        other => other,
    }
}

async fn try_state(
    db: &Db,
    caller: Caller,
    id: GoLiveId,
    key: ItemKey,
    command: Command,
    seen: u32,
) -> Result<(), ItemError> {
    db.tx(move |tx| {
        Box::pin(async move {
            if tx.once(&caller.request, "").await? != Once::New {
                return Ok(());
            }
            let stored = go_lives::lock(tx, id).await?.ok_or(ItemError::NoSuchItem)?;
            let (_, item) = stored.go_live.item(&key).ok_or(ItemError::NoSuchItem)?;
            let binding = stored.go_live.binding();
            let entry = decide(item, command, &caller.actor, seen, &binding, caller.now)?;
            entries::append(tx, id, &key, &entry).await?;
            tx.announce(topics::go_live(id));
            tx.announce(topics::GO_LIVES);
            tx.audit(&audit::New {
                at: caller.now,
                actor: Some(&caller.actor.person),
                action: action(&entry.act),
                subject: &format!("go-lives/{id}/items/{key}"),
                detail: json!({ "seq": entry.seq, "act": entry.act, "binding": entry.binding, "role": entry.role }),
            })
            .await?;
            Ok(())
        })
    })
    .await
}

fn action(act: &Act) -> &'static str {
    match act {
        Act::Ticked => "item.ticked",
        Act::Signed { .. } => "item.signed",
        Act::CounterSigned { .. } => "item.counter-signed",
        Act::NotApplicable { .. } => "item.not-applicable",
        Act::Withdrawn { .. } => "item.withdrawn",
    }
}
