//! Rollouts: the row, its log, its readings. What may happen to them is decided by the domain.

use chrono::{DateTime, Utc};
use gantry_domain::id::{GoLiveId, RolloutId};
use gantry_domain::judge::{Reading, Verdict};
use gantry_domain::preset::Workload;
use gantry_domain::rollout::{LogLine, Phase, Rollout};
use sqlx::types::Json;
use sqlx::{PgExecutor, PgPool};
use uuid::Uuid;

use super::{StoreError, Tx};

/// A rollout as it is stored.
#[derive(Debug, Clone, PartialEq)]
pub struct Stored {
    /// The rollout.
    pub rollout: Rollout,
    /// Grows with every change of it.
    pub version: i64,
    /// When the cluster was last read for it.
    pub observed_at: Option<DateTime<Utc>>,
    /// What keeps the engine from its work.
    pub problem: Option<String>,
    /// The database's clock, when this was read.
    pub now: DateTime<Utc>,
}

/// The lease under which a driver saves.
#[derive(Debug, Clone)]
pub struct Held {
    /// The lease's name.
    pub name: String,
    /// Us.
    pub holder: Uuid,
    /// Its epoch.
    pub epoch: i64,
}

struct Row {
    state: Json<Rollout>,
    version: i64,
    observed_at: Option<DateTime<Utc>>,
    problem: Option<String>,
    now: DateTime<Utc>,
}

impl From<Row> for Stored {
    fn from(row: Row) -> Self {
        Self {
            rollout: row.state.0,
            version: row.version,
            observed_at: row.observed_at,
            problem: row.problem,
            now: row.now,
        }
    }
}

/// One rollout.
pub async fn find(executor: impl PgExecutor<'_>, id: RolloutId) -> Result<Option<Stored>, StoreError> {
    let row = sqlx::query_as!(
        Row,
        r#"select state as "state: Json<Rollout>", version, observed_at, problem, clock_timestamp() as "now!"
           from rollouts where id = $1"#,
        id.0
    )
    .fetch_optional(executor)
    .await?;
    Ok(row.map(Stored::from))
}

/// The same, locked until the transaction ends.
pub async fn lock(tx: &mut Tx, id: RolloutId) -> Result<Option<Stored>, StoreError> {
    let row = sqlx::query_as!(
        Row,
        r#"select state as "state: Json<Rollout>", version, observed_at, problem, clock_timestamp() as "now!"
           from rollouts where id = $1 for update"#,
        id.0
    )
    .fetch_optional(&mut **tx)
    .await?;
    Ok(row.map(Stored::from))
}

/// The rollouts of a go-live, newest first.
pub async fn of(executor: impl PgExecutor<'_>, go_live: GoLiveId) -> Result<Vec<Stored>, StoreError> {
    let rows = sqlx::query_as!(
        Row,
        r#"select state as "state: Json<Rollout>", version, observed_at, problem, clock_timestamp() as "now!"
           from rollouts where go_live_id = $1 order by started_at desc, id desc limit 50"#,
        go_live.0
    )
    .fetch_all(executor)
    .await?;
    Ok(rows.into_iter().map(Stored::from).collect())
}

/// The newest rollout of a go-live.
pub async fn latest(executor: impl PgExecutor<'_>, go_live: GoLiveId) -> Result<Option<Stored>, StoreError> {
    let row = sqlx::query_as!(
        Row,
        r#"select state as "state: Json<Rollout>", version, observed_at, problem, clock_timestamp() as "now!"
           from rollouts where go_live_id = $1 order by started_at desc, id desc limit 1"#,
        go_live.0
    )
    .fetch_optional(executor)
    .await?;
    Ok(row.map(Stored::from))
}

/// Where the newest rollout of each go-live stands.
pub async fn phases(executor: impl PgExecutor<'_>) -> Result<Vec<(GoLiveId, Phase)>, StoreError> {
    let rows = sqlx::query!(
        r#"select distinct on (go_live_id) go_live_id, state -> 'phase' as "phase!: Json<Phase>"
           from rollouts order by go_live_id, started_at desc, id desc"#
    )
    .fetch_all(executor)
    .await?;
    Ok(rows.into_iter().map(|row| (GoLiveId(row.go_live_id), row.phase.0)).collect())
}

