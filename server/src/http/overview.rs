//! The first page after signing in.

use chrono::{DateTime, Utc};
use gantry_app::features::console::state as words;
use gantry_app::features::overview::model::{
    Alerts, Card, Firing, GoLive, Incident, Model, Rollout, Version,
};
use gantry_app::features::overview::page;
use gantry_app::forms;
use gantry_domain::actor::{Actor, Role};
use gantry_domain::alert;
use gantry_domain::alert::state::Standing;
use gantry_domain::incident;
use gantry_domain::overview::{self, Seen, Stage, Work};
use gantry_domain::preset::Phase as Part;
use gantry_domain::release::ImageRef;
use gantry_domain::rollout::Phase;
use gantry_domain::threshold::number;

use super::Fault;
use super::page::Page;
use super::visit::Visit;
use crate::engine::probes::PERIOD_SECONDS;
use crate::live::topics;
use crate::services::lights;
use crate::services::overview::{One, Place, see};
use crate::services::thresholds::shown;
use crate::services::workloads::View;

/// Go-lives that a card shows.
const MOST_GO_LIVES: usize = 6;
/// The version is read again whenever the page is made, and that is at least as often as the lights change, in seconds.
const VERSION_PERIOD: u32 = 60;
/// The engine notes at least this often that it has read the cluster, in seconds.
const OBSERVE_PERIOD: u32 = 5;

/// The page.
pub(super) async fn show(visit: Visit) -> Result<Page, Fault> {
    let actor = visit.person()?.clone();
    let pages = &visit.app.pages;
    let place = pages.place(&actor, visit.zone, "/");
    if let Some(kept) = pages.get(&place).await {
        return Ok(Page::again(kept));
    }
    let model = model(&visit, &actor).await?;
    let page = Page::ok(&page::render(&visit.frame(vec![topics::OVERVIEW.to_owned()]), &model));
    pages.keep(place, page.pieces()).await;
    Ok(page)
}

async fn model(visit: &Visit, actor: &Actor) -> Result<Model, Fault> {
    let places = see(&visit.app.db, &visit.app.presets).await?;
    // The platform is there from the beginning; it is shown once there is something to show of it.
    let places = places.into_iter().filter(is_in_use);
    let (seen, cards): (Vec<Seen>, Vec<Card>) = places.map(|place| one(visit, actor, &place)).unzip();
    Ok(Model {
        headline: overview::headline(&seen, actor),
        cards,
        may_create: actor.may_act_as(Role::ReleaseManager),
    })
}

fn one(visit: &Visit, actor: &Actor, place: &Place) -> (Seen, Card) {
    let now = visit.now;
    let preset = visit.app.presets.iter().find(|preset| Some(&preset.key) == place.preset.as_ref());
    let lights = match place.workload {
        Some(_) => lights::shown(&place.lights, preset, PERIOD_SECONDS, now),
        None => Vec::new(),
    };
    let states = lights.iter().map(|light| (light.name.clone(), light.shown(now))).collect();
    let (go_lives, finished) = go_lives(place, actor);
    let alerts = alerts(place, now);
    let seen = Seen {
        name: format!("{} in {}", place.name, place.environment),
        lights: states,
        alerts: overview::Alerts {
            firing: alerts
                .firing
                .iter()
                .map(|firing| overview::Firing {
                    name: firing.name.clone(),
                    severity: firing.severity,
                    since: firing.since,
                })
                .collect(),
            unknown: alerts.unknown,
            all: alerts.all,
        },
        incidents: place.incidents.iter().map(|incident| told(incident, now)).collect(),
        work: go_lives.iter().map(|go_live| go_live.work.clone()).collect(),
        overdue_items: place.to_do.iter().filter(|item| item.is_overdue(now.date_naive())).count(),
    };
    let card = Card {
        name: place.name.clone(),
        environment: place.environment.clone(),
        lights,
        version: version(visit, place),
        rollout: rollout(place),
        incidents: place.incidents.iter().map(incident).collect(),
        alerts,
        go_lives,
        finished,
    };
    (seen, card)
}

/// Whether there is anything to show: the platform is there from the beginning, measured or not.
fn is_in_use(place: &Place) -> bool {
    let measured = |(_, standing): &(_, Option<Standing>)| {
        standing.as_ref().is_some_and(|standing| standing.value_at.is_some())
    };
    !place.go_lives.is_empty() || !place.incidents.is_empty() || place.thresholds.iter().any(measured)
}

