//! Requests that took effect; see [`super::Tx::once`].

use chrono::{DateTime, Utc};
use sqlx::PgPool;

use super::StoreError;

/// Forgets requests from before.
pub async fn sweep(pool: &PgPool, before: DateTime<Utc>) -> Result<(), StoreError> {
    sqlx::query!("delete from idempotency where at < $1", before).execute(pool).await?;
    Ok(())
}
