//! Postmortems: sections in all their versions, and action items.

use chrono::{DateTime, Utc};
use gantry_domain::actor::Person;
use gantry_domain::id::{ActionItemId, IncidentId};
use gantry_domain::incident::Incident;
use gantry_domain::postmortem::{ActionItem, Section, Written};
use sqlx::PgExecutor;
use sqlx::types::Json;

use super::{StoreError, Tx};

/// Every section as it stands, in order; those that nobody wrote are empty.
pub async fn sections(
    executor: impl PgExecutor<'_>,
    incident: IncidentId,
) -> Result<Vec<Written>, StoreError> {
    let rows = sqlx::query!(
        "select distinct on (section) section, version, body, by_name, at from postmortem_sections
         where incident_id = $1 order by section, version desc",
        incident.0
    )
    .fetch_all(executor)
    .await?;
    let mut written = Vec::new();
    for section in Section::ALL {
        let found = rows.iter().find(|row| row.section == section.word());
        written.push(match found {
            None => Written::empty(section),
            Some(row) => Written {
                section,
                version: u32::try_from(row.version).map_err(StoreError::unreadable("a version"))?,
                text: row.body.clone(),
                by: Some(row.by_name.clone()),
                at: Some(row.at),
            },
        });
    }
    Ok(written)
}

/// Adds a version. [`super::Constraint::SectionTaken`] when somebody else was quicker.
pub async fn save(
    tx: &mut Tx,
    incident: IncidentId,
    section: Section,
    version: u32,
    text: &str,
    by: &Person,
    at: DateTime<Utc>,
) -> Result<(), StoreError> {
    sqlx::query!(
        "insert into postmortem_sections (incident_id, section, version, body, by_id, by_name, at)
         values ($1, $2, $3, $4, $5, $6, $7)",
        incident.0,
        section.word(),
        i32::try_from(version).map_err(StoreError::unreadable("a version"))?,
        text,
        by.id.0,
        by.name,
        at
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// The action items of an incident, oldest first.
pub async fn items(
    executor: impl PgExecutor<'_>,
    incident: IncidentId,
) -> Result<Vec<ActionItem>, StoreError> {
    let rows = sqlx::query!(
        "select id, body, owner, due, done_at, done_by_name from action_items
         where incident_id = $1 order by made_at, id",
        incident.0
    )
    .fetch_all(executor)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| ActionItem {
            id: ActionItemId(row.id),
            text: row.body,
            owner: row.owner,
            due: row.due,
            done: row.done_at.zip(row.done_by_name),
        })
        .collect())
}

/// The action items of all incidents that are not done, the first to be due first, at most `limit`.
pub async fn open_items(
    executor: impl PgExecutor<'_>,
    limit: i64,
) -> Result<Vec<(Incident, ActionItem)>, StoreError> {
    let rows = sqlx::query!(
        r#"select a.id, a.body, a.owner, a.due, i.incident as "incident: Json<Incident>"
           from action_items a join incidents i on i.id = a.incident_id
           where a.done_at is null order by a.due, a.made_at, a.id limit $1"#,
        limit
    )
    .fetch_all(executor)
    .await?;
    let item = |id, text, owner, due| ActionItem { id: ActionItemId(id), text, owner, due, done: None };
    Ok(rows.into_iter().map(|row| (row.incident.0, item(row.id, row.body, row.owner, row.due))).collect())
}

/// Adds an action item.
pub async fn add_item(
    tx: &mut Tx,
    incident: IncidentId,
    item: &ActionItem,
    by: &str,
    at: DateTime<Utc>,
) -> Result<(), StoreError> {
    sqlx::query!(
        "insert into action_items (id, incident_id, body, owner, due, made_at, made_by_name)
         values ($1, $2, $3, $4, $5, $6, $7)",
        item.id.0,
        incident.0,
        item.text,
        item.owner,
        item.due,
        at,
        by
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Marks an action item as done, or as open again. Its text where it changed.
pub async fn mark_item(
    tx: &mut Tx,
    incident: IncidentId,
    id: ActionItemId,
    done: Option<(DateTime<Utc>, &str)>,
) -> Result<Option<String>, StoreError> {
    let text = sqlx::query_scalar!(
        "update action_items set done_at = $3, done_by_name = $4
         where incident_id = $1 and id = $2 and (done_at is null) = ($3::timestamptz is not null) returning body",
        incident.0,
        id.0,
        done.map(|(at, _)| at),
        done.map(|(_, by)| by)
    )
    .fetch_optional(&mut **tx)
    .await?;
    Ok(text)
}
