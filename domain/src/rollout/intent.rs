//! What people ask of a running rollout: pause, hold, resume, continue now, roll back, abandon.
//!
//! An intent changes the row only; the engine then acts on the row. Whether the person may ask is not decided here.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::phase::{Held, Phase, WhyRollBack};
use super::{Difference, LogLine, Rollout, Shown};
use crate::checklist::MAX_NOTE;
use crate::text::inert;

/// What is asked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ask {
    /// Stop the clock.
    Pause,
    /// Stay at this step, with a reason for the others.
    Hold {
        /// Why.
        reason: String,
    },
    /// Go on with what was left of the soak, and judge again.
    Resume {
        /// What whoever asks had before their eyes; no later rollout and no other hold is left.
        seen: Shown,
    },
    /// Go on to the next step without waiting.
    Continue {
        /// What whoever asks had before their eyes; no later rollout and no other step is cut short, and no other hold left.
        seen: Shown,
        /// Why.
        reason: String,
    },
    /// Return to the stable version at once.
    RollBack {
        /// Why; may be empty, so that nothing stands in the way.
        reason: String,
    },
    /// Give up a rollout whose Deployment is gone.
    Abandon {
        /// Why.
        reason: String,
    },
}

/// An ask with its asker.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Intent {
    /// Name of the person.
    pub by: String,
    /// What they ask.
    pub ask: Ask,
}

/// Why an intent is refused.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(rename_all = "snake_case")]
pub enum Refused {
    /// It is over.
    #[error("this rollout is over ({0})")]
    Over(String),
    /// A reason is needed.
    #[error("say why: a reason is needed")]
    ReasonMissing,
    /// The reason is longer than what is kept.
    #[error("the reason has {length} characters; {} are kept", MAX_NOTE)]
    ReasonTooLong {
        /// Its length in characters.
        length: usize,
    },
    /// It stands still already.
    #[error("it is held already: {0}")]
    HeldAlready(String),
    /// It does not stand still.
    #[error("it is not held, so there is nothing to resume")]
    NotHeld,
    /// It is on its way back.
    #[error("it is rolling back already")]
    RollingBack,
    /// What others changed cannot be taken as given.
    #[error("it cannot go on while {0}; put that back, or roll back")]
    Drifted(String),
    /// There is no soak to cut short.
    #[error("there is no soak to cut short: {0}")]
    NothingToSkip(String),
    /// Another rollout runs than the one that was to go on.
    #[error("another rollout is what runs now; look and ask again")]
    OtherRollout,
    /// Another step runs than the one that was to be cut short. Counted from 1, as people see them.
    #[error("step {0} is what runs now; look and ask again")]
    OtherStep(usize),
    /// Something else holds it than what was seen, or nothing any more; which of them, in words.
    #[error("{0}; look and ask again")]
    OtherHold(String),
    /// Only for a Deployment that is gone.
    #[error("the Deployment is still there: roll back instead")]
    NothingLost,
}

/// Which asks make sense now, for the buttons. Reasons are empty.
pub fn asks(rollout: &Rollout) -> Vec<Ask> {
    // A word where a reason is required: this only asks whether it would be taken.
    let reason = || "?".to_owned();
    let seen = || Shown::of(rollout);
    [
        Ask::Pause,
        Ask::Resume { seen: seen() },
        Ask::Continue { seen: seen(), reason: reason() },
        Ask::Hold { reason: reason() },
        Ask::RollBack { reason: reason() },
        Ask::Abandon { reason: reason() },
    ]
    .into_iter()
    .filter(|ask| would_be_taken(rollout, ask))
    .map(Ask::without_reason)
    .collect()
}

/// Whether a way back can be asked for, also of a rollout that is complete.
pub fn can_roll_back(rollout: &Rollout) -> bool {
    would_be_taken(rollout, &Ask::RollBack { reason: String::new() })
}

fn would_be_taken(rollout: &Rollout, ask: &Ask) -> bool {
    let intent = Intent { by: String::new(), ask: ask.clone() };
    intend(rollout, &intent, rollout.started_at).is_ok()
}

