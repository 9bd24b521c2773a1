//! Incidents that nobody outside was told of yet.

use gantry_domain::preset::Severity;
use sqlx::PgExecutor;

use super::StoreError;

/// How bad those are that are open and have no entry that everybody may read.
pub async fn severities(executor: impl PgExecutor<'_>) -> Result<Vec<Severity>, StoreError> {
    let words = sqlx::query_scalar!(
        "select distinct i.severity from incidents i
         where i.open
             and not exists (
                 select 1 from incident_entries e
                 left join lateral (
                     select n.public from incident_entry_editions n
                     where n.entry_id = e.id order by n.edition desc limit 1
                 ) n on true
                 where e.incident_id = i.id and coalesce(n.public, e.public)
             )"
    )
    .fetch_all(executor)
    .await?;
    words.iter().map(|word| word.parse().map_err(StoreError::unreadable("a severity"))).collect()
}
