//! The rollout plan: steps, soaks, what a breach does; what it comes to in pods; and whether it makes sense.
//!
//! Light enough to run in the browser with every keystroke of the plan editor. It knows no cluster.

mod sense;
#[cfg(test)]
mod tests;
mod words;

use serde::{Deserialize, Serialize};

pub use sense::{Nonsense, Warning, check};
pub use words::{parse_percent, parse_soak, soak};

use crate::id::ThresholdKey;
use crate::preset::Severity;
use crate::threshold::Threshold;

/// The longest soak of one step: a week, in seconds.
pub const LONGEST_SOAK_SECONDS: u32 = 7 * 24 * 3600;
/// More steps than this help nobody.
pub const MOST_STEPS: usize = 20;
/// A soak shorter than this sees too few scrapes to judge by, in seconds.
pub const SHORT_SOAK_SECONDS: u32 = 60;

/// One step: this share of the pods, watched for this long.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Step {
    /// Share of the pods that run the new version, 1 to 100.
    pub percent: u32,
    /// How long the step is watched before the next, in seconds.
    pub soak_seconds: u32,
}

/// What a breach during the rollout does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BreachAction {
    /// Stay where it is until a person decides.
    Hold,
    /// Return to the stable version at once.
    RollBack,
}

impl BreachAction {
    /// The words a person reads.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Hold => "hold for a person",
            Self::RollBack => "roll back",
        }
    }
}

/// How a percent becomes pods.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Basis {
    /// Exact pods, to the nearest pod: for a Deployment with a fixed number of replicas.
    Pods,
    /// Kept in percent, rounded down as Kubernetes does: for a Deployment with an autoscaler.
    Percent,
}

/// The plan of one rollout.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Plan {
    /// Rising shares; the last is 100.
    pub steps: Vec<Step>,
    /// What a P1 breach does.
    pub on_p1: BreachAction,
    /// What a P2 breach does.
    pub on_p2: BreachAction,
    /// What is judged, in the versions that judge.
    pub thresholds: Vec<Threshold>,
    /// What could judge and is left out: it is not asked, holds nothing and returns nothing.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub left_out: Vec<ThresholdKey>,
}

/// What a step comes to on a given number of replicas.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct AchievableStep {
    /// What the plan asks for.
    pub percent: u32,
    /// Pods of the new version at this step.
    pub new_pods: u32,
    /// Pods of the stable version that stay.
    pub old_pods: u32,
    /// `new_pods` as a percentage of all, to the nearest whole.
    pub achieved_percent: u32,
}

impl Plan {
    /// 10 % for ten minutes, 50 % for five, then 100 %; P1 rolls back, P2 holds.
    pub fn default_for(thresholds: Vec<Threshold>) -> Self {
        Self {
            steps: Self::default_steps(),
            on_p1: BreachAction::RollBack,
            on_p2: BreachAction::Hold,
            thresholds,
            left_out: Vec::new(),
        }
    }

    /// The same plan, judged by those of `thresholds` that it does not leave out. What is none of them is forgotten.
    #[must_use]
    pub fn judged_by(self, thresholds: Vec<Threshold>) -> Self {
        let (out, thresholds): (Vec<_>, Vec<_>) =
            thresholds.into_iter().partition(|threshold| self.left_out.contains(&threshold.spec.key));
        let left_out = out.into_iter().map(|threshold| threshold.spec.key).collect();
        Self { thresholds, left_out, ..self }
    }

    /// 10 % for ten minutes, 50 % for five, then 100 %.
    pub fn default_steps() -> Vec<Step> {
        vec![
            Step { percent: 10, soak_seconds: 600 },
            Step { percent: 50, soak_seconds: 300 },
            Step { percent: 100, soak_seconds: 0 },
        ]
    }

    /// What a breach of this severity does; `None` for those that are only recorded.
    pub const fn action(&self, severity: Severity) -> Option<BreachAction> {
        match severity {
            Severity::P1 => Some(self.on_p1),
            Severity::P2 => Some(self.on_p2),
            Severity::P3 | Severity::P4 => None,
        }
    }
}

/// Pods of the new version at `percent` of `replicas`: at least one for a step that is not zero, and never
/// all of several for a step below 100.
pub fn pods_for(percent: u32, replicas: u32, basis: Basis) -> u32 {
    if percent == 0 || replicas == 0 {
        return 0;
    }
    if percent >= 100 {
        return replicas;
    }
    let hundredths = u64::from(percent) * u64::from(replicas);
    let pods = match basis {
        Basis::Pods => (hundredths + 50) / 100,
        Basis::Percent => hundredths / 100,
    };
    let most = replicas.saturating_sub(1).max(1);
    u32::try_from(pods).unwrap_or(replicas).clamp(1, most)
}

/// What each step of `plan` comes to on `replicas` pods, with a fixed number of replicas.
pub fn achievable(plan: &Plan, replicas: u32) -> Vec<AchievableStep> {
    achievable_on(plan, replicas, Basis::Pods)
}

/// What each step of `plan` comes to on `replicas` pods.
pub fn achievable_on(plan: &Plan, replicas: u32, basis: Basis) -> Vec<AchievableStep> {
    plan.steps
        .iter()
        .map(|step| {
            let new_pods = pods_for(step.percent, replicas, basis);
            let achieved = (u64::from(new_pods) * 200 + u64::from(replicas))
                .checked_div(u64::from(replicas) * 2)
                .unwrap_or_default();
            AchievableStep {
                percent: step.percent,
                new_pods,
                old_pods: replicas - new_pods,
                achieved_percent: u32::try_from(achieved).unwrap_or(100),
            }
        })
        .collect()
}
