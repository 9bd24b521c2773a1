//! The rollout plan: steps, soaks, what a breach does; what it comes to in pods; and whether it makes sense.
//!
//! Light enough to run in the browser with every keystroke of the plan editor. It knows no cluster.

use serde::{Deserialize, Serialize};

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

/// Why a plan cannot be started. Step numbers count from 1, as people see them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(rename_all = "snake_case")]
pub enum Nonsense {
    /// A plan without steps.
    #[error("a plan needs at least one step")]
    NoSteps,
    /// Too many steps.
    #[error("a plan has at most {MOST_STEPS} steps, this has {0}")]
    TooManySteps(usize),
    /// A percent outside 1 to 100.
    #[error("step {step} asks for {percent} %; a step is between 1 and 100 %")]
    PercentOutOfRange {
        /// Counted from 1.
        step: usize,
        /// What was asked for.
        percent: u32,
    },
    /// A step that is not above the one before.
    #[error("step {step} ({percent} %) must be above the step before it ({before} %)")]
    NotRising {
        /// Counted from 1.
        step: usize,
        /// What was asked for.
        percent: u32,
        /// The step before.
        before: u32,
    },
    /// The plan stops short.
    #[error("the last step must be 100 %, this plan ends at {0} %")]
    DoesNotFinish(u32),
    /// A soak longer than a week.
    #[error("step {step} soaks for longer than a week")]
    SoakTooLong {
        /// Counted from 1.
        step: usize,
    },
    /// There is nothing to roll out.
    #[error("the Deployment has no replicas, so there is nothing to roll out")]
    NoReplicas,
    /// Two thresholds with one key.
    #[error("the threshold “{0}” is listed twice")]
    DuplicateThreshold(String),
    /// A limit that is not a number.
    #[error("the limit of “{0}” is not a number")]
    LimitNotANumber(String),
}

/// What a person should know before starting a plan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(rename_all = "snake_case")]
pub enum Warning {
    /// No canary is possible on one pod.
    #[error("with one replica the first step already moves everything: there is no canary")]
    OneReplica,
    /// A step comes to more than the plan asks for.
    #[error("step {step} asks for {percent} % and comes to {achieved} % on this many pods")]
    CoarserThanAsked {
        /// Counted from 1.
        step: usize,
        /// What was asked for.
        percent: u32,
        /// What it comes to.
        achieved: u32,
    },
    /// Two steps that come to the same pods.
    #[error("steps {first} and {second} come to the same {pods} new pods")]
    SamePods {
        /// Counted from 1.
        first: usize,
        /// Counted from 1.
        second: usize,
        /// New pods of both.
        pods: u32,
    },
    /// A soak too short to judge.
    #[error("step {step} soaks for only {seconds} s, too short to judge by")]
    ShortSoak {
        /// Counted from 1.
        step: usize,
        /// Its soak.
        seconds: u32,
    },
    /// Everything at once.
    #[error("everything moves in one step, without a canary")]
    NoCanary,
    /// Nothing is judged.
    #[error("no threshold is judged: only a person can stop this rollout")]
    NothingJudged,
    /// An autoscaler is attached.
    #[error("an autoscaler changes the number of pods: steps are kept in percent, rounded down")]
    Autoscaled,
}

