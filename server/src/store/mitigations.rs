//! Actions of incidents. What may happen to them is decided by the domain.

use gantry_domain::id::{IncidentId, MitigationId};
use gantry_domain::mitigation::Mitigation;
use gantry_domain::preset::Workload;
use sqlx::PgExecutor;
use sqlx::types::Json;

use super::{StoreError, Tx};

/// An action as it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stored {
    /// The action.
    pub mitigation: Mitigation,
    /// Grows with every change of it.
    pub version: i64,
}

struct Row {
    state: Json<Mitigation>,
    version: i64,
}

impl From<Row> for Stored {
    fn from(row: Row) -> Self {
        Self { mitigation: row.state.0, version: row.version }
    }
}

/// The actions of an incident, newest first.
pub async fn of(executor: impl PgExecutor<'_>, incident: IncidentId) -> Result<Vec<Stored>, StoreError> {
    let rows = sqlx::query_as!(
        Row,
        r#"select state as "state: Json<Mitigation>", version from mitigations
           where incident_id = $1 order by asked_at desc, id desc limit 200"#,
        incident.0
    )
    .fetch_all(executor)
    .await?;
    Ok(rows.into_iter().map(Stored::from).collect())
}

/// One of them.
pub async fn find(executor: impl PgExecutor<'_>, id: MitigationId) -> Result<Option<Stored>, StoreError> {
    let row = sqlx::query_as!(
        Row,
        r#"select state as "state: Json<Mitigation>", version from mitigations where id = $1"#,
        id.0
    )
    .fetch_optional(executor)
    .await?;
    Ok(row.map(Stored::from))
}

/// The switches that stand on a Deployment, whichever incident set them.
pub async fn standing_on(
    executor: impl PgExecutor<'_>,
    workload: &Workload,
) -> Result<Vec<Mitigation>, StoreError> {
    let rows = sqlx::query_scalar!(
        r#"select state as "state: Json<Mitigation>" from mitigations
           where standing and namespace = $1 and deployment = $2 order by asked_at"#,
        workload.namespace,
        workload.deployment
    )
    .fetch_all(executor)
    .await?;
    Ok(rows.into_iter().map(|row| row.0).collect())
}

/// The last actions on a Deployment, whichever incident they were for; the newest first, at most `limit`.
pub async fn lately_on(
    executor: impl PgExecutor<'_>,
    workload: &Workload,
    limit: i64,
) -> Result<Vec<Mitigation>, StoreError> {
    let rows = sqlx::query_scalar!(
        r#"select state as "state: Json<Mitigation>" from mitigations
           where namespace = $1 and deployment = $2 order by asked_at desc limit $3"#,
        workload.namespace,
        workload.deployment,
        limit
    )
    .fetch_all(executor)
    .await?;
    Ok(rows.into_iter().map(|row| row.0).collect())
}

/// Those that are not over.
pub async fn active(executor: impl PgExecutor<'_>) -> Result<Vec<Stored>, StoreError> {
    let rows = sqlx::query_as!(
        Row,
        r#"select state as "state: Json<Mitigation>", version from mitigations where active order by asked_at"#
    )
    .fetch_all(executor)
    .await?;
    Ok(rows.into_iter().map(Stored::from).collect())
}

/// Adds one. [`super::Constraint::MitigationRunning`] while the Deployment has another one that is not over.
pub async fn add(tx: &mut Tx, mitigation: &Mitigation) -> Result<(), StoreError> {
    sqlx::query!(
        "insert into mitigations (id, incident_id, namespace, deployment, state, active, standing, asked_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8)",
        mitigation.id.0,
        mitigation.incident.0,
        mitigation.target.namespace,
        mitigation.target.deployment,
        Json(mitigation) as _,
        !mitigation.phase.is_over(),
        mitigation.stands(),
        mitigation.asked_at
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Stores the next state unless somebody else has changed the row. Whether it did.
pub async fn put(tx: &mut Tx, next: &Mitigation, version: i64) -> Result<bool, StoreError> {
    let saved = sqlx::query!(
        "update mitigations set state = $2, active = $3, standing = $4, version = version + 1
         where id = $1 and version = $5",
        next.id.0,
        Json(next) as _,
        !next.phase.is_over(),
        next.stands(),
        version
    )
    .execute(&mut **tx)
    .await?;
    Ok(saved.rows_affected() == 1)
}

/// Has every rollout of a Deployment keep a variable as it stands, when it compares templates and when it returns.
pub async fn kept_by_rollouts(tx: &mut Tx, workload: &Workload, name: &str) -> Result<(), StoreError> {
    sqlx::query!(
        "update rollouts set version = version + 1,
             state = jsonb_set(state, '{mitigations}', (state -> 'mitigations') || to_jsonb($3::text))
         where namespace = $1 and deployment = $2 and not (state -> 'mitigations') ? $3",
        workload.namespace,
        workload.deployment,
        name
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}
