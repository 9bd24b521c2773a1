//! Go-lives, read whole: the checklist, its history and the overrides come in one statement.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use gantry_domain::actor::Person;
use gantry_domain::checklist::Entry;
use gantry_domain::golive::{ChecklistSection, GoLive};
use gantry_domain::id::GoLiveId;
use gantry_domain::preset::{Section, Workload};
use gantry_domain::release::{Release, Running};
use sqlx::types::Json;
use sqlx::{PgExecutor, PgPool};
use uuid::Uuid;

use super::entries::{EntryRow, OverrideRow};
use super::{StoreError, Tx, sections};

/// A go-live with what is kept beside it.
#[derive(Clone, Debug, PartialEq)]
pub struct Stored {
    /// The go-live.
    pub go_live: GoLive,
    /// The configuration as it was described; the release holds its hash.
    pub configuration: String,
    /// The rollout plan, where somebody has changed it.
    pub plan: Option<serde_json::Value>,
}

struct Row {
    id: Uuid,
    preset: Option<String>,
    integration: String,
    environment: String,
    namespace: String,
    deployment: String,
    container: String,
    image: String,
    digest: Option<String>,
    configuration: String,
    config_hash: String,
    running: Option<String>,
    running_since: Option<DateTime<Utc>>,
    from_image: Option<String>,
    sections: String,
    plan: Option<serde_json::Value>,
    version: i64,
    created_by: Uuid,
    created_by_name: String,
    created_at: DateTime<Utc>,
    entries: Json<Vec<EntryRow>>,
    overrides: Json<Vec<OverrideRow>>,
}

impl Row {
    fn stored(self) -> Result<Stored, StoreError> {
        let mut histories: BTreeMap<String, Vec<Entry>> = BTreeMap::new();
        for row in self.entries.0 {
            histories.entry(row.item.clone()).or_default().push(row.entry()?);
        }
        let mut sections: Vec<ChecklistSection> =
            sections::parse(&self.sections)?.into_iter().map(ChecklistSection::new).collect();
        for item in sections.iter_mut().flat_map(|section| &mut section.items) {
            item.entries = histories.remove(item.spec.key.as_str()).unwrap_or_default();
        }
        let go_live = GoLive {
            id: self.id.into(),
            preset: self
                .preset
                .map(|key| key.parse().map_err(StoreError::unreadable("the key of a preset")))
                .transpose()?,
            integration: self.integration,
            environment: self.environment,
            workload: Workload {
                namespace: self.namespace,
                deployment: self.deployment,
                container: self.container,
            },
            release: Release {
                image: self.image.parse().map_err(StoreError::unreadable("an image"))?,
                digest: self.digest,
                config_hash: self.config_hash,
            },
            running: self
                .running
                .zip(self.running_since)
                .map(|(fingerprint, noticed_at)| Running { fingerprint, noticed_at }),
            from_image: self
                .from_image
                .map(|image| image.parse().map_err(StoreError::unreadable("an image")))
                .transpose()?,
            sections,
            overrides: self.overrides.0.into_iter().map(Into::into).collect(),
            version: self.version,
            created_by: Person { id: self.created_by.into(), name: self.created_by_name },
            created_at: self.created_at,
        };
        Ok(Stored { go_live, configuration: self.configuration, plan: self.plan })
    }
}

macro_rules! select {
    ($rest:literal $(, $argument:expr)*) => {
        sqlx::query_as!(
            Row,
            r#"select g.id, g.preset, g.integration, g.environment, g.namespace, g.deployment, g.container, g.image,
                g.digest, g.configuration, g.config_hash, g.running, g.running_since, g.from_image, g.sections::text as "sections!",
                g.plan, g.version, g.created_by, g.created_by_name, g.created_at,
                coalesce((select json_agg(e order by e.item, e.seq) from item_entries e where e.go_live_id = g.id), '[]')
                    as "entries!: Json<Vec<EntryRow>>",
                coalesce((select json_agg(o order by o.seq) from gate_overrides o where o.go_live_id = g.id), '[]')
                    as "overrides!: Json<Vec<OverrideRow>>"
            from go_lives g "# + $rest
            $(, $argument)*
        )
    };
}

