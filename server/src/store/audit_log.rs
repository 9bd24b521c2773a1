//! Looking through the audit log, and what checking it came to.

use chrono::{DateTime, Utc};
use gantry_domain::audit_check::Check;
use sqlx::{PgExecutor, PgPool};
use uuid::Uuid;

use super::audit::Verified;
use super::{StoreError, Tx};

/// What is looked for. What is empty is not asked about.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wanted {
    /// Part of a name.
    pub person: String,
    /// What the action begins with: "item." or "item.signed".
    pub action: String,
    /// Part of the subject.
    pub subject: String,
    /// Not before.
    pub from: Option<DateTime<Utc>>,
    /// Before this moment.
    pub until: Option<DateTime<Utc>>,
}

/// An entry as it was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Its number.
    pub seq: i64,
    /// When.
    pub at: DateTime<Utc>,
    /// Who.
    pub actor_name: String,
    /// What.
    pub action: String,
    /// To what.
    pub subject: String,
    /// The particulars, as JSON.
    pub detail: String,
    /// The link of the chain, in hexadecimal.
    pub hash: String,
}

/// The entries that are wanted, newest first: at most `limit` of those before number `before`.
pub async fn look(
    pool: &PgPool,
    wanted: &Wanted,
    before: Option<i64>,
    limit: i64,
) -> Result<Vec<Entry>, StoreError> {
    Ok(sqlx::query_as!(
        Entry,
        r#"select seq, at, actor_name, action, subject, detail, encode(hash, 'hex') as "hash!" from audit_log
           where ($1 = '' or strpos(lower(actor_name), lower($1)) > 0)
               and ($2 = '' or starts_with(action, $2))
               and ($3 = '' or strpos(subject, $3) > 0)
               and ($4::timestamptz is null or at >= $4)
               and ($5::timestamptz is null or at < $5)
               and ($6::bigint is null or seq < $6)
           order by seq desc limit $7"#,
        wanted.person,
        wanted.action,
        wanted.subject,
        wanted.from,
        wanted.until,
        before,
        limit
    )
    .fetch_all(pool)
    .await?)
}

/// Makes everybody else wait who is about to begin a check, until this transaction ends.
pub async fn lock_checks(tx: &mut Tx) -> Result<(), StoreError> {
    tx.hold("audit-check").await
}

/// The newest check.
pub async fn last_check(executor: impl PgExecutor<'_>) -> Result<Option<Check>, StoreError> {
    Ok(sqlx::query_as!(
        Check,
        "select asked_by_name as asked_by, started_at, finished_at, entries, broken_at, why from audit_checks
         order by started_at desc, id desc limit 1"
    )
    .fetch_optional(executor)
    .await?)
}

/// Notes that a check begins.
pub async fn begin_check(tx: &mut Tx, id: Uuid, by: &str, now: DateTime<Utc>) -> Result<(), StoreError> {
    sqlx::query!("insert into audit_checks (id, asked_by_name, started_at) values ($1, $2, $3)", id, by, now)
        .execute(&mut **tx)
        .await?;
    Ok(())
}

/// Notes what a check came to; an error where the log could not be read to its end.
pub async fn end_check(
    pool: &PgPool,
    id: Uuid,
    found: Result<Verified, &str>,
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    let (entries, broken_at, why) = match found {
        Ok(Verified::Intact { entries }) => (Some(entries), None, None),
        Ok(Verified::Broken { at, why }) => (None, Some(at), Some(why)),
        Err(why) => (None, None, Some(why)),
    };
    sqlx::query!(
        "update audit_checks set finished_at = $2, entries = $3, broken_at = $4, why = $5 where id = $1",
        id,
        now,
        entries,
        broken_at,
        why
    )
    .execute(pool)
    .await?;
    Ok(())
}
