//! What responders do to the workload: set and remove a switch, restart, replace a key, roll back.
//!
//! Observe → decide → act, as with rollouts: the stored row holds the intent, [`advance`] says what follows from what is
//! seen, and after a kill the cluster is read again and nothing is replayed. No secret value is ever in here: a key is
//! known by its fingerprint.

mod advance;
mod keys;
mod mark;
mod words;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

pub use self::advance::{Decision, Observation, Problem, Seen, Write, advance};
pub use self::keys::{KeyInUse, NoKey, OneKey, keys_in_use, one_key};
pub use self::mark::{Holds, Marked};
pub use self::words::{before_after, kubectl, needs, title};
use crate::id::{IncidentId, MitigationId};
use crate::preset::{Mitigations, Workload};
use crate::triage::ErrorType;

/// What a switch is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Purpose {
    /// Queue instead of failing when the vendor limits the rate.
    RateLimit,
    /// Do without the vendor while it is away.
    Fallback,
}

/// An environment variable as it stood, or stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Env {
    /// Not there.
    Absent,
    /// With a value written in the template.
    Value(String),
    /// From somewhere else: the whole entry as JSON. Names a Secret or ConfigMap at most, never what is in it.
    From(String),
}

impl Env {
    /// As people read it.
    pub fn words(&self) -> String {
        match self {
            Self::Absent => "not set".to_owned(),
            Self::Value(value) => format!("“{}”", crate::probe::mask(value)),
            Self::From(_) => "taken from elsewhere".to_owned(),
        }
    }
}

/// What is done.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "act", rename_all = "kebab-case")]
pub enum Act {
    /// Sets a switch.
    Set {
        /// What it is for.
        purpose: Purpose,
        /// The variable.
        name: String,
        /// Its value.
        value: String,
        /// As it stood before: what removing returns to.
        before: Env,
    },
    /// Removes a switch: returns the variable to how it stood before it was set.
    Remove {
        /// Which mitigation.
        of: MitigationId,
        /// The variable.
        name: String,
        /// As it stands.
        value: String,
        /// As it shall stand.
        to: Env,
    },
    /// Restarts all pods, a few at a time.
    Restart {
        /// What is written into the template: the same for every try.
        stamp: String,
    },
    /// Replaces one key of a Secret, then restarts.
    ReplaceKey {
        /// The Secret.
        secret: String,
        /// The key within it.
        key: String,
        /// Fingerprint before; none where it could not be read.
        before: Option<String>,
        /// Fingerprint of the new value.
        after: String,
        /// As for a restart.
        stamp: String,
    },
}

/// How far it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "phase", rename_all = "kebab-case")]
pub enum Phase {
    /// The intent is stored; nothing has been written.
    Asked,
    /// The request that holds the new key is writing it.
    Writing,
    /// Written; the pods are being replaced.
    Watching {
        /// Since when.
        since: DateTime<Utc>,
    },
    /// Written, and every pod of it is ready.
    Done {
        /// When.
        at: DateTime<Utc>,
    },
    /// It came to an end before that.
    Failed {
        /// When.
        at: DateTime<Utc>,
        /// Why, and what to do.
        why: String,
        /// Whether the cluster was changed all the same, and was not seen to be changed back.
        written: bool,
    },
}

impl Phase {
    /// Whether nothing more happens by itself.
    pub const fn is_over(&self) -> bool {
        matches!(self, Self::Done { .. } | Self::Failed { .. })
    }

    /// Whether the cluster was changed.
    pub const fn is_written(&self) -> bool {
        matches!(self, Self::Watching { .. } | Self::Done { .. } | Self::Failed { written: true, .. })
    }

    /// In a word.
    pub const fn label(&self) -> &'static str {
        match self {
            Self::Asked => "about to be written",
            Self::Writing => "being written",
            Self::Watching { .. } => "waiting for the pods",
            Self::Done { .. } => "done",
            Self::Failed { written: true, .. } => "written, but not ready",
            Self::Failed { written: false, .. } => "not done",
        }
    }
}

/// One action, as it is stored.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mitigation {
    /// Its id.
    pub id: MitigationId,
    /// The incident that it belongs to.
    pub incident: IncidentId,
    /// On what.
    pub target: Workload,
    /// What.
    pub act: Act,
    /// How far it is.
    pub phase: Phase,
    /// Name of who asked for it.
    pub by: String,
    /// When.
    pub asked_at: DateTime<Utc>,
    /// What keeps it at present, where something does.
    pub trouble: Option<String>,
    /// Pods as last seen: ready of the present template, and wanted.
    pub pods: Option<(u32, u32)>,
    /// When it was taken back, for a switch.
    pub removed_at: Option<DateTime<Utc>>,
}

