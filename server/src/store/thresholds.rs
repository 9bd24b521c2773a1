//! Thresholds with all their versions, and changes that wait for a second person.

use chrono::{DateTime, Utc};
use gantry_domain::actor::Person;
use gantry_domain::alert::{Rule, Version};
use gantry_domain::id::{GoLiveId, IntegrationId, ThresholdId, ThresholdKey};
use gantry_domain::threshold::Threshold;
use sqlx::PgExecutor;
use sqlx::types::Json;
use uuid::Uuid;

use super::{StoreError, Tx};

/// A threshold with its present version.
#[derive(Clone, Debug, PartialEq)]
pub struct Stored {
    /// Its id.
    pub id: ThresholdId,
    /// What it belongs to.
    pub integration: IntegrationId,
    /// The version in use.
    pub version: Version,
}

/// A change that waits for another admin.
#[derive(Clone, Debug, PartialEq)]
pub struct Proposal {
    /// Its id.
    pub id: Uuid,
    /// The version that it was made on.
    pub base_version: u32,
    /// What it would become.
    pub rule: Rule,
    /// When it was proposed.
    pub at: DateTime<Utc>,
    /// By whom.
    pub by: Person,
    /// Why.
    pub why: String,
}

struct Row {
    id: Uuid,
    integration_id: Uuid,
    number: i32,
    rule: Json<Rule>,
    at: DateTime<Utc>,
    by_id: Option<Uuid>,
    by_name: Option<String>,
    approved_by_id: Option<Uuid>,
    approved_by_name: Option<String>,
    why: String,
}

fn person(id: Option<Uuid>, name: Option<String>) -> Option<Person> {
    Some(Person { id: id?.into(), name: name.unwrap_or_default() })
}

pub(super) fn number(number: i32) -> Result<u32, StoreError> {
    u32::try_from(number).map_err(StoreError::unreadable("the number of a version"))
}

fn signed(number: u32) -> Result<i32, StoreError> {
    i32::try_from(number).map_err(StoreError::unreadable("the number of a version"))
}

impl Row {
    fn stored(self) -> Result<Stored, StoreError> {
        Ok(Stored {
            id: self.id.into(),
            integration: self.integration_id.into(),
            version: Version {
                number: number(self.number)?,
                rule: self.rule.0,
                at: self.at,
                by: person(self.by_id, self.by_name),
                approved_by: person(self.approved_by_id, self.approved_by_name),
                why: self.why,
            },
        })
    }
}

macro_rules! select {
    ($rest:literal $(, $argument:expr)*) => {
        sqlx::query_as!(
            Row,
            r#"select t.id, t.integration_id, v.number, v.rule as "rule: Json<Rule>", v.at, v.by_id, v.by_name,
                v.approved_by_id, v.approved_by_name, v.why
            from thresholds t join threshold_versions v on v.threshold_id = t.id "# + $rest
            $(, $argument)*
        )
    };
}

/// All thresholds in their present versions, by integration and place.
pub async fn all(executor: impl PgExecutor<'_>) -> Result<Vec<Stored>, StoreError> {
    let rows = select!(
        "join integrations i on i.id = t.integration_id where v.number = t.version
         order by (i.preset = 'platform'), i.preset, i.environment, t.position, t.key"
    )
    .fetch_all(executor)
    .await?;
    rows.into_iter().map(Row::stored).collect()
}

/// The thresholds of one integration in their present versions, by place.
pub async fn of(
    executor: impl PgExecutor<'_>,
    integration: IntegrationId,
) -> Result<Vec<Stored>, StoreError> {
    let rows = select!(
        "where v.number = t.version and t.integration_id = $1 order by t.position, t.key",
        integration.0
    )
    .fetch_all(executor)
    .await?;
    rows.into_iter().map(Row::stored).collect()
}

/// The thresholds by which a rollout of a go-live is judged: those of its integration, in their present versions.
pub async fn of_go_live(
    executor: impl PgExecutor<'_>,
    go_live: GoLiveId,
) -> Result<Vec<Threshold>, StoreError> {
    let rows = select!(
        "join integrations i on i.id = t.integration_id
         join go_lives g on g.preset = i.preset
             and i.environment = case when g.preset = 'platform' then 'platform' else g.environment end
         where v.number = t.version and g.id = $1 order by t.position, t.key",
        go_live.0
    )
    .fetch_all(executor)
    .await?;
    rows.into_iter()
        .map(|row| {
            let version = row.stored()?.version;
            Ok(Threshold { version: version.number, spec: version.rule.spec })
        })
        .collect()
}

/// Which thresholds there are, and the number of the version in use: what the evaluator asks before each round.
pub async fn numbers(executor: impl PgExecutor<'_>) -> Result<Vec<(ThresholdId, u32)>, StoreError> {
    let rows = sqlx::query!("select id, version from thresholds").fetch_all(executor).await?;
    rows.into_iter().map(|row| Ok((row.id.into(), number(row.version)?))).collect()
}

/// One threshold in its present version.
pub async fn find(executor: impl PgExecutor<'_>, id: ThresholdId) -> Result<Option<Stored>, StoreError> {
    select!("where v.number = t.version and t.id = $1", id.0)
        .fetch_optional(executor)
        .await?
        .map(Row::stored)
        .transpose()
}

