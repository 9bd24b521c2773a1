//! How thresholds stand, what they measured lately, when they changed, and the evaluator's last round.

use chrono::{DateTime, Utc};
use gantry_domain::alert::Standing;
use gantry_domain::alert::state::Transition;
use gantry_domain::id::ThresholdId;
use sqlx::PgExecutor;
use sqlx::types::Json;
use uuid::Uuid;

use super::thresholds::number;
use super::{StoreError, Tx};

/// How long one value of the small curves covers, in seconds.
pub const SAMPLE_SECONDS: i64 = 600;
/// How many of them are kept: six hours.
pub const SAMPLES: i64 = 36;

/// How all thresholds stand that were ever evaluated.
pub async fn all(executor: impl PgExecutor<'_>) -> Result<Vec<(ThresholdId, Standing)>, StoreError> {
    let rows =
        sqlx::query!(r#"select threshold_id, standing as "standing: Json<Standing>" from threshold_states"#)
            .fetch_all(executor)
            .await?;
    Ok(rows.into_iter().map(|row| (row.threshold_id.into(), row.standing.0)).collect())
}

/// How one stands.
pub async fn of(executor: impl PgExecutor<'_>, id: ThresholdId) -> Result<Option<Standing>, StoreError> {
    let row = sqlx::query!(
        r#"select standing as "standing: Json<Standing>" from threshold_states where threshold_id = $1"#,
        id.0
    )
    .fetch_optional(executor)
    .await?;
    Ok(row.map(|row| row.standing.0))
}

/// Stores how these stand, in one statement.
pub async fn put(tx: &mut Tx, standings: &[(ThresholdId, Standing)]) -> Result<(), StoreError> {
    let ids: Vec<Uuid> = standings.iter().map(|(id, _)| id.0).collect();
    let states: Vec<String> =
        standings.iter().map(|(_, standing)| standing.state.word().to_owned()).collect();
    let bodies: Vec<Json<&Standing>> = standings.iter().map(|(_, standing)| Json(standing)).collect();
    sqlx::query!(
        "insert into threshold_states (threshold_id, state, standing)
         select * from unnest($1::uuid[], $2::text[], $3::jsonb[])
         on conflict (threshold_id) do update set state = excluded.state, standing = excluded.standing",
        &ids,
        &states,
        &bodies as _
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Stores worst values of pieces of time, in one statement.
pub async fn put_samples(
    tx: &mut Tx,
    samples: &[(ThresholdId, DateTime<Utc>, f64)],
) -> Result<(), StoreError> {
    let ids: Vec<Uuid> = samples.iter().map(|(id, ..)| id.0).collect();
    let times: Vec<DateTime<Utc>> = samples.iter().map(|(_, at, _)| *at).collect();
    let values: Vec<f64> = samples.iter().map(|(.., value)| *value).collect();
    sqlx::query!(
        "insert into threshold_samples (threshold_id, at, worst)
         select * from unnest($1::uuid[], $2::timestamptz[], $3::float8[])
         on conflict (threshold_id, at) do update set worst = excluded.worst",
        &ids,
        &times,
        &values
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Forgets values from before `until`.
pub async fn forget_samples(tx: &mut Tx, until: DateTime<Utc>) -> Result<(), StoreError> {
    sqlx::query!("delete from threshold_samples where at < $1", until).execute(&mut **tx).await?;
    Ok(())
}

/// All values since `from`, in order of time.
pub async fn samples(
    executor: impl PgExecutor<'_>,
    from: DateTime<Utc>,
) -> Result<Vec<(ThresholdId, DateTime<Utc>, f64)>, StoreError> {
    let rows = sqlx::query!(
        "select threshold_id, at, worst from threshold_samples where at >= $1 order by threshold_id, at",
        from
    )
    .fetch_all(executor)
    .await?;
    Ok(rows.into_iter().map(|row| (row.threshold_id.into(), row.at, row.worst)).collect())
}

/// The values of one threshold since `from`, in order of time.
pub async fn samples_of(
    executor: impl PgExecutor<'_>,
    id: ThresholdId,
    from: DateTime<Utc>,
) -> Result<Vec<(DateTime<Utc>, f64)>, StoreError> {
    let rows = sqlx::query!(
        "select at, worst from threshold_samples where threshold_id = $1 and at >= $2 order by at",
        id.0,
        from
    )
    .fetch_all(executor)
    .await?;
    Ok(rows.into_iter().map(|row| (row.at, row.worst)).collect())
}

/// A change of state as it was kept.
#[derive(Clone, Debug, PartialEq)]
pub struct Changed {
    /// When.
    pub at: DateTime<Utc>,
    /// From which state.
    pub from: String,
    /// To which state.
    pub to: String,
    /// The version that judged.
    pub version: u32,
    /// In a sentence.
    pub sentence: String,
}

/// Keeps a change of state.
pub async fn add_transition(
    tx: &mut Tx,
    id: ThresholdId,
    standing: &Standing,
    transition: &Transition,
) -> Result<(), StoreError> {
    sqlx::query!(
        "insert into threshold_transitions (threshold_id, at, from_state, to_state, value, version, sentence)
         values ($1, $2, $3, $4, $5, $6, $7)",
        id.0,
        standing.since,
        transition.from.word(),
        transition.to.word(),
        standing.value,
        i32::try_from(standing.version).unwrap_or(i32::MAX),
        transition.sentence
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// The last changes of one threshold, newest first.
pub async fn transitions(
    executor: impl PgExecutor<'_>,
    id: ThresholdId,
    limit: i64,
) -> Result<Vec<Changed>, StoreError> {
    let rows = sqlx::query!(
        "select at, from_state, to_state, version, sentence from threshold_transitions
         where threshold_id = $1 order by seq desc limit $2",
        id.0,
        limit
    )
    .fetch_all(executor)
    .await?;
    rows.into_iter()
        .map(|row| {
            Ok(Changed {
                at: row.at,
                from: row.from_state,
                to: row.to_state,
                version: number(row.version)?,
                sentence: row.sentence,
            })
        })
        .collect()
}

/// One round of the evaluator.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Round {
    /// When it began.
    pub began_at: DateTime<Utc>,
    /// How long it took, in milliseconds.
    pub took_ms: u32,
    /// How much of that was work of this program, without waiting for Prometheus, in microseconds.
    pub own_us: u32,
    /// How often there is one, in seconds.
    pub period_seconds: u32,
    /// How many thresholds were judged.
    pub thresholds: u32,
    /// How many queries were asked.
    pub queries: u32,
    /// How many of them had no answer.
    pub failed: u32,
    /// The first reason for that.
    pub problem: Option<String>,
}

/// The last round; none where there was never one.
pub async fn round(executor: impl PgExecutor<'_>) -> Result<Option<Round>, StoreError> {
    let row = sqlx::query!(
        "select began_at, took_ms, own_us, period_seconds, thresholds, queries, failed, problem from evaluator"
    )
    .fetch_optional(executor)
    .await?;
    let count = |value: i32| u32::try_from(value).map_err(StoreError::unreadable("a count"));
    row.map(|row| {
        Ok(Round {
            began_at: row.began_at,
            took_ms: count(row.took_ms)?,
            own_us: count(row.own_us)?,
            period_seconds: count(row.period_seconds)?,
            thresholds: count(row.thresholds)?,
            queries: count(row.queries)?,
            failed: count(row.failed)?,
            problem: row.problem,
        })
    })
    .transpose()
}

/// Keeps a round in place of the one before.
pub async fn put_round(tx: &mut Tx, round: &Round) -> Result<(), StoreError> {
    let count = |value: u32| i32::try_from(value).unwrap_or(i32::MAX);
    sqlx::query!(
        "insert into evaluator
             (began_at, took_ms, period_seconds, thresholds, queries, failed, problem, own_us)
         values ($1, $2, $3, $4, $5, $6, $7, $8)
         on conflict (single) do update set began_at = excluded.began_at, took_ms = excluded.took_ms,
             period_seconds = excluded.period_seconds, thresholds = excluded.thresholds,
             queries = excluded.queries, failed = excluded.failed, problem = excluded.problem,
             own_us = excluded.own_us",
        round.began_at,
        count(round.took_ms),
        count(round.period_seconds),
        count(round.thresholds),
        count(round.queries),
        count(round.failed),
        round.problem,
        count(round.own_us)
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}