fn alerts(place: &Place, now: DateTime<Utc>) -> Alerts {
    let mut alerts = Alerts {
        address: (!place.thresholds.is_empty()).then(|| forms::THRESHOLDS.to_owned()),
        all: place.thresholds.len(),
        ..Alerts::default()
    };
    for (threshold, standing) in &place.thresholds {
        let spec = &threshold.version.rule.spec;
        match shown(standing.as_ref(), now).0 {
            alert::state::State::Firing => alerts.firing.push(Firing {
                address: forms::threshold(threshold.id),
                name: spec.name.clone(),
                severity: spec.severity,
                value: standing
                    .as_ref()
                    .and_then(|standing| standing.value)
                    .map(|value| format!("{} {}", number(value), spec.unit)),
                since: standing.as_ref().map(|standing| standing.fired_at.unwrap_or(standing.since)),
            }),
            alert::state::State::Pending => alerts.pending += 1,
            alert::state::State::Unknown => alerts.unknown += 1,
            alert::state::State::Ok => {}
        }
    }
    alerts.firing.sort_by_key(|firing| firing.severity);
    alerts
}

fn told(incident: &incident::Incident, now: DateTime<Utc>) -> overview::Incident {
    overview::Incident {
        title: incident.title.clone(),
        severity: incident.severity,
        update_overdue: incident.update_is_overdue(now),
    }
}

fn incident(incident: &incident::Incident) -> Incident {
    Incident {
        address: forms::incident(incident.id),
        title: incident.title.clone(),
        severity: incident.severity,
        state: incident.state.as_str().to_owned(),
        commander: incident.led_by().map(|person| person.name.clone()),
        opened_at: incident.opened_at,
        update_due: incident.next_update_at,
    }
}

/// Those that are not over, and how many are.
fn go_lives(place: &Place, actor: &Actor) -> (Vec<GoLive>, usize) {
    let shown = |one: &One| {
        let go_live = &one.go_live;
        let work = Work::of(go_live, one.rollout.as_ref(), one.superseded, actor);
        (work.stage != Stage::Over).then(|| GoLive {
            id: go_live.id,
            integration: go_live.integration.clone(),
            from: go_live.from_image.as_ref().map(ImageRef::version),
            work,
            progress: go_live.progress_of(Part::BeforeRollout),
        })
    };
    let mut left: Vec<GoLive> = place.go_lives.iter().filter_map(shown).collect();
    let finished = place.go_lives.len() - left.len();
    // What moves or waits for the reader is never cut off.
    left.sort_by_key(|go_live| {
        !matches!(go_live.work.stage, Stage::Running | Stage::Held) && go_live.work.mine == 0
    });
    left.truncate(MOST_GO_LIVES);
    (left, finished)
}

/// What runs: as the cluster says; else as the last rollout left it; else as people said.
fn version(visit: &Visit, place: &Place) -> Version {
    let Some(workload) = &place.workload else { return Version::default() };
    let View { image, problem, observed_at, .. } = visit.app.workloads.glance(workload);
    if let Some(image) = image {
        return Version {
            version: Some(words::version(&image)),
            source: "in the cluster".to_owned(),
            at: observed_at,
            period_seconds: VERSION_PERIOD,
            problem,
        };
    }
    let problem = problem.map(|problem| format!("The cluster cannot be asked: {problem}"));
    if let Some(stored) = &place.rollout {
        let rollout = &stored.rollout;
        let image = match rollout.phase {
            Phase::Complete => &rollout.new_image,
            _ => &rollout.stable.image,
        };
        return Version {
            version: Some(words::version(image)),
            source: "as the last rollout left it".to_owned(),
            at: Some(rollout.ended_at.unwrap_or(rollout.started_at)),
            period_seconds: 0,
            problem,
        };
    }
    let said = place.go_lives.first().and_then(|one| Some((one.go_live.from_image.as_ref()?, &one.go_live)));
    match said {
        Some((image, go_live)) => Version {
            version: Some(image.version()),
            source: format!("as {} said", go_live.created_by.name),
            at: Some(go_live.created_at),
            period_seconds: 0,
            problem,
        },
        None => Version { problem, ..Version::default() },
    }
}

fn rollout(place: &Place) -> Option<Rollout> {
    let stored = place.rollout.as_ref()?;
    let rollout = &stored.rollout;
    if rollout.phase.is_over() {
        return None;
    }
    let (tone, word) = words::phase(&rollout.phase);
    let steps: Vec<u32> = rollout.plan.steps.iter().map(|step| step.percent).collect();
    let at = match &rollout.phase {
        Phase::Held { from, .. } => from.step(),
        phase => phase.step(),
    };
    Some(Rollout {
        go_live: rollout.golive_id,
        tone,
        word,
        headline: words::headline(rollout),
        at: at.unwrap_or(match rollout.phase {
            Phase::Starting => 0,
            _ => steps.len(),
        }),
        steps,
        observed: stored.observed_at.map(|at| (at, OBSERVE_PERIOD)),
    })
}
