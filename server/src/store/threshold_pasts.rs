//! Which thresholds have their past: the values of the time before they were watched.

use chrono::{DateTime, Utc};
use gantry_domain::id::ThresholdId;
use sqlx::PgExecutor;
use uuid::Uuid;

use super::{StoreError, Tx};

/// A threshold whose past is wanted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wanted {
    /// Which.
    pub id: ThresholdId,
    /// What it measured when its past was last looked at; none where it never was.
    pub measured: Option<String>,
}

/// Thresholds that nobody has looked at the past of since they last changed, and those where that failed a few times at most.
pub async fn wanted(executor: impl PgExecutor<'_>, tries: i32, most: i64) -> Result<Vec<Wanted>, StoreError> {
    let rows = sqlx::query!(
        r#"select t.id, p.measures as "measures?" from thresholds t
           left join threshold_pasts p on p.threshold_id = t.id
           where p.threshold_id is null or p.version <> t.version or (p.filled_at is null and p.tries < $1)
           order by p.tries nulls first, t.created_at, t.id limit $2"#,
        tries,
        most
    )
    .fetch_all(executor)
    .await?;
    Ok(rows.into_iter().map(|row| Wanted { id: row.id.into(), measured: row.measures }).collect())
}

/// Keeps that the past of a version was looked at; `filled_at` is none where that failed.
pub async fn put(
    tx: &mut Tx,
    id: ThresholdId,
    version: u32,
    measures: &str,
    filled_at: Option<DateTime<Utc>>,
) -> Result<(), StoreError> {
    sqlx::query!(
        "insert into threshold_pasts (threshold_id, version, measures, tries, filled_at) values ($1, $2, $3, 1, $4)
         on conflict (threshold_id) do update set
             tries = case when threshold_pasts.version = excluded.version then threshold_pasts.tries + 1 else 1 end,
             version = excluded.version, measures = excluded.measures, filled_at = excluded.filled_at",
        id.0,
        i32::try_from(version).unwrap_or(i32::MAX),
        measures,
        filled_at
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Forgets what a threshold measured before `until`: it measured something else.
pub async fn forget(tx: &mut Tx, id: ThresholdId, until: DateTime<Utc>) -> Result<(), StoreError> {
    sqlx::query!("delete from threshold_samples where threshold_id = $1 and at < $2", id.0, until)
        .execute(&mut **tx)
        .await?;
    Ok(())
}

/// Adds worst values of pieces of time that nobody has measured.
pub async fn fill(tx: &mut Tx, id: ThresholdId, worst: &[(DateTime<Utc>, f64)]) -> Result<(), StoreError> {
    let ids: Vec<Uuid> = vec![id.0; worst.len()];
    let times: Vec<DateTime<Utc>> = worst.iter().map(|(at, _)| *at).collect();
    let values: Vec<f64> = worst.iter().map(|(_, value)| *value).collect();
    sqlx::query!(
        "insert into threshold_samples (threshold_id, at, worst)
         select * from unnest($1::uuid[], $2::timestamptz[], $3::float8[])
         on conflict (threshold_id, at) do nothing",
        &ids,
        &times,
        &values
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}
