//! The mechanism that makes a plain Deployment stop at exactly `k` new pods, as data.
//!
//! Ready pods serve, but with the longest `minReadySeconds` they never count as available, so the Deployment
//! controller may replace exactly `maxUnavailable` pods and then stops by itself, with nobody's help. A step
//! first adds its pods (surge) and then removes as many old ones (trim), so that the ready pods never fall
//! below the replica count. This module holds the arithmetic and the shapes; it reads and writes no cluster.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::plan::Basis;

/// `minReadySeconds` of a hold: the longest that leaves room for a longer deadline. A shorter one lets one
/// more pod move every time it passes.
pub const HOLD_MIN_READY_SECONDS: i32 = 2_147_483_646;
/// `progressDeadlineSeconds` of a hold: must exceed `minReadySeconds`.
pub const HOLD_PROGRESS_DEADLINE_SECONDS: i32 = 2_147_483_647;
/// Kubernetes' own default for `progressDeadlineSeconds`.
pub const DEFAULT_PROGRESS_DEADLINE_SECONDS: i32 = 600;

/// Pods or a percentage of them (Kubernetes' `IntOrString`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Amount {
    /// That many pods.
    Pods(u32),
    /// That percentage of the replicas.
    Percent(u32),
}

impl Amount {
    /// Pods out of `replicas`, rounded up, as Kubernetes does for `maxSurge`.
    pub fn rounded_up(self, replicas: u32) -> u32 {
        match self {
            Self::Pods(pods) => pods,
            Self::Percent(percent) => share(percent, replicas, 99),
        }
    }

    /// Pods out of `replicas`, rounded down, as Kubernetes does for `maxUnavailable`.
    pub fn rounded_down(self, replicas: u32) -> u32 {
        match self {
            Self::Pods(pods) => pods,
            Self::Percent(percent) => share(percent, replicas, 0),
        }
    }
}

fn share(percent: u32, replicas: u32, add: u64) -> u32 {
    let pods = (u64::from(percent) * u64::from(replicas) + add) / 100;
    u32::try_from(pods).unwrap_or(u32::MAX)
}

impl fmt::Display for Amount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Pods(pods) => write!(f, "{pods}"),
            Self::Percent(percent) => write!(f, "{percent}%"),
        }
    }
}

/// The Deployment's update strategy.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Strategy {
    /// All old pods go before the new ones come.
    Recreate,
    /// Old pods are replaced a few at a time.
    RollingUpdate {
        /// How many pods there may be above the replica count.
        max_surge: Amount,
        /// How many pods may be missing from it.
        max_unavailable: Amount,
    },
}

impl Strategy {
    /// What Kubernetes fills in when a manifest says nothing.
    pub const DEFAULT: Self =
        Self::RollingUpdate { max_surge: Amount::Percent(25), max_unavailable: Amount::Percent(25) };

    const fn rolling(max_surge: Amount, max_unavailable: Amount) -> Self {
        Self::RollingUpdate { max_surge, max_unavailable }
    }
}

impl fmt::Display for Strategy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Recreate => f.write_str("Recreate"),
            Self::RollingUpdate { max_surge, max_unavailable } => {
                write!(f, "RollingUpdate with maxSurge {max_surge} and maxUnavailable {max_unavailable}")
            }
        }
    }
}

/// The four fields of a Deployment that steer a rollout.
///
/// Before the first write they are stored (the originals), so that they can be restored whatever happens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Steering {
    /// The update strategy.
    pub strategy: Strategy,
    /// Seconds a ready pod must stay ready to count as available.
    pub min_ready_seconds: i32,
    /// Seconds without progress after which a condition says so.
    pub progress_deadline_seconds: i32,
    /// Whether template changes are held back.
    pub paused: bool,
}

/// The steering fields as they were before the rollout.
pub type Originals = Steering;

/// Which pod template the Deployment runs or shall run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Template {
    /// The recorded stable one, with an incident's mitigations if some were applied.
    Stable,
    /// The stable one with the new image.
    New,
}

/// Everything about a Deployment that the rollout steers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Shape {
    /// Which template.
    pub template: Template,
    /// The steering fields.
    pub steering: Steering,
}

const fn hold(max_surge: Amount, max_unavailable: Amount, paused: bool) -> Shape {
    Shape {
        template: Template::New,
        steering: Steering {
            strategy: Strategy::rolling(max_surge, max_unavailable),
            min_ready_seconds: HOLD_MIN_READY_SECONDS,
            progress_deadline_seconds: HOLD_PROGRESS_DEADLINE_SECONDS,
            paused,
        },
    }
}

