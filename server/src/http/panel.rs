//! The panel's own health, for people.

use chrono::{DateTime, TimeDelta, Utc};
use gantry_app::features::panel::model::{Group, Model, Part};
use gantry_app::features::panel::page;
use gantry_domain::age;
use gantry_domain::incident::message::Channel;
use gantry_domain::panel::{self, Breaker, SLOW, State};

use super::Fault;
use super::page::Page;
use super::visit::Visit;
use crate::engine::panel::PERIOD;
use crate::live::topics;
use crate::services::panel::{HOST_PERIOD, Known, Outside, Seen};
use crate::services::thresholds::PERIOD_SECONDS;
use crate::store::panel::Queue;

/// Messages that wait for longer than this are stuck.
const STUCK: TimeDelta = TimeDelta::minutes(2);

/// The page.
pub(super) async fn show(visit: Visit) -> Result<Page, Fault> {
    let seen = visit.app.panel.see(&visit.app.db, visit.now).await;
    let model = model(&visit, &seen);
    Ok(Page::ok(&page::render(&visit.frame(vec![topics::PANEL.to_owned()]), &model)))
}

fn model(visit: &Visit, seen: &Seen) -> Model {
    let now = visit.now;
    let groups = vec![
        Group { title: "What Gantry stands on", parts: vec![postgres(seen, now), changes(visit)] },
        Group { title: "What it asks", parts: asked(seen) },
        Group { title: "What it does all the time", parts: work(seen.known.as_ref(), now) },
        Group { title: "Whom it tells", parts: told(visit, seen, now) },
    ];
    let states: Vec<(String, State)> =
        groups.iter().flat_map(|group| &group.parts).map(|part| (part.name.clone(), part.state)).collect();
    let mut facts = vec![
        ("Version".to_owned(), env!("CARGO_PKG_VERSION").to_owned()),
        ("This replica".to_owned(), visit.app.panel.replica.to_string()),
        ("Running for".to_owned(), age::words(now - visit.app.panel.started_at)),
        ("Presets".to_owned(), visit.app.presets.len().to_string()),
    ];
    if let Ok((database, _)) = &seen.database {
        facts.push(("PostgreSQL".to_owned(), database.version.clone()));
        facts.push(("Layout of the database".to_owned(), format!("migration {}", database.layout)));
    }
    Model { sentence: panel::sentence(&states), state: Some(panel::worst(&states)), groups, facts }
}

fn part(name: &str, state: State, sentence: String) -> Part {
    Part { name: name.to_owned(), state, sentence, at: None, period_seconds: 0, took_ms: None, breaker: None }
}

fn millis(took: std::time::Duration) -> Option<u64> {
    u64::try_from(took.as_millis()).ok()
}

fn postgres(seen: &Seen, now: DateTime<Utc>) -> Part {
    match &seen.database {
        Ok((database, took)) => Part {
            at: Some(now),
            took_ms: millis(*took),
            ..part(
                "PostgreSQL",
                if *took > SLOW { State::Slow } else { State::Up },
                format!("{} of at most {} connections", database.connections, database.most),
            )
        },
        Err(why) => part("PostgreSQL", State::Down, why.clone()),
    }
}

/// Whether other replicas' changes are heard.
fn changes(visit: &Visit) -> Part {
    if visit.app.db.changes().all().is_some() {
        part("Live updates", State::Up, "changes of every replica are heard".to_owned())
    } else {
        let sentence = "changes of other replicas are not heard; open pages may be behind".to_owned();
        part("Live updates", State::Down, sentence)
    }
}

fn outside(name: &str, outside: &Outside, period: std::time::Duration) -> Part {
    let sentence = match (&outside.beat, outside.state) {
        (_, State::Absent) => "nobody has said where it is".to_owned(),
        (None, _) => "not asked yet".to_owned(),
        (Some(beat), _) => match &beat.failed {
            Some(why) => why.clone(),
            None => "it answers".to_owned(),
        },
    };
    Part {
        at: outside.beat.as_ref().map(|beat| beat.at),
        period_seconds: u32::try_from(period.as_secs()).unwrap_or(u32::MAX),
        took_ms: outside.beat.as_ref().and_then(|beat| millis(beat.took)),
        breaker: breaker(outside),
        ..part(name, outside.state, sentence)
    }
}

/// Its breaker in words, and whether it holds calls back.
fn breaker(outside: &Outside) -> Option<(String, bool)> {
    outside.breaker.map(|breaker| (breaker.words(), matches!(breaker, Breaker::Open { .. })))
}

fn asked(seen: &Seen) -> Vec<Part> {
    let mut parts = vec![outside("Prometheus", &seen.prometheus, PERIOD)];
    parts.extend(seen.backup.iter().map(|heard| outside("Backup metrics", heard, PERIOD)));
    parts.push(outside("Cluster", &seen.cluster, PERIOD));
    parts.extend(seen.hosts.iter().map(|(origin, heard)| outside(origin, heard, HOST_PERIOD)));
    parts
}

