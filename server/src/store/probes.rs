//! Whose turn it is to look at a go-live, and what the last look found: findings of probes and the three lights.

use gantry_domain::id::GoLiveId;
use gantry_domain::light::{Found, State, Which};
use gantry_domain::probe::Finding;
use sqlx::PgPool;

use super::{StoreError, Tx};

/// Takes up to `limit` go-lives that are due, and makes them due again `period_seconds` later: no other replica will
/// look at them before. Go-lives are looked at for `days` after they were opened, while their
/// page is open, and for as long as they are the newest of their workload: the lights of an integration are theirs.
pub async fn take_due(
    pool: &PgPool,
    period_seconds: f64,
    days: i32,
    limit: i64,
) -> Result<Vec<GoLiveId>, StoreError> {
    let taken = sqlx::query_scalar!(
        "insert into probe_rounds as r (go_live_id, due_at)
         select g.id, clock_timestamp() + make_interval(secs => $1)
         from go_lives g left join probe_rounds due on due.go_live_id = g.id
         where (due.due_at is null or due.due_at <= clock_timestamp())
             and (g.created_at > now() - make_interval(days => $2)
                 or exists (select 1 from presence p where p.topic = 'golive:' || g.id)
                 or not exists (select 1 from go_lives later
                     where later.namespace = g.namespace and later.deployment = g.deployment
                         and (later.created_at, later.id) > (g.created_at, g.id)))
         order by due.due_at nulls first
         limit $3
         on conflict (go_live_id) do update set due_at = excluded.due_at where r.due_at <= clock_timestamp()
         returning go_live_id",
        period_seconds,
        days,
        limit
    )
    .fetch_all(pool)
    .await?;
    Ok(taken.into_iter().map(Into::into).collect())
}

/// Makes a go-live due at once.
pub async fn make_due(tx: &mut Tx, go_live: GoLiveId) -> Result<(), StoreError> {
    sqlx::query!(
        "insert into probe_rounds (go_live_id, due_at) values ($1, clock_timestamp())
         on conflict (go_live_id) do update set due_at = excluded.due_at",
        go_live.0
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Stores findings in place of those before, unless those are newer. True when any says something else than before.
pub async fn put_findings(tx: &mut Tx, go_live: GoLiveId, findings: &[Finding]) -> Result<bool, StoreError> {
    let mut changed = false;
    for finding in findings {
        let before = sqlx::query!(
            "select verdict, sentence from findings where go_live_id = $1 and probe = $2",
            go_live.0,
            finding.probe.as_str()
        )
        .fetch_optional(&mut **tx)
        .await?;
        changed |= before
            .is_none_or(|row| row.verdict != finding.verdict.label() || row.sentence != finding.sentence);
        sqlx::query!(
            "insert into findings (go_live_id, probe, verdict, sentence, evidence, taken_at, period_seconds)
             values ($1, $2, $3, $4, $5, $6, $7)
             on conflict (go_live_id, probe) do update set verdict = excluded.verdict, sentence = excluded.sentence,
                 evidence = excluded.evidence, taken_at = excluded.taken_at, period_seconds = excluded.period_seconds
             where findings.taken_at <= excluded.taken_at",
            go_live.0,
            finding.probe.as_str(),
            finding.verdict.label(),
            finding.sentence,
            finding.evidence,
            finding.taken_at,
            period(finding.period_seconds)?
        )
        .execute(&mut **tx)
        .await?;
    }
    Ok(changed)
}

/// Stores lights in place of those before, unless those are newer. True when any says something else than before.
pub async fn put_lights(tx: &mut Tx, go_live: GoLiveId, lights: &[Found]) -> Result<bool, StoreError> {
    let mut changed = false;
    for light in lights {
        let before = sqlx::query!(
            "select state, sentence from lights where go_live_id = $1 and light = $2",
            go_live.0,
            light.which.as_str()
        )
        .fetch_optional(&mut **tx)
        .await?;
        changed |= before.is_none_or(|row| row.state != light.state.word() || row.sentence != light.sentence);
        sqlx::query!(
            "insert into lights (go_live_id, light, state, sentence, evidence, taken_at, period_seconds)
             values ($1, $2, $3, $4, $5, $6, $7)
             on conflict (go_live_id, light) do update set state = excluded.state, sentence = excluded.sentence,
                 evidence = excluded.evidence, taken_at = excluded.taken_at, period_seconds = excluded.period_seconds
             where lights.taken_at <= excluded.taken_at",
            go_live.0,
            light.which.as_str(),
            light.state.word(),
            light.sentence,
            light.evidence,
            light.taken_at,
            period(light.period_seconds)?
        )
        .execute(&mut **tx)
        .await?;
    }
    Ok(changed)
}

/// Whether a look that found nothing new is to be announced all the same, because the ages that pages show would soon
/// be too old: true at most once in `seconds`.
pub async fn may_announce(
    tx: &mut Tx,
    go_live: GoLiveId,
    changed: bool,
    seconds: f64,
) -> Result<bool, StoreError> {
    let moved = sqlx::query!(
        "update probe_rounds set announced_at = clock_timestamp()
         where go_live_id = $1
             and ($2 or announced_at is null or announced_at <= clock_timestamp() - make_interval(secs => $3))",
        go_live.0,
        changed,
        seconds
    )
    .execute(&mut **tx)
    .await?;
    Ok(moved.rows_affected() > 0)
}

/// The lights of a go-live as they were last seen.
pub async fn lights(pool: &PgPool, go_live: GoLiveId) -> Result<Vec<Found>, StoreError> {
    Ok(lights_of(pool, &[go_live]).await?.into_iter().map(|(_, found)| found).collect())
}

/// The lights of several go-lives as they were last seen.
pub async fn lights_of(pool: &PgPool, go_lives: &[GoLiveId]) -> Result<Vec<(GoLiveId, Found)>, StoreError> {
    let ids: Vec<_> = go_lives.iter().map(|id| id.0).collect();
    let rows = sqlx::query!(
        "select go_live_id, light, state, sentence, evidence, taken_at, period_seconds from lights
         where go_live_id = any($1)",
        &ids
    )
    .fetch_all(pool)
    .await?;
    rows.into_iter()
        .map(|row| {
            let which = Which::ALL.into_iter().find(|which| which.as_str() == row.light);
            let state = State::ALL.into_iter().find(|state| state.word() == row.state);
            let found = Found {
                which: which.ok_or_else(|| StoreError::Unreadable("a light", row.light))?,
                state: state.ok_or_else(|| StoreError::Unreadable("the state of a light", row.state))?,
                sentence: row.sentence,
                evidence: row.evidence,
                taken_at: row.taken_at,
                period_seconds: u32::try_from(row.period_seconds)
                    .map_err(StoreError::unreadable("a period"))?,
            };
            Ok((row.go_live_id.into(), found))
        })
        .collect()
}

fn period(seconds: u32) -> Result<i32, StoreError> {
    i32::try_from(seconds).map_err(StoreError::unreadable("a period"))
}
