//! A person's answer in place of the findings', and who may give one.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::tree::{Answer, Question};
use crate::actor::{Actor, Role};

/// A person's answer in place of the findings'.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Overrule {
    /// Which question.
    pub question: Question,
    /// Their answer; `None` takes an earlier overruling back.
    pub answer: Option<Answer>,
    /// Why.
    pub reason: String,
    /// Name of who.
    pub by: String,
    /// When.
    pub at: DateTime<Utc>,
}

/// Why an answer was not overruled.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RefusedOverrule {
    /// Release managers and admins respond to incidents.
    #[error("answering for the findings needs a release manager or an admin")]
    NotAllowed,
    /// Without a reason nobody can follow it later.
    #[error("say what you know that the findings do not")]
    ReasonMissing,
    /// Longer than a sentence or two.
    #[error("a reason has at most {} characters", crate::checklist::MAX_NOTE)]
    ReasonTooLong,
}

/// Whether somebody may overrule, with this reason.
pub fn may_overrule(actor: &Actor, reason: &str) -> Result<(), RefusedOverrule> {
    if !actor.may_act_as(Role::ReleaseManager) {
        return Err(RefusedOverrule::NotAllowed);
    }
    let length = reason.trim().chars().count();
    if length < 3 {
        return Err(RefusedOverrule::ReasonMissing);
    }
    if length > crate::checklist::MAX_NOTE {
        return Err(RefusedOverrule::ReasonTooLong);
    }
    Ok(())
}
