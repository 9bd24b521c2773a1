//! Integrations: one preset in one environment, with the workload it runs as.

use chrono::{DateTime, Utc};
use gantry_domain::id::{IntegrationId, PresetKey};
use gantry_domain::preset::Workload;
use sqlx::PgExecutor;
use sqlx::types::Json;
use uuid::Uuid;

use super::{StoreError, Tx};

/// The preset that is about the platform as a whole, and the environment in which it has its one integration.
pub const PLATFORM: &str = "platform";

/// One preset in one environment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Integration {
    /// Its id.
    pub id: IntegrationId,
    /// What it was made from.
    pub preset: PresetKey,
    /// Where it runs.
    pub environment: String,
    /// What it runs as, as the newest go-live says; none for the platform.
    pub workload: Option<Workload>,
    /// When its first go-live was opened.
    pub created_at: DateTime<Utc>,
}

struct Row {
    id: Uuid,
    preset: String,
    environment: String,
    workload: Option<Json<Workload>>,
    created_at: DateTime<Utc>,
}

impl Row {
    fn integration(self) -> Result<Integration, StoreError> {
        Ok(Integration {
            id: self.id.into(),
            preset: self.preset.parse().map_err(StoreError::unreadable("the key of a preset"))?,
            environment: self.environment,
            workload: self.workload.map(|workload| workload.0),
            created_at: self.created_at,
        })
    }
}

/// All of them, by preset and environment.
pub async fn all(executor: impl PgExecutor<'_>) -> Result<Vec<Integration>, StoreError> {
    let rows = sqlx::query_as!(
        Row,
        r#"select id, preset, environment, workload as "workload: Json<Workload>", created_at
           from integrations order by preset, environment"#
    )
    .fetch_all(executor)
    .await?;
    rows.into_iter().map(Row::integration).collect()
}

/// One of them.
pub async fn find(
    executor: impl PgExecutor<'_>,
    id: IntegrationId,
) -> Result<Option<Integration>, StoreError> {
    let row = sqlx::query_as!(
        Row,
        r#"select id, preset, environment, workload as "workload: Json<Workload>", created_at
           from integrations where id = $1"#,
        id.0
    )
    .fetch_optional(executor)
    .await?;
    row.map(Row::integration).transpose()
}

/// The one of a preset in an environment.
pub async fn of(
    executor: impl PgExecutor<'_>,
    preset: &PresetKey,
    environment: &str,
) -> Result<Option<Integration>, StoreError> {
    let row = sqlx::query_as!(
        Row,
        r#"select id, preset, environment, workload as "workload: Json<Workload>", created_at
           from integrations where preset = $1 and environment = $2"#,
        preset.as_str(),
        place(preset, environment)
    )
    .fetch_optional(executor)
    .await?;
    row.map(Row::integration).transpose()
}

/// Sees to it that there is one of this preset in this environment, and that it has the workload of the newest go-live.
/// The platform has one alone, whatever environment its go-lives are for.
pub async fn ensure(
    tx: &mut Tx,
    preset: &PresetKey,
    environment: &str,
    workload: &Workload,
    now: DateTime<Utc>,
) -> Result<IntegrationId, StoreError> {
    let workload = (preset.as_str() != PLATFORM).then_some(Json(workload));
    let id = sqlx::query_scalar!(
        "insert into integrations (id, preset, environment, workload, created_at) values ($1, $2, $3, $4, $5)
         on conflict (preset, environment) do update set workload = excluded.workload
         returning id",
        Uuid::now_v7(),
        preset.as_str(),
        place(preset, environment),
        workload as _,
        now
    )
    .fetch_one(&mut **tx)
    .await?;
    Ok(id.into())
}

/// The environment in which the integration of this preset is kept.
pub(super) fn place<'a>(preset: &PresetKey, environment: &'a str) -> &'a str {
    if preset.as_str() == PLATFORM { PLATFORM } else { environment }
}