/// The threshold of that key of an integration, where it has one.
pub async fn named(
    executor: impl PgExecutor<'_>,
    integration: IntegrationId,
    key: &ThresholdKey,
) -> Result<Option<ThresholdId>, StoreError> {
    let id = sqlx::query_scalar!(
        "select id from thresholds where integration_id = $1 and key = $2",
        integration.0,
        key.as_str()
    )
    .fetch_optional(executor)
    .await?;
    Ok(id.map(ThresholdId))
}

/// All versions of one threshold, newest first.
pub async fn versions(executor: impl PgExecutor<'_>, id: ThresholdId) -> Result<Vec<Version>, StoreError> {
    let rows = select!("where t.id = $1 order by v.number desc", id.0).fetch_all(executor).await?;
    rows.into_iter().map(|row| row.stored().map(|stored| stored.version)).collect()
}

/// Locks a threshold until the transaction ends and reads its present version.
pub async fn lock(tx: &mut Tx, id: ThresholdId) -> Result<Option<Stored>, StoreError> {
    let found = sqlx::query!("select id from thresholds where id = $1 for update", id.0)
        .fetch_optional(&mut **tx)
        .await?;
    if found.is_none() {
        return Ok(None);
    }
    find(&mut **tx, id).await
}

/// Adds a threshold in its first version, unless the integration has one of that key. True when it was added.
pub async fn add(
    tx: &mut Tx,
    integration: IntegrationId,
    position: i32,
    first: &Version,
) -> Result<Option<ThresholdId>, StoreError> {
    let added = sqlx::query_scalar!(
        "insert into thresholds (id, integration_id, key, position, version, created_at)
         values ($1, $2, $3, $4, 1, $5) on conflict do nothing returning id",
        Uuid::now_v7(),
        integration.0,
        first.rule.spec.key.as_str(),
        position,
        first.at
    )
    .fetch_optional(&mut **tx)
    .await?;
    let Some(id) = added else { return Ok(None) };
    put_version(tx, id.into(), first).await?;
    Ok(Some(id.into()))
}

/// Adds a version and puts it to use.
pub async fn add_version(tx: &mut Tx, id: ThresholdId, version: &Version) -> Result<(), StoreError> {
    put_version(tx, id, version).await?;
    sqlx::query!("update thresholds set version = $2 where id = $1", id.0, signed(version.number)?)
        .execute(&mut **tx)
        .await?;
    Ok(())
}

async fn put_version(tx: &mut Tx, id: ThresholdId, version: &Version) -> Result<(), StoreError> {
    sqlx::query!(
        "insert into threshold_versions
             (threshold_id, number, rule, at, by_id, by_name, approved_by_id, approved_by_name, why)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        id.0,
        signed(version.number)?,
        Json(&version.rule) as _,
        version.at,
        version.by.as_ref().map(|by| by.id.0),
        version.by.as_ref().map(|by| by.name.as_str()),
        version.approved_by.as_ref().map(|by| by.id.0),
        version.approved_by.as_ref().map(|by| by.name.as_str()),
        version.why
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// The change that waits, where one does.
pub async fn proposal(
    executor: impl PgExecutor<'_>,
    id: ThresholdId,
) -> Result<Option<Proposal>, StoreError> {
    let row = sqlx::query!(
        r#"select id, base_version, rule as "rule: Json<Rule>", at, by_id, by_name, why
           from threshold_proposals where threshold_id = $1 and decided_at is null"#,
        id.0
    )
    .fetch_optional(executor)
    .await?;
    row.map(|row| {
        Ok(Proposal {
            id: row.id,
            base_version: number(row.base_version)?,
            rule: row.rule.0,
            at: row.at,
            by: Person { id: row.by_id.into(), name: row.by_name },
            why: row.why,
        })
    })
    .transpose()
}

/// Which thresholds have a change that waits.
pub async fn proposed(executor: impl PgExecutor<'_>) -> Result<Vec<ThresholdId>, StoreError> {
    let ids = sqlx::query_scalar!("select threshold_id from threshold_proposals where decided_at is null")
        .fetch_all(executor)
        .await?;
    Ok(ids.into_iter().map(Into::into).collect())
}

/// Keeps a change for another admin to decide on, in place of one that waited before.
pub async fn propose(tx: &mut Tx, id: ThresholdId, proposal: &Proposal) -> Result<(), StoreError> {
    if let Some(before) = self::proposal(&mut **tx, id).await? {
        decided(tx, before.id, &proposal.by, proposal.at, false).await?;
    }
    sqlx::query!(
        "insert into threshold_proposals (id, threshold_id, base_version, rule, at, by_id, by_name, why)
         values ($1, $2, $3, $4, $5, $6, $7, $8)",
        proposal.id,
        id.0,
        signed(proposal.base_version)?,
        Json(&proposal.rule) as _,
        proposal.at,
        proposal.by.id.0,
        proposal.by.name,
        proposal.why
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Notes what became of a proposal.
pub async fn decided(
    tx: &mut Tx,
    proposal: Uuid,
    by: &Person,
    at: DateTime<Utc>,
    approved: bool,
) -> Result<(), StoreError> {
    sqlx::query!(
        "update threshold_proposals
         set decided_at = $2, decided_by_id = $3, decided_by_name = $4, approved = $5
         where id = $1 and decided_at is null",
        proposal,
        at,
        by.id.0,
        by.name,
        approved
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}
