//! Collecting the parts of a bundle, one by one. A part that cannot be had is settled as missing with the reason, and
//! can be asked for again.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use futures_util::FutureExt as _;
use gantry_domain::digest::hex;
use gantry_domain::evidence::{File, Part, Standing, file_name};
use gantry_domain::mitigation::Act;
use gantry_domain::probe::EnvSource;
use gantry_domain::text::inert;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use tokio::time::Instant;

use super::{Redaction, logs, timeline};
use crate::clock::Clock;
use crate::services::probes::workload::environment;
use crate::services::response::{Responding, Scene};
use crate::services::rollouts::WHOLE_LOG;
use crate::services::triage;
use crate::store::{Db, mitigations, rollouts, thresholds as rules};

/// The most actions that are looked through for keys that were replaced.
const MOST_REPLACED: i64 = 50;
/// How far back metrics go, and how fine.
const METRICS: TimeDelta = TimeDelta::hours(2);
const STEP: Duration = Duration::from_secs(30);

/// What collecting works with.
#[derive(Debug, Clone)]
pub struct Collector {
    /// The database.
    pub db: Db,
    /// The outside.
    pub around: Responding,
    /// The time.
    pub clock: Clock,
}

/// Files of a part, by path, with a remark on what is left out; or why they are not to be had. Where there is nothing of
/// the kind, none is missing.
pub(super) type Collected = Result<(Vec<(String, String)>, Option<String>), String>;

/// Collects one part.
pub async fn collect(this: &Collector, scene: &Scene, part: Part) -> (Standing, Vec<(File, Vec<u8>)>) {
    let begun = Instant::now();
    let (redaction, blind) = redaction(this, scene).await;
    let redaction = Arc::new(redaction);
    let collected = match part {
        Part::Timeline => {
            let files = timeline::files(&this.db, &redaction, &scene.incident, this.clock.now()).await;
            files.map(|files| (files, None))
        }
        Part::Triage => triages(this, scene).await,
        Part::Actions => actions(this, scene).await,
        Part::Health => health(this, scene).await,
        Part::Logs => logs::logs(this, scene, begun + logs::WITHIN).await,
        Part::Metrics => metrics(this, scene).await,
        Part::Rollouts => releases(this, scene).await,
        Part::Thresholds => thresholds(this, scene).await,
    };
    match collected {
        Err(why) => (Standing::Missing { why: redaction.clean(&why) }, Vec::new()),
        Ok((files, note)) => {
            let note = note.map(|note| redaction.clean(&note));
            // Logs are long: whoever else works here must not wait.
            let cleaned = tokio::task::spawn_blocking(move || {
                files.into_iter().map(|(path, text)| file(path, redaction.clean(&text))).collect::<Vec<_>>()
            });
            let Ok(files) = cleaned.await else {
                return (Standing::Missing { why: "it could not be made ready".to_owned() }, Vec::new());
            };
            let note = [note, blind].into_iter().flatten().collect::<Vec<_>>();
            let standing = Standing::Here {
                files: u32::try_from(files.len()).unwrap_or(u32::MAX),
                bytes: files.iter().map(|(file, _)| file.bytes).sum(),
                note: (!note.is_empty()).then(|| note.join("; ")),
            };
            (standing, files)
        }
    }
}

fn file(path: String, text: String) -> (File, Vec<u8>) {
    let content = text.into_bytes();
    let sha256 = hex(&Sha256::digest(&content));
    (File { path, bytes: content.len() as u64, sha256 }, content)
}

