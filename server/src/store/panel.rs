//! What the database knows of the panel's own health: itself, who drives what, what waits to be sent.

use chrono::{DateTime, Utc};
use sqlx::PgPool;
use uuid::Uuid;

use super::StoreError;

/// The database itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Database {
    /// Its version.
    pub version: String,
    /// Connections of everybody to it.
    pub connections: i64,
    /// The most that it takes.
    pub most: i64,
    /// The number of the last migration.
    pub layout: i64,
}

/// Asks it.
pub async fn database(pool: &PgPool) -> Result<Database, StoreError> {
    let row = sqlx::query!(
        r#"select current_setting('server_version') as "version!",
               (select count(*) from pg_stat_activity where datname = current_database()) as "connections!",
               current_setting('max_connections')::bigint as "most!""#
    )
    .fetch_one(pool)
    .await?;
    let layout = super::MIGRATOR.iter().map(|migration| migration.version).max().unwrap_or_default();
    Ok(Database { version: row.version, connections: row.connections, most: row.most, layout })
}

/// Who drives something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lease {
    /// What: "rollout:…".
    pub name: String,
    /// Which replica.
    pub holder: Uuid,
    /// Until when, unless it is kept up.
    pub expires_at: DateTime<Utc>,
    /// Whether it is held now.
    pub held: bool,
}

/// The leases that are held, or ran out in the last hour.
pub async fn leases(pool: &PgPool) -> Result<Vec<Lease>, StoreError> {
    Ok(sqlx::query_as!(
        Lease,
        r#"select name, holder, expires_at, expires_at > clock_timestamp() as "held!" from leases
           where expires_at > clock_timestamp() - interval '1 hour' order by name limit 50"#
    )
    .fetch_all(pool)
    .await?)
}

/// What waits to be sent on one channel.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Queue {
    /// The channel.
    pub channel: String,
    /// Messages that wait.
    pub waiting: i64,
    /// The oldest of them.
    pub oldest: Option<DateTime<Utc>>,
    /// Messages that were given up in the last day.
    pub failed: i64,
    /// When one was last taken.
    pub delivered_at: Option<DateTime<Utc>>,
    /// Why the last attempt failed, of those that wait or were given up.
    pub last_error: Option<String>,
}

/// The queues by channel.
pub async fn queues(pool: &PgPool) -> Result<Vec<Queue>, StoreError> {
    Ok(sqlx::query_as!(
        Queue,
        r#"select channel,
               count(*) filter (where delivered_at is null and failed_at is null) as "waiting!",
               min(created_at) filter (where delivered_at is null and failed_at is null) as oldest,
               count(*) filter (where failed_at > now() - interval '1 day') as "failed!",
               max(delivered_at) as delivered_at,
               (array_agg(last_error order by next_attempt_at desc)
                   filter (where delivered_at is null and last_error is not null))[1] as last_error
           from outbox where created_at > now() - interval '30 days' or (delivered_at is null and failed_at is null)
           group by channel order by channel"#
    )
    .fetch_all(pool)
    .await?)
}

/// When any go-live was last looked at, and how many should have been looked at a while ago.
pub async fn rounds(pool: &PgPool) -> Result<(Option<DateTime<Utc>>, i64), StoreError> {
    let row = sqlx::query!(
        r#"select (select max(taken_at) from lights) as last,
               (select count(*) from probe_rounds where due_at < clock_timestamp() - interval '60 seconds'
                   and due_at > clock_timestamp() - interval '1 day') as "late!""#
    )
    .fetch_one(pool)
    .await?;
    Ok((row.last, row.late))
}

/// Rollouts that are not over, and how many of them the cluster was not read for lately.
pub async fn driven(pool: &PgPool) -> Result<(i64, i64), StoreError> {
    let row = sqlx::query!(
        r#"select count(*) as "active!",
               count(*) filter (where observed_at is null or observed_at < clock_timestamp() - interval '30 seconds')
                   as "late!"
           from rollouts where active"#
    )
    .fetch_one(pool)
    .await?;
    Ok((row.active, row.late))
}
