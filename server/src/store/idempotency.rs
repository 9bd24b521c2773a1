//! Requests that took effect; see [`super::Tx::once`].

use chrono::{DateTime, Utc};
use sqlx::PgPool;

use super::StoreError;
use crate::request::RequestId;

/// Whether this very request took effect before: for whoever has to look at the outside first, which it has changed.
pub async fn took_effect(pool: &PgPool, request: &RequestId) -> Result<bool, StoreError> {
    let before =
        sqlx::query_scalar!("select outcome from idempotency where digest = $1", &request.digest[..])
            .fetch_optional(pool)
            .await?;
    Ok(before.is_some())
}

/// Forgets requests from before.
pub async fn sweep(pool: &PgPool, before: DateTime<Utc>) -> Result<(), StoreError> {
    sqlx::query!("delete from idempotency where at < $1", before).execute(pool).await?;
    Ok(())
}
