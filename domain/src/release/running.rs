//! The configuration that runs in the cluster, and what follows from seeing another one. How it is read is not known here.

use std::fmt;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::age;
use crate::rollout::Phase;

/// The configuration that runs in the cluster, without what the panel itself changes there.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Running {
    /// Its fingerprint: the same for the same configuration, and nothing can be read from it.
    pub fingerprint: String,
    /// When it was first seen to run.
    pub noticed_at: DateTime<Utc>,
}

/// What follows from a look at the cluster.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Noticed<'a> {
    /// Nothing: it is as it was known, or the look is older than what is known.
    Nothing,
    /// It is the first that is known. Nothing becomes stale by that.
    First,
    /// Somebody changed it: statements made while the other one ran are stale.
    Changed {
        /// What was known before.
        from: &'a Running,
    },
}

impl Running {
    /// What follows where `known` is known and a look that began at `seen.noticed_at` saw `seen`.
    pub fn notice<'a>(known: Option<&'a Self>, seen: &Self) -> Noticed<'a> {
        match known {
            None => Noticed::First,
            Some(known) if known.fingerprint == seen.fingerprint => Noticed::Nothing,
            Some(known) if seen.noticed_at < known.noticed_at => Noticed::Nothing,
            Some(from) => Noticed::Changed { from },
        }
    }

    /// Whether a change in the cluster still is about a go-live whose newest rollout stands at `newest`. While that is under
    /// way the rollout itself looks for drift, and once it is complete what comes later is about the next go-live: the record
    /// of this one stays as it was.
    pub fn is_followed(newest: Option<&Phase>) -> bool {
        matches!(newest, None | Some(Phase::RolledBack { .. } | Phase::Aborted { .. }))
    }
}

impl fmt::Display for Running {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}, first seen {}", self.fingerprint, age::exact(self.noticed_at))
    }
}
