//! The timelines of incidents: entries are only ever added, and an edit is one more edition.

use chrono::{DateTime, Utc};
use gantry_domain::actor::Person;
use gantry_domain::id::{EntryId, IncidentId};
use gantry_domain::incident::entry::{Edition, Entry, EntryKind, NewEntry};
use sqlx::PgExecutor;
use uuid::Uuid;

use crate::store::{StoreError, Tx};

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
    written_at: DateTime<Utc>,
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
        Ok(Placed { seq: self.seq, written_at: self.written_at, entry })
    }
}

/// An entry with its place.
#[derive(Clone, Debug, PartialEq)]
pub struct Placed {
    /// Its number, in the order in which entries were written.
    pub seq: i64,
    /// When its last edition was written.
    pub written_at: DateTime<Utc>,
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
               written_at as "written_at!", actor_id, actor_name, text as "text!", link, detail as "detail!", public as "public!", edits as "edits!"
           from (
               select e.id, e.seq, e.kind, coalesce(n.happened_at, e.happened_at) as happened_at, e.recorded_at,
                   coalesce(n.at, e.recorded_at) as written_at, e.actor_id, e.actor_name, coalesce(n.text, e.text) as text,
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
               e.recorded_at as "recorded_at!", coalesce(n.at, e.recorded_at) as "written_at!", e.actor_id, e.actor_name,
               coalesce(n.text, e.text) as "text!", case when n.entry_id is null then e.link else n.link end as link, e.detail as "detail!",
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