impl Mitigation {
    /// A new one.
    pub fn asked(
        id: Uuid,
        incident: IncidentId,
        target: Workload,
        act: Act,
        by: String,
        now: DateTime<Utc>,
    ) -> Self {
        let phase = if matches!(act, Act::ReplaceKey { .. }) { Phase::Writing } else { Phase::Asked };
        Self {
            id: MitigationId(id),
            incident,
            target,
            act,
            phase,
            by,
            asked_at: now,
            trouble: None,
            pods: None,
            removed_at: None,
        }
    }

    /// Whether it is a switch that was set and has not been removed: it is marked. Whether it still stands in the cluster
    /// is what [`Holds`] says.
    pub fn stands(&self) -> bool {
        matches!(self.act, Act::Set { .. }) && self.phase.is_written() && self.removed_at.is_none()
    }

    /// The variable that it is about, where it is about one.
    pub fn variable(&self) -> Option<&str> {
        match &self.act {
            Act::Set { name, .. } | Act::Remove { name, .. } => Some(name),
            Act::Restart { .. } | Act::ReplaceKey { .. } => None,
        }
    }
}

/// The environment variables that are the panel's to set: those of its switches, and those that something was `done` to.
/// Sorted, each once.
pub fn variables<'a>(
    switches: impl IntoIterator<Item = &'a Mitigations>,
    done: &[Mitigation],
) -> Vec<String> {
    let offered = switches.into_iter().flat_map(|one| [&one.rate_limit, &one.fallback]).flatten();
    let mut names: Vec<String> = offered.map(|setting| setting.name.clone()).collect();
    names.extend(done.iter().filter_map(Mitigation::variable).map(str::to_owned));
    names.sort();
    names.dedup();
    names
}

/// An action as it is offered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Offer {
    /// Replace a key.
    ReplaceKey,
    /// Set the switch for limited rates.
    RateLimit,
    /// Set the switch for an absent vendor.
    Fallback,
    /// Restart.
    Restart,
    /// Return to the stable version.
    RollBack,
}

impl Offer {
    /// All five.
    pub const ALL: [Self; 5] =
        [Self::ReplaceKey, Self::RateLimit, Self::Fallback, Self::Restart, Self::RollBack];

    /// The word in addresses.
    pub const fn word(self) -> &'static str {
        match self {
            Self::ReplaceKey => "replace-key",
            Self::RateLimit => "rate-limit",
            Self::Fallback => "fallback",
            Self::Restart => "restart",
            Self::RollBack => "roll-back",
        }
    }

    /// The offer of that word.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|offer| offer.word() == word)
    }

    /// What the button says.
    pub const fn label(self) -> &'static str {
        match self {
            Self::ReplaceKey => "Replace the key…",
            Self::RateLimit => "Queue what is sent…",
            Self::Fallback => "Switch to the fallback…",
            Self::Restart => "Restart…",
            Self::RollBack => "Roll back…",
        }
    }

    /// What it does, in a sentence.
    pub const fn what(self) -> &'static str {
        match self {
            Self::ReplaceKey => {
                "Writes a new value for one key of the Secret, then restarts the pods so that they read it."
            }
            Self::RateLimit => "Has the service queue what the vendor does not take now, instead of failing.",
            Self::Fallback => "Has the service do without the vendor until it is back.",
            Self::Restart => "Replaces every pod by a fresh one, a few at a time.",
            Self::RollBack => {
                "Returns to the version that ran before the last release. Switches that stand are kept."
            }
        }
    }

    /// The setting of the preset that it needs.
    pub fn setting(self, mitigations: &Mitigations) -> Option<&crate::preset::EnvSetting> {
        match self {
            Self::RateLimit => mitigations.rate_limit.as_ref(),
            Self::Fallback => mitigations.fallback.as_ref(),
            Self::ReplaceKey | Self::Restart | Self::RollBack => None,
        }
    }

    /// Whether it is the thing to do about errors of this type.
    pub const fn helps(self, kind: ErrorType) -> bool {
        matches!(
            (self, kind),
            (Self::ReplaceKey, ErrorType::Auth)
                | (Self::RateLimit, ErrorType::RateLimit)
                | (Self::Fallback, ErrorType::Server)
        )
    }
}

#[cfg(test)]
mod tests;