/// The values of every Secret that the workload takes anything from; and a remark where they could not be read.
async fn redaction(this: &Collector, scene: &Scene) -> (Redaction, Option<String>) {
    let (Some(cluster), Some(workload)) = (&this.around.cluster, scene.workload()) else {
        return (Redaction::default(), None);
    };
    // The logs are of before, too.
    let done = this.db.read(mitigations::lately_on(this.db.pool(), workload, MOST_REPLACED)).await;
    let replaced: Vec<String> = done
        .unwrap_or_default()
        .into_iter()
        .filter_map(|mitigation| match mitigation.act {
            Act::ReplaceKey { before, .. } => before,
            Act::Set { .. } | Act::Remove { .. } | Act::Restart { .. } => None,
        })
        .collect();
    let blind = "Secrets could not be read: only what looks like a credential was taken out".to_owned();
    // Whatever else is kept from asking now: what is collected must not hold a secret.
    let cluster = cluster.driving();
    let Ok(Some(snapshot)) = cluster.read(&workload.namespace, &workload.deployment).await else {
        return (Redaction::default().and_replaced(replaced), Some(blind));
    };
    let mut values = Vec::new();
    let mut names = BTreeSet::new();
    for entry in environment(&snapshot) {
        match entry.source {
            EnvSource::Secret { name, .. } => {
                names.insert(name);
            }
            EnvSource::Literal(value) if gantry_domain::probe::looks_like_credential(&entry.name, &value) => {
                values.push(value.into());
            }
            EnvSource::Literal(_) | EnvSource::ConfigMap { .. } | EnvSource::Field => {}
        }
    }
    let mut unread = false;
    for name in names {
        match cluster.secret(&workload.namespace, &name).await {
            Ok(all) => values.extend(all.into_values()),
            Err(_) => unread = true,
        }
    }
    (Redaction::of(values).and_replaced(replaced), unread.then_some(blind))
}

/// As JSON that people can read.
pub(super) fn pretty(value: &impl serde::Serialize) -> Result<String, String> {
    serde_json::to_string_pretty(value).map_err(|error| error.to_string())
}

async fn triages(this: &Collector, scene: &Scene) -> Collected {
    let all = triage::see(&this.db, scene.incident.id).await.map_err(|error| error.to_string())?;
    if all.is_empty() {
        return Ok((Vec::new(), Some("nobody has taken the four looks".into())));
    }
    let all: Vec<Value> = all
        .iter()
        .map(|one| {
            json!({
                "taken_at": one.triage.taken_at,
                "by": one.triage.by,
                "findings": one.triage.findings,
                "overruled": one.triage.overruled,
                "walk": one.walk,
            })
        })
        .collect();
    Ok((vec![("triage/triage.json".into(), pretty(&all)?)], None))
}

async fn actions(this: &Collector, scene: &Scene) -> Collected {
    let db = &this.db;
    let all =
        db.read(mitigations::of(db.pool(), scene.incident.id)).await.map_err(|error| error.to_string())?;
    let all: Vec<_> = all.into_iter().map(|stored| stored.mitigation).collect();
    Ok((vec![("actions/actions.json".into(), pretty(&all)?)], None))
}

async fn health(this: &Collector, scene: &Scene) -> Collected {
    let workload = scene.workload().ok_or("the platform has no health document of its own here")?;
    let (status, raw) = this.around.looks.health_text(scene.preset.as_ref(), workload).boxed().await?;
    let head = json!({ "asked_at": this.clock.now(), "http_status": status });
    Ok((
        vec![
            ("health/answer.json".into(), pretty(&head)?),
            ("health/document.json".into(), inert(&raw, 64 * 1024)),
        ],
        None,
    ))
}

async fn metrics(this: &Collector, scene: &Scene) -> Collected {
    let prometheus = this.around.prometheus.as_ref().ok_or("no Prometheus is configured")?;
    let db = &this.db;
    let specs =
        db.read(rules::of(db.pool(), scene.integration.id)).await.map_err(|error| error.to_string())?;
    // The evaluator asks about the same: also the platform's queries have something to stand for.
    let workload = crate::services::thresholds::workload(&scene.integration, &this.around.presets);
    let (start, end) = span(scene.incident.resolved_at, this.clock.now());
    let (mut files, mut failed) = (Vec::new(), Vec::new());
    for spec in specs.iter().map(|stored| &stored.version.rule.spec) {
        let query = spec.query(&workload, None);
        match prometheus.query_range(&query, start, end, STEP).await {
            Ok(answer) => {
                let series: Vec<Value> = answer
                    .series
                    .iter()
                    .map(|one| {
                        let points: Vec<Value> =
                            one.points.iter().map(|(at, value)| json!([at, value.to_string()])).collect();
                        json!({ "labels": one.labels, "points": points })
                    })
                    .collect();
                let text = pretty(&json!({
                    "name": spec.name,
                    "condition": spec.condition(),
                    "query": query,
                    "start": start,
                    "end": end,
                    "step_seconds": STEP.as_secs(),
                    "warnings": answer.warnings,
                    "from_backup": answer.from_backup,
                    "series": series,
                }))?;
                files.push((format!("metrics/{}.json", file_name(spec.key.as_str())), text));
            }
            Err(error) => failed.push(format!("{}: {error}", spec.name)),
        }
    }
    if files.is_empty() {
        return Err(failed
            .first()
            .cloned()
            .unwrap_or_else(|| "the integration has no thresholds, and with them no queries".into()));
    }
    let note = failed.first().map(|first| format!("{} queries failed ({first})", failed.len()));
    Ok((files, note))
}

