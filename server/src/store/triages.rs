//! Triages of incidents: what the four looks found, and who overruled which answer.

use chrono::{DateTime, Utc};
use gantry_domain::id::IncidentId;
use gantry_domain::triage::{Findings, Overrule};
use sqlx::PgExecutor;
use sqlx::types::Json;
use uuid::Uuid;

use super::{StoreError, Tx};

/// Who looked where nobody asked for it.
pub const BY_ITSELF: &str = "Gantry, automatically";

/// One look of somebody.
#[derive(Debug, Clone, PartialEq)]
pub struct Triage {
    /// Its id.
    pub id: Uuid,
    /// When.
    pub taken_at: DateTime<Utc>,
    /// Name of who looked.
    pub by: String,
    /// What was found.
    pub findings: Findings,
    /// Who overruled what, oldest first.
    pub overruled: Vec<Overrule>,
    /// Grows with every overruling.
    pub version: i64,
}

struct Row {
    id: Uuid,
    taken_at: DateTime<Utc>,
    by_name: String,
    findings: Json<Findings>,
    overruled: Json<Vec<Overrule>>,
    version: i64,
}

impl From<Row> for Triage {
    fn from(row: Row) -> Self {
        Self {
            id: row.id,
            taken_at: row.taken_at,
            by: row.by_name,
            findings: row.findings.0,
            overruled: row.overruled.0,
            version: row.version,
        }
    }
}

/// The triages of an incident, newest first.
pub async fn of(
    executor: impl PgExecutor<'_>,
    incident: IncidentId,
    most: i64,
) -> Result<Vec<Triage>, StoreError> {
    let rows = sqlx::query_as!(
        Row,
        r#"select id, taken_at, by_name, findings as "findings: Json<Findings>",
               overruled as "overruled: Json<Vec<Overrule>>", version
           from triages where incident_id = $1 order by taken_at desc, id desc limit $2"#,
        incident.0,
        most
    )
    .fetch_all(executor)
    .await?;
    Ok(rows.into_iter().map(Triage::from).collect())
}

/// The newest, locked until the transaction ends.
pub async fn lock_newest(tx: &mut Tx, incident: IncidentId) -> Result<Option<Triage>, StoreError> {
    let row = sqlx::query_as!(
        Row,
        r#"select id, taken_at, by_name, findings as "findings: Json<Findings>",
               overruled as "overruled: Json<Vec<Overrule>>", version
           from triages where incident_id = $1 order by taken_at desc, id desc limit 1 for update"#,
        incident.0
    )
    .fetch_optional(&mut **tx)
    .await?;
    Ok(row.map(Triage::from))
}

/// Adds one.
pub async fn add(tx: &mut Tx, incident: IncidentId, triage: &Triage) -> Result<(), StoreError> {
    sqlx::query!(
        "insert into triages (id, incident_id, taken_at, by_name, findings, overruled) values ($1, $2, $3, $4, $5, $6)",
        triage.id,
        incident.0,
        triage.taken_at,
        triage.by,
        Json(&triage.findings) as _,
        Json(&triage.overruled) as _
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Stores what was overruled of a locked one.
pub async fn overrule(tx: &mut Tx, id: Uuid, overruled: &[Overrule]) -> Result<(), StoreError> {
    sqlx::query!(
        "update triages set overruled = $2, version = version + 1 where id = $1",
        id,
        Json(overruled) as _
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}
