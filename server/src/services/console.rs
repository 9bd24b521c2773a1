//! What the launch console shows of one go-live, read in as few statements as there can be.

use std::collections::BTreeMap;

use gantry_domain::actor::Person;
use gantry_domain::id::{GoLiveId, ItemKey};
use gantry_domain::light;
use gantry_domain::plan::Plan;
use gantry_domain::preset::overlay::Overrides;
use gantry_domain::preset::{Preset, ProbeKind};
use gantry_domain::probe::Finding;
use gantry_domain::threshold::Threshold;

use crate::live::presence::FRESH_SECONDS;
use crate::live::topics;
use crate::store::go_lives::Stored;
use crate::store::{Db, StoreError, Tx, findings, go_lives, overrides, presence, probes, thresholds};

/// A go-live with what belongs to it.
#[derive(Clone, Debug)]
pub struct Seen {
    /// The go-live.
    pub stored: Stored,
    /// What machines found out, by item.
    pub probes: BTreeMap<ItemKey, Finding>,
    /// All findings, by probe.
    pub findings: BTreeMap<ProbeKind, Finding>,
    /// The three lights.
    pub lights: Vec<light::Found>,
    /// Who has the page open.
    pub present: Vec<Person>,
    /// What a rollout started now could be judged by; the plan says by which of them.
    pub thresholds: Vec<Threshold>,
    /// What is said of its integration instead of the preset.
    pub overrides: Overrides,
}

/// Reads it all; none where there is no such go-live.
pub async fn see(db: &Db, id: GoLiveId) -> Result<Option<Seen>, StoreError> {
    let pool = db.pool();
    let topic = topics::go_live(id);
    let (stored, found, lights, present, thresholds, overrides) = db
        .read(async {
            tokio::try_join!(
                go_lives::find(pool, id),
                findings::of(pool, id),
                probes::lights(pool, id),
                presence::of(pool, &topic, FRESH_SECONDS),
                thresholds::of_go_live(pool, id),
                overrides::of_go_live(pool, id)
            )
        })
        .await?;
    let Some(stored) = stored else { return Ok(None) };
    let findings: BTreeMap<ProbeKind, Finding> =
        found.into_iter().map(|finding| (finding.probe, finding)).collect();
    let probes = stored
        .go_live
        .items()
        .filter_map(|(_, item)| {
            let finding = findings.get(&item.spec.probe?)?;
            Some((item.spec.key.clone(), finding.clone()))
        })
        .collect();
    let present = present.into_iter().map(|(id, name)| Person { id: id.into(), name }).collect();
    Ok(Some(Seen { stored, probes, findings, lights, present, thresholds, overrides }))
}

/// The plan of the next rollout: the steps somebody made, else the default, judged by the thresholds in use. With it the preset
/// that the go-live goes by.
pub async fn plan(
    db: &Db,
    stored: &Stored,
    presets: &[Preset],
) -> Result<(Plan, Option<Preset>), StoreError> {
    let thresholds = db.read(thresholds::of_go_live(db.pool(), stored.go_live.id)).await?;
    let preset = super::presets::of_go_live(db, presets, &stored.go_live).await?;
    let (plan, _) = plan_with(stored, thresholds, preset.as_ref());
    Ok((plan, preset))
}

/// The same plan as it is in a transaction that has locked the go-live.
pub async fn plan_in(tx: &mut Tx, stored: &Stored, presets: &[Preset]) -> Result<Plan, StoreError> {
    let thresholds = thresholds::of_go_live(&mut **tx, stored.go_live.id).await?;
    let overrides = overrides::of_go_live(&mut **tx, stored.go_live.id).await?;
    let preset = super::presets::of_go_live_with(presets, &stored.go_live, &overrides);
    Ok(plan_with(stored, thresholds, preset.as_ref()).0)
}

/// The same, where all it takes is known, with what it chooses from: the `thresholds` of the integration; without any, those of
/// the preset that counts for it.
pub fn plan_with(
    stored: &Stored,
    thresholds: Vec<Threshold>,
    preset: Option<&Preset>,
) -> (Plan, Vec<Threshold>) {
    let could_judge: Vec<Threshold> = if thresholds.is_empty() {
        preset.map(|preset| preset.thresholds.iter().cloned().map(Into::into).collect()).unwrap_or_default()
    } else {
        thresholds
    };
    let made = stored.plan.as_ref().and_then(|plan| serde_json::from_value::<Plan>(plan.clone()).ok());
    let plan = match made {
        Some(plan) => plan.judged_by(could_judge.clone()),
        None => {
            let usual = Plan::default_for(could_judge.clone());
            Plan { steps: preset.map_or_else(Plan::default_steps, |preset| preset.steps.clone()), ..usual }
        }
    };
    (plan, could_judge)
}