/// The two hours until now, or until a quarter of an hour after the end.
fn span(resolved_at: Option<DateTime<Utc>>, now: DateTime<Utc>) -> (DateTime<Utc>, DateTime<Utc>) {
    let end = resolved_at.map_or(now, |at| (at + TimeDelta::minutes(15)).min(now));
    (end - METRICS, end)
}

async fn releases(this: &Collector, scene: &Scene) -> Collected {
    let workload = scene.workload().ok_or("the platform has no rollouts")?;
    let db = &this.db;
    let all = db.read(rollouts::all_on(db.pool(), workload)).await.map_err(|error| error.to_string())?;
    if all.is_empty() {
        return Ok((Vec::new(), Some("there was no rollout of this Deployment".into())));
    }
    let (mut files, mut shortened) = (Vec::new(), Vec::new());
    for stored in all {
        let rollout = stored.rollout;
        let log = rollouts::log_of(db.pool(), rollout.id, WHOLE_LOG);
        let log = db.read(log).await.map_err(|error| error.to_string())?;
        if log.left_out > 0 {
            shortened.push(format!("the first {} decisions of rollout {}", log.left_out, rollout.id));
        }
        let mut whole = serde_json::to_value(&rollout).map_err(|error| error.to_string())?;
        // A pod template is long, and other people's literals stand in it.
        whole["stable"]["template"] = json!("left out");
        let log: Vec<Value> = log
            .lines
            .iter()
            .map(|line| json!({ "at": line.at, "what": line.what, "why": line.why }))
            .collect();
        let text = pretty(&json!({ "rollout": whole, "log": log }))?;
        files.push((format!("rollouts/{}.json", rollout.id), text));
    }
    let note = (!shortened.is_empty()).then(|| format!("left out: {}", shortened.join("; ")));
    Ok((files, note))
}

async fn thresholds(this: &Collector, scene: &Scene) -> Collected {
    let db = &this.db;
    let all = db.read(rules::of(db.pool(), scene.integration.id)).await.map_err(|error| error.to_string())?;
    if all.is_empty() {
        return Ok((Vec::new(), Some("the integration has no thresholds".into())));
    }
    let mut files = Vec::new();
    for stored in all {
        let versions =
            db.read(rules::versions(db.pool(), stored.id)).await.map_err(|error| error.to_string())?;
        let versions: Vec<Value> = versions
            .iter()
            .map(|version| {
                json!({
                    "version": version.number,
                    "in_force": version.number == stored.version.number,
                    "at": version.at,
                    "by": version.by,
                    "approved_by": version.approved_by,
                    "why": version.why,
                    "rule": version.rule,
                })
            })
            .collect();
        let name = file_name(stored.version.rule.spec.key.as_str());
        files.push((format!("thresholds/{name}.json"), pretty(&versions)?));
    }
    Ok((files, None))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn metrics_reach_back_two_hours_from_now_or_from_the_end() {
        let now = DateTime::from_timestamp(1_800_000_000, 0).unwrap_or_default();
        assert_eq!(span(None, now), (now - TimeDelta::hours(2), now));
        let long_ago = now - TimeDelta::days(3);
        assert_eq!(span(Some(long_ago), now).1, long_ago + TimeDelta::minutes(15));
        assert_eq!(span(Some(now), now).1, now);
    }
}