impl Ask {
    /// A stable word for forms, routes and the audit log.
    pub const fn word(&self) -> &'static str {
        match self {
            Self::Pause => "pause",
            Self::Hold { .. } => "hold",
            Self::Resume { .. } => "resume",
            Self::Continue { .. } => "continue",
            Self::RollBack { .. } => "roll-back",
            Self::Abandon { .. } => "abandon",
        }
    }

    /// The ask for one of the words of [`Self::word`]; `seen` is what its form was about, where it says so.
    pub fn from_word(word: &str, reason: &str, seen: Shown) -> Option<Self> {
        let reason = reason.trim().to_owned();
        match word {
            "pause" => Some(Self::Pause),
            "hold" => Some(Self::Hold { reason }),
            "resume" => Some(Self::Resume { seen }),
            "continue" => Some(Self::Continue { seen, reason }),
            "roll-back" => Some(Self::RollBack { reason }),
            "abandon" => Some(Self::Abandon { reason }),
            _ => None,
        }
    }

    fn without_reason(self) -> Self {
        let reason = String::new();
        match self {
            Self::Pause | Self::Resume { .. } => self,
            Self::Hold { .. } => Self::Hold { reason },
            Self::Continue { seen, .. } => Self::Continue { seen, reason },
            Self::RollBack { .. } => Self::RollBack { reason },
            Self::Abandon { .. } => Self::Abandon { reason },
        }
    }
}

/// The row as the intent leaves it, and its line in the log.
pub fn intend(rollout: &Rollout, intent: &Intent, now: DateTime<Utc>) -> Result<(Rollout, LogLine), Refused> {
    let mut next = rollout.clone();
    let (what, why) = match &intent.ask {
        Ask::Pause => stand(&mut next, &intent.by, "", now)?,
        Ask::Hold { reason } => stand(&mut next, &intent.by, needed(reason)?, now)?,
        Ask::Resume { seen } => resume(&mut next, seen, now)?,
        Ask::Continue { seen, reason } => go_on(&mut next, seen, reason, now)?,
        Ask::RollBack { reason } => turn_back(&mut next, &intent.by, reason, now)?,
        Ask::Abandon { reason } => abandon(&mut next, needed(reason)?, now)?,
    };
    let why = if why.is_empty() { intent.by.clone() } else { format!("{}: {why}", intent.by) };
    Ok((next, LogLine { at: now, what, why }))
}

impl Rollout {
    /// The step that runs, counted from 0; the last one also while everything runs the new version and is watched.
    pub fn step_now(&self) -> usize {
        step_of(&self.phase, self.plan.steps.len().saturating_sub(1))
    }
}

fn step_of(phase: &Phase, last: usize) -> usize {
    match phase {
        Phase::Held { from, .. } => step_of(from, last),
        Phase::Starting => 0,
        other => other.step().unwrap_or(last),
    }
}

fn needed(reason: &str) -> Result<&str, Refused> {
    let reason = reason.trim();
    match reason.chars().count() {
        0 => Err(Refused::ReasonMissing),
        1..=MAX_NOTE => Ok(reason),
        length => Err(Refused::ReasonTooLong { length }),
    }
}

fn still_running(rollout: &Rollout) -> Result<(), Refused> {
    if rollout.phase.is_over() {
        return Err(Refused::Over(rollout.phase.label().to_owned()));
    }
    Ok(())
}

type Said = (String, String);

fn stand(rollout: &mut Rollout, by: &str, reason: &str, now: DateTime<Utc>) -> Result<Said, Refused> {
    still_running(rollout)?;
    if rollout.phase.is_returning() {
        return Err(Refused::RollingBack);
    }
    let why = Held::Person { by: by.to_owned(), reason: reason.to_owned() };
    match &mut rollout.phase {
        // What goes on by itself can be made to wait for a person.
        Phase::Held { why: before, .. } if before.resumes_by_itself() => *before = why,
        Phase::Held { why: before, .. } => return Err(Refused::HeldAlready(before.words())),
        other => {
            let from = Box::new(other.clone());
            *other = Phase::Held { why, since: now, from };
        }
    }
    rollout.go_on = false;
    let what = if reason.is_empty() { "Paused by a person" } else { "Held by a person" };
    Ok((what.into(), reason.to_owned()))
}