/// All go-lives, newest first, at most `limit`.
pub async fn list(pool: &PgPool, limit: i64) -> Result<Vec<Stored>, StoreError> {
    let rows = select!("order by g.created_at desc, g.id desc limit $1", limit).fetch_all(pool).await?;
    rows.into_iter().map(Row::stored).collect()
}

/// One go-live.
pub async fn find(executor: impl PgExecutor<'_>, id: GoLiveId) -> Result<Option<Stored>, StoreError> {
    select!("where g.id = $1", id.0).fetch_optional(executor).await?.map(Row::stored).transpose()
}

/// Locks the go-live until the transaction ends, counts its version up and reads it as it now is. What is read here
/// cannot change before the transaction ends; the version in it is the new one.
pub async fn lock(tx: &mut Tx, id: GoLiveId) -> Result<Option<Stored>, StoreError> {
    let locked = sqlx::query!("update go_lives set version = version + 1 where id = $1", id.0)
        .execute(&mut **tx)
        .await?;
    if locked.rows_affected() == 0 {
        return Ok(None);
    }
    // A statement of its own: only that one sees what others committed while this waited for the lock.
    find(&mut **tx, id).await
}

/// Stores a new go-live; its items have no history yet.
pub async fn add(tx: &mut Tx, stored: &Stored) -> Result<(), StoreError> {
    let go_live = &stored.go_live;
    let sections: Vec<Section> = go_live
        .sections
        .iter()
        .map(|section| Section {
            key: section.key.clone(),
            title: section.title.clone(),
            phase: section.phase,
            items: section.items.iter().map(|item| item.spec.clone()).collect(),
        })
        .collect();
    sqlx::query!(
        "insert into go_lives (id, preset, integration, environment, namespace, deployment, container, image, digest,
             configuration, config_hash, from_image, sections, plan, version, created_by, created_by_name, created_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18)",
        go_live.id.0,
        go_live.preset.as_ref().map(gantry_domain::id::PresetKey::as_str),
        go_live.integration,
        go_live.environment,
        go_live.workload.namespace,
        go_live.workload.deployment,
        go_live.workload.container,
        go_live.release.image.to_string(),
        go_live.release.digest,
        stored.configuration,
        go_live.release.config_hash,
        go_live.from_image.as_ref().map(ToString::to_string),
        Json(&sections) as _,
        stored.plan,
        go_live.version,
        go_live.created_by.id.0,
        go_live.created_by.name,
        go_live.created_at
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Changes what is to be released.
pub async fn set_release(
    tx: &mut Tx,
    id: GoLiveId,
    release: &Release,
    configuration: &str,
) -> Result<(), StoreError> {
    sqlx::query!(
        "update go_lives set image = $2, digest = $3, config_hash = $4, configuration = $5 where id = $1",
        id.0,
        release.image.to_string(),
        release.digest,
        release.config_hash,
        configuration
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Keeps what was seen to run in the cluster, where nothing was known of it.
pub async fn first_running(tx: &mut Tx, id: GoLiveId, seen: &Running) -> Result<(), StoreError> {
    sqlx::query!(
        "update go_lives set running = $2, running_since = $3 where id = $1 and running is null",
        id.0,
        seen.fingerprint,
        seen.noticed_at
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Keeps that something else runs in the cluster than what was `known`, and counts the version up. Whether that still was
/// what was known.
pub async fn change_running(
    tx: &mut Tx,
    id: GoLiveId,
    known: &Running,
    seen: &Running,
) -> Result<bool, StoreError> {
    let changed = sqlx::query!(
        "update go_lives set running = $3, running_since = $4, version = version + 1
         where id = $1 and running = $2",
        id.0,
        known.fingerprint,
        seen.fingerprint,
        seen.noticed_at
    )
    .execute(&mut **tx)
    .await?;
    Ok(changed.rows_affected() == 1)
}

/// Changes the rollout plan.
pub async fn set_plan(tx: &mut Tx, id: GoLiveId, plan: &serde_json::Value) -> Result<(), StoreError> {
    sqlx::query!("update go_lives set plan = $2 where id = $1", id.0, plan).execute(&mut **tx).await?;
    Ok(())
}
