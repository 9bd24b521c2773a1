//! Whether a plan makes sense: what is refused, and what a person should know before the start.

use serde::{Deserialize, Serialize};

use super::{Basis, LONGEST_SOAK_SECONDS, MOST_STEPS, Plan, SHORT_SOAK_SECONDS, achievable_on};

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
