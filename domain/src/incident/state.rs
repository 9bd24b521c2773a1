//! How far people are with an incident, and which state may follow which.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// How far people are with an incident.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum State {
    /// Nobody has said that they look at it.
    Open,
    /// Somebody looks for the cause.
    Investigating,
    /// The cause is known.
    Identified,
    /// It should be over; it is watched.
    Monitoring,
    /// It is over.
    Resolved,
    /// It is over, and what was learned is written down.
    Reviewed,
}

impl State {
    /// All states in their order.
    pub const ALL: [Self; 6] =
        [Self::Open, Self::Investigating, Self::Identified, Self::Monitoring, Self::Resolved, Self::Reviewed];

    /// The word that forms and the database use, and people read.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Investigating => "investigating",
            Self::Identified => "identified",
            Self::Monitoring => "monitoring",
            Self::Resolved => "resolved",
            Self::Reviewed => "reviewed",
        }
    }

    /// Whether somebody is still needed.
    pub const fn is_open(self) -> bool {
        match self {
            Self::Open | Self::Investigating | Self::Identified | Self::Monitoring => true,
            Self::Resolved | Self::Reviewed => false,
        }
    }

    /// What people may make of it, in the order in which it is offered. Nobody opens it again without looking at it,
    /// only what is resolved can be reviewed, and what was reviewed is closed for good.
    pub const fn next(self) -> &'static [Self] {
        match self {
            Self::Open => &[Self::Investigating, Self::Identified, Self::Monitoring, Self::Resolved],
            Self::Investigating => &[Self::Identified, Self::Monitoring, Self::Resolved],
            Self::Identified => &[Self::Monitoring, Self::Resolved, Self::Investigating],
            Self::Monitoring => &[Self::Resolved, Self::Investigating, Self::Identified],
            Self::Resolved => &[Self::Reviewed, Self::Investigating],
            Self::Reviewed => &[],
        }
    }

    /// Whether `to` may follow.
    pub fn may_become(self, to: Self) -> bool {
        self.next().contains(&to)
    }

    /// The words on the button that leads here from `from`.
    pub const fn button(self, from: Self) -> &'static str {
        match self {
            Self::Open => "Open",
            Self::Investigating => match from {
                Self::Resolved => "Reopen",
                Self::Open => "Investigate",
                Self::Investigating | Self::Identified | Self::Monitoring | Self::Reviewed => {
                    "Back to investigating"
                }
            },
            Self::Identified => "Cause identified",
            Self::Monitoring => "Fixed, monitor it",
            Self::Resolved => "Resolve",
            Self::Reviewed => "Mark as reviewed",
        }
    }
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A word that is no state.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("unknown state of an incident")]
pub struct UnknownState;

impl FromStr for State {
    type Err = UnknownState;

    fn from_str(word: &str) -> Result<Self, UnknownState> {
        Self::ALL.into_iter().find(|state| state.as_str() == word).ok_or(UnknownState)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_state_leads_where_it_may_and_nowhere_else() {
        use State::{Identified, Investigating, Monitoring, Open, Resolved, Reviewed};
        let allowed = [
            (Open, Investigating),
            (Open, Identified),
            (Open, Monitoring),
            (Open, Resolved),
            (Investigating, Identified),
            (Investigating, Monitoring),
            (Investigating, Resolved),
            (Identified, Investigating),
            (Identified, Monitoring),
            (Identified, Resolved),
            (Monitoring, Investigating),
            (Monitoring, Identified),
            (Monitoring, Resolved),
            (Resolved, Investigating),
            (Resolved, Reviewed),
        ];
        for from in State::ALL {
            for to in State::ALL {
                assert_eq!(from.may_become(to), allowed.contains(&(from, to)), "{from} → {to}");
            }
        }
    }

    #[test]
    fn states_read_back_what_they_write() {
        for state in State::ALL {
            assert_eq!(state.as_str().parse(), Ok(state));
            assert_eq!(serde_json::to_value(state).ok(), Some(state.as_str().into()));
        }
        assert_eq!("closed".parse::<State>(), Err(UnknownState));
    }
}
