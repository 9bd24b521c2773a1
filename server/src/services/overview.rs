//! What the first page shows of every integration, in as few statements as there can be. Nothing outside is asked: what
//! is shown was found by those who look all the time, and has its age.

use std::collections::BTreeMap;

use gantry_domain::alert::state::Standing;
use gantry_domain::golive::GoLive;
use gantry_domain::id::{GoLiveId, IntegrationId, PresetKey};
use gantry_domain::incident::Incident;
use gantry_domain::light::Found;
use gantry_domain::postmortem::ActionItem;
use gantry_domain::preset::{Preset, Workload};
use gantry_domain::rollout::Phase;

use crate::store::integrations::{self, Integration, PLATFORM};
use crate::store::rollouts::Stored as StoredRollout;
use crate::store::thresholds::{self, Stored as Threshold};
use crate::store::{Db, StoreError, alert_states, go_lives, incidents, postmortems, probes, rollouts};

/// The most go-lives that are looked through, newest first.
const MOST: i64 = 200;

/// One integration with what belongs to it.
#[derive(Clone, Debug)]
pub struct Place {
    /// Its id; none for go-lives with a checklist of their own.
    pub integration: Option<IntegrationId>,
    /// Its preset.
    pub preset: Option<PresetKey>,
    /// Its name.
    pub name: String,
    /// Its environment.
    pub environment: String,
    /// What it runs as.
    pub workload: Option<Workload>,
    /// Its lights, as last seen.
    pub lights: Vec<Found>,
    /// Its go-lives, newest first.
    pub go_lives: Vec<One>,
    /// The newest rollout of its workload.
    pub rollout: Option<StoredRollout>,
    /// Its incidents that are not resolved, the worst first.
    pub incidents: Vec<Incident>,
    /// What was to be done after its incidents and is not done.
    pub to_do: Vec<ActionItem>,
    /// Its thresholds, each with how it was judged last.
    pub thresholds: Vec<(Threshold, Option<Standing>)>,
}

/// A go-live with where it stands.
#[derive(Clone, Debug)]
pub struct One {
    /// The go-live.
    pub go_live: GoLive,
    /// Where its newest rollout stands.
    pub rollout: Option<Phase>,
    /// Whether a later release of the same workload has gone out.
    pub superseded: bool,
}

/// What makes go-lives belong together.
type Key = (Option<PresetKey>, String, String);

/// Reads it all: integrations by name and environment.
pub async fn see(db: &Db, presets: &[Preset]) -> Result<Vec<Place>, StoreError> {
    let pool = db.pool();
    let (known, stored, phases, newest, open, to_do, thresholds, standings) = db
        .read(async {
            tokio::try_join!(
                integrations::all(pool),
                go_lives::list(pool, MOST),
                rollouts::phases(pool),
                rollouts::newest(pool),
                incidents::list(pool, MOST),
                postmortems::open_items(pool, MOST),
                thresholds::all(pool),
                alert_states::all(pool)
            )
        })
        .await?;
    let phases: BTreeMap<GoLiveId, Phase> = phases.into_iter().collect();
    let mut places: BTreeMap<Key, Place> =
        known.into_iter().map(|one| (key_of(&one), place(one, presets))).collect();
    for one in with_standing(stored, &phases) {
        let go_live = &one.go_live;
        let place = places.entry(key(go_live)).or_insert_with(|| Place {
            integration: None,
            preset: None,
            name: go_live.integration.clone(),
            environment: go_live.environment.clone(),
            workload: None,
            lights: Vec::new(),
            go_lives: Vec::new(),
            rollout: None,
            incidents: Vec::new(),
            to_do: Vec::new(),
            thresholds: Vec::new(),
        });
        // Newest first: the first one says what it runs as now.
        place.workload.get_or_insert_with(|| go_live.workload.clone());
        place.go_lives.push(one);
    }
    let mut places: Vec<Place> = places.into_values().collect();
    let first: Vec<GoLiveId> =
        places.iter().filter_map(|place| place.go_lives.first()).map(|one| one.go_live.id).collect();
    let mut lights: BTreeMap<GoLiveId, Vec<Found>> = BTreeMap::new();
    for (id, found) in db.read(probes::lights_of(pool, &first)).await? {
        lights.entry(id).or_default().push(found);
    }
    let mut standings: BTreeMap<_, Standing> = standings.into_iter().collect();
    for threshold in thresholds {
        let standing = standings.remove(&threshold.id);
        if let Some(place) = places.iter_mut().find(|place| place.integration == Some(threshold.integration))
        {
            place.thresholds.push((threshold, standing));
        }
    }
    for place in &mut places {
        let ours = |incident: &&Incident| {
            incident.is_open() && Some(incident.subject.integration) == place.integration
        };
        place.incidents = open.iter().filter(ours).cloned().collect();
        let of_ours = |(of, _): &&(Incident, _)| Some(of.subject.integration) == place.integration;
        place.to_do = to_do.iter().filter(of_ours).map(|(_, item)| item.clone()).collect();
        let first = place.go_lives.first().map(|one| one.go_live.id);
        place.lights = first.and_then(|id| lights.remove(&id)).unwrap_or_default();
        place.rollout = place.workload.as_ref().and_then(|workload| {
            let target = |stored: &&StoredRollout| {
                let target = &stored.rollout.target;
                target.namespace == workload.namespace && target.deployment == workload.deployment
            };
            newest.iter().find(target).cloned()
        });
    }
    places.sort_by(|a, b| (&a.name, &a.environment).cmp(&(&b.name, &b.environment)));
    Ok(places)
}

fn key_of(one: &Integration) -> Key {
    (Some(one.preset.clone()), String::new(), one.environment.clone())
}

fn key(go_live: &GoLive) -> Key {
    match &go_live.preset {
        Some(preset) if preset.as_str() == PLATFORM => {
            (Some(preset.clone()), String::new(), PLATFORM.to_owned())
        }
        Some(preset) => (Some(preset.clone()), String::new(), go_live.environment.clone()),
        None => (None, go_live.integration.clone(), go_live.environment.clone()),
    }
}

fn place(one: Integration, presets: &[Preset]) -> Place {
    let preset = presets.iter().find(|preset| preset.key == one.preset);
    Place {
        integration: Some(one.id),
        name: preset.map_or_else(|| one.preset.to_string(), |preset| preset.name.clone()),
        preset: Some(one.preset),
        environment: one.environment,
        workload: one.workload,
        lights: Vec::new(),
        go_lives: Vec::new(),
        rollout: None,
        incidents: Vec::new(),
        to_do: Vec::new(),
        thresholds: Vec::new(),
    }
}

/// The go-lives as they came, newest first, with where each stands.
fn with_standing(stored: Vec<go_lives::Stored>, phases: &BTreeMap<GoLiveId, Phase>) -> Vec<One> {
    let mut gone_out: Vec<Workload> = Vec::new();
    let mut all = Vec::with_capacity(stored.len());
    for go_live in stored.into_iter().map(|stored| stored.go_live) {
        let rollout = phases.get(&go_live.id).cloned();
        let same = |workload: &Workload| {
            workload.namespace == go_live.workload.namespace
                && workload.deployment == go_live.workload.deployment
        };
        let superseded = gone_out.iter().any(same);
        if !superseded && matches!(rollout, Some(Phase::Complete)) {
            gone_out.push(go_live.workload.clone());
        }
        all.push(One { go_live, rollout, superseded });
    }
    all
}
