//! Incidents. Each is kept as the domain has it, beside the columns that are searched by; its timeline is in `entries`,
//! what it is seen together with in `around`.

mod around;
mod entries;

use chrono::{DateTime, Utc};
use gantry_domain::id::{IncidentId, IntegrationId, RolloutId, ThresholdKey};
use gantry_domain::incident::{Incident, Source};
use sqlx::PgExecutor;
use sqlx::types::Json;
use uuid::Uuid;

pub use self::around::{integration_of_go_live, leader, leaders, lights, lights_of};
pub use self::entries::{
    Asked, Placed, add_edition, append_entry, count_by_kind, editions, entries, lock_entry,
};
use super::{StoreError, Tx};

/// The number of the next incident.
pub async fn next_number(tx: &mut Tx) -> Result<i64, StoreError> {
    let number = sqlx::query_scalar!(r#"select nextval('incident_numbers') as "number!""#);
    Ok(number.fetch_one(&mut **tx).await?)
}

/// Makes everybody else wait who is about to open or find an incident of the same cause, until this transaction ends.
pub async fn lock_cause(tx: &mut Tx, integration: IntegrationId, cause: &str) -> Result<(), StoreError> {
    tx.hold(&format!("incident:{integration}:{cause}")).await
}

fn cause(incident: &Incident) -> (Option<&str>, Option<Uuid>) {
    match &incident.source {
        Source::Threshold { key, .. } => (Some(key.as_str()), None),
        Source::Rollout { rollout, .. } => (None, Some(rollout.0)),
        Source::Hand => (None, None),
    }
}

/// The response that is waited for, where nobody was told yet that it was missed.
fn waits_until(incident: &Incident) -> Option<DateTime<Utc>> {
    incident.running_clock().filter(|_| incident.is_open()).map(|clock| clock.due_at)
}

/// Stores a new one.
pub async fn add(tx: &mut Tx, incident: &Incident) -> Result<(), StoreError> {
    let (threshold, rollout) = cause(incident);
    sqlx::query!(
        "insert into incidents (id, number, integration_id, threshold, rollout_id, incident, severity, state, open,
             response_due_at, opened_at, resolved_at, version)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)",
        incident.id.0,
        incident.number,
        incident.subject.integration.0,
        threshold,
        rollout,
        Json(incident) as _,
        incident.severity.as_str(),
        incident.state.as_str(),
        incident.is_open(),
        waits_until(incident),
        incident.opened_at,
        incident.resolved_at,
        incident.version
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Stores the next state of a locked one. The response that is waited for is begun anew only with another clock.
pub async fn put(tx: &mut Tx, next: &Incident) -> Result<(), StoreError> {
    let waits = waits_until(next);
    sqlx::query!(
        "update incidents set incident = $2, severity = $3, state = $4, open = $5, resolved_at = $6, version = $7,
             response_due_at = case
                 when $8::timestamptz is null then null
                 when (incident -> 'clocks' -> -1 ->> 'due_at')::timestamptz is distinct from $8 then $8
                 else response_due_at
             end
         where id = $1",
        next.id.0,
        Json(next) as _,
        next.severity.as_str(),
        next.state.as_str(),
        next.is_open(),
        next.resolved_at,
        next.version,
        waits
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// One incident.
pub async fn find(executor: impl PgExecutor<'_>, id: IncidentId) -> Result<Option<Incident>, StoreError> {
    let found = sqlx::query_scalar!(
        r#"select incident as "incident: Json<Incident>" from incidents where id = $1"#,
        id.0
    )
    .fetch_optional(executor)
    .await?;
    Ok(found.map(|incident| incident.0))
}

/// The same, locked until the transaction ends.
pub async fn lock(tx: &mut Tx, id: IncidentId) -> Result<Option<Incident>, StoreError> {
    let found = sqlx::query_scalar!(
        r#"select incident as "incident: Json<Incident>" from incidents where id = $1 for no key update"#,
        id.0
    )
    .fetch_optional(&mut **tx)
    .await?;
    Ok(found.map(|incident| incident.0))
}

/// The incident of a threshold of an integration that is open, else the newest that it opened; locked until the transaction
/// ends.
pub async fn latest_of_threshold(
    tx: &mut Tx,
    integration: IntegrationId,
    threshold: &ThresholdKey,
) -> Result<Option<Incident>, StoreError> {
    let found = sqlx::query_scalar!(
        r#"select incident as "incident: Json<Incident>" from incidents
           where integration_id = $1 and threshold = $2 order by open desc, opened_at desc, number desc
           limit 1 for no key update"#,
        integration.0,
        threshold.as_str()
    )
    .fetch_optional(&mut **tx)
    .await?;
    Ok(found.map(|incident| incident.0))
}

/// The thresholds that, as far as is known, still fire although their incident was resolved before `until`.
pub async fn left_firing(
    tx: &mut Tx,
    until: DateTime<Utc>,
) -> Result<Vec<(IntegrationId, String)>, StoreError> {
    let rows = sqlx::query!(
        r#"select integration_id, threshold as "threshold!" from incidents
           where not open and (incident -> 'firing')::boolean and threshold is not null and resolved_at <= $1
               and not exists (select 1 from incidents o where o.open
                   and o.integration_id = incidents.integration_id and o.threshold = incidents.threshold)"#,
        until
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(rows.into_iter().map(|row| (IntegrationId(row.integration_id), row.threshold)).collect())
}

/// The incident that a rollout opened.
pub async fn of_rollout(tx: &mut Tx, rollout: RolloutId) -> Result<Option<Incident>, StoreError> {
    let found = sqlx::query_scalar!(
        r#"select incident as "incident: Json<Incident>" from incidents where rollout_id = $1"#,
        rollout.0
    )
    .fetch_optional(&mut **tx)
    .await?;
    Ok(found.map(|incident| incident.0))
}

/// The open incidents of an integration, worst and newest first.
pub async fn open_of(
    executor: impl PgExecutor<'_>,
    integration: IntegrationId,
) -> Result<Vec<Incident>, StoreError> {
    let found = sqlx::query_scalar!(
        r#"select incident as "incident: Json<Incident>" from incidents
           where integration_id = $1 and open order by severity, opened_at desc limit 50"#,
        integration.0
    )
    .fetch_all(executor)
    .await?;
    Ok(found.into_iter().map(|incident| incident.0).collect())
}

/// All incidents: open ones first, the worst of them first, then the newest; at most `limit`.
pub async fn list(executor: impl PgExecutor<'_>, limit: i64) -> Result<Vec<Incident>, StoreError> {
    let found = sqlx::query_scalar!(
        r#"select incident as "incident: Json<Incident>" from incidents
           order by open desc, case when open then severity end, opened_at desc, number desc limit $1"#,
        limit
    )
    .fetch_all(executor)
    .await?;
    Ok(found.into_iter().map(|incident| incident.0).collect())
}

/// Whether a first response was due before `now` and nobody was told.
pub async fn any_unanswered(executor: impl PgExecutor<'_>, now: DateTime<Utc>) -> Result<bool, StoreError> {
    let any = sqlx::query_scalar!(
        r#"select exists (select 1 from incidents where response_due_at < $1) as "any!""#,
        now
    );
    Ok(any.fetch_one(executor).await?)
}

/// Incidents whose first response was due before `now` and of which nobody was told, locked; others pass them by.
pub async fn take_unanswered(tx: &mut Tx, now: DateTime<Utc>) -> Result<Vec<Incident>, StoreError> {
    let found = sqlx::query_scalar!(
        r#"select incident as "incident: Json<Incident>" from incidents
           where response_due_at < $1 order by response_due_at limit 20 for no key update skip locked"#,
        now
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(found.into_iter().map(|incident| incident.0).collect())
}

/// It was told that the first response is overdue.
pub async fn told_unanswered(tx: &mut Tx, id: IncidentId) -> Result<(), StoreError> {
    sqlx::query!("update incidents set response_due_at = null where id = $1", id.0)
        .execute(&mut **tx)
        .await?;
    Ok(())
}

/// An incident, and whether everybody may know of it.
#[derive(Clone, Debug)]
pub struct Announced {
    /// The incident.
    pub incident: Incident,
    /// Whether it has an entry that everybody may read.
    pub public: bool,
}

/// The incidents that are open, and those that were not over before `since` and that everybody may know of, read at one
/// moment.
pub async fn announced(
    executor: impl PgExecutor<'_>,
    since: DateTime<Utc>,
) -> Result<Vec<Announced>, StoreError> {
    let rows = sqlx::query!(
        r#"select i.incident as "incident!: Json<Incident>", p.public as "public!" from incidents i
           cross join lateral (
               select exists (
                   select 1 from incident_entries e
                   left join lateral (
                       select n.public from incident_entry_editions n
                       where n.entry_id = e.id order by n.edition desc limit 1
                   ) n on true
                   where e.incident_id = i.id and coalesce(n.public, e.public)
               ) as public
           ) p
           where i.open or (i.resolved_at >= $1 and p.public)
           order by i.open desc, i.opened_at desc limit 1000"#,
        since
    )
    .fetch_all(executor)
    .await?;
    Ok(rows.into_iter().map(|row| Announced { incident: row.incident.0, public: row.public }).collect())
}
