//! The one-time links that make the first admin: each start with nobody there prints one, and any of them will do. Only
//! their hashes are kept.

use chrono::{DateTime, Utc};
use sqlx::PgPool;

use super::{StoreError, Tx};

/// Puts a new link beside those that were made after `since`, and forgets the others.
pub async fn put(
    pool: &PgPool,
    token_hash: &[u8],
    now: DateTime<Utc>,
    since: DateTime<Utc>,
) -> Result<(), StoreError> {
    sqlx::query!(
        "with run_out as (delete from first_admin where created_at <= $3)
         insert into first_admin (token_hash, created_at) values ($1, $2)",
        token_hash,
        now,
        since
    )
    .execute(pool)
    .await?;
    Ok(())
}

/// Whether this is the token of a link that was made after `since`.
pub async fn is_known(pool: &PgPool, token_hash: &[u8], since: DateTime<Utc>) -> Result<bool, StoreError> {
    Ok(sqlx::query_scalar!(
        r#"select exists (select 1 from first_admin where token_hash = $1 and created_at > $2) as "known!""#,
        token_hash,
        since
    )
    .fetch_one(pool)
    .await?)
}

/// Uses the link up, and all others with it; false when it is not, or no longer, valid.
pub async fn take(tx: &mut Tx, token_hash: &[u8], since: DateTime<Utc>) -> Result<bool, StoreError> {
    let gone = sqlx::query_scalar!(
        r#"delete from first_admin returning (token_hash = $1 and created_at > $2) as "this!""#,
        token_hash,
        since
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(gone.contains(&true))
}
