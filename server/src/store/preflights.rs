//! The last pre-flight of each go-live, and the overrides of it.

use chrono::{DateTime, Utc};
use gantry_domain::actor::Person;
use gantry_domain::id::GoLiveId;
use gantry_domain::preflight::{Check, Finding, Override};
use gantry_domain::release::Binding;
use sqlx::PgExecutor;
use sqlx::types::Json;

use super::{StoreError, Tx};

/// A pre-flight.
#[derive(Debug, Clone, PartialEq)]
pub struct Taken {
    /// What was found.
    pub findings: Vec<Finding>,
    /// When.
    pub taken_at: DateTime<Utc>,
}

/// The last one.
pub async fn of(executor: impl PgExecutor<'_>, id: GoLiveId) -> Result<Option<Taken>, StoreError> {
    let row = sqlx::query!(
        r#"select findings as "findings: Json<Vec<Finding>>", taken_at from preflights where go_live_id = $1"#,
        id.0
    )
    .fetch_optional(executor)
    .await?;
    Ok(row.map(|row| Taken { findings: row.findings.0, taken_at: row.taken_at }))
}

/// Stores it in place of the one before.
pub async fn put(tx: &mut Tx, id: GoLiveId, taken: &Taken) -> Result<(), StoreError> {
    sqlx::query!(
        "insert into preflights (go_live_id, findings, taken_at) values ($1, $2, $3)
         on conflict (go_live_id) do update set findings = excluded.findings, taken_at = excluded.taken_at",
        id.0,
        Json(&taken.findings) as _,
        taken.taken_at
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// The overrides that were given for this release, the first one first.
pub async fn overridden(
    executor: impl PgExecutor<'_>,
    id: GoLiveId,
    binding: &Binding,
) -> Result<Vec<Override>, StoreError> {
    let rows = sqlx::query!(
        r#"select by_name, reason, checks as "checks: Json<Vec<Check>>", binding from preflight_overrides
           where go_live_id = $1 order by seq"#,
        id.0
    )
    .fetch_all(executor)
    .await?;
    // Not compared as a text: one that was given before it was known what runs in the cluster still is about this release.
    let about = |given: &str| binding.changed_since(&Binding::stored(given)).is_none();
    let made = rows.into_iter().filter(|row| about(&row.binding)).map(|row| Override {
        by: row.by_name,
        reason: row.reason,
        checks: row.checks.0,
    });
    Ok(made.collect())
}

/// Adds an override.
pub async fn add_override(
    tx: &mut Tx,
    id: GoLiveId,
    by: &Person,
    reason: &str,
    checks: &[Check],
    binding: &str,
    at: DateTime<Utc>,
) -> Result<(), StoreError> {
    sqlx::query!(
        "insert into preflight_overrides (go_live_id, at, by_id, by_name, reason, checks, binding)
         values ($1, $2, $3, $4, $5, $6, $7)",
        id.0,
        at,
        by.id.0,
        by.name,
        reason,
        Json(checks) as _,
        binding
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}
