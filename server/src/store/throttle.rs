//! Counting failed attempts to sign in. The counts are in Postgres, so a restart forgives nothing.

use chrono::{DateTime, TimeDelta, Utc};
use sqlx::PgPool;

use super::StoreError;

/// What attempts are counted by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// The sign-in name, whether it exists or not.
    Account,
    /// Where the attempt comes from.
    Address,
}

impl Kind {
    fn as_str(self) -> &'static str {
        match self {
            Self::Account => "account",
            Self::Address => "address",
        }
    }
}

/// How often it failed, and when it was last tried.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Attempts {
    /// Failures in a row, none of them older than the time after which they are forgotten.
    pub failures: i32,
    /// The last one.
    pub last_at: DateTime<Utc>,
}

/// What is on record.
pub async fn seen(pool: &PgPool, kind: Kind, subject: &str) -> Result<Option<Attempts>, StoreError> {
    Ok(sqlx::query_as!(
        Attempts,
        "select failures, last_at from sign_in_attempts where kind = $1 and subject = $2",
        kind.as_str(),
        subject
    )
    .fetch_optional(pool)
    .await?)
}

/// How attempts are limited.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Attempts that cost no waiting; each one beyond doubles the wait, from one second on.
    pub free: i32,
    /// The longest wait.
    pub longest: TimeDelta,
    /// When the last attempt was longer ago, counting begins anew.
    pub forgotten_after: TimeDelta,
}

/// Takes a turn and counts it, or does neither when it is too early. In one statement, before anybody knows how the
/// attempt ends: of many at the same moment no more get a turn than of many in a row.
pub async fn take(
    pool: &PgPool,
    kind: Kind,
    subject: &str,
    now: DateTime<Utc>,
    limits: Limits,
) -> Result<bool, StoreError> {
    let taken = sqlx::query!(
        "insert into sign_in_attempts as a (kind, subject, failures, last_at) values ($1, $2, 1, $3)
         on conflict (kind, subject) do update
             set failures = case when a.last_at > $4 then a.failures + 1 else 1 end, last_at = $3
             where a.failures < $5 or a.last_at <= $4
                 or a.last_at + make_interval(secs => least(power(2, least(a.failures - $5, 20)), $6)) <= $3",
        kind.as_str(),
        subject,
        now,
        now - limits.forgotten_after,
        limits.free,
        limits.longest.as_seconds_f64()
    )
    .execute(pool)
    .await?;
    Ok(taken.rows_affected() == 1)
}

/// Takes back the last attempt, or all of them.
pub async fn forgive(pool: &PgPool, kind: Kind, subject: &str, all: bool) -> Result<(), StoreError> {
    sqlx::query!(
        "update sign_in_attempts set failures = case when $3 then 0 else greatest(failures - 1, 0) end
         where kind = $1 and subject = $2",
        kind.as_str(),
        subject,
        all
    )
    .execute(pool)
    .await?;
    Ok(())
}

/// Removes what is too old to count.
pub async fn sweep(pool: &PgPool, before: DateTime<Utc>) -> Result<(), StoreError> {
    sqlx::query!("delete from sign_in_attempts where last_at < $1", before).execute(pool).await?;
    Ok(())
}
