//! The audit log: who did what, in an order that cannot be changed afterwards. The database makes the chain; here it
//! is appended to, and checked.

use chrono::{DateTime, Utc};
use futures_util::TryStreamExt as _;
use gantry_domain::actor::Person;
use sha2::{Digest as _, Sha256};
use sqlx::{Executor as _, PgConnection, PgPool};
use uuid::Uuid;

use super::StoreError;

/// An entry to be written. Never holds a secret value.
#[derive(Clone, Debug)]
pub struct New<'a> {
    /// When.
    pub at: DateTime<Utc>,
    /// Who; none where the program acted by itself.
    pub actor: Option<&'a Person>,
    /// What was done, as a word: `item.signed`.
    pub action: &'a str,
    /// To what, as a path: `go-lives/<id>/items/<key>`.
    pub subject: &'a str,
    /// The particulars.
    pub detail: serde_json::Value,
}

pub(super) async fn append(connection: &mut PgConnection, entry: &New<'_>) -> Result<(), StoreError> {
    sqlx::query!(
        "insert into audit_log (at, actor_id, actor_name, action, subject, detail) values ($1, $2, $3, $4, $5, $6)",
        entry.at,
        entry.actor.map(|person| person.id.0),
        entry.actor.map_or("Gantry", |person| person.name.as_str()),
        entry.action,
        entry.subject,
        entry.detail.to_string()
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// What checking the log came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verified {
    /// Every entry is there and as it was written.
    Intact {
        /// How many there are.
        entries: i64,
    },
    /// It is not.
    Broken {
        /// The number at which it was noticed.
        at: i64,
        /// What is wrong there.
        why: &'static str,
    },
}

struct Row {
    seq: i64,
    at: DateTime<Utc>,
    actor_id: Option<Uuid>,
    actor_name: String,
    action: String,
    subject: String,
    detail: String,
    prev_hash: Vec<u8>,
    hash: Vec<u8>,
}

/// Walks the whole log, recomputing every hash.
///
/// It reads one snapshot, and takes the time that it takes: a long log is no reason to give up.
pub async fn verify(pool: &PgPool) -> Result<Verified, StoreError> {
    let mut tx = pool.begin().await?;
    tx.execute(
        "set transaction isolation level repeatable read read only; set local statement_timeout = '10min'; \
         set local idle_in_transaction_session_timeout = '10min'",
    )
    .await?;
    let found = walk(&mut tx).await;
    tx.rollback().await?;
    found
}

async fn walk(connection: &mut PgConnection) -> Result<Verified, StoreError> {
    let head = sqlx::query!("select seq, hash from audit_head").fetch_one(&mut *connection).await?;
    let mut rows = sqlx::query_as!(
        Row,
        "select seq, at, actor_id, actor_name, action, subject, detail, prev_hash, hash from audit_log
         where seq <= $1 order by seq",
        head.seq
    )
    .fetch(&mut *connection);
    let mut before = (0_i64, Vec::new());
    while let Some(row) = rows.try_next().await? {
        let at = row.seq;
        if at != before.0 + 1 {
            return Ok(Verified::Broken { at: before.0 + 1, why: "the entry is missing" });
        }
        if row.prev_hash != before.1 {
            return Ok(Verified::Broken { at, why: "it does not follow the entry before it" });
        }
        if row.hash != hash(&row) {
            return Ok(Verified::Broken { at, why: "it was changed after it was written" });
        }
        before = (at, row.hash);
    }
    if before.0 != head.seq {
        return Ok(Verified::Broken {
            at: before.0 + 1,
            why: "the entries from here to the end are missing",
        });
    }
    if before.1 != head.hash {
        return Ok(Verified::Broken { at: before.0, why: "it is not the entry that the log ended with" });
    }
    Ok(Verified::Intact { entries: before.0 })
}

/// The same bytes as the function `audit_hash` of the database.
fn hash(row: &Row) -> Vec<u8> {
    let actor = row.actor_id.map(|id| id.to_string()).unwrap_or_default();
    let (seq, micros) = (row.seq.to_string(), row.at.timestamp_micros().to_string());
    let fields = [&seq, &micros, &actor, &row.actor_name, &row.action, &row.subject, &row.detail];
    let mut hash = Sha256::new();
    hash.update(&row.prev_hash);
    for field in fields {
        hash.update(format!("{}:{field}", field.len()));
    }
    hash.finalize().to_vec()
}
