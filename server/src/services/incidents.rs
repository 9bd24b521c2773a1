//! Incidents: opened by what is seen or by hand, acted on by people, told to whom it concerns.

pub mod acting;
pub mod clocks;
pub mod opening;
pub mod readings;
pub mod seeing;
pub mod status;
pub mod timeline;

use std::sync::Arc;

use chrono::{DateTime, Utc};
use gantry_domain::actor::Person;
use gantry_domain::id::{IncidentId, IntegrationId, PresetKey, ThresholdKey};
use gantry_domain::incident::calendar::Calendar;
use gantry_domain::incident::message::{self, Channel, Tell};
use gantry_domain::incident::targets::ServiceLevel;
use gantry_domain::incident::{Change, Incident, Refused, Subject};
use gantry_domain::preset::Preset;
use gantry_domain::preset::overlay::Overrides;
use serde_json::json;
use sqlx::PgExecutor;

use super::outbox::{self, Message};
use super::presets;
use crate::live::topics;
use crate::store::{StoreError, Tx, audit, incidents, overrides};

/// What everybody who works on incidents goes by. Cheap to clone.
#[derive(Clone, Debug, Default)]
pub struct Desk {
    /// When people work.
    pub calendar: Arc<Calendar>,
    /// The presets, which say by when incidents are answered.
    pub presets: Arc<Vec<Preset>>,
    /// The channels that messages can be sent to.
    pub channels: Arc<[Channel]>,
    /// Scheme, host and port that browsers use.
    pub origin: Arc<str>,
}

impl Desk {
    /// Where an incident is seen.
    pub fn address(&self, id: IncidentId) -> String {
        format!("{}{}", self.origin, gantry_app::forms::incident(id))
    }

    /// What is promised of the incidents of an integration: by its preset, with what an admin says of it instead. The
    /// defaults where its preset ships no more.
    pub fn level(&self, preset: &PresetKey, overrides: &Overrides) -> ServiceLevel {
        let preset = presets::with(&self.presets, preset, overrides);
        ServiceLevel {
            targets: preset.map(|preset| preset.response).unwrap_or_default(),
            calendar: (*self.calendar).clone(),
        }
    }
}

/// Why nothing was done about an incident.
#[derive(Debug, thiserror::Error)]
pub enum IncidentError {
    /// There is no such incident, or it has no such entry.
    #[error("there is no such incident")]
    NoSuchIncident,
    /// The domain refused.
    #[error(transparent)]
    Refused(#[from] Refused),
    /// Postgres.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// What is promised of the incidents of what this one is about, now.
pub async fn level_of(
    executor: impl PgExecutor<'_>,
    desk: &Desk,
    subject: &Subject,
) -> Result<ServiceLevel, StoreError> {
    let standing = overrides::standing(executor, subject.integration).await?;
    Ok(desk.level(&subject.preset, &standing.overrides))
}

/// The incident that a threshold has open, or opened last; until the transaction ends nobody else opens one of it.
async fn hold_latest(
    tx: &mut Tx,
    integration: IntegrationId,
    threshold: &ThresholdKey,
) -> Result<Option<Incident>, StoreError> {
    incidents::lock_cause(tx, integration, threshold.as_str()).await?;
    incidents::latest_of_threshold(tx, integration, threshold).await
}

/// Stores what follows from a decision: the incident, its entries, its messages. `by` is none where Gantry acts.
async fn save(
    tx: &mut Tx,
    desk: &Desk,
    change: &Change,
    by: Option<&Person>,
    at: DateTime<Utc>,
) -> Result<(), StoreError> {
    incidents::put(tx, &change.next).await?;
    tell(tx, desk, change, by, at).await
}

/// Writes the entries and messages of a decision whose incident is stored.
async fn tell(
    tx: &mut Tx,
    desk: &Desk,
    change: &Change,
    by: Option<&Person>,
    at: DateTime<Utc>,
) -> Result<(), StoreError> {
    let incident = &change.next;
    for entry in &change.entries {
        incidents::append_entry(tx, incident.id, entry).await?;
    }
    for (channel, tell) in message::chosen(&change.tell, incident.severity) {
        let dedup = once(tell, incident.id, channel, incident.running_clock().map(|clock| clock.due_at));
        let by_name = by.map(|person| person.name.as_str());
        outbox::enqueue(tx, desk, Message { incident, tell, channel, by_name, dedup, at }).await?;
    }
    tx.announce(topics::incident(incident.id));
    tx.announce(topics::INCIDENTS);
    Ok(())
}

/// The name under which something is told once.
fn once(tell: Tell, id: IncidentId, channel: Channel, clock: Option<DateTime<Utc>>) -> Option<String> {
    let channel = channel.as_str();
    match tell {
        Tell::Opened => Some(format!("{channel}:opened:{id}")),
        Tell::Escalated => clock.map(|due| format!("{channel}:escalated:{id}:{}", due.timestamp_micros())),
        Tell::Acknowledged
        | Tell::Raised
        | Tell::Changed
        | Tell::Reopened
        | Tell::Resolved
        | Tell::Update => None,
    }
}

/// Writes the audit entry of something about an incident. The last thing in a transaction.
async fn record(
    tx: &mut Tx,
    change: &Change,
    action: &str,
    by: Option<&Person>,
    at: DateTime<Utc>,
) -> Result<(), StoreError> {
    let incident = &change.next;
    tx.audit(&audit::New {
        at,
        actor: by,
        action,
        subject: &format!("incidents/{}", incident.id),
        detail: json!({
            "number": incident.number,
            "severity": incident.severity,
            "state": incident.state,
            "commander": incident.led_by().map(|person| person.name.clone()),
            "entries": change.entries.iter().map(|entry| entry.text.clone()).collect::<Vec<_>>(),
        }),
    })
    .await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn something_is_told_once_where_it_must_not_be_told_twice() {
        let id = IncidentId(uuid::Uuid::from_u128(7));
        let opened = once(Tell::Opened, id, Channel::PagerDuty, None);
        assert_eq!(opened, once(Tell::Opened, id, Channel::PagerDuty, None));
        assert_ne!(opened, once(Tell::Opened, id, Channel::Slack, None));
        assert_eq!(once(Tell::Update, id, Channel::Slack, None), None);
        let due = |seconds| DateTime::from_timestamp(seconds, 0);
        let first = once(Tell::Escalated, id, Channel::Slack, due(1));
        assert_ne!(first, once(Tell::Escalated, id, Channel::Slack, due(2)));
    }
}
