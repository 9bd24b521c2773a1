//! Where a rollout stands. Only names and facts; the moves between them are in `advance` and `intent`.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::Difference;
use crate::id::IncidentId;
use crate::preset::Severity;

/// Where a rollout stands. Steps count from 0 here; people see them from 1.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "phase", rename_all = "snake_case")]
pub enum Phase {
    /// Recorded, nothing written yet.
    Starting,
    /// Adding the pods of a step; all old ones stay.
    Surging {
        /// Which step.
        step: usize,
        /// New pods that the step ends with.
        to: u32,
        /// Since when.
        since: DateTime<Utc>,
    },
    /// The new pods are ready; as many old ones go.
    Trimming {
        /// Which step.
        step: usize,
        /// New pods that the step ends with.
        to: u32,
        /// Since when.
        since: DateTime<Utc>,
    },
    /// Exactly the pods of the step, guarded by a pause, judged until the soak ends.
    Soaking {
        /// Which step.
        step: usize,
        /// New pods of the step.
        to: u32,
        /// Since when.
        since: DateTime<Utc>,
        /// When the soak ends, on the database's clock.
        ends_at: DateTime<Utc>,
    },
    /// Kubernetes goes on to all pods by itself.
    Finishing {
        /// Since when.
        since: DateTime<Utc>,
    },
    /// All pods are where they belong; the original strategy is put back.
    RestoringStrategy {
        /// What follows.
        outcome: Outcome,
        /// Since when.
        since: DateTime<Utc>,
    },
    /// Everything runs the new version and is judged for the soak of the last step.
    Verifying {
        /// Since when.
        since: DateTime<Utc>,
        /// When the soak ends.
        ends_at: DateTime<Utc>,
    },
    /// All pods return to the stable template.
    RollingBack {
        /// Why.
        why: WhyRollBack,
        /// Since when.
        since: DateTime<Utc>,
    },
    /// Stands still, for a reason that people can read.
    Held {
        /// Why.
        why: Held,
        /// Since when: a soak goes on with what was left of it.
        since: DateTime<Utc>,
        /// Where it goes on.
        from: Box<Phase>,
    },
    /// Back on the stable version.
    RolledBack {
        /// Why.
        why: WhyRollBack,
    },
    /// The new version is everywhere.
    Complete,
    /// Ended without a way back or forward: nothing had been written, or the Deployment is gone.
    Aborted {
        /// Why.
        why: String,
    },
}

/// What follows once the original strategy is back.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// The last soak, then complete.
    Released,
    /// The rollback is complete.
    RolledBack(WhyRollBack),
}

/// Why a rollout goes back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WhyRollBack {
    /// A person asked for it.
    Person {
        /// Their name.
        by: String,
        /// Their words.
        reason: String,
    },
    /// A threshold was broken and the plan says so.
    Breach {
        /// The threshold's key.
        key: String,
        /// How bad.
        severity: Severity,
        /// The reading in words.
        reading: String,
    },
}

impl WhyRollBack {
    /// The words of somebody who asks for it from an incident.
    pub fn words_from(incident: IncidentId) -> String {
        format!("incident {incident}")
    }

    /// Whether it was asked for from whichever incident.
    pub fn was_asked_from_an_incident(&self) -> bool {
        match self {
            Self::Person { reason, .. } => {
                reason.strip_prefix("incident ").is_some_and(|id| id.parse::<IncidentId>().is_ok())
            }
            Self::Breach { .. } => false,
        }
    }

    /// Whether it was asked for from that incident.
    pub fn was_asked_from(&self, incident: IncidentId) -> bool {
        match self {
            Self::Person { reason, .. } => *reason == Self::words_from(incident),
            Self::Breach { .. } => false,
        }
    }
}

/// Why a rollout stands still.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Held {
    /// A person stopped the clock.
    Person {
        /// Their name.
        by: String,
        /// Their words, where they gave some.
        reason: String,
    },
    /// A threshold was broken and the plan asks for a person.
    Breach {
        /// The threshold's key.
        key: String,
        /// How bad.
        severity: Severity,
        /// The reading in words.
        reading: String,
    },
    /// Something could not be measured. Goes on by itself when it can.
    Inconclusive {
        /// The threshold's key.
        key: String,
        /// The reading in words.
        reading: String,
    },
    /// Pods do not become ready. Goes on by itself when they do.
    NotReady {
        /// What is waited for, in words.
        waiting: String,
    },
    /// Someone else changed the Deployment.
    Drift {
        /// What they changed.
        differences: Vec<Difference>,
    },
}

