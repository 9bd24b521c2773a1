//! Which severities the timelines of incidents name.

use gantry_domain::id::IncidentId;
use gantry_domain::preset::Severity;
use sqlx::PgExecutor;
use uuid::Uuid;

use super::StoreError;

/// The severities that these incidents were changed from and to, each once.
pub async fn named(
    executor: impl PgExecutor<'_>,
    incidents: &[IncidentId],
) -> Result<Vec<(IncidentId, Severity)>, StoreError> {
    let ids: Vec<Uuid> = incidents.iter().map(|id| id.0).collect();
    let rows = sqlx::query!(
        r#"select distinct e.incident_id as "incident_id!", s.severity as "severity!"
           from incident_entries e
           cross join lateral (values (e.detail ->> 'from'), (e.detail ->> 'to')) as s (severity)
           where e.incident_id = any($1) and e.kind = 'severity' and s.severity is not null"#,
        &ids
    )
    .fetch_all(executor)
    .await?;
    rows.into_iter()
        .map(|row| {
            let severity = row.severity.parse().map_err(StoreError::unreadable("a severity"))?;
            Ok((row.incident_id.into(), severity))
        })
        .collect()
}