fn work(known: Option<&Known>, now: DateTime<Utc>) -> Vec<Part> {
    let Some(known) = known else {
        let unknown = |name| part(name, State::Unknown, "the database does not say".to_owned());
        return vec![unknown("Rollout driver"), unknown("Threshold evaluator"), unknown("Looks at go-lives")];
    };
    let held: Vec<&str> =
        known.leases.iter().filter(|lease| lease.held).map(|lease| lease.name.as_str()).collect();
    let rollouts = held.iter().filter(|name| name.starts_with("rollout")).count();
    let driver = match known.driven {
        (0, _) => part("Rollout driver", State::Up, "no rollout is under way".to_owned()),
        (active, 0) => part(
            "Rollout driver",
            State::Up,
            format!("{active} under way, each read within the last 30 s; {rollouts} leases held"),
        ),
        (active, late) => part(
            "Rollout driver",
            State::Down,
            format!("{late} of {active} rollouts were not read for 30 s; {rollouts} leases held"),
        ),
    };
    let evaluator = match &known.evaluator {
        None => part("Threshold evaluator", State::Unknown, "it has not run yet".to_owned()),
        Some(round) => {
            let late = now - round.began_at > TimeDelta::seconds(i64::from(round.period_seconds) * 2);
            let (state, sentence) = match (late, round.failed, &round.problem) {
                (true, ..) => (State::Down, "it has stopped; thresholds are unknown".to_owned()),
                (false, 0, _) => {
                    (State::Up, format!("{} thresholds with {} queries", round.thresholds, round.queries))
                }
                (false, failed, problem) => (
                    State::Slow,
                    format!(
                        "{failed} of {} queries have no answer: {}",
                        round.queries,
                        problem.as_deref().unwrap_or("nobody said why")
                    ),
                ),
            };
            Part {
                at: Some(round.began_at),
                period_seconds: PERIOD_SECONDS,
                took_ms: Some(u64::from(round.took_ms)),
                ..part("Threshold evaluator", state, sentence)
            }
        }
    };
    let looks = match known.rounds {
        (None, _) => part("Looks at go-lives", State::Unknown, "nothing was looked at yet".to_owned()),
        (last, 0) => Part { at: last, ..part("Looks at go-lives", State::Up, "all in time".to_owned()) },
        (last, late) => Part {
            at: last,
            ..part("Looks at go-lives", State::Slow, format!("{late} wait for longer than a minute"))
        },
    };
    vec![driver, evaluator, looks]
}

fn told(visit: &Visit, seen: &Seen, now: DateTime<Utc>) -> Vec<Part> {
    let channel = |channel: Channel| {
        let heard = seen.channels.iter().find(|(one, _)| *one == channel).map(|(_, heard)| heard);
        let key = channel.as_str();
        let queue = seen.known.as_ref().map(|known| known.queues.iter().find(|queue| queue.channel == key));
        let (state, sentence) = match queue {
            None => (State::Unknown, "the database does not say".to_owned()),
            Some(None) if visit.app.desk.channels.contains(&channel) => {
                (State::Unknown, "nothing was sent yet".to_owned())
            }
            Some(None) => (State::Absent, "nobody has said where it is".to_owned()),
            Some(Some(queue)) => waits(queue, heard, now),
        };
        Part {
            at: queue.flatten().and_then(|queue| queue.delivered_at),
            breaker: heard.and_then(breaker),
            ..part(channel.label(), state, sentence)
        }
    };
    Channel::ALL.map(channel).into()
}

/// How a channel is, from what waits for it and from what was last heard of it.
fn waits(queue: &Queue, heard: Option<&Outside>, now: DateTime<Utc>) -> (State, String) {
    let waiting = queue.waiting;
    let why = queue.last_error.as_deref().unwrap_or("nobody said why");
    let silent = heard.and_then(|heard| heard.beat.as_ref()?.failed.as_deref()).filter(|_| waiting > 0);
    let stuck = queue.oldest.filter(|oldest| now - *oldest > STUCK);
    match (stuck, silent, queue.failed) {
        (Some(oldest), ..) => {
            let age = age::words(now - oldest);
            (State::Down, format!("{waiting} wait, the oldest for {age}: {why}"))
        }
        (None, Some(silent), _) => (State::Down, format!("{waiting} wait: {silent}")),
        (None, None, failed) if failed > 0 => {
            (State::Slow, format!("{failed} given up within a day, {waiting} wait: {why}"))
        }
        (None, None, _) if waiting > 0 && queue.last_error.is_some() => {
            (State::Slow, format!("{waiting} wait, some of them once more: {why}"))
        }
        (None, None, _) if queue.delivered_at.is_some() => {
            (State::Up, format!("{waiting} wait; the last one was taken"))
        }
        (None, None, _) => (State::Unknown, format!("{waiting} wait; none was taken yet")),
    }
}