impl Plan {
    /// 10 % for ten minutes, 50 % for five, then 100 %; P1 rolls back, P2 holds.
    pub fn default_for(thresholds: Vec<Threshold>) -> Self {
        Self {
            steps: vec![
                Step { percent: 10, soak_seconds: 600 },
                Step { percent: 50, soak_seconds: 300 },
                Step { percent: 100, soak_seconds: 0 },
            ],
            on_p1: BreachAction::RollBack,
            on_p2: BreachAction::Hold,
            thresholds,
        }
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

/// Whether the plan can be started on this many replicas, and what to know before.
pub fn check(plan: &Plan, replicas: u32, autoscaled: bool) -> Result<Vec<Warning>, Vec<Nonsense>> {
    let nonsense = nonsense(plan, replicas);
    if nonsense.is_empty() { Ok(warnings(plan, replicas, autoscaled)) } else { Err(nonsense) }
}

fn nonsense(plan: &Plan, replicas: u32) -> Vec<Nonsense> {
    let mut found = Vec::new();
    if replicas == 0 {
        found.push(Nonsense::NoReplicas);
    }
    match plan.steps.last() {
        None => found.push(Nonsense::NoSteps),
        Some(last) if last.percent != 100 => found.push(Nonsense::DoesNotFinish(last.percent)),
        Some(_) => {}
    }
    if plan.steps.len() > MOST_STEPS {
        found.push(Nonsense::TooManySteps(plan.steps.len()));
    }
    let mut before = 0;
    for (index, step) in plan.steps.iter().enumerate() {
        let number = index + 1;
        if !(1..=100).contains(&step.percent) {
            found.push(Nonsense::PercentOutOfRange { step: number, percent: step.percent });
        } else if step.percent <= before {
            found.push(Nonsense::NotRising { step: number, percent: step.percent, before });
        }
        if step.soak_seconds > LONGEST_SOAK_SECONDS {
            found.push(Nonsense::SoakTooLong { step: number });
        }
        before = step.percent;
    }
    for (index, threshold) in plan.thresholds.iter().enumerate() {
        if plan.thresholds[..index].iter().any(|other| other.key() == threshold.key()) {
            found.push(Nonsense::DuplicateThreshold(threshold.key().to_owned()));
        }
        if !threshold.spec.limit.is_finite() {
            found.push(Nonsense::LimitNotANumber(threshold.key().to_owned()));
        }
    }
    found
}

fn warnings(plan: &Plan, replicas: u32, autoscaled: bool) -> Vec<Warning> {
    let basis = if autoscaled { Basis::Percent } else { Basis::Pods };
    let steps = achievable_on(plan, replicas, basis);
    let mut found = Vec::new();
    if autoscaled {
        found.push(Warning::Autoscaled);
    }
    if replicas == 1 {
        found.push(Warning::OneReplica);
    }
    if steps.len() == 1 {
        found.push(Warning::NoCanary);
    }
    if plan.thresholds.is_empty() {
        found.push(Warning::NothingJudged);
    }
    for (index, (step, planned)) in steps.iter().zip(&plan.steps).enumerate() {
        let number = index + 1;
        // Five points more than asked is rounding; beyond that more users meet the new version than planned.
        if replicas > 1 && step.achieved_percent > step.percent + 5 {
            found.push(Warning::CoarserThanAsked {
                step: number,
                percent: step.percent,
                achieved: step.achieved_percent,
            });
        }
        if replicas > 1 && index > 0 && steps[index - 1].new_pods == step.new_pods {
            found.push(Warning::SamePods { first: index, second: number, pods: step.new_pods });
        }
        if step.percent < 100 && planned.soak_seconds < SHORT_SOAK_SECONDS {
            found.push(Warning::ShortSoak { step: number, seconds: planned.soak_seconds });
        }
    }
    found
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::threshold::tests::four;

    fn plan() -> Plan {
        Plan::default_for(four())
    }

    fn steps(percents: &[u32]) -> Plan {
        let steps = percents.iter().map(|&percent| Step { percent, soak_seconds: 300 }).collect();
        Plan { steps, ..plan() }
    }

    fn pods(replicas: u32) -> Vec<u32> {
        achievable(&plan(), replicas).iter().map(|s| s.new_pods).collect()
    }

    #[test]
    fn ten_replicas_come_to_one_five_and_ten_pods() {
        assert_eq!(pods(10), [1, 5, 10]);
    }

    #[test]
    fn ten_percent_of_three_replicas_is_a_third() {
        assert_eq!(pods(3), [1, 2, 3]);
        assert_eq!(achievable(&plan(), 3)[0].achieved_percent, 33);
        let warnings = check(&plan(), 3, false).unwrap();
        assert!(warnings.contains(&Warning::CoarserThanAsked { step: 1, percent: 10, achieved: 33 }));
    }

    #[test]
    fn one_replica_is_warned_about() {
        assert!(check(&plan(), 1, false).unwrap().contains(&Warning::OneReplica));
    }

    #[test]
    fn two_steps_of_the_same_pods_are_warned_about() {
        let warnings = check(&steps(&[10, 20, 100]), 3, false).unwrap();
        assert!(warnings.contains(&Warning::SamePods { first: 1, second: 2, pods: 1 }));
    }

    #[test]
    fn nonsense_is_refused_with_every_reason() {
        let cases: [(Plan, u32, Nonsense); 7] = [
            (steps(&[]), 10, Nonsense::NoSteps),
            (steps(&[50, 10, 100]), 10, Nonsense::NotRising { step: 2, percent: 10, before: 50 }),
            (steps(&[10, 10, 100]), 10, Nonsense::NotRising { step: 2, percent: 10, before: 10 }),
            (steps(&[10, 50]), 10, Nonsense::DoesNotFinish(50)),
            (steps(&[0, 100]), 10, Nonsense::PercentOutOfRange { step: 1, percent: 0 }),
            (steps(&[10, 101]), 10, Nonsense::PercentOutOfRange { step: 2, percent: 101 }),
            (plan(), 0, Nonsense::NoReplicas),
        ];
        for (plan, replicas, expected) in cases {
            let refused = check(&plan, replicas, false).unwrap_err();
            assert!(refused.contains(&expected), "{refused:?} lacks {expected:?}");
        }
        let mut long = plan();
        long.steps[0].soak_seconds = LONGEST_SOAK_SECONDS + 1;
        assert_eq!(check(&long, 10, false), Err(vec![Nonsense::SoakTooLong { step: 1 }]));
    }

    #[test]
    fn with_an_autoscaler_steps_round_down_as_kubernetes_does() {
        let pods: Vec<_> = achievable_on(&plan(), 6, Basis::Percent).iter().map(|s| s.new_pods).collect();
        assert_eq!(pods, [1, 3, 6]);
        assert!(check(&plan(), 6, true).unwrap().contains(&Warning::Autoscaled));
    }

    proptest! {
        #[test]
        fn steps_never_go_down_never_vanish_and_end_at_all(replicas in 1_u32..5000, a in 1_u32..99, b in 1_u32..99) {
            let (low, high) = (a.min(b), a.max(b));
            for basis in [Basis::Pods, Basis::Percent] {
                let (l, h) = (pods_for(low, replicas, basis), pods_for(high, replicas, basis));
                prop_assert!(1 <= l && l <= h && h <= replicas);
                prop_assert!(replicas == 1 || h < replicas);
                prop_assert_eq!(pods_for(100, replicas, basis), replicas);
            }
        }
    }
}
