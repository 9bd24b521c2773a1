//! The one-time link that makes the first admin. Only its hash is kept.

use chrono::{DateTime, Utc};
use sqlx::PgPool;

use super::{StoreError, Tx};

/// Puts a new link in place of an older one.
pub async fn put(pool: &PgPool, token_hash: &[u8], now: DateTime<Utc>) -> Result<(), StoreError> {
    sqlx::query!(
        "insert into first_admin (token_hash, created_at) values ($1, $2)
         on conflict (single) do update set token_hash = excluded.token_hash, created_at = excluded.created_at",
        token_hash,
        now
    )
    .execute(pool)
    .await?;
    Ok(())
}

/// Whether this is the link's token.
pub async fn is_known(pool: &PgPool, token_hash: &[u8]) -> Result<bool, StoreError> {
    Ok(sqlx::query_scalar!(
        r#"select exists (select 1 from first_admin where token_hash = $1) as "known!""#,
        token_hash
    )
    .fetch_one(pool)
    .await?)
}

/// Uses the link up; false when it is not, or no longer, valid.
pub async fn take(tx: &mut Tx, token_hash: &[u8]) -> Result<bool, StoreError> {
    let gone =
        sqlx::query!("delete from first_admin where token_hash = $1", token_hash).execute(&mut **tx).await?;
    Ok(gone.rows_affected() == 1)
}
