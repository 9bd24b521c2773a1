//! Messages that try a channel: about no incident, and kept like every other.

use chrono::{DateTime, Utc};
use sqlx::PgPool;

use super::StoreError;

/// What became of the last try of a channel.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tried {
    /// The channel.
    pub channel: String,
    /// Who tried it.
    pub by_name: Option<String>,
    /// When.
    pub created_at: DateTime<Utc>,
    /// How often it was sent.
    pub attempts: i32,
    /// When it is tried next.
    pub next_attempt_at: DateTime<Utc>,
    /// When it was taken.
    pub delivered_at: Option<DateTime<Utc>>,
    /// When it was given up.
    pub failed_at: Option<DateTime<Utc>>,
    /// Why the last attempt failed.
    pub last_error: Option<String>,
}

/// The last try of each channel.
pub async fn tried(pool: &PgPool) -> Result<Vec<Tried>, StoreError> {
    Ok(sqlx::query_as!(
        Tried,
        "select distinct on (channel) channel, by_name, created_at, attempts, next_attempt_at, delivered_at,
             failed_at, last_error
         from outbox where tell = 'test' order by channel, created_at desc, next_attempt_at, id"
    )
    .fetch_all(pool)
    .await?)
}