/// The newest rollout on each Deployment.
pub async fn newest(executor: impl PgExecutor<'_>) -> Result<Vec<Stored>, StoreError> {
    let rows = sqlx::query_as!(
        Row,
        r#"select distinct on (namespace, deployment) state as "state: Json<Rollout>", version, observed_at, problem,
               clock_timestamp() as "now!"
           from rollouts order by namespace, deployment, started_at desc, id desc"#
    )
    .fetch_all(executor)
    .await?;
    Ok(rows.into_iter().map(Stored::from).collect())
}

/// Those that are not over.
pub async fn active(pool: &PgPool) -> Result<Vec<RolloutId>, StoreError> {
    let ids = sqlx::query_scalar!("select id from rollouts where active").fetch_all(pool).await?;
    Ok(ids.into_iter().map(RolloutId).collect())
}

/// Whether a Deployment has one that is not over.
pub async fn running_on(executor: impl PgExecutor<'_>, workload: &Workload) -> Result<bool, StoreError> {
    let running = sqlx::query_scalar!(
        r#"select exists (
               select 1 from rollouts where active and namespace = $1 and deployment = $2
           ) as "running!""#,
        workload.namespace,
        workload.deployment
    )
    .fetch_one(executor)
    .await?;
    Ok(running)
}

/// Whether no later rollout has touched the Deployment.
pub async fn is_last_on(tx: &mut Tx, rollout: &Rollout) -> Result<bool, StoreError> {
    let later = sqlx::query_scalar!(
        r#"select exists (
               select 1 from rollouts where namespace = $1 and deployment = $2 and started_at > $3
           ) as "later!""#,
        rollout.target.namespace,
        rollout.target.deployment,
        rollout.started_at
    )
    .fetch_one(&mut **tx)
    .await?;
    Ok(!later)
}

