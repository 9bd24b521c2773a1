//! Who has which page open, over all replicas.

use sqlx::PgPool;
use uuid::Uuid;

use super::StoreError;

/// An open page.
#[derive(Clone, Debug)]
pub struct Present {
    /// The stream.
    pub stream: Uuid,
    /// What it shows.
    pub topic: String,
    /// Whose it is.
    pub user: Uuid,
    /// Their name.
    pub name: String,
}

/// Says that these are open now. All at once, so that a thousand streams cost one statement.
pub async fn seen(pool: &PgPool, present: &[Present]) -> Result<(), StoreError> {
    let streams: Vec<Uuid> = present.iter().map(|one| one.stream).collect();
    let topics: Vec<String> = present.iter().map(|one| one.topic.clone()).collect();
    let users: Vec<Uuid> = present.iter().map(|one| one.user).collect();
    let names: Vec<String> = present.iter().map(|one| one.name.clone()).collect();
    sqlx::query!(
        "insert into presence (stream, topic, user_id, name, seen_at)
         select *, now() from unnest($1::uuid[], $2::text[], $3::uuid[], $4::text[])
         on conflict (stream) do update set seen_at = excluded.seen_at",
        &streams,
        &topics,
        &users,
        &names
    )
    .execute(pool)
    .await?;
    Ok(())
}

/// Says that these are closed.
pub async fn gone(pool: &PgPool, streams: &[Uuid]) -> Result<(), StoreError> {
    sqlx::query!("delete from presence where stream = any($1)", streams).execute(pool).await?;
    Ok(())
}

/// Removes what no living replica vouches for, and says which topics that changed.
pub async fn sweep(pool: &PgPool, older_than_seconds: f64) -> Result<Vec<String>, StoreError> {
    Ok(sqlx::query_scalar!(
        "delete from presence where seen_at < now() - make_interval(secs => $1) returning topic",
        older_than_seconds
    )
    .fetch_all(pool)
    .await?)
}

/// The names of those who have this open, each person once.
pub async fn of(pool: &PgPool, topic: &str, fresh_seconds: f64) -> Result<Vec<(Uuid, String)>, StoreError> {
    let rows = sqlx::query!(
        "select user_id, min(name) as \"name!\" from presence
         where topic = $1 and seen_at > now() - make_interval(secs => $2) group by user_id order by 2",
        topic,
        fresh_seconds
    )
    .fetch_all(pool)
    .await?;
    Ok(rows.into_iter().map(|row| (row.user_id, row.name)).collect())
}
