//! Incidents and their timelines. The incident is kept as the domain has it, beside the columns that are searched by.

use chrono::{DateTime, Utc};
use gantry_domain::actor::{Actor, Person};
use gantry_domain::id::{EntryId, IncidentId, IntegrationId, RolloutId, ThresholdKey, UserId};
use gantry_domain::incident::entry::{Edition, Entry, EntryKind, NewEntry};
use gantry_domain::incident::{Incident, Source};
use gantry_domain::light::{Found, State, Which};
use sqlx::PgExecutor;
use sqlx::types::Json;
use uuid::Uuid;

use super::{StoreError, Tx};

/// The number of the next incident.
pub async fn next_number(tx: &mut Tx) -> Result<i64, StoreError> {
    let number = sqlx::query_scalar!(r#"select nextval('incident_numbers') as "number!""#);
    Ok(number.fetch_one(&mut **tx).await?)
}

/// Makes everybody else wait who is about to open or find an incident of the same cause, until this transaction ends.
pub async fn lock_cause(tx: &mut Tx, integration: IntegrationId, cause: &str) -> Result<(), StoreError> {
    let name = format!("incident:{integration}:{cause}");
    sqlx::query!("select pg_advisory_xact_lock(hashtextextended($1, 0))", name).fetch_one(&mut **tx).await?;
    Ok(())
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
        r#"select incident as "incident: Json<Incident>" from incidents where id = $1 for update"#,
        id.0
    )
    .fetch_optional(&mut **tx)
    .await?;
    Ok(found.map(|incident| incident.0))
}

/// The newest incident that a threshold of an integration opened, locked until the transaction ends.
pub async fn latest_of_threshold(
    tx: &mut Tx,
    integration: IntegrationId,
    threshold: &ThresholdKey,
) -> Result<Option<Incident>, StoreError> {
    let found = sqlx::query_scalar!(
        r#"select incident as "incident: Json<Incident>" from incidents
           where integration_id = $1 and threshold = $2 order by opened_at desc, number desc limit 1 for update"#,
        integration.0,
        threshold.as_str()
    )
    .fetch_optional(&mut **tx)
    .await?;
    Ok(found.map(|incident| incident.0))
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
           where response_due_at < $1 order by response_due_at limit 20 for update skip locked"#,
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

/// Adds an entry to a timeline.
pub async fn append_entry(tx: &mut Tx, incident: IncidentId, new: &NewEntry) -> Result<EntryId, StoreError> {
    let id = EntryId(Uuid::now_v7());
    sqlx::query!(
        "insert into incident_entries (id, incident_id, kind, happened_at, recorded_at, actor_id, actor_name, text, link,
             detail, public)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
        id.0,
        incident.0,
        new.kind.as_str(),
        new.happened_at,
        new.recorded_at,
        new.actor.as_ref().map(|person| person.id.0),
        new.actor.as_ref().map(|person| person.name.as_str()),
        new.text,
        new.link,
        new.detail,
        new.public
    )
    .execute(&mut **tx)
    .await?;
    Ok(id)
}

struct Row {
    id: Uuid,
    seq: i64,
    kind: String,
    happened_at: DateTime<Utc>,
    recorded_at: DateTime<Utc>,
    actor_id: Option<Uuid>,
    actor_name: Option<String>,
    text: String,
    link: Option<String>,
    detail: serde_json::Value,
    public: bool,
    edits: i32,
}

impl Row {
    fn placed(self) -> Result<Placed, StoreError> {
        let actor = self.actor_id.zip(self.actor_name);
        let entry = Entry {
            id: self.id.into(),
            kind: self.kind.parse().map_err(StoreError::unreadable("the kind of an entry"))?,
            happened_at: self.happened_at,
            recorded_at: self.recorded_at,
            actor: actor.map(|(id, name)| Person { id: id.into(), name }),
            text: self.text,
            link: self.link,
            detail: self.detail,
            public: self.public,
            edits: u32::try_from(self.edits).map_err(StoreError::unreadable("a number of edits"))?,
        };
        Ok(Placed { seq: self.seq, entry })
    }
}

/// An entry with its place.
#[derive(Clone, Debug, PartialEq)]
pub struct Placed {
    /// Its number, in the order in which entries were written.
    pub seq: i64,
    /// The entry in its last edition.
    pub entry: Entry,
}

/// Which entries are asked for.
#[derive(Clone, Copy, Debug, Default)]
pub struct Asked {
    /// Of this kind alone.
    pub kind: Option<EntryKind>,
    /// For everybody alone.
    pub public: bool,
    /// Before this place: when it happened, and its number.
    pub before: Option<(DateTime<Utc>, i64)>,
}

