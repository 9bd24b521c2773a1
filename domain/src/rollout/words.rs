//! The sentences of the log and of a held rollout.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::Difference;
use super::phase::{Held, WhyRollBack};
use crate::judge::Reading;

/// One line of the log that people read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogLine {
    /// When.
    pub at: DateTime<Utc>,
    /// What was decided: "Step 2: 50 % (5 of 10 pods)".
    pub what: String,
    /// Why.
    pub why: String,
}

impl LogLine {
    /// The mark of a step that begins here, for the curves: `50 %`.
    pub fn step_mark(&self) -> Option<&str> {
        let (_, rest) = self.what.strip_prefix("Step ")?.split_once(": ")?;
        rest.find('%').and_then(|at| rest.get(..=at))
    }
}

/// Why it is held.
pub(super) fn held(why: &Held) -> String {
    match why {
        Held::Person { by, reason } if reason.is_empty() => format!("{by} paused it"),
        Held::Person { by, reason } => format!("{by}: {reason}"),
        Held::Breach { severity, reading, .. } => {
            format!("{} breach: {reading}; a person decides", severity.label())
        }
        Held::Inconclusive { reading, .. } => {
            format!("cannot be judged: {reading}; goes on by itself when it can")
        }
        Held::NotReady { waiting } => format!("{waiting}; goes on by itself when they are"),
        Held::Drift { differences } if differences.is_empty() => {
            "the Deployment is as the rollout left it again; resume when you like".into()
        }
        Held::Drift { differences } => list(differences),
    }
}

/// Differences in one line.
pub(super) fn list(differences: &[Difference]) -> String {
    differences.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")
}

/// Why it goes back.
pub(super) fn why_roll_back(why: &WhyRollBack) -> String {
    match why {
        WhyRollBack::Person { by, reason } if reason.is_empty() => format!("{by} asked for it"),
        WhyRollBack::Person { by, .. } if why.was_asked_from_an_incident() => {
            format!("{by} asked for it from an incident")
        }
        WhyRollBack::Person { by, reason } => format!("{by}: {reason}"),
        WhyRollBack::Breach { severity, reading, .. } => format!("{} breach: {reading}", severity.label()),
    }
}

/// What becomes of the strategy after the way back, and of pods that were not ready before it either.
pub(super) fn back(ready: u32, replicas: u32) -> String {
    let strategy = "the original strategy is put back, which moves no pod";
    if ready < replicas {
        return format!("{ready} of {replicas} are ready, no fewer than when the rollout began; {strategy}");
    }
    strategy.to_owned()
}

/// What passed.
pub(super) fn passed(readings: &[Reading]) -> String {
    if readings.is_empty() {
        return "the soak is over; nothing is judged".into();
    }
    readings.iter().map(Reading::words).collect::<Vec<_>>().join("; ")
}

/// Seconds for people: `10 min`, `90 s`.
pub(super) fn span(seconds: u32) -> String {
    if seconds >= 60 && seconds.is_multiple_of(60) {
        format!("{} min", seconds / 60)
    } else {
        format!("{seconds} s")
    }
}

impl Held {
    /// The reason in words, for the page.
    pub fn words(&self) -> String {
        held(self)
    }
}

impl WhyRollBack {
    /// The reason in words, for the page.
    pub fn words(&self) -> String {
        why_roll_back(self)
    }
}
