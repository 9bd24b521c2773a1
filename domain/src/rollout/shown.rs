//! What somebody was shown before they asked to go on: what came since, they have not seen, and it is not gone on over.

use serde::{Deserialize, Serialize};

use super::phase::{Held, Phase};
use super::{Refused, Rollout, words};
use crate::id::RolloutId;
use crate::text::inert_line;

/// The most characters of a hold's word. Its time stands first and is never cut off.
const MAX_WORD: usize = 4000;

/// What whoever asks had before their eyes.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shown {
    /// The rollout; no later one of the same go-live is meant.
    pub rollout: Option<RolloutId>,
    /// The step of it, counted from 0; no other one is meant.
    pub step: Option<usize>,
    /// A word for what held it; no other hold is left. Empty where nothing did, and where it goes on by itself
    /// ([`Held::resumes_by_itself`]): such holds come and go, and going on without the figures is what is asked.
    pub hold: String,
}

impl Shown {
    /// What a page about the rollout shows of it.
    pub fn of(rollout: &Rollout) -> Self {
        Self { rollout: Some(rollout.id), step: Some(rollout.step_now()), hold: hold(&rollout.phase) }
    }

    /// Refuses if it was about another rollout.
    pub(super) fn same_rollout(&self, rollout: &Rollout) -> Result<(), Refused> {
        if self.rollout == Some(rollout.id) { Ok(()) } else { Err(Refused::OtherRollout) }
    }

    /// Refuses if it was about another step than the one that runs.
    pub(super) fn same_step(&self, rollout: &Rollout) -> Result<(), Refused> {
        let runs = rollout.step_now();
        if self.step == Some(runs) { Ok(()) } else { Err(Refused::OtherStep(runs.saturating_add(1))) }
    }

    /// Refuses if something else holds it by now than what was seen, or nothing any more.
    pub(super) fn same_hold(&self, rollout: &Rollout) -> Result<(), Refused> {
        if self.hold == hold(&rollout.phase) {
            return Ok(());
        }
        let held = match &rollout.phase {
            Phase::Held { why, .. } => format!("it is held by now: {}", why.words()),
            _ => "what held it is gone by now".to_owned(),
        };
        Err(Refused::OtherHold(held))
    }
}

/// A word for what holds it, which no other hold of the rollout has. On one line: forms carry it.
fn hold(phase: &Phase) -> String {
    let Phase::Held { why, since, .. } = phase else { return String::new() };
    let what = match why {
        Held::Person { .. } => "person".to_owned(),
        Held::Breach { key, .. } => format!("breach:{key}"),
        Held::Drift { differences } => format!("drift:{}", words::list(differences)),
        // These resume by themselves.
        Held::Inconclusive { .. } | Held::NotReady { .. } => return String::new(),
    };
    inert_line(&format!("{} {what}", since.timestamp_millis()), MAX_WORD)
}