/// Adds the pods of a step: from `from` new pods to `to`, keeping every old one. `to` must exceed `from`.
pub const fn surge(from: u32, to: u32) -> Shape {
    hold(Amount::Pods(to.saturating_sub(from)), Amount::Pods(from), false)
}

/// What `maxUnavailable` of a step at `to` pods is: pods, or percent where an autoscaler is attached.
pub const fn held_at(to: u32, percent: u32, basis: Basis) -> Amount {
    match basis {
        Basis::Pods => Amount::Pods(to),
        Basis::Percent => Amount::Percent(percent),
    }
}

/// Removes as many old pods as the surge added: Kubernetes stops at exactly `at` new pods.
pub const fn trim(at: Amount) -> Shape {
    hold(Amount::Pods(0), at, false)
}

/// The trimmed hold with `paused: true`, which keeps others' writes from rolling anything during a soak.
pub const fn guard(at: Amount) -> Shape {
    hold(Amount::Pods(0), at, true)
}

/// Lets Kubernetes go on to all pods, never below the replica count, with the original `minReadySeconds`.
pub const fn finish(originals: &Originals) -> Shape {
    let max_surge = match originals.strategy {
        Strategy::RollingUpdate { max_surge: surge @ (Amount::Pods(1..) | Amount::Percent(1..)), .. } => {
            surge
        }
        Strategy::RollingUpdate { .. } | Strategy::Recreate => Amount::Percent(25),
    };
    unpaused(Template::New, originals, Strategy::rolling(max_surge, Amount::Pods(0)))
}

/// Returns all pods to the stable template at once, never below the replica count but for as many pods as may be
/// `unready`: those that were not ready before either. Kubernetes would wait for them for ever and keep the others.
pub const fn roll_back(originals: &Originals, unready: u32) -> Shape {
    unpaused(Template::Stable, originals, Strategy::rolling(Amount::Percent(100), Amount::Pods(unready)))
}

/// The original steering fields, once all pods run `template`: moves no pod.
pub const fn restored(template: Template, originals: &Originals) -> Shape {
    Shape { template, steering: *originals }
}

const fn unpaused(template: Template, originals: &Originals, strategy: Strategy) -> Shape {
    Shape {
        template,
        steering: Steering {
            strategy,
            min_ready_seconds: originals.min_ready_seconds,
            progress_deadline_seconds: originals.progress_deadline_seconds,
            paused: false,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ORIGINALS: Originals = Steering {
        strategy: Strategy::DEFAULT,
        min_ready_seconds: 5,
        progress_deadline_seconds: 600,
        paused: false,
    };

    #[test]
    fn amounts_round_as_kubernetes_does() {
        assert_eq!((Amount::Percent(25).rounded_up(10), Amount::Percent(25).rounded_down(10)), (3, 2));
        assert_eq!((Amount::Pods(4).rounded_up(10), Amount::Pods(4).rounded_down(10)), (4, 4));
    }

    #[test]
    fn every_hold_outlives_everyone_and_its_deadline_exceeds_its_readiness() {
        for shape in [surge(0, 1), trim(Amount::Pods(1)), guard(Amount::Pods(1))] {
            assert!(shape.steering.min_ready_seconds > 60 * 365 * 24 * 3600);
            assert!(shape.steering.progress_deadline_seconds > shape.steering.min_ready_seconds);
        }
    }

    #[test]
    fn the_way_back_waits_for_no_pods_that_were_not_ready_before_either() {
        for unready in [0, 6] {
            assert!(matches!(
                roll_back(&ORIGINALS, unready).steering.strategy,
                Strategy::RollingUpdate { max_unavailable: Amount::Pods(pods), .. } if pods == unready
            ));
        }
    }

    #[test]
    fn finishing_and_rolling_back_take_no_ready_pod_away_first() {
        let recreate = Originals { strategy: Strategy::Recreate, ..ORIGINALS };
        let blunt =
            Originals { strategy: Strategy::rolling(Amount::Pods(0), Amount::Percent(50)), ..ORIGINALS };
        for originals in [ORIGINALS, recreate, blunt] {
            for shape in [finish(&originals), roll_back(&originals, 0)] {
                assert!(matches!(
                    shape.steering.strategy,
                    Strategy::RollingUpdate { max_surge, max_unavailable: Amount::Pods(0) }
                        if max_surge.rounded_up(1) > 0
                ));
                assert_eq!(shape.steering.min_ready_seconds, 5);
            }
        }
    }
}
