//! What an incident is seen together with: its integration, that one's lights, and who can lead.

use gantry_domain::actor::{Actor, Person};
use gantry_domain::id::{GoLiveId, IntegrationId, PresetKey, UserId};
use gantry_domain::light::{Found, State, Which};
use sqlx::PgExecutor;

use crate::store::{StoreError, Tx};

/// The integration that a go-live is for, with the preset of its checklist; the platform where that belongs to none.
pub async fn integration_of_go_live(
    tx: &mut Tx,
    go_live: GoLiveId,
) -> Result<Option<(IntegrationId, Option<PresetKey>)>, StoreError> {
    let row = sqlx::query!(
        r#"select i.id, g.preset from integrations i, go_lives g
           where g.id = $1 and (i.preset = g.preset and i.environment = g.environment or i.preset = 'platform')
           order by i.preset = g.preset and i.environment = g.environment desc nulls last limit 1"#,
        go_live.0
    )
    .fetch_optional(&mut **tx)
    .await?;
    let Some(row) = row else { return Ok(None) };
    let preset = row
        .preset
        .map(|key| key.parse().map_err(StoreError::unreadable("the key of a preset")))
        .transpose()?;
    Ok(Some((row.id.into(), preset)))
}

/// Somebody who can lead, with the role they have now.
pub async fn leader(executor: impl PgExecutor<'_>, id: UserId) -> Result<Option<Actor>, StoreError> {
    let row = sqlx::query!("select name, role from users where id = $1 and disabled_at is null", id.0)
        .fetch_optional(executor)
        .await?;
    row.map(|row| {
        let role = row.role.parse().map_err(StoreError::unreadable("a role"))?;
        Ok(Actor { person: Person { id, name: row.name }, role })
    })
    .transpose()
}

/// Everybody who can lead, by name.
pub async fn leaders(executor: impl PgExecutor<'_>) -> Result<Vec<Person>, StoreError> {
    let rows = sqlx::query!(
        "select id, name from users where disabled_at is null and role in ('release-manager', 'admin')
         order by name, id limit 500"
    )
    .fetch_all(executor)
    .await?;
    Ok(rows.into_iter().map(|row| Person { id: row.id.into(), name: row.name }).collect())
}

/// How the lights of an integration stood when its newest go-live was looked at last.
pub async fn lights_of(
    executor: impl PgExecutor<'_>,
    integration: IntegrationId,
) -> Result<Vec<Found>, StoreError> {
    let all = lights(executor, Some(integration)).await?;
    Ok(all.into_iter().map(|(_, found)| found).collect())
}

/// The same of one integration or of all.
pub async fn lights(
    executor: impl PgExecutor<'_>,
    integration: Option<IntegrationId>,
) -> Result<Vec<(IntegrationId, Found)>, StoreError> {
    let rows = sqlx::query!(
        r#"select i.id, l.light, l.state, l.sentence, l.evidence, l.taken_at, l.period_seconds
           from integrations i
           join lateral (
               select g.id from go_lives g
               where g.preset = i.preset and (g.environment = i.environment or i.preset = 'platform')
               order by g.created_at desc, g.id desc limit 1
           ) newest on true
           join lights l on l.go_live_id = newest.id
           where $1::uuid is null or i.id = $1"#,
        integration.map(|integration| integration.0)
    )
    .fetch_all(executor)
    .await?;
    rows.into_iter()
        .map(|row| {
            let which = Which::ALL.into_iter().find(|which| which.as_str() == row.light);
            let state = State::ALL.into_iter().find(|state| state.word() == row.state);
            let found = Found {
                which: which.ok_or_else(|| StoreError::Unreadable("a light", row.light))?,
                state: state.ok_or_else(|| StoreError::Unreadable("the state of a light", row.state))?,
                sentence: row.sentence,
                evidence: row.evidence,
                taken_at: row.taken_at,
                period_seconds: u32::try_from(row.period_seconds)
                    .map_err(StoreError::unreadable("a period"))?,
            };
            Ok((row.id.into(), found))
        })
        .collect()
}
