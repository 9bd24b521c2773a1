//! Why something was not accepted, in words a person can act on.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::decide::{MAX_EVIDENCE, MAX_NOTE};
use crate::actor::{Person, Role};

/// Why a command on an item was refused.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(tag = "kind", rename_all = "snake_case")]
#[error("{}", self.message())]
pub enum Refused {
    /// The person's role does not reach the item's.
    RoleTooLow {
        /// The least role that may.
        needed: Role,
    },
    /// Somebody was quicker, or the page was old.
    AlreadyBy {
        /// Who.
        person: Person,
        /// When.
        at: DateTime<Utc>,
        /// What they did: "signed".
        did: String,
    },
    /// The version that the browser says it saw does not exist.
    UnknownVersion,
    /// Counter-signing one's own request.
    OwnRequest {
        /// When it was made.
        at: DateTime<Utc>,
    },
    /// Nobody has asked for a second signature.
    NothingToCounterSign,
    /// The first signature is about another image or configuration.
    RequestIsStale,
    /// Nothing stands that could be withdrawn.
    NothingToWithdraw,
    /// Withdrawing what somebody else stated.
    NotYours {
        /// Whose it is.
        person: Person,
    },
    /// A reason is asked for and none was given.
    ReasonNeeded,
    /// Note or reason too long.
    NoteTooLong {
        /// Its length in characters.
        length: usize,
    },
    /// Evidence is not an http or https address.
    EvidenceNotALink,
    /// Evidence address too long.
    EvidenceTooLong,
}

/// The part of a form that a refusal belongs beside.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Field {
    /// Note or reason.
    Note,
    /// Link to evidence.
    Evidence,
    /// None in particular.
    Form,
}

impl Refused {
    /// What happened.
    pub fn message(&self) -> String {
        match self {
            Self::RoleTooLow { needed } => format!("Only {} may state this.", needed.with_article()),
            Self::AlreadyBy { person, at, did } => {
                format!("{} {did} this at {} UTC, before you.", person.name, at.format("%H:%M:%S"))
            }
            Self::UnknownVersion => "This page shows a state that does not exist.".to_owned(),
            Self::OwnRequest { at } => {
                format!(
                    "You signed this yourself at {} UTC; two different people are asked for.",
                    at.format("%H:%M")
                )
            }
            Self::NothingToCounterSign => "Nobody has asked for a second signature here.".to_owned(),
            Self::RequestIsStale => "The first signature is about another image or configuration.".to_owned(),
            Self::NothingToWithdraw => "Nothing stands here that could be withdrawn.".to_owned(),
            Self::NotYours { person } => format!("This was stated by {}.", person.name),
            Self::ReasonNeeded => "A reason is needed.".to_owned(),
            Self::NoteTooLong { length } => format!("The text has {length} characters; {MAX_NOTE} are kept."),
            Self::EvidenceNotALink => "The evidence is not a link.".to_owned(),
            Self::EvidenceTooLong => format!("The link is longer than {MAX_EVIDENCE} characters."),
        }
    }

    /// What to do now.
    pub fn next_step(&self) -> String {
        match self {
            Self::RoleTooLow { needed } => {
                format!("Ask {} to do it, or an admin to change your role.", needed.with_article())
            }
            Self::AlreadyBy { .. } => {
                "Look at the item as it stands now; repeat only what is still missing.".to_owned()
            }
            Self::UnknownVersion => "Reload the page and try again.".to_owned(),
            Self::OwnRequest { .. } => "Ask a colleague to counter-sign.".to_owned(),
            Self::NothingToCounterSign => "Sign first; then somebody else counter-signs.".to_owned(),
            Self::RequestIsStale => {
                "Sign anew for the present release; then somebody else counter-signs.".to_owned()
            }
            Self::NothingToWithdraw => "Reload the page to see where it stands.".to_owned(),
            Self::NotYours { .. } => "Ask them, or an admin, to withdraw it.".to_owned(),
            Self::ReasonNeeded => "Write in a few words why; it is kept in the history.".to_owned(),
            Self::NoteTooLong { .. } => "Shorten it, or put it where a link can lead to it.".to_owned(),
            Self::EvidenceNotALink => "Give a full address that begins with https:// or http://.".to_owned(),
            Self::EvidenceTooLong => "Use a shorter address.".to_owned(),
        }
    }

    /// The field the refusal belongs beside.
    pub fn field(&self) -> Field {
        match self {
            Self::ReasonNeeded | Self::NoteTooLong { .. } => Field::Note,
            Self::EvidenceNotALink | Self::EvidenceTooLong => Field::Evidence,
            Self::RoleTooLow { .. }
            | Self::AlreadyBy { .. }
            | Self::UnknownVersion
            | Self::OwnRequest { .. }
            | Self::NothingToCounterSign
            | Self::RequestIsStale
            | Self::NothingToWithdraw
            | Self::NotYours { .. } => Field::Form,
        }
    }
}
