//! Looking through the audit log, and what checking it came to.

use chrono::{DateTime, TimeDelta, Utc};
use sqlx::PgPool;
use uuid::Uuid;

use super::StoreError;
use super::audit::Verified;

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

/// A check of the whole log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Check {
    /// Who asked for it.
    pub asked_by: String,
    /// When it began.
    pub started_at: DateTime<Utc>,
    /// When it ended; `None` while it runs.
    pub finished_at: Option<DateTime<Utc>>,
    /// How many entries there were, where all are as they were written.
    pub entries: Option<i64>,
    /// Where the log is broken.
    pub broken_at: Option<i64>,
    /// What is wrong, or why it could not be checked.
    pub why: Option<String>,
}

/// The longest that a check takes, however long the log is.
const LONGEST_CHECK: TimeDelta = TimeDelta::minutes(15);

impl Check {
    /// Whether whoever ran it is gone: it has neither ended nor may it still be under way.
    pub fn is_lost(&self, now: DateTime<Utc>) -> bool {
        self.finished_at.is_none() && now - self.started_at > LONGEST_CHECK
    }
}

/// The newest check.
pub async fn last_check(pool: &PgPool) -> Result<Option<Check>, StoreError> {
    Ok(sqlx::query_as!(
        Check,
        "select asked_by_name as asked_by, started_at, finished_at, entries, broken_at, why from audit_checks
         order by started_at desc, id desc limit 1"
    )
    .fetch_optional(pool)
    .await?)
}

/// Notes that a check begins.
pub async fn begin_check(pool: &PgPool, id: Uuid, by: &str, now: DateTime<Utc>) -> Result<(), StoreError> {
    sqlx::query!("insert into audit_checks (id, asked_by_name, started_at) values ($1, $2, $3)", id, by, now)
        .execute(pool)
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
