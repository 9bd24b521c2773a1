//! What admins say about integrations instead of their presets: every version, the newest counts.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use gantry_domain::actor::Person;
use gantry_domain::id::{GoLiveId, IntegrationId, PresetKey};
use gantry_domain::preset::overlay::{Difference, Next, Overrides, Setting, Standing};
use serde_json::Value;
use sqlx::PgExecutor;
use sqlx::types::Json;

use super::integrations::place;
use super::{StoreError, Tx};

/// One version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Version {
    /// Its number.
    pub number: u32,
    /// Everything that it says.
    pub overrides: Overrides,
    /// What it changed.
    pub changes: Vec<Difference>,
    /// When.
    pub at: DateTime<Utc>,
    /// Who.
    pub by_name: String,
    /// Why.
    pub why: String,
}

struct Row {
    version: i32,
    overrides: Value,
    changes: Json<Vec<Difference>>,
    at: DateTime<Utc>,
    by_name: String,
    why: String,
}

impl Row {
    fn version(self) -> Result<Version, StoreError> {
        Ok(Version {
            number: number(self.version)?,
            overrides: read(self.overrides),
            changes: self.changes.0,
            at: self.at,
            by_name: self.by_name,
            why: self.why,
        })
    }
}

/// What is said of one integration now.
pub async fn standing(executor: impl PgExecutor<'_>, id: IntegrationId) -> Result<Standing, StoreError> {
    let row = sqlx::query!(
        "select version, overrides from integration_overrides where integration_id = $1
         order by version desc limit 1",
        id.0
    )
    .fetch_optional(executor)
    .await?;
    row.map_or_else(
        || Ok(Standing::default()),
        |row| Ok(Standing { version: number(row.version)?, overrides: read(row.overrides) }),
    )
}

/// What is said now of the integrations of these presets, each in one environment, by preset. Those of which nothing
/// was ever said are not among them.
pub async fn in_places(
    executor: impl PgExecutor<'_>,
    places: &[(&PresetKey, String)],
) -> Result<BTreeMap<String, Overrides>, StoreError> {
    let presets: Vec<String> = places.iter().map(|(preset, _)| preset.as_str().to_owned()).collect();
    let environments: Vec<String> =
        places.iter().map(|(preset, environment)| place(preset, environment).to_owned()).collect();
    let rows = sqlx::query!(
        r#"select distinct on (i.preset) i.preset as "preset!", o.overrides as "overrides!"
           from unnest($1::text[], $2::text[]) as asked (preset, environment)
           join integrations i on i.preset = asked.preset and i.environment = asked.environment
           join integration_overrides o on o.integration_id = i.id
           order by i.preset, o.version desc"#,
        &presets,
        &environments
    )
    .fetch_all(executor)
    .await?;
    Ok(rows.into_iter().map(|row| (row.preset, read(row.overrides))).collect())
}

/// What is said now of the integration that a go-live is for.
pub async fn of_go_live(executor: impl PgExecutor<'_>, id: GoLiveId) -> Result<Overrides, StoreError> {
    let overrides = sqlx::query_scalar!(
        "select o.overrides from integration_overrides o
         join integrations i on i.id = o.integration_id
         join go_lives g on g.preset = i.preset and (g.environment = i.environment or i.preset = 'platform')
         where g.id = $1 order by o.version desc limit 1",
        id.0
    )
    .fetch_optional(executor)
    .await?;
    Ok(overrides.map(read).unwrap_or_default())
}

/// What is said now of each integration of which anything was ever said: with when and by whom that was said.
pub async fn newest(
    executor: impl PgExecutor<'_>,
) -> Result<Vec<(IntegrationId, Overrides, DateTime<Utc>, String)>, StoreError> {
    let rows = sqlx::query!(
        "select distinct on (integration_id) integration_id, overrides, at, by_name from integration_overrides
         order by integration_id, version desc"
    )
    .fetch_all(executor)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| (row.integration_id.into(), read(row.overrides), row.at, row.by_name))
        .collect())
}

/// The versions of one integration, newest first, as many as anybody reads.
pub async fn history(executor: impl PgExecutor<'_>, id: IntegrationId) -> Result<Vec<Version>, StoreError> {
    let rows = sqlx::query_as!(
        Row,
        r#"select version, overrides, changes as "changes: Json<Vec<Difference>>", at, by_name, why
           from integration_overrides where integration_id = $1 order by version desc limit 100"#,
        id.0
    )
    .fetch_all(executor)
    .await?;
    rows.into_iter().map(Row::version).collect()
}

/// One version of one integration.
pub async fn version(
    executor: impl PgExecutor<'_>,
    id: IntegrationId,
    number: u32,
) -> Result<Option<Version>, StoreError> {
    // A number that the database cannot hold is no version.
    let Ok(number) = i32::try_from(number) else { return Ok(None) };
    let row = sqlx::query_as!(
        Row,
        r#"select version, overrides, changes as "changes: Json<Vec<Difference>>", at, by_name, why
           from integration_overrides where integration_id = $1 and version = $2"#,
        id.0,
        number
    )
    .fetch_optional(executor)
    .await?;
    row.map(Row::version).transpose()
}

/// Has whoever else changes this integration wait until this transaction ends.
pub async fn lock(tx: &mut Tx, id: IntegrationId) -> Result<(), StoreError> {
    sqlx::query_scalar!("select id from integrations where id = $1 for update", id.0)
        .fetch_optional(&mut **tx)
        .await?;
    Ok(())
}

/// Adds the next version.
pub async fn add(
    tx: &mut Tx,
    id: IntegrationId,
    next: &Next,
    by: &Person,
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    sqlx::query!(
        "insert into integration_overrides (integration_id, version, overrides, changes, at, by_id, by_name, why)
         values ($1, $2, $3, $4, $5, $6, $7, $8)",
        id.0,
        i32::try_from(next.version).map_err(StoreError::unreadable("a version"))?,
        Json(&next.overrides) as _,
        Json(&next.changes) as _,
        now,
        by.id.0,
        by.name,
        next.why
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

fn number(version: i32) -> Result<u32, StoreError> {
    u32::try_from(version).map_err(StoreError::unreadable("a version"))
}

/// A setting that is known no more says nothing.
fn read(stored: Value) -> Overrides {
    let Value::Object(stored) = stored else { return Overrides::new() };
    stored
        .into_iter()
        .filter_map(|(word, line)| Some((Setting::from_word(&word)?, line.as_str()?.to_owned())))
        .collect()
}