/// The database's clock.
pub async fn now(executor: impl PgExecutor<'_>) -> Result<DateTime<Utc>, StoreError> {
    Ok(sqlx::query_scalar!(r#"select clock_timestamp() as "now!""#).fetch_one(executor).await?)
}

/// Stores a new one. [`super::Constraint::RolloutRunning`] if the Deployment has one that is not over.
pub async fn add(tx: &mut Tx, rollout: &Rollout) -> Result<(), StoreError> {
    sqlx::query!(
        "insert into rollouts (id, go_live_id, namespace, deployment, state, active, started_at)
         values ($1, $2, $3, $4, $5, $6, $7)",
        rollout.id.0,
        rollout.golive_id.0,
        rollout.target.namespace,
        rollout.target.deployment,
        Json(rollout) as _,
        !rollout.phase.is_over(),
        rollout.started_at
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Stores the next state of a locked row.
pub async fn put(tx: &mut Tx, next: &Rollout) -> Result<(), StoreError> {
    sqlx::query!(
        "update rollouts set state = $2, active = $3, version = version + 1 where id = $1",
        next.id.0,
        Json(next) as _,
        !next.phase.is_over()
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Stores the next state if nobody else has changed the row and the lease is still held. Whether it did.
pub async fn advance(tx: &mut Tx, next: &Rollout, version: i64, held: &Held) -> Result<bool, StoreError> {
    let saved = sqlx::query!(
        "update rollouts set state = $2, active = $3, version = version + 1, observed_at = clock_timestamp(),
             problem = null
         where id = $1 and version = $4 and exists (
             select 1 from leases where name = $5 and holder = $6 and epoch = $7
                 and expires_at > clock_timestamp())",
        next.id.0,
        Json(next) as _,
        !next.phase.is_over(),
        version,
        held.name,
        held.holder,
        held.epoch
    )
    .execute(&mut **tx)
    .await?;
    Ok(saved.rows_affected() == 1)
}

/// Notes that the cluster was read, or why the engine could not do its work. Gives the go-live whose page shows it.
pub async fn observed(
    tx: &mut Tx,
    id: RolloutId,
    problem: Option<&str>,
) -> Result<Option<GoLiveId>, StoreError> {
    let go_live = sqlx::query_scalar!(
        "update rollouts set problem = $2,
             observed_at = case when $2::text is null then clock_timestamp() else observed_at end
         where id = $1 returning go_live_id",
        id.0,
        problem
    )
    .fetch_optional(&mut **tx)
    .await?;
    Ok(go_live.map(GoLiveId))
}

/// Adds lines to the log.
pub async fn log(tx: &mut Tx, id: RolloutId, lines: &[LogLine]) -> Result<(), StoreError> {
    for line in lines {
        sqlx::query!(
            "insert into rollout_log (rollout_id, at, what, why) values ($1, $2, $3, $4)",
            id.0,
            line.at,
            line.what,
            line.why
        )
        .execute(&mut **tx)
        .await?;
    }
    Ok(())
}

/// A part of a log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Log {
    /// Its lines, newest first.
    pub lines: Vec<LogLine>,
    /// How many older ones there are.
    pub left_out: usize,
}

/// The newest lines of the log, `most` of them.
pub async fn log_of(executor: impl PgExecutor<'_>, id: RolloutId, most: i64) -> Result<Log, StoreError> {
    let rows = sqlx::query!(
        r#"select at, what, why, count(*) over () as "whole!" from rollout_log where rollout_id = $1
           order by seq desc limit $2"#,
        id.0,
        most
    )
    .fetch_all(executor)
    .await?;
    let whole = rows.first().map_or(0, |row| usize::try_from(row.whole).unwrap_or(usize::MAX));
    let left_out = whole.saturating_sub(rows.len());
    let lines = rows.into_iter().map(|row| LogLine { at: row.at, what: row.what, why: row.why });
    Ok(Log { lines: lines.collect(), left_out })
}

/// The lines with which steps began, the oldest first, however long the log is.
pub async fn steps_of(executor: impl PgExecutor<'_>, id: RolloutId) -> Result<Vec<LogLine>, StoreError> {
    let lines = sqlx::query_as!(
        LogLine,
        "select at, what, why from rollout_log where rollout_id = $1 and what like 'Step %: %' order by seq limit 1000",
        id.0
    )
    .fetch_all(executor)
    .await?;
    Ok(lines)
}

/// Keeps what was measured.
pub async fn keep(tx: &mut Tx, id: RolloutId, readings: &[Reading]) -> Result<(), StoreError> {
    for reading in readings {
        let Some(at) = reading.taken_at else { continue };
        let verdict = match reading.verdict {
            Verdict::Pass => "pass",
            Verdict::Breach => "breach",
            Verdict::Inconclusive(_) => "inconclusive",
        };
        sqlx::query!(
            "insert into rollout_readings (rollout_id, key, at, version, value, verdict)
             values ($1, $2, $3, $4, $5, $6) on conflict do nothing",
            id.0,
            reading.key,
            at,
            i32::try_from(reading.version).map_err(StoreError::unreadable("a version"))?,
            reading.value,
            verdict
        )
        .execute(&mut **tx)
        .await?;
    }
    Ok(())
}

/// One value of a curve.
#[derive(Debug, Clone, PartialEq)]
pub struct Point {
    /// The threshold's key.
    pub key: String,
    /// When.
    pub at: DateTime<Utc>,
    /// The value, where it could be measured.
    pub value: Option<f64>,
}

/// At most `most` values per threshold, spread over the whole rollout, rising in time.
pub async fn curve(
    executor: impl PgExecutor<'_>,
    id: RolloutId,
    most: i64,
) -> Result<Vec<Point>, StoreError> {
    let points = sqlx::query_as!(
        Point,
        r#"select key as "key!", at as "at!", value from (
               select key, at, value,
                   row_number() over (partition by key order by at) as place,
                   count(*) over (partition by key) as many
               from rollout_readings where rollout_id = $1
           ) numbered
           where place = many or place % greatest(1, (many + $2 - 1) / $2) = 0
           order by key, at"#,
        id.0,
        most
    )
    .fetch_all(executor)
    .await?;
    Ok(points)
}

/// The newest rollout on a Deployment, of whichever go-live.
pub async fn latest_on(
    executor: impl PgExecutor<'_>,
    workload: &Workload,
) -> Result<Option<Stored>, StoreError> {
    let row = sqlx::query_as!(
        Row,
        r#"select state as "state: Json<Rollout>", version, observed_at, problem, clock_timestamp() as "now!"
           from rollouts where namespace = $1 and deployment = $2 order by started_at desc, id desc limit 1"#,
        workload.namespace,
        workload.deployment
    )
    .fetch_optional(executor)
    .await?;
    Ok(row.map(Stored::from))
}

/// The rollouts on a Deployment, newest first.
pub async fn all_on(executor: impl PgExecutor<'_>, workload: &Workload) -> Result<Vec<Stored>, StoreError> {
    let rows = sqlx::query_as!(
        Row,
        r#"select state as "state: Json<Rollout>", version, observed_at, problem, clock_timestamp() as "now!"
           from rollouts where namespace = $1 and deployment = $2 order by started_at desc, id desc limit 10"#,
        workload.namespace,
        workload.deployment
    )
    .fetch_all(executor)
    .await?;
    Ok(rows.into_iter().map(Stored::from).collect())
}
