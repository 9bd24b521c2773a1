//! Incidents: what went wrong, how bad it is, who leads, and by when somebody has to do what.
//!
//! Everything that happens to one is decided by [`decide`]; the timeline and the messages are made of what it returns.

pub mod calendar;
pub mod clock;
mod decide;
pub mod delivery;
pub mod entry;
pub mod export;
#[cfg(test)]
mod export_tests;
#[cfg(test)]
pub(crate) mod fixtures;
pub mod for_everybody;
pub mod history;
pub mod message;
pub mod opening;
#[cfg(test)]
mod opening_tests;
pub mod overall;
pub mod previewed;
pub mod promises;
pub mod queue;
mod refused;
mod state;
pub mod targets;
#[cfg(test)]
mod tests;
pub mod zone;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::actor::Person;
use crate::id::{GoLiveId, IncidentId, IntegrationId, PresetKey, RolloutId, ThresholdKey};
use crate::preset::Severity;

pub use clock::{Clock, Countdown};
pub use decide::{Change, Command, MAX_TEXT, decide};
pub use refused::{Field, Refused};
pub use state::State;

/// An incident as it stands.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Incident {
    /// Its id.
    pub id: IncidentId,
    /// The number that people say: "incident 12".
    pub number: i64,
    /// What is wrong, in one line.
    pub title: String,
    /// What it is about.
    pub subject: Subject,
    /// What opened it.
    pub source: Source,
    /// How bad it is.
    pub severity: Severity,
    /// How far people are with it.
    pub state: State,
    /// The response clocks, oldest first: one for each severity it has had until somebody answered, and again from each time
    /// that it came back by itself.
    pub clocks: Vec<Clock>,
    /// Who leads.
    pub commander: Option<Commander>,
    /// Who is affected and how, in the words that go out.
    pub impact: String,
    /// What is being done, in the words that go out.
    pub action: String,
    /// When it was opened.
    pub opened_at: DateTime<Utc>,
    /// By whom; none where Gantry did it.
    pub opened_by: Option<Person>,
    /// The first answer of a person since it was opened or came back by itself.
    pub answered: Option<Answer>,
    /// When it was resolved; none again once it is reopened.
    pub resolved_at: Option<DateTime<Utc>>,
    /// When people expect to hear more; none once there is nothing more to say.
    pub next_update_at: Option<DateTime<Utc>>,
    /// Whether what opened it is still so, as far as Gantry knows; also after it was resolved.
    pub firing: bool,
    /// How often it has fired.
    pub fired: u32,
    /// What changed last.
    pub changed: Changed,
    /// Grows by one with every decision about it; for optimistic concurrency. Entries of the timeline leave it alone.
    pub version: i64,
}

/// What an incident is about.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Subject {
    /// The integration.
    pub integration: IntegrationId,
    /// Its preset.
    pub preset: PresetKey,
    /// Where it runs.
    pub environment: String,
}

impl Subject {
    /// "posthog production"; the platform is in no other environment than itself.
    pub fn label(&self) -> String {
        if self.preset.as_str() == self.environment {
            self.environment.clone()
        } else {
            format!("{} {}", self.preset, self.environment)
        }
    }
}

/// What opened an incident.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "by", rename_all = "snake_case")]
pub enum Source {
    /// A threshold that fired.
    Threshold {
        /// Its key.
        key: ThresholdKey,
        /// Its name at the time.
        name: String,
        /// The version that judged.
        version: u32,
    },
    /// A rollout that went back.
    Rollout {
        /// Which.
        rollout: RolloutId,
        /// Of which go-live.
        go_live: GoLiveId,
    },
    /// A person.
    Hand,
}

/// Who leads, and since when.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Commander {
    /// Who.
    pub person: Person,
    /// Since when.
    pub since: DateTime<Utc>,
}

/// The first answer of a person.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Answer {
    /// Whose.
    pub by: Person,
    /// When.
    pub at: DateTime<Utc>,
}

/// What changed last, for telling the slower of two people.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Changed {
    /// When.
    pub at: DateTime<Utc>,
    /// Who; "Gantry" where no person did it.
    pub by: String,
    /// What they did: "took command".
    pub did: String,
}

impl Incident {
    /// Whether it still needs somebody.
    pub fn is_open(&self) -> bool {
        self.state.is_open()
    }

    /// Who leads.
    pub fn led_by(&self) -> Option<&Person> {
        self.commander.as_ref().map(|commander| &commander.person)
    }

    /// The response clock that runs now; none once somebody answered.
    pub fn running_clock(&self) -> Option<&Clock> {
        self.clocks.last().filter(|clock| clock.stopped_at.is_none())
    }

    /// Whether the first answer is or was later than any of its clocks allowed.
    pub fn has_missed(&self, now: DateTime<Utc>) -> bool {
        self.clocks.iter().any(|clock| clock.is_missed(now))
    }

    /// Whether people wait for an update that should have come.
    pub fn update_is_overdue(&self, now: DateTime<Utc>) -> bool {
        self.is_open() && self.next_update_at.is_some_and(|due| now > due)
    }

    /// What is counted down for everybody to see, the most pressing first.
    pub fn countdowns(&self, now: DateTime<Utc>) -> Vec<Countdown> {
        let answer = self.running_clock().filter(|_| self.is_open()).map(|clock| Countdown {
            what: "First response",
            due_at: clock.due_at,
            overdue: now > clock.due_at,
        });
        let update = self.next_update_at.filter(|_| self.is_open()).map(|due_at| Countdown {
            what: "Next update",
            due_at,
            overdue: now > due_at,
        });
        let mut all: Vec<_> = answer.into_iter().chain(update).collect();
        all.sort_by_key(|countdown| countdown.due_at);
        all
    }

    /// From its opening to its end, or until now.
    pub fn duration(&self, now: DateTime<Utc>) -> chrono::TimeDelta {
        self.resolved_at.unwrap_or(now) - self.opened_at
    }
}