impl Held {
    /// Whether the rollout goes on without a person once the reason is gone.
    pub const fn resumes_by_itself(&self) -> bool {
        match self {
            Self::Inconclusive { .. } | Self::NotReady { .. } => true,
            Self::Person { .. } | Self::Breach { .. } | Self::Drift { .. } => false,
        }
    }
}

impl Phase {
    /// Nothing follows by itself.
    pub const fn is_over(&self) -> bool {
        match self {
            Self::RolledBack { .. } | Self::Complete | Self::Aborted { .. } => true,
            Self::Starting
            | Self::Surging { .. }
            | Self::Trimming { .. }
            | Self::Soaking { .. }
            | Self::Finishing { .. }
            | Self::RestoringStrategy { .. }
            | Self::Verifying { .. }
            | Self::RollingBack { .. }
            | Self::Held { .. } => false,
        }
    }

    /// The way back, or its last part.
    pub const fn is_returning(&self) -> bool {
        matches!(
            self,
            Self::RollingBack { .. }
                | Self::RestoringStrategy { outcome: Outcome::RolledBack(_), .. }
                | Self::RolledBack { .. }
        )
    }

    /// Why it goes or went back, also while that is held.
    pub fn why_back(&self) -> Option<&WhyRollBack> {
        match self {
            Self::RollingBack { why, .. }
            | Self::RestoringStrategy { outcome: Outcome::RolledBack(why), .. }
            | Self::RolledBack { why } => Some(why),
            Self::Held { from, .. } => from.why_back(),
            _ => None,
        }
    }

    /// Whether the new version serves and is judged.
    pub fn is_judged(&self) -> bool {
        match self {
            Self::Surging { .. }
            | Self::Trimming { .. }
            | Self::Soaking { .. }
            | Self::Finishing { .. }
            | Self::RestoringStrategy { outcome: Outcome::Released, .. }
            | Self::Verifying { .. } => true,
            Self::Held { from, .. } => from.is_judged(),
            Self::Starting
            | Self::RestoringStrategy { outcome: Outcome::RolledBack(_), .. }
            | Self::RollingBack { .. }
            | Self::RolledBack { .. }
            | Self::Complete
            | Self::Aborted { .. } => false,
        }
    }

    /// The step it stands at, counted from 0; `None` outside the steps.
    pub fn step(&self) -> Option<usize> {
        match self {
            Self::Surging { step, .. } | Self::Trimming { step, .. } | Self::Soaking { step, .. } => {
                Some(*step)
            }
            Self::Held { from, .. } => from.step(),
            Self::Starting
            | Self::Finishing { .. }
            | Self::RestoringStrategy { .. }
            | Self::Verifying { .. }
            | Self::RollingBack { .. }
            | Self::RolledBack { .. }
            | Self::Complete
            | Self::Aborted { .. } => None,
        }
    }

    /// New pods of the step it stands at.
    pub(super) fn to(&self) -> Option<u32> {
        match self {
            Self::Surging { to, .. } | Self::Trimming { to, .. } | Self::Soaking { to, .. } => Some(*to),
            Self::Held { from, .. } => from.to(),
            Self::Starting
            | Self::Finishing { .. }
            | Self::RestoringStrategy { .. }
            | Self::Verifying { .. }
            | Self::RollingBack { .. }
            | Self::RolledBack { .. }
            | Self::Complete
            | Self::Aborted { .. } => None,
        }
    }

    /// When the countdown on the page ends; `None` where nothing counts down.
    pub const fn ends_at(&self) -> Option<DateTime<Utc>> {
        match self {
            Self::Soaking { ends_at, .. } | Self::Verifying { ends_at, .. } => Some(*ends_at),
            Self::Starting
            | Self::Surging { .. }
            | Self::Trimming { .. }
            | Self::Finishing { .. }
            | Self::RestoringStrategy { .. }
            | Self::RollingBack { .. }
            | Self::Held { .. }
            | Self::RolledBack { .. }
            | Self::Complete
            | Self::Aborted { .. } => None,
        }
    }

    /// One or two words for a badge.
    pub const fn label(&self) -> &'static str {
        match self {
            Self::Starting => "starting",
            Self::Surging { .. } => "adding pods",
            Self::Trimming { .. } => "removing old pods",
            Self::Soaking { .. } => "soaking",
            Self::Finishing { .. } => "finishing",
            Self::RestoringStrategy { .. } => "restoring strategy",
            Self::Verifying { .. } => "verifying",
            Self::RollingBack { .. } => "rolling back",
            Self::Held { .. } => "held",
            Self::RolledBack { .. } => "rolled back",
            Self::Complete => "complete",
            Self::Aborted { .. } => "aborted",
        }
    }
}