/// The entries of an incident, the last to happen first, at most `limit`.
pub async fn entries(
    executor: impl PgExecutor<'_>,
    incident: IncidentId,
    asked: Asked,
    limit: i64,
) -> Result<Vec<Placed>, StoreError> {
    let rows = sqlx::query_as!(
        Row,
        r#"select id as "id!", seq as "seq!", kind as "kind!", happened_at as "happened_at!", recorded_at as "recorded_at!",
               actor_id, actor_name, text as "text!", link, detail as "detail!", public as "public!", edits as "edits!"
           from (
               select e.id, e.seq, e.kind, coalesce(n.happened_at, e.happened_at) as happened_at, e.recorded_at,
                   e.actor_id, e.actor_name, coalesce(n.text, e.text) as text,
                   case when n.entry_id is null then e.link else n.link end as link, e.detail,
                   coalesce(n.public, e.public) as public, coalesce(n.edition, 0) as edits
               from incident_entries e
               left join (
                   select distinct on (entry_id) * from incident_entry_editions
                   where incident_id = $1 order by entry_id, edition desc
               ) n on n.entry_id = e.id
               where e.incident_id = $1 and ($2::text is null or e.kind = $2)
           ) latest
           where (not $3 or public)
               and ($4::timestamptz is null or (happened_at, seq) < ($4, $5))
           order by happened_at desc, seq desc limit $6"#,
        incident.0,
        asked.kind.map(EntryKind::as_str),
        asked.public,
        asked.before.map(|(at, _)| at),
        asked.before.map_or(i64::MAX, |(_, seq)| seq),
        limit
    )
    .fetch_all(executor)
    .await?;
    rows.into_iter().map(Row::placed).collect()
}

/// How many entries of each kind there are.
pub async fn count_by_kind(
    executor: impl PgExecutor<'_>,
    incident: IncidentId,
) -> Result<Vec<(EntryKind, i64)>, StoreError> {
    let rows = sqlx::query!(
        r#"select kind, count(*) as "many!" from incident_entries where incident_id = $1 group by kind"#,
        incident.0
    )
    .fetch_all(executor)
    .await?;
    rows.into_iter()
        .map(|row| Ok((row.kind.parse().map_err(StoreError::unreadable("the kind of an entry"))?, row.many)))
        .collect()
}

/// One entry in its last edition, which cannot change until the transaction ends.
pub async fn lock_entry(
    tx: &mut Tx,
    incident: IncidentId,
    entry: EntryId,
) -> Result<Option<Entry>, StoreError> {
    // Entries are never written again, so there is no row to lock: the incident's stands for them.
    sqlx::query!("select id from incidents where id = $1 for update", incident.0)
        .fetch_optional(&mut **tx)
        .await?;
    let all = entry_of(tx, incident, entry).await?;
    Ok(all.map(|placed| placed.entry))
}

async fn entry_of(tx: &mut Tx, incident: IncidentId, entry: EntryId) -> Result<Option<Placed>, StoreError> {
    let row = sqlx::query_as!(
        Row,
        r#"select e.id as "id!", e.seq as "seq!", e.kind as "kind!", coalesce(n.happened_at, e.happened_at) as "happened_at!",
               e.recorded_at as "recorded_at!", e.actor_id, e.actor_name, coalesce(n.text, e.text) as "text!",
               case when n.entry_id is null then e.link else n.link end as link, e.detail as "detail!",
               coalesce(n.public, e.public) as "public!", coalesce(n.edition, 0) as "edits!"
           from incident_entries e
           left join lateral (
               select * from incident_entry_editions where entry_id = e.id order by edition desc limit 1
           ) n on true
           where e.incident_id = $1 and e.id = $2"#,
        incident.0,
        entry.0
    )
    .fetch_optional(&mut **tx)
    .await?;
    row.map(Row::placed).transpose()
}

/// Adds the next edition of an entry.
pub async fn add_edition(
    tx: &mut Tx,
    incident: IncidentId,
    entry: EntryId,
    edition: u32,
    next: &NewEntry,
    by: &Person,
) -> Result<(), StoreError> {
    sqlx::query!(
        "insert into incident_entry_editions (entry_id, incident_id, edition, at, by_id, by_name, text, link, happened_at,
             public)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
        entry.0,
        incident.0,
        i32::try_from(edition).map_err(StoreError::unreadable("a number of edits"))?,
        next.recorded_at,
        by.id.0,
        by.name,
        next.text,
        next.link,
        next.happened_at,
        next.public
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// What the edited entries of an incident said before, oldest edition first.
pub async fn editions(
    executor: impl PgExecutor<'_>,
    incident: IncidentId,
) -> Result<Vec<(EntryId, Edition)>, StoreError> {
    let rows = sqlx::query!(
        r#"with all_editions as (
               select e.id, 0 as edition, e.text, e.link, e.happened_at, e.public
               from incident_entries e
               where e.incident_id = $1
                   and exists (select 1 from incident_entry_editions n where n.entry_id = e.id)
               union all
               select entry_id, edition, text, link, happened_at, public
               from incident_entry_editions where incident_id = $1
           )
           select a.id as "id!", a.text as "text!", a.link, a.happened_at as "happened_at!", a.public as "public!",
               n.at as until, n.by_name as changed_by
           from all_editions a
           join incident_entry_editions n on n.entry_id = a.id and n.edition = a.edition + 1
           order by a.id, a.edition"#,
        incident.0
    )
    .fetch_all(executor)
    .await?;
    let edition = |row: (DateTime<Utc>, String, String, Option<String>, DateTime<Utc>, bool)| Edition {
        until: row.0,
        changed_by: row.1,
        text: row.2,
        link: row.3,
        happened_at: row.4,
        public: row.5,
    };
    Ok(rows
        .into_iter()
        .map(|row| {
            let parts = (row.until, row.changed_by, row.text, row.link, row.happened_at, row.public);
            (row.id.into(), edition(parts))
        })
        .collect())
}

