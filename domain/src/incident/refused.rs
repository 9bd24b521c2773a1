//! Why something about an incident was not accepted, in words a person can act on.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::decide::MAX_TEXT;
use super::state::State;

/// Why a command was refused.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(tag = "kind", rename_all = "snake_case")]
#[error("{}", self.message())]
pub enum Refused {
    /// Release managers and admins act; everybody reads.
    RoleTooLow,
    /// Somebody was quicker.
    ChangedMeanwhile {
        /// Who.
        by: String,
        /// When.
        at: DateTime<Utc>,
        /// What they did.
        did: String,
    },
    /// The version that the browser says it saw does not exist.
    UnknownVersion,
    /// Somebody already leads, and the page did not know.
    LedBy {
        /// Who.
        name: String,
        /// Since when.
        since: DateTime<Utc>,
    },
    /// One leads already oneself.
    LeadsAlready,
    /// The person to hand over to cannot lead.
    CannotLead,
    /// The state does not follow from the one it has.
    NotFrom {
        /// The one it has.
        from: State,
        /// The one asked for.
        to: State,
    },
    /// It has that severity.
    SameSeverity,
    /// It is over.
    Over,
    /// A reason is asked for and none was given.
    ReasonNeeded,
    /// Nothing was written.
    TextNeeded,
    /// The text is too long.
    TextTooLong {
        /// Its length in characters.
        length: usize,
    },
    /// The link is none.
    NotALink,
    /// The moment is still to come.
    NotYet,
    /// The time is no time.
    NoTime,
    /// The next update would be due in the past.
    UpdateInThePast,
    /// A title is asked for and none was given.
    TitleNeeded,
    /// There is no such integration.
    NoIntegration,
    /// Only notes can be changed, by who wrote them or an admin.
    NotYours,
    /// Nothing about the entry is different.
    NothingChanged,
    /// No channel was chosen, or none is configured.
    NoChannel,
    /// PagerDuty was told something newer: what is over would begin again there.
    ToldSince,
    /// The same threshold has another incident open.
    AnotherIsOpen {
        /// Its number.
        number: i64,
    },
}

/// The part of a form that a refusal belongs beside.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Field {
    /// Reason, note or text.
    Text,
    /// The link.
    Link,
    /// The moment.
    HappenedAt,
    /// When the next update is due.
    NextUpdate,
    /// The title.
    Title,
    /// The integration.
    Integration,
    /// The person.
    Person,
    /// None in particular.
    Form,
}

impl Refused {
    /// What happened.
    pub fn message(&self) -> String {
        match self {
            Self::RoleTooLow => "Only release managers and admins act on incidents.".into(),
            Self::ChangedMeanwhile { by, at, did } => {
                format!("{by} {did} at {} UTC, before you.", at.format("%H:%M:%S"))
            }
            Self::UnknownVersion => "This page shows a state that does not exist.".into(),
            Self::LedBy { name, since } => {
                format!("{name} took command at {} UTC, before you.", since.format("%H:%M:%S"))
            }
            Self::LeadsAlready => "You lead already.".into(),
            Self::CannotLead => "This person cannot lead.".into(),
            Self::NotFrom { from, to } => format!("An incident that is {from} cannot become {to}."),
            Self::SameSeverity => "It has this severity already.".into(),
            Self::Over => "The incident is over.".into(),
            Self::ReasonNeeded => "A reason is needed.".into(),
            Self::TextNeeded => "There is nothing to write down.".into(),
            Self::TextTooLong { length } => format!("The text has {length} characters; {MAX_TEXT} are kept."),
            Self::NotALink => "The attachment is not a link.".into(),
            Self::NotYet => "This moment is still to come.".into(),
            Self::NoTime => "This is not a time.".into(),
            Self::UpdateInThePast => "The next update would be due in the past.".into(),
            Self::TitleNeeded => "A title is needed.".into(),
            Self::NoIntegration => "There is no such integration.".into(),
            Self::NotYours => "Somebody else wrote this, or Gantry did.".into(),
            Self::NothingChanged => "Nothing about the entry is different.".into(),
            Self::NoChannel => "There is no channel to send this to.".into(),
            Self::ToldSince => "PagerDuty was told something newer about this incident since.".into(),
            Self::AnotherIsOpen { number } => {
                format!("Incident {number} of the same threshold is open: there is one at a time.")
            }
        }
    }

    /// What to do now.
    pub fn next_step(&self) -> String {
        match self {
            Self::RoleTooLow => "Ask one of them, or ask an admin to change your role.",
            Self::ChangedMeanwhile { .. } => {
                "Look at it as it stands now; repeat only what is still missing."
            }
            Self::UnknownVersion => "Reload the page and try again.",
            Self::LedBy { .. } => "Ask them to hand over, or take over from them knowingly.",
            Self::LeadsAlready => "Hand over to somebody else when you leave.",
            Self::CannotLead => "Choose a release manager or an admin.",
            Self::NotFrom { .. } => "Choose one of the states that are offered.",
            Self::SameSeverity => "Choose another one, or leave it.",
            Self::Over => "Reopen it first, or open another one.",
            Self::ReasonNeeded => "Write in a few words why; it is kept on the timeline.",
            Self::TextNeeded => "Write what happened, in a sentence.",
            Self::TextTooLong { .. } => "Shorten it, or put it where a link can lead to it.",
            Self::NotALink => "Give a full address that begins with https:// or http://.",
            Self::NotYet => "Give the moment at which it happened; the zone stands beside the field.",
            Self::NoTime => "Give it as 2026-11-21 14:05; the zone stands beside the field.",
            Self::UpdateInThePast => "Give a number of minutes from now.",
            Self::TitleNeeded => "Say in one line what is wrong.",
            Self::NoIntegration => "Choose one of the list; opening a go-live adds its integration.",
            Self::NotYours => "Write a note of your own that puts it right.",
            Self::NothingChanged => "Change it, or leave it.",
            Self::NoChannel => {
                "Choose Slack or PagerDuty; an admin configures them with the program's settings."
            }
            Self::ToldSince => "Leave it; or write an update, which says how it stands now.",
            Self::AnotherIsOpen { .. } => "Go on there; write a note there that leads to this one.",
        }
        .to_owned()
    }

    /// The field the refusal belongs beside.
    pub fn field(&self) -> Field {
        match self {
            Self::ReasonNeeded | Self::TextNeeded | Self::TextTooLong { .. } | Self::NothingChanged => {
                Field::Text
            }
            Self::NotALink => Field::Link,
            Self::NotYet | Self::NoTime => Field::HappenedAt,
            Self::UpdateInThePast => Field::NextUpdate,
            Self::TitleNeeded => Field::Title,
            Self::NoIntegration => Field::Integration,
            Self::CannotLead => Field::Person,
            Self::RoleTooLow
            | Self::ChangedMeanwhile { .. }
            | Self::UnknownVersion
            | Self::LedBy { .. }
            | Self::LeadsAlready
            | Self::NotFrom { .. }
            | Self::SameSeverity
            | Self::Over
            | Self::NotYours
            | Self::NoChannel
            | Self::ToldSince
            | Self::AnotherIsOpen { .. } => Field::Form,
        }
    }
}
