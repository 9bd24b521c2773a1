//! Judging what watches over the release and what it can return to: Prometheus' rules and targets, old ReplicaSets.

use super::Judgement;
use crate::release::ImageRef;

/// What Prometheus says about a workload.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MonitoringObservation {
    /// Names of alert rules loaded.
    pub rules: Vec<String>,
    /// Targets of this workload that are scraped successfully.
    pub targets_up: u32,
    /// All targets of this workload.
    pub targets: u32,
}

/// Whether Prometheus has alert rules and scrapes the target. `seen` holds why, where it could not be asked.
pub fn monitoring(seen: Result<&MonitoringObservation, &str>) -> Judgement {
    let seen = match seen {
        Ok(seen) => seen,
        Err(why) => return Judgement::unknown(format!("Prometheus could not be asked: {why}"), why),
    };
    let rules = if seen.rules.is_empty() { "none".to_owned() } else { seen.rules.join(", ") };
    let evidence = format!("alert rules: {rules}\ntargets up: {} of {}", seen.targets_up, seen.targets);
    match (seen.rules.len(), seen.targets_up, seen.targets) {
        (_, _, 0) => Judgement::fail("Prometheus has no target for this workload", evidence),
        (_, up, all) if up < all => {
            Judgement::fail(format!("Prometheus reaches {up} of {all} targets of this workload"), evidence)
        }
        (0, _, _) => Judgement::fail("Prometheus scrapes the workload, but has no alert rule", evidence),
        (1, _, all) => Judgement::pass(format!("1 alert rule, {all} of {all} targets scraped"), evidence),
        (count, _, all) => {
            Judgement::pass(format!("{count} alert rules, {all} of {all} targets scraped"), evidence)
        }
    }
}

/// What the cluster keeps of a Deployment's past.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RollbackObservation {
    /// ReplicaSets by name with the image they run, the present one among them.
    pub replica_sets: Vec<(String, String)>,
    /// `spec.revisionHistoryLimit`, where it is set.
    pub history_limit: Option<i32>,
}

/// Whether the version to return to (`stable`) exists and will be kept. `seen` holds why, where it could not be asked.
pub fn rollback_target(stable: Option<&ImageRef>, seen: Result<&RollbackObservation, &str>) -> Judgement {
    let seen = match seen {
        Ok(seen) => seen,
        Err(why) => return Judgement::unknown(format!("The cluster could not be asked: {why}"), why),
    };
    let mut lines: Vec<String> =
        seen.replica_sets.iter().map(|(name, image)| format!("{name}: {image}")).collect();
    lines.push(format!(
        "revisionHistoryLimit: {}",
        seen.history_limit.map_or("default".into(), |n| n.to_string())
    ));
    let evidence = lines.join("\n");
    let Some(stable) = stable else {
        return Judgement::unknown("No stable version is recorded to return to", evidence);
    };
    if seen.history_limit == Some(0) {
        return Judgement::fail(
            "revisionHistoryLimit is 0: the old version would be removed at once",
            evidence,
        );
    }
    let wanted = stable.to_string();
    match seen.replica_sets.iter().find(|(_, image)| *image == wanted) {
        Some((name, _)) => {
            Judgement::pass(format!("{} exists as ReplicaSet {name}", stable.version()), evidence)
        }
        None => Judgement::fail(format!("No ReplicaSet runs {}", stable.version()), evidence),
    }
}