/// The incidents that everybody may know of: those with at least one public entry, that were not over before `since`.
pub async fn published(
    executor: impl PgExecutor<'_>,
    since: DateTime<Utc>,
) -> Result<Vec<Incident>, StoreError> {
    let found = sqlx::query_scalar!(
        r#"select i.incident as "incident: Json<Incident>" from incidents i
           where (i.open or i.resolved_at >= $1)
               and exists (
                   select 1 from incident_entries e
                   left join lateral (
                       select n.public from incident_entry_editions n
                       where n.entry_id = e.id order by n.edition desc limit 1
                   ) n on true
                   where e.incident_id = i.id and coalesce(n.public, e.public)
               )
           order by i.open desc, i.opened_at desc limit 500"#,
        since
    )
    .fetch_all(executor)
    .await?;
    Ok(found.into_iter().map(|incident| incident.0).collect())
}

/// The integration that a go-live is for; the platform where its checklist belongs to no preset.
pub async fn integration_of_go_live(
    tx: &mut Tx,
    go_live: gantry_domain::id::GoLiveId,
) -> Result<Option<IntegrationId>, StoreError> {
    let id = sqlx::query_scalar!(
        r#"select i.id from integrations i, go_lives g
           where g.id = $1 and (i.preset = g.preset and i.environment = g.environment or i.preset = 'platform')
           order by i.preset = g.preset and i.environment = g.environment desc nulls last limit 1"#,
        go_live.0
    )
    .fetch_optional(&mut **tx)
    .await?;
    Ok(id.map(IntegrationId))
}

/// Somebody who can lead, with the role they have now.
pub async fn leader(executor: impl PgExecutor<'_>, id: UserId) -> Result<Option<Actor>, StoreError> {
    let row = sqlx::query!("select name, role from users where id = $1 and disabled_at is null", id.0)
        .fetch_optional(executor)
        .await?;
    row.map(|row| {
        let role = row.role.parse().map_err(StoreError::unreadable("a role"))?;
        Ok(Actor { person: Person { id, name: row.name }, role })
    })
    .transpose()
}

/// Everybody who can lead, by name.
pub async fn leaders(executor: impl PgExecutor<'_>) -> Result<Vec<Person>, StoreError> {
    let rows = sqlx::query!(
        "select id, name from users where disabled_at is null and role in ('release-manager', 'admin')
         order by name, id limit 500"
    )
    .fetch_all(executor)
    .await?;
    Ok(rows.into_iter().map(|row| Person { id: row.id.into(), name: row.name }).collect())
}

/// How the lights of an integration stood when its newest go-live was looked at last.
pub async fn lights_of(
    executor: impl PgExecutor<'_>,
    integration: IntegrationId,
) -> Result<Vec<Found>, StoreError> {
    let all = lights(executor, Some(integration)).await?;
    Ok(all.into_iter().map(|(_, found)| found).collect())
}

/// The same of one integration or of all.
pub async fn lights(
    executor: impl PgExecutor<'_>,
    integration: Option<IntegrationId>,
) -> Result<Vec<(IntegrationId, Found)>, StoreError> {
    let rows = sqlx::query!(
        r#"select i.id, l.light, l.state, l.sentence, l.evidence, l.taken_at, l.period_seconds
           from integrations i
           join lateral (
               select g.id from go_lives g
               where g.preset = i.preset and (g.environment = i.environment or i.preset = 'platform')
               order by g.created_at desc, g.id desc limit 1
           ) newest on true
           join lights l on l.go_live_id = newest.id
           where $1::uuid is null or i.id = $1"#,
        integration.map(|integration| integration.0)
    )
    .fetch_all(executor)
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
            Ok((row.id.into(), found))
        })
        .collect()
}
