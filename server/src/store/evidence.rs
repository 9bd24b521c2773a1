//! Evidence bundles: their parts and files as they were collected.

use chrono::{DateTime, Utc};
use gantry_domain::evidence::{File, Part, Standing};
use gantry_domain::id::{BundleId, IncidentId};
use sqlx::PgExecutor;
use sqlx::types::Json;
use uuid::Uuid;

use super::{StoreError, Tx};

/// One collecting.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bundle {
    /// Its id.
    pub id: BundleId,
    /// Of which incident.
    pub incident: IncidentId,
    /// When it was asked for.
    pub asked_at: DateTime<Utc>,
    /// By whom.
    pub by: String,
    /// When it was complete.
    pub finished_at: Option<DateTime<Utc>>,
    /// Its parts as far as they are settled.
    pub parts: Vec<(Part, Standing)>,
}

struct Row {
    id: Uuid,
    incident_id: Uuid,
    asked_at: DateTime<Utc>,
    asked_by_name: String,
    finished_at: Option<DateTime<Utc>>,
    parts: Json<Vec<(String, Standing)>>,
}

impl From<Row> for Bundle {
    fn from(row: Row) -> Self {
        let mut parts: Vec<(Part, Standing)> = row
            .parts
            .0
            .into_iter()
            .filter_map(|(word, standing)| Some((Part::from_word(&word)?, standing)))
            .collect();
        parts.sort_by_key(|(part, _)| *part);
        Self {
            id: row.id.into(),
            incident: row.incident_id.into(),
            asked_at: row.asked_at,
            by: row.asked_by_name,
            finished_at: row.finished_at,
            parts,
        }
    }
}

/// The bundles of an incident, newest first.
pub async fn of(executor: impl PgExecutor<'_>, incident: IncidentId) -> Result<Vec<Bundle>, StoreError> {
    let rows = sqlx::query_as!(
        Row,
        r#"select id, incident_id, asked_at, asked_by_name, finished_at, coalesce(
               (select jsonb_agg(jsonb_build_array(part, standing)) from evidence_parts where bundle_id = id), '[]'
           ) as "parts!: Json<Vec<(String, Standing)>>"
           from evidence_bundles where incident_id = $1 order by asked_at desc, id desc limit 20"#,
        incident.0
    )
    .fetch_all(executor)
    .await?;
    Ok(rows.into_iter().map(Bundle::from).collect())
}

/// One of them.
pub async fn find(executor: impl PgExecutor<'_>, id: BundleId) -> Result<Option<Bundle>, StoreError> {
    let row = sqlx::query_as!(
        Row,
        r#"select id, incident_id, asked_at, asked_by_name, finished_at, coalesce(
               (select jsonb_agg(jsonb_build_array(part, standing)) from evidence_parts where bundle_id = id), '[]'
           ) as "parts!: Json<Vec<(String, Standing)>>"
           from evidence_bundles where id = $1"#,
        id.0
    )
    .fetch_optional(executor)
    .await?;
    Ok(row.map(Bundle::from))
}

/// Those that are not complete, oldest first.
pub async fn unfinished(executor: impl PgExecutor<'_>) -> Result<Vec<BundleId>, StoreError> {
    let ids =
        sqlx::query_scalar!("select id from evidence_bundles where finished_at is null order by asked_at")
            .fetch_all(executor)
            .await?;
    Ok(ids.into_iter().map(BundleId).collect())
}

/// Adds one.
pub async fn add(
    tx: &mut Tx,
    id: BundleId,
    incident: IncidentId,
    by: &str,
    at: DateTime<Utc>,
) -> Result<(), StoreError> {
    sqlx::query!(
        "insert into evidence_bundles (id, incident_id, asked_at, asked_by_name) values ($1, $2, $3, $4)",
        id.0,
        incident.0,
        at,
        by
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Settles a part, with its files. What was collected of it before is replaced.
pub async fn settle(
    tx: &mut Tx,
    id: BundleId,
    part: Part,
    standing: &Standing,
    files: &[(File, Vec<u8>)],
) -> Result<(), StoreError> {
    sqlx::query!("delete from evidence_files where bundle_id = $1 and part = $2", id.0, part.word())
        .execute(&mut **tx)
        .await?;
    for (file, content) in files {
        sqlx::query!(
            "insert into evidence_files (bundle_id, part, path, content, sha256) values ($1, $2, $3, $4, $5)
             on conflict (bundle_id, path) do nothing",
            id.0,
            part.word(),
            file.path,
            &content[..],
            file.sha256
        )
        .execute(&mut **tx)
        .await?;
    }
    sqlx::query!(
        "insert into evidence_parts (bundle_id, part, standing) values ($1, $2, $3)
         on conflict (bundle_id, part) do update set standing = excluded.standing",
        id.0,
        part.word(),
        Json(standing) as _
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Marks it as complete. Whether it was not before.
pub async fn finish(tx: &mut Tx, id: BundleId, at: DateTime<Utc>) -> Result<bool, StoreError> {
    let done = sqlx::query!(
        "update evidence_bundles set finished_at = $2 where id = $1 and finished_at is null",
        id.0,
        at
    )
    .execute(&mut **tx)
    .await?;
    Ok(done.rows_affected() > 0)
}

/// Has what was missing collected again.
pub async fn reopen(tx: &mut Tx, id: BundleId) -> Result<(), StoreError> {
    sqlx::query!("delete from evidence_parts where bundle_id = $1 and standing ->> 'is' = 'missing'", id.0)
        .execute(&mut **tx)
        .await?;
    sqlx::query!("update evidence_bundles set finished_at = null where id = $1", id.0)
        .execute(&mut **tx)
        .await?;
    Ok(())
}

/// Every file with its content, by path.
pub async fn files(executor: impl PgExecutor<'_>, id: BundleId) -> Result<Vec<(File, Vec<u8>)>, StoreError> {
    let rows = sqlx::query!(
        "select path, content, sha256 from evidence_files where bundle_id = $1 order by path",
        id.0
    )
    .fetch_all(executor)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| {
            let bytes = u64::try_from(row.content.len()).unwrap_or(u64::MAX);
            (File { path: row.path, bytes, sha256: row.sha256 }, row.content)
        })
        .collect())
}
