//! Alert thresholds: where they come from, which versions are in use, and what their pages show.

pub mod editing;
pub mod files;
pub mod queries;
pub mod trial;

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, TimeDelta, Utc};
use gantry_domain::alert::{Rule, Standing, State, Version};
use gantry_domain::id::{IntegrationId, ThresholdId};
use gantry_domain::preset::{Preset, Workload};

use crate::store::alert_states::{Changed, Round, SAMPLE_SECONDS, SAMPLES};
use crate::store::integrations::Integration;
use crate::store::thresholds::{Proposal, Stored};
use crate::store::{Db, StoreError, Tx, alert_states, integrations, thresholds};

/// How often thresholds are evaluated, in seconds.
pub const PERIOD_SECONDS: u32 = 15;

/// Gives every integration the thresholds of its preset that it does not have yet.
pub async fn seed(db: &Db, presets: &[Preset], now: DateTime<Utc>) -> Result<(), StoreError> {
    let presets = presets.to_vec();
    db.tx(move |tx| {
        Box::pin(async move {
            for integration in integrations::all(&mut **tx).await? {
                if let Some(preset) = presets.iter().find(|preset| preset.key == integration.preset) {
                    seed_one(tx, integration.id, preset, now).await?;
                }
            }
            Ok(())
        })
    })
    .await
}

/// Gives one integration the thresholds of its preset that it does not have yet.
pub async fn seed_one(
    tx: &mut Tx,
    integration: IntegrationId,
    preset: &Preset,
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    for (spec, position) in preset.thresholds.iter().zip(0_i32..) {
        let first = Version {
            number: 1,
            rule: Rule::from(spec.clone()),
            at: now,
            by: None,
            approved_by: None,
            why: format!("Shipped with the preset {}", preset.name),
        };
        thresholds::add(tx, integration, position, &first).await?;
    }
    Ok(())
}

/// What the placeholders of an integration's queries stand for.
pub fn workload(integration: &Integration, presets: &[Preset]) -> Workload {
    integration.workload.clone().unwrap_or_else(|| {
        let usual =
            presets.iter().find(|preset| preset.key == integration.preset).map(|preset| &preset.workload);
        usual.map_or_else(
            || Workload { namespace: String::new(), deployment: String::new(), container: String::new() },
            |usual| Workload {
                namespace: usual.namespace.clone(),
                deployment: usual.deployment.clone(),
                container: usual.container.clone(),
            },
        )
    })
}

/// One threshold in a table.
#[derive(Clone, Debug)]
pub struct Listed {
    /// The threshold.
    pub stored: Stored,
    /// How it stands; none where it was never evaluated.
    pub standing: Option<Standing>,
    /// Its worst values, oldest first.
    pub samples: Vec<(DateTime<Utc>, f64)>,
    /// Whether a change of it waits for a second person.
    pub proposed: bool,
}

/// All thresholds with their integrations, and how the evaluator is.
#[derive(Clone, Debug, Default)]
pub struct Overview {
    /// Integrations by id.
    pub integrations: BTreeMap<IntegrationId, Integration>,
    /// Thresholds, in the order of their integrations.
    pub thresholds: Vec<Listed>,
    /// The evaluator's last round.
    pub round: Option<Round>,
}

/// Reads all of it.
pub async fn overview(db: &Db, now: DateTime<Utc>) -> Result<Overview, StoreError> {
    let pool = db.pool();
    let from = samples_from(now);
    let (integrations, stored, standings, samples, round, proposed) = db
        .read(async {
            tokio::try_join!(
                integrations::all(pool),
                thresholds::all(pool),
                alert_states::all(pool),
                alert_states::samples(pool, from),
                alert_states::round(pool),
                thresholds::proposed(pool)
            )
        })
        .await?;
    let mut standings: BTreeMap<ThresholdId, Standing> = standings.into_iter().collect();
    let proposed: BTreeSet<ThresholdId> = proposed.into_iter().collect();
    let mut curves: BTreeMap<ThresholdId, Vec<(DateTime<Utc>, f64)>> = BTreeMap::new();
    for (id, at, worst) in samples {
        curves.entry(id).or_default().push((at, worst));
    }
    let thresholds = stored
        .into_iter()
        .map(|stored| Listed {
            standing: standings.remove(&stored.id),
            samples: curves.remove(&stored.id).unwrap_or_default(),
            proposed: proposed.contains(&stored.id),
            stored,
        })
        .collect();
    let integrations = integrations.into_iter().map(|one| (one.id, one)).collect();
    Ok(Overview { integrations, thresholds, round })
}

/// The beginning of the small curves.
pub fn samples_from(now: DateTime<Utc>) -> DateTime<Utc> {
    bucket(now) - TimeDelta::seconds(SAMPLE_SECONDS * (SAMPLES - 1))
}

/// The beginning of the piece of time that a value belongs to.
pub fn bucket(at: DateTime<Utc>) -> DateTime<Utc> {
    let seconds = at.timestamp();
    DateTime::from_timestamp(seconds - seconds.rem_euclid(SAMPLE_SECONDS), 0).unwrap_or(at)
}

/// How a listed threshold may be shown: what was not evaluated lately is unknown.
pub fn shown(standing: Option<&Standing>, now: DateTime<Utc>) -> (State, Option<String>) {
    standing.map_or_else(
        || (State::Unknown, Some("not evaluated yet".to_owned())),
        |standing| standing.shown(PERIOD_SECONDS, now),
    )
}

/// One threshold with everything that its page shows.
#[derive(Clone, Debug)]
pub struct Seen {
    /// What it belongs to.
    pub integration: Integration,
    /// The threshold.
    pub listed: Listed,
    /// All its versions, newest first.
    pub versions: Vec<Version>,
    /// A change that waits.
    pub proposal: Option<Proposal>,
    /// Its last changes of state, newest first.
    pub transitions: Vec<Changed>,
    /// The evaluator's last round.
    pub round: Option<Round>,
}

/// How many changes of state its page shows.
const TRANSITIONS: i64 = 20;

/// Reads it; none where there is no such threshold.
pub async fn see(db: &Db, id: ThresholdId, now: DateTime<Utc>) -> Result<Option<Seen>, StoreError> {
    let pool = db.pool();
    let Some(stored) = db.read(thresholds::find(pool, id)).await? else { return Ok(None) };
    let (integration, standing, samples, versions, proposal, transitions, round) = db
        .read(async {
            tokio::try_join!(
                integrations::find(pool, stored.integration),
                alert_states::of(pool, id),
                alert_states::samples_of(pool, id, samples_from(now)),
                thresholds::versions(pool, id),
                thresholds::proposal(pool, id),
                alert_states::transitions(pool, id, TRANSITIONS),
                alert_states::round(pool)
            )
        })
        .await?;
    let Some(integration) = integration else { return Ok(None) };
    let listed = Listed { stored, standing, samples, proposed: proposal.is_some() };
    Ok(Some(Seen { integration, listed, versions, proposal, transitions, round }))
}
