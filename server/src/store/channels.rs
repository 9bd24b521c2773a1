//! Messages that try a channel: about no incident, and kept like every other.

use chrono::{DateTime, Utc};
use gantry_domain::id::MessageId;
use sqlx::PgPool;

use super::{StoreError, Tx};

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

/// Puts a message among those to be sent, not before `at`.
pub async fn add(
    tx: &mut Tx,
    id: MessageId,
    channel: &str,
    body: &serde_json::Value,
    by_name: &str,
    now: DateTime<Utc>,
    at: DateTime<Utc>,
) -> Result<(), StoreError> {
    sqlx::query!(
        "insert into outbox (id, channel, tell, body, by_name, created_at, next_attempt_at)
         values ($1, $2, 'test', $3, $4, $5, $6)",
        id.0,
        channel,
        body,
        by_name,
        now,
        at
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
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
