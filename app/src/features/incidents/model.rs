//! What the pages about incidents show.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use gantry_domain::actor::Person;
use gantry_domain::id::{EntryId, IntegrationId, MessageId, ThresholdId};
use gantry_domain::incident::Incident;
use gantry_domain::incident::entry::{Edition, Entry, EntryKind};
use gantry_domain::incident::message::Channel;
use gantry_domain::incident::targets::Times;
use gantry_domain::postmortem::ActionItem;

use super::response::Parts;
use crate::refusal::Refusal;
use crate::ui::lights::Light;

/// What integrations are called, by the key of their preset.
pub type Names = BTreeMap<String, String>;

/// The list.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ListModel {
    /// Open ones first.
    pub incidents: Vec<Incident>,
    /// Action items that are not done, with the incident that each is of; the first to be due first.
    pub to_do: Vec<(Incident, ActionItem)>,
    /// Whether the person may open one.
    pub may_open: bool,
    /// What they are about.
    pub names: Names,
    /// By when each integration's are answered, with how it is called; only where there is no incident yet.
    pub times: Vec<(String, Times)>,
}

/// The form for a new one.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct NewModel {
    /// What it can be about: the id and how it is called.
    pub integrations: Vec<(IntegrationId, String)>,
    /// By when each one's incidents are answered, with how it is called.
    pub times: Vec<(String, Times)>,
    /// The values of the fields by name: `integration`, `severity`, `title`, `sentence`, `impact`.
    pub values: BTreeMap<String, String>,
    /// What is wrong; form `new`.
    pub refusal: Option<Refusal>,
}

/// One incident.
#[derive(Clone, Debug, PartialEq)]
pub struct Model {
    /// The incident.
    pub incident: Incident,
    /// A page of its timeline, the last to happen first.
    pub entries: Vec<Entry>,
    /// How the next page of it is called in an address; `None` on the last.
    pub older: Option<String>,
    /// Whether this page of the timeline is not the first.
    pub is_older: bool,
    /// The kind that is looked at alone.
    pub kind: Option<EntryKind>,
    /// How many entries of each kind there are.
    pub counts: Vec<(EntryKind, i64)>,
    /// What edited entries said before, oldest first.
    pub editions: Vec<(EntryId, Edition)>,
    /// Messages about it, newest first.
    pub messages: Vec<Delivery>,
    /// The channels that are configured.
    pub channels: Vec<Channel>,
    /// Who can lead.
    pub leaders: Vec<Person>,
    /// What it is about.
    pub names: Names,
    /// The three lights of the integration.
    pub lights: Vec<Light>,
    /// Who has the page open.
    pub present: Vec<Person>,
    /// The threshold that opened it, where there still is one.
    pub threshold: Option<ThresholdId>,
    /// The form that was refused.
    pub refusal: Option<Refusal>,
    /// What responders are led through: triage, actions, evidence, postmortem.
    pub response: Parts,
}

/// A message on its way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delivery {
    /// Its id.
    pub id: MessageId,
    /// Where it goes: "Slack".
    pub channel: String,
    /// What it tells: "New incident".
    pub what: String,
    /// Who wrote it.
    pub by: Option<String>,
    /// When it was written.
    pub written_at: DateTime<Utc>,
    /// How often it was tried.
    pub attempts: u32,
    /// Where it stands.
    pub state: DeliveryState,
}

/// Where a message stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DeliveryState {
    /// It waits for its first attempt.
    Queued,
    /// It was not taken and is tried again.
    Retrying {
        /// When.
        at: DateTime<Utc>,
        /// Why it was not taken.
        why: String,
    },
    /// It was taken.
    Sent {
        /// When.
        at: DateTime<Utc>,
    },
    /// It was given up.
    Failed {
        /// When.
        at: DateTime<Utc>,
        /// Why.
        why: String,
    },
}

/// What goes out about an incident, before it goes out.
#[derive(Clone, Debug, PartialEq)]
pub struct UpdateModel {
    /// The incident as it is.
    pub incident: Incident,
    /// What it is about.
    pub names: Names,
    /// What was typed, or what is so now: `impact`, `action`, `next`, `slack`, `pagerduty`, `public`.
    pub values: BTreeMap<String, String>,
    /// The channels that are configured.
    pub channels: Vec<Channel>,
    /// What would be sent.
    pub preview: Option<Preview>,
    /// What is wrong; form `update`.
    pub refusal: Option<Refusal>,
}

/// What would be sent.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Preview {
    /// The text that each channel gets.
    pub messages: Vec<(Channel, String)>,
    /// What everybody could read on the status page; `None`: nothing new.
    pub public: Option<String>,
    /// When the next update would be due.
    pub next_update_at: Option<DateTime<Utc>>,
    /// Goes with the form, so that nothing else is sent than what is shown here.
    pub mark: String,
}
