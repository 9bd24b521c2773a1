//! Sessions: the bytes their library gives us, by id, until they expire.

use chrono::{DateTime, Utc};
use sqlx::PgPool;

use super::StoreError;

/// A new session; false when the id is taken.
pub async fn insert(
    pool: &PgPool,
    id: &str,
    data: &[u8],
    expires: DateTime<Utc>,
) -> Result<bool, StoreError> {
    let inserted = sqlx::query!(
        "insert into tower_sessions.session (id, data, expiry_date) values ($1, $2, $3) on conflict do nothing",
        id,
        data,
        expires
    )
    .execute(pool)
    .await?;
    Ok(inserted.rows_affected() == 1)
}

/// Overwrites a session that exists. Unlike an upsert this never brings back one that was ended meanwhile.
pub async fn update(pool: &PgPool, id: &str, data: &[u8], expires: DateTime<Utc>) -> Result<(), StoreError> {
    sqlx::query!(
        "update tower_sessions.session set data = $2, expiry_date = $3 where id = $1",
        id,
        data,
        expires
    )
    .execute(pool)
    .await?;
    Ok(())
}

/// A session that has not expired.
pub async fn find(pool: &PgPool, id: &str) -> Result<Option<Vec<u8>>, StoreError> {
    Ok(sqlx::query_scalar!(
        "select data from tower_sessions.session where id = $1 and expiry_date > now()",
        id
    )
    .fetch_optional(pool)
    .await?)
}

/// Ends a session.
pub async fn delete(pool: &PgPool, id: &str) -> Result<(), StoreError> {
    sqlx::query!("delete from tower_sessions.session where id = $1", id).execute(pool).await?;
    Ok(())
}

/// Removes those that have expired.
pub async fn sweep(pool: &PgPool) -> Result<(), StoreError> {
    sqlx::query!("delete from tower_sessions.session where expiry_date < now()").execute(pool).await?;
    Ok(())
}
