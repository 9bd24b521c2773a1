//! Reading the audit log, and checking it in the background.

use chrono::{DateTime, Utc};
use gantry_domain::actor::{Actor, Role};
use gantry_domain::audit_check::{Check, Outcome};
use gantry_domain::{csv, cut};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::clock::Clock;
use crate::live::topics;
use crate::store::audit_log::{self, Entry, Wanted};
use crate::store::{Db, StoreError, audit};

/// Entries of one page.
pub const PAGE: i64 = 100;
/// The most entries of one export; the filter narrows it down.
pub const MOST_EXPORTED: u32 = 20_000;

/// One page of the log and what the last check came to.
pub async fn see(
    db: &Db,
    wanted: &Wanted,
    before: Option<i64>,
) -> Result<(Vec<Entry>, Option<Check>), StoreError> {
    let pool = db.pool();
    db.read(async {
        tokio::try_join!(audit_log::look(pool, wanted, before, PAGE + 1), audit_log::last_check(pool))
    })
    .await
}

/// What goes into a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exported {
    /// The entries, newest first.
    pub entries: Vec<Entry>,
    /// Whether there are older ones that are wanted too.
    pub older_left_out: bool,
}

/// All that is wanted, for a file.
pub async fn export(db: &Db, wanted: &Wanted) -> Result<Exported, StoreError> {
    newest(db, wanted, MOST_EXPORTED).await
}

/// The same with at most so many entries, the newest.
pub async fn newest(db: &Db, wanted: &Wanted, most: u32) -> Result<Exported, StoreError> {
    let found = db.read(audit_log::look(db.pool(), wanted, None, i64::from(most) + 1)).await?;
    let (entries, older_left_out) = cut::newest(found, most);
    Ok(Exported { entries, older_left_out })
}

/// As CSV, with the exact times in UTC.
pub fn as_csv(exported: &Exported) -> String {
    let head = csv::row(["number", "at", "who", "action", "subject", "detail", "hash"]);
    let rows = exported.entries.iter().fold(head, |text, entry| {
        let row = csv::row([
            entry.seq.to_string(),
            entry.at.to_rfc3339(),
            entry.actor_name.clone(),
            entry.action.clone(),
            entry.subject.clone(),
            entry.detail.clone(),
            entry.hash.clone(),
        ]);
        text + &row
    });
    if exported.older_left_out {
        rows + &csv::row([cut::OLDER_LEFT_OUT, "", "", "", "", "", ""])
    } else {
        rows
    }
}

/// As JSON.
pub fn as_json(exported: &Exported) -> Value {
    let mut rows: Vec<Value> = exported
        .entries
        .iter()
        .map(|entry| {
            let detail: Value = serde_json::from_str(&entry.detail).unwrap_or_default();
            json!({
                "number": entry.seq, "at": entry.at.to_rfc3339(), "who": entry.actor_name, "action": entry.action,
                "subject": entry.subject, "detail": detail, "hash": entry.hash,
            })
        })
        .collect();
    rows.extend(exported.older_left_out.then(cut::element));
    Value::Array(rows)
}

/// Begins to check the whole log in the background; the page shows what it comes to. Nothing for those who may not, and
/// nothing where it is being checked already.
pub async fn check(db: &Db, clock: Clock, actor: &Actor, now: DateTime<Utc>) -> Result<(), StoreError> {
    if !actor.may_act_as(Role::Admin) {
        return Ok(());
    }
    let id = Uuid::now_v7();
    let by = actor.person.name.clone();
    let begun = db
        .tx::<_, StoreError, _>(move |tx| {
            Box::pin(async move {
                audit_log::lock_checks(tx).await?;
                let last = audit_log::last_check(&mut **tx).await?;
                if last.is_some_and(|check| check.outcome(now) == Outcome::Running) {
                    return Ok(false);
                }
                audit_log::begin_check(tx, id, &by, now).await?;
                tx.announce(topics::ADMIN);
                Ok(true)
            })
        })
        .await?;
    if !begun {
        return Ok(());
    }
    let db = db.clone();
    tokio::spawn(async move {
        let found = audit::verify(db.pool()).await;
        if let Err(error) = &found {
            tracing::warn!(%error, "the audit log could not be checked");
        }
        let found = found.map_err(|_| "It could not be read to its end; try again in a moment.");
        let kept = audit_log::end_check(db.pool(), id, found, clock.now()).await;
        if let Err(error) = kept {
            tracing::warn!(%error, "what checking the audit log came to could not be noted");
        }
        let _next_look_shows_it = db.announce(topics::ADMIN.to_owned()).await;
    });
    Ok(())
}