fn resume(rollout: &mut Rollout, seen: &Shown, now: DateTime<Utc>) -> Result<Said, Refused> {
    still_running(rollout)?;
    seen.same_rollout(rollout)?;
    if !matches!(rollout.phase, Phase::Held { .. }) {
        return Err(Refused::NotHeld);
    }
    seen.same_hold(rollout)?;
    leave_hold(rollout, now)?;
    Ok(("Resumed by a person".into(), String::new()))
}

/// Leaves the hold, taking what others changed as given where that is possible.
fn leave_hold(rollout: &mut Rollout, now: DateTime<Utc>) -> Result<(), Refused> {
    let Phase::Held { why, .. } = &rollout.phase else { return Err(Refused::NotHeld) };
    if let Held::Drift { differences } = why {
        if let Some(difference) = differences.iter().find(|d| !d.can_be_accepted()) {
            return Err(Refused::Drifted(difference.to_string()));
        }
        rollout.confirmed = None;
    }
    rollout.go_on_from_hold(now);
    Ok(())
}

fn go_on(rollout: &mut Rollout, seen: &Shown, reason: &str, now: DateTime<Utc>) -> Result<Said, Refused> {
    still_running(rollout)?;
    if rollout.phase.is_returning() {
        return Err(Refused::RollingBack);
    }
    // Before the reason: whoever is told that it is missing may be looking at another step by now.
    seen.same_rollout(rollout)?;
    seen.same_step(rollout)?;
    // A breach that nobody saw is not waved through, and what a colleague put on meanwhile is not lifted.
    seen.same_hold(rollout)?;
    let reason = needed(reason)?;
    if let Phase::Held { why, from, .. } = &rollout.phase {
        if let Held::NotReady { waiting } = why {
            return Err(Refused::NothingToSkip(waiting.clone()));
        }
        if let Held::Breach { key, .. } = why {
            rollout.accepted.push(key.clone());
        }
        let in_soak = matches!(**from, Phase::Soaking { .. } | Phase::Verifying { .. });
        // After drift the step is worked out anew and its soak starts over: there is none to cut short.
        let skip = in_soak && !matches!(why, Held::Drift { .. });
        leave_hold(rollout, now)?;
        rollout.go_on = skip;
    } else if matches!(rollout.phase, Phase::Soaking { .. } | Phase::Verifying { .. }) {
        rollout.go_on = true;
    } else {
        return Err(Refused::NothingToSkip(rollout.phase.label().to_owned()));
    }
    Ok(("Continued by a person without waiting".into(), reason.to_owned()))
}

fn turn_back(rollout: &mut Rollout, by: &str, reason: &str, now: DateTime<Utc>) -> Result<Said, Refused> {
    match &rollout.phase {
        Phase::RollingBack { .. } | Phase::RestoringStrategy { .. } if rollout.phase.is_returning() => {
            return Err(Refused::RollingBack);
        }
        Phase::RolledBack { .. } | Phase::Aborted { .. } => still_running(rollout)?,
        Phase::Held { why: Held::Drift { differences }, .. }
            if differences.iter().any(Difference::is_final) =>
        {
            return Err(Refused::Drifted(super::words::list(differences)));
        }
        Phase::Starting
        | Phase::Surging { .. }
        | Phase::Trimming { .. }
        | Phase::Soaking { .. }
        | Phase::Finishing { .. }
        | Phase::RestoringStrategy { .. }
        | Phase::Verifying { .. }
        | Phase::RollingBack { .. }
        | Phase::Held { .. }
        | Phase::Complete => {}
    }
    // Nothing stands in the way back: of too many words the first ones are kept.
    let reason = inert(reason.trim(), MAX_NOTE);
    let why = WhyRollBack::Person { by: by.to_owned(), reason: reason.clone() };
    rollout.turn_back(why, now);
    Ok((format!("Rolling back to {}", rollout.stable.image), reason))
}

fn abandon(rollout: &mut Rollout, reason: &str, now: DateTime<Utc>) -> Result<Said, Refused> {
    still_running(rollout)?;
    let lost = matches!(&rollout.phase, Phase::Held { why: Held::Drift { differences }, .. }
        if differences.iter().any(Difference::is_final));
    if !lost {
        return Err(Refused::NothingLost);
    }
    rollout.phase = Phase::Aborted { why: reason.to_owned() };
    rollout.ended_at = Some(now);
    Ok(("Abandoned by a person".into(), reason.to_owned()))
}
