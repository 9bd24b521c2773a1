//! First triages that are owed to incidents which opened by themselves.

use chrono::{DateTime, Utc};
use gantry_domain::id::IncidentId;
use sqlx::PgExecutor;

use super::{StoreError, Tx};

/// Owes one to an incident. Whether none was before.
pub async fn owe(tx: &mut Tx, incident: IncidentId, at: DateTime<Utc>) -> Result<bool, StoreError> {
    let added = sqlx::query!(
        "insert into first_looks (incident_id, asked_at) values ($1, $2)
         on conflict (incident_id) do nothing",
        incident.0,
        at
    )
    .execute(&mut **tx)
    .await?;
    Ok(added.rows_affected() > 0)
}

/// Those that are owed and how often each was begun, the longest owed first.
pub async fn owed(executor: impl PgExecutor<'_>, most: i64) -> Result<Vec<(IncidentId, i32)>, StoreError> {
    let rows = sqlx::query!(
        "select incident_id, tries from first_looks where done_at is null order by asked_at limit $1",
        most
    )
    .fetch_all(executor)
    .await?;
    Ok(rows.into_iter().map(|row| (row.incident_id.into(), row.tries)).collect())
}

/// Whether one is owed to this incident.
pub async fn is_owed(executor: impl PgExecutor<'_>, incident: IncidentId) -> Result<bool, StoreError> {
    let owed = sqlx::query_scalar!(
        r#"select exists (select 1 from first_looks where incident_id = $1 and done_at is null) as "owed!""#,
        incident.0
    )
    .fetch_one(executor)
    .await?;
    Ok(owed)
}

/// Writes down that it is begun.
pub async fn begin(executor: impl PgExecutor<'_>, incident: IncidentId) -> Result<(), StoreError> {
    sqlx::query!("update first_looks set tries = tries + 1 where incident_id = $1", incident.0)
        .execute(executor)
        .await?;
    Ok(())
}

/// It is owed no more. False where somebody else was quicker.
pub async fn settle(tx: &mut Tx, incident: IncidentId, at: DateTime<Utc>) -> Result<bool, StoreError> {
    let settled = sqlx::query!(
        "update first_looks set done_at = $2 where incident_id = $1 and done_at is null",
        incident.0,
        at
    )
    .execute(&mut **tx)
    .await?;
    Ok(settled.rows_affected() > 0)
}
