//! A checklist item in use: what was said about it, by whom, in which order, and where it stands because of that.
//!
//! History only grows. Where an item stands is always computed from its history and never stored.

mod decide;
mod refused;
mod standing;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

pub use self::decide::{Command, MAX_EVIDENCE, MAX_NOTE, decide};
pub use self::refused::{Field, Refused};
pub use self::standing::{Standing, Statement, standing};
use crate::actor::{Person, Role};
use crate::preset::ItemSpec;
use crate::release::Binding;

/// One line of an item's history. Written once, never changed or removed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// 1, 2, 3 … within the item; no number is used twice.
    pub seq: u32,
    /// When.
    pub at: DateTime<Utc>,
    /// Who.
    pub by: Person,
    /// The role they had then.
    pub role: Role,
    /// What they said.
    pub act: Act,
    /// The release they said it about.
    pub binding: Binding,
}

/// What somebody said about an item.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Act {
    /// "This is so." Enough for items that ask for a tick.
    Ticked,
    /// "I stand for it." For items that ask for two people this is the request to the second.
    Signed {
        /// What the signer wants to be remembered; may be empty.
        note: String,
        /// Link to the evidence.
        evidence: Option<String>,
    },
    /// A second person agrees to the pending signature, or to the pending "not applicable".
    CounterSigned {
        /// May be empty.
        note: String,
    },
    /// "This does not concern us."
    NotApplicable {
        /// Never empty.
        reason: String,
    },
    /// What stood no longer stands; the item is open again.
    Withdrawn {
        /// Never empty.
        reason: String,
    },
}

impl Act {
    /// The verb for sentences with the person before it: "Ana signed".
    pub fn verb(&self) -> &'static str {
        match self {
            Self::Ticked => "ticked",
            Self::Signed { .. } => "signed",
            Self::CounterSigned { .. } => "counter-signed",
            Self::NotApplicable { .. } => "marked as not applicable",
            Self::Withdrawn { .. } => "withdrew",
        }
    }

    /// The note or reason given; empty where there is none.
    pub fn note(&self) -> &str {
        match self {
            Self::Ticked => "",
            Self::Signed { note, .. } | Self::CounterSigned { note } => note,
            Self::NotApplicable { reason } | Self::Withdrawn { reason } => reason,
        }
    }

    /// The link to evidence, where one was given.
    pub fn evidence(&self) -> Option<&str> {
        match self {
            Self::Signed { evidence, .. } => evidence.as_deref(),
            Self::Ticked
            | Self::CounterSigned { .. }
            | Self::NotApplicable { .. }
            | Self::Withdrawn { .. } => None,
        }
    }
}

/// An item of a go-live: what it asserts and its whole history, oldest first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Item {
    /// What it asserts and who may say so.
    pub spec: ItemSpec,
    /// Its history, oldest first.
    pub entries: Vec<Entry>,
}

impl Item {
    /// A new item that nobody has said anything about.
    pub fn new(spec: ItemSpec) -> Self {
        Self { spec, entries: Vec::new() }
    }

    /// The number of the last entry, 0 when there is none: what a browser sends back as `seen`.
    pub fn version(&self) -> u32 {
        self.entries.last().map_or(0, |entry| entry.seq)
    }

    /// Where the item stands for the release `now` is bound to.
    pub fn standing(&self, now: &Binding) -> Standing {
        standing(self, now)
    }
}

#[cfg(test)]
mod tests;
