//! What the launch console shows of one go-live, read in as few statements as there can be.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use gantry_domain::actor::Person;
use gantry_domain::id::{GoLiveId, ItemKey};
use gantry_domain::light;
use gantry_domain::plan::Plan;
use gantry_domain::preset::{Preset, ProbeKind};
use gantry_domain::probe::Finding;

use crate::live::presence::FRESH_SECONDS;
use crate::live::topics;
use crate::store::go_lives::Stored;
use crate::store::{Db, StoreError, findings, go_lives, presence, probes};

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
}

/// Reads it all; none where there is no such go-live.
pub async fn see(db: &Db, id: GoLiveId, _now: DateTime<Utc>) -> Result<Option<Seen>, StoreError> {
    let pool = db.pool();
    let topic = topics::go_live(id);
    let (stored, found, lights, present) = db
        .read(async {
            tokio::try_join!(
                go_lives::find(pool, id),
                findings::of(pool, id),
                probes::lights(pool, id),
                presence::of(pool, &topic, FRESH_SECONDS)
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
    Ok(Some(Seen { stored, probes, findings, lights, present }))
}

/// The plan of the next rollout: the one somebody made, else the default with the preset's thresholds.
pub fn plan(stored: &Stored, presets: &[Preset]) -> Plan {
    stored.plan.as_ref().and_then(|plan| serde_json::from_value(plan.clone()).ok()).unwrap_or_else(|| {
        let preset = presets.iter().find(|preset| Some(&preset.key) == stored.go_live.preset.as_ref());
        Plan::default_for(
            preset
                .map(|preset| preset.thresholds.iter().cloned().map(Into::into).collect())
                .unwrap_or_default(),
        )
    })
}
