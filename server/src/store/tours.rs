//! Who is on the guided tour, and what has happened since it began.

use chrono::{DateTime, Utc};
use gantry_domain::id::UserId;
use gantry_domain::incident::Incident;
use gantry_domain::tour::{Followed, Kept, Seen};
use sqlx::PgExecutor;
use sqlx::types::Json;

use super::triages::BY_ITSELF;
use super::{StoreError, Tx};

/// What is kept for somebody; none before they were asked.
pub async fn of(executor: impl PgExecutor<'_>, user: UserId) -> Result<Option<Kept>, StoreError> {
    let kept = sqlx::query_as!(Kept, "select began_at, put_away from tours where user_id = $1", user.0);
    Ok(kept.fetch_optional(executor).await?)
}

/// Keeps it.
pub async fn put(tx: &mut Tx, user: UserId, kept: Kept) -> Result<(), StoreError> {
    sqlx::query!(
        "insert into tours (user_id, began_at, put_away) values ($1, $2, $3)
         on conflict (user_id) do update set began_at = excluded.began_at, put_away = excluded.put_away",
        user.0,
        kept.began_at,
        kept.put_away
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Whether anything is out of order: a light that is not well, or a threshold that fires or is about to.
pub async fn unrest(executor: impl PgExecutor<'_>) -> Result<bool, StoreError> {
    let any = sqlx::query_scalar!(
        r#"select exists (select 1 from lights where state in ('degraded', 'down'))
               or exists (select 1 from threshold_states where state in ('pending', 'firing')) as "any!""#
    );
    Ok(any.fetch_one(executor).await?)
}

/// The incidents that a tour which began at `began_at` may be about.
pub async fn incidents(
    executor: impl PgExecutor<'_>,
    began_at: DateTime<Utc>,
) -> Result<Vec<Followed>, StoreError> {
    let rows = sqlx::query!(
        r#"select i.incident as "incident: Json<Incident>",
               exists (
                   select 1 from triages t where t.incident_id = i.id and t.taken_at >= $1 and t.by_name <> $2
               ) as "triaged!",
               exists (
                   select 1 from mitigations m
                   where m.incident_id = i.id and m.asked_at >= $1 and m.state -> 'phase' ->> 'phase' = 'done'
               ) as "acted!"
           from incidents i
           where i.open or i.resolved_at >= $1
           order by i.open desc, i.opened_at desc limit 20"#,
        began_at,
        BY_ITSELF
    )
    .fetch_all(executor)
    .await?;
    Ok(rows
        .into_iter()
        .filter_map(|row| Followed::of(&row.incident.0, began_at, row.triaged, row.acted))
        .collect())
}

/// What is so, for a tour that began at `began_at`.
pub async fn seen(pool: &sqlx::PgPool, began_at: DateTime<Utc>) -> Result<Seen, StoreError> {
    let (unrest, incidents) = tokio::try_join!(unrest(pool), incidents(pool, began_at))?;
    Ok(Seen { unrest, incidents })
}
