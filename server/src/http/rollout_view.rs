//! From what the services read to what the console shows of the cluster, the pre-flight and the rollout. Decides nothing.

use gantry_app::features::console::model::{ClusterView, Curve, Mark, PreflightView, RolloutView};
use gantry_domain::preflight::Override;
use gantry_domain::preset::Comparator;
use gantry_domain::rollout::Rollout;
use gantry_domain::threshold::Threshold;

use crate::services::rollouts::Seen;
use crate::services::workloads::{PERIOD, View};
use crate::store::preflights::Taken;
use crate::store::rollouts::Point;

/// After this long without a look the checks before the start are old, in seconds.
const PREFLIGHT_PERIOD: u32 = 120;
/// The engine notes at least this often that it has read the cluster, in seconds.
const OBSERVE_PERIOD: u32 = 5;

pub(super) fn cluster(view: View) -> ClusterView {
    ClusterView {
        replicas: view.replicas,
        autoscaler: view.autoscaler,
        problem: view.problem,
        observed_at: view.observed_at,
        period_seconds: u32::try_from(PERIOD.as_secs()).unwrap_or(u32::MAX),
    }
}

pub(super) fn preflight(taken: Option<Taken>, overridden: Vec<Override>) -> PreflightView {
    let taken_at = taken.as_ref().map(|taken| taken.taken_at);
    let findings = taken.map(|taken| taken.findings).unwrap_or_default();
    PreflightView { findings, taken_at, period_seconds: PREFLIGHT_PERIOD, overridden }
}

pub(super) fn rollout(seen: Seen) -> RolloutView {
    let rollout = seen.stored.rollout;
    let end = rollout.ended_at.unwrap_or(seen.stored.now).timestamp();
    let marks: Vec<Mark> = seen
        .steps
        .iter()
        .filter_map(|line| Some(Mark { at: line.at.timestamp(), label: line.step_mark()?.to_owned() }))
        .collect();
    let curves = rollout
        .plan
        .thresholds
        .iter()
        .map(|threshold| curve(threshold, &rollout, &seen.points, end, &marks))
        .collect();
    RolloutView {
        observed_at: seen.stored.observed_at,
        observe_period_seconds: OBSERVE_PERIOD,
        curves,
        log: seen.log.lines,
        left_out: seen.log.left_out,
        problem: seen.stored.problem,
        rollout,
    }
}

fn curve(threshold: &Threshold, rollout: &Rollout, points: &[Point], end: i64, marks: &[Mark]) -> Curve {
    let points: Vec<(i64, Option<f64>)> = points
        .iter()
        .filter(|point| point.key == threshold.key())
        .map(|point| (point.at.timestamp(), point.value))
        .collect();
    Curve {
        key: threshold.key().to_owned(),
        name: threshold.spec.name.clone(),
        unit: threshold.spec.unit.clone(),
        limit: threshold.spec.limit,
        breach_above: match threshold.spec.comparator {
            Comparator::Above => true,
            Comparator::Below => false,
        },
        from: rollout.started_at.timestamp(),
        to: end,
        points,
        marks: marks.to_vec(),
    }
}
