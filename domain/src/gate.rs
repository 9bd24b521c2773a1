//! The gate before a rollout: it is open, or it says exactly what it waits for.
//!
//! Nothing here starts a rollout, and no other place decides whether one may start for the checklist's sake.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::actor::{Actor, Person, Role};
use crate::checklist::{MAX_NOTE, Standing};
use crate::golive::{GoLive, Override};
use crate::id::{ItemKey, SectionKey};
use crate::preset::Phase;
use crate::release::Change;

/// The shortest reason for an override, in visible characters.
pub const MIN_OVERRIDE_REASON: usize = 15;

/// The state of the gate.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Gate {
    /// A rollout may start.
    Open {
        /// The admin's override, where it is open only because of it.
        overridden: Option<Override>,
    },
    /// It may not, because of these required items. Never empty.
    Closed {
        /// What is open, in the order of the checklist.
        open: Vec<OpenItem>,
    },
}

impl Gate {
    /// Whether a rollout may start.
    pub fn is_open(&self) -> bool {
        match self {
            Self::Open { .. } => true,
            Self::Closed { .. } => false,
        }
    }

    /// One sentence for headers: "gate closed: 4 items are open".
    pub fn text(&self) -> String {
        match self {
            Self::Open { overridden: None } => "gate open".to_owned(),
            Self::Open { overridden: Some(by) } => format!("gate opened by {}'s override", by.by.name),
            Self::Closed { open } if open.len() == 1 => "gate closed: 1 item is open".to_owned(),
            Self::Closed { open } => format!("gate closed: {} items are open", open.len()),
        }
    }
}

/// A required item that the gate waits for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OpenItem {
    /// Key of its section.
    pub section: SectionKey,
    /// Heading of its section.
    pub section_title: String,
    /// Its key.
    pub key: ItemKey,
    /// Its assertion.
    pub title: String,
    /// Why it is open.
    pub why: Reason,
}

/// Why a required item is open.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Reason {
    /// Nobody has stated it.
    NotStated,
    /// Ticked, but a signature is asked for.
    TickedNotSigned {
        /// Who ticked.
        by: Person,
    },
    /// One of two people has signed.
    AwaitingSecond {
        /// Who.
        first: Person,
    },
    /// It was stated for another release.
    Stale {
        /// What changed since.
        because: Change,
        /// Who stated it then.
        by: Option<Person>,
    },
}

impl Reason {
    /// In words.
    pub fn text(&self) -> String {
        match self {
            Self::NotStated => "nobody has stated it".to_owned(),
            Self::TickedNotSigned { by } => format!("ticked by {}, but not signed", by.name),
            Self::AwaitingSecond { first } => format!("signed by {}, waits for a second person", first.name),
            Self::Stale { because, by: Some(by) } => {
                format!("{} since {} stated it", because.text(), by.name)
            }
            Self::Stale { because, by: None } => format!("{} since it was stated", because.text()),
        }
    }
}

/// The gate of `go_live` as it stands.
///
/// An override counts while the release is the one it was made for and nothing is open that was not open then.
pub fn gate(go_live: &GoLive) -> Gate {
    let open = waiting_for(go_live);
    if open.is_empty() {
        return Gate::Open { overridden: None };
    }
    let binding = go_live.binding();
    let covering = go_live.overrides.iter().rev().find(|made| {
        binding.changed_since(&made.binding).is_none()
            && open.iter().all(|item| made.open_then.contains(&item.key))
    });
    match covering {
        Some(made) => Gate::Open { overridden: Some(made.clone()) },
        None => Gate::Closed { open },
    }
}

/// The required items before the rollout that are not settled, overridden or not.
pub fn waiting_for(go_live: &GoLive) -> Vec<OpenItem> {
    let now = go_live.binding();
    go_live
        .items()
        .filter(|(section, item)| section.phase == Phase::BeforeRollout && item.spec.required)
        .filter_map(|(section, item)| {
            let why = reason(item.standing(&now))?;
            Some(OpenItem {
                section: section.key.clone(),
                section_title: section.title.clone(),
                key: item.spec.key.clone(),
                title: item.spec.title.clone(),
                why,
            })
        })
        .collect()
}

fn reason(standing: Standing) -> Option<Reason> {
    match standing {
        Standing::Done { .. } | Standing::NotApplicable { .. } => None,
        Standing::Open => Some(Reason::NotStated),
        Standing::Ticked { tick } => Some(Reason::TickedNotSigned { by: tick.by }),
        Standing::AwaitingSecond { first, .. } => Some(Reason::AwaitingSecond { first: first.by }),
        Standing::Stale { was, because } => {
            Some(Reason::Stale { because, by: was.statements().last().map(|statement| statement.by.clone()) })
        }
    }
}

/// Why an override was refused.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(tag = "kind", rename_all = "snake_case")]
#[error("{}", self.message())]
pub enum OverrideRefused {
    /// Only admins override.
    NotAdmin,
    /// The gate is open already.
    NothingToOverride,
    /// The reason is too short to tell anybody anything.
    ReasonTooShort,
    /// The reason is longer than what is kept.
    ReasonTooLong {
        /// Its length in characters.
        length: usize,
    },
    /// Something changed since the page was read.
    Changed,
}

impl OverrideRefused {
    /// What happened.
    pub fn message(&self) -> String {
        match self {
            Self::NotAdmin => "Only an admin may override the gate.".to_owned(),
            Self::NothingToOverride => "The gate is open; there is nothing to override.".to_owned(),
            Self::ReasonTooShort => {
                format!("A reason of at least {MIN_OVERRIDE_REASON} characters is needed.")
            }
            Self::ReasonTooLong { length } => {
                format!("The reason has {length} characters; {MAX_NOTE} are kept.")
            }
            Self::Changed => "The checklist changed while this page was open.".to_owned(),
        }
    }

    /// What to do now.
    pub fn next_step(&self) -> String {
        match self {
            Self::NotAdmin => "Ask an admin, or close the open items.".to_owned(),
            Self::NothingToOverride => "Start the rollout.".to_owned(),
            Self::ReasonTooShort => {
                "Write why this cannot wait; it is shown on this page for ever.".to_owned()
            }
            Self::ReasonTooLong { .. } => "Shorten it.".to_owned(),
            Self::Changed => "Look at what is open now, then decide again.".to_owned(),
        }
    }
}

/// Decides on an override of the gate by `actor`, who saw version `seen` of the go-live.
pub fn decide_override(
    go_live: &GoLive,
    reason: &str,
    actor: &Actor,
    seen: i64,
    now: DateTime<Utc>,
) -> Result<Override, OverrideRefused> {
    if actor.role < Role::Admin {
        return Err(OverrideRefused::NotAdmin);
    }
    if seen != go_live.version {
        return Err(OverrideRefused::Changed);
    }
    if gate(go_live).is_open() {
        return Err(OverrideRefused::NothingToOverride);
    }
    let length = reason.chars().count();
    if length > MAX_NOTE {
        return Err(OverrideRefused::ReasonTooLong { length });
    }
    if crate::text::inert_line(reason, MAX_NOTE).chars().count() < MIN_OVERRIDE_REASON {
        return Err(OverrideRefused::ReasonTooShort);
    }
    Ok(Override {
        by: actor.person.clone(),
        at: now,
        reason: reason.trim().to_owned(),
        open_then: waiting_for(go_live).into_iter().map(|item| item.key).collect(),
        binding: go_live.binding(),
    })
}

#[cfg(test)]
mod tests;
