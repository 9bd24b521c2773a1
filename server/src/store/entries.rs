//! What was said about items. Only added to.

use chrono::{DateTime, Utc};
use gantry_domain::actor::Person;
use gantry_domain::checklist::Entry;
use gantry_domain::golive::Override;
use gantry_domain::id::{GoLiveId, ItemKey};
use gantry_domain::release::Binding;
use serde::Deserialize;
use sqlx::types::Json;
use uuid::Uuid;

use super::{StoreError, Tx};

/// An entry as the database gives it out together with its go-live.
#[derive(Debug, Deserialize)]
pub(super) struct EntryRow {
    pub(super) item: String,
    seq: u32,
    at: DateTime<Utc>,
    by_id: Uuid,
    by_name: String,
    role: String,
    act: gantry_domain::checklist::Act,
    binding: String,
}

impl EntryRow {
    pub(super) fn entry(self) -> Result<Entry, StoreError> {
        Ok(Entry {
            seq: self.seq,
            at: self.at,
            by: Person { id: self.by_id.into(), name: self.by_name },
            role: self.role.parse().map_err(StoreError::unreadable("a role"))?,
            act: self.act,
            binding: Binding::stored(self.binding),
        })
    }
}

/// An override as the database gives it out together with its go-live.
#[derive(Debug, Deserialize)]
pub(super) struct OverrideRow {
    at: DateTime<Utc>,
    by_id: Uuid,
    by_name: String,
    reason: String,
    open_then: Vec<ItemKey>,
    binding: String,
}

impl From<OverrideRow> for Override {
    fn from(row: OverrideRow) -> Self {
        Self {
            by: Person { id: row.by_id.into(), name: row.by_name },
            at: row.at,
            reason: row.reason,
            open_then: row.open_then,
            binding: Binding::stored(row.binding),
        }
    }
}

/// Appends to an item's history; `Conflict(EntryTaken)` when somebody else did so first.
pub async fn append(tx: &mut Tx, go_live: GoLiveId, item: &ItemKey, entry: &Entry) -> Result<(), StoreError> {
    sqlx::query!(
        "insert into item_entries (go_live_id, item, seq, at, by_id, by_name, role, act, binding)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        go_live.0,
        item.as_str(),
        i32::try_from(entry.seq).map_err(StoreError::unreadable("the number of an entry"))?,
        entry.at,
        entry.by.id.0,
        entry.by.name,
        entry.role.as_str(),
        Json(&entry.act) as _,
        entry.binding.as_str()
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Adds an override of the gate, the `seq`th of this go-live.
pub async fn add_override(
    tx: &mut Tx,
    go_live: GoLiveId,
    seq: usize,
    made: &Override,
) -> Result<(), StoreError> {
    let open_then: Vec<String> = made.open_then.iter().map(ToString::to_string).collect();
    sqlx::query!(
        "insert into gate_overrides (go_live_id, seq, at, by_id, by_name, reason, open_then, binding)
         values ($1, $2, $3, $4, $5, $6, $7, $8)",
        go_live.0,
        i32::try_from(seq).map_err(StoreError::unreadable("the number of an override"))?,
        made.at,
        made.by.id.0,
        made.by.name,
        made.reason,
        &open_then,
        made.binding.as_str()
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}
