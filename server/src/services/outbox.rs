//! Messages to people outside: written in the transaction of what they tell about, so that neither is there without the
//! other. Sending them is the engine's.

use chrono::{DateTime, Utc};
use gantry_domain::id::MessageId;
use gantry_domain::incident::Incident;
use gantry_domain::incident::message::{self, Channel, Tell};
use serde_json::Value;
use uuid::Uuid;

use super::incidents::Desk;
use crate::live::topics;
use crate::store::outbox::{self, New};
use crate::store::{StoreError, Tx};

/// A message about an incident.
#[derive(Clone, Debug)]
pub struct Message<'a> {
    /// What it is about, as it is from now on.
    pub incident: &'a Incident,
    /// What it tells.
    pub tell: Tell,
    /// Where it goes.
    pub channel: Channel,
    /// Who wrote it; none where Gantry did.
    pub by_name: Option<&'a str>,
    /// What is told once, however often it is said.
    pub dedup: Option<String>,
    /// When it is written.
    pub at: DateTime<Utc>,
}

/// Puts a message among those to be sent, if its channel is configured. Whether it is there from now on.
pub async fn enqueue(tx: &mut Tx, desk: &Desk, message: Message<'_>) -> Result<bool, StoreError> {
    if !desk.channels.contains(&message.channel) {
        return Ok(false);
    }
    let new = New {
        id: MessageId(Uuid::now_v7()),
        channel: message.channel.as_str(),
        tell: word(message.tell),
        incident: Some(message.incident.id),
        body: body(desk, &message),
        by_name: message.by_name.map(str::to_owned),
        dedup: message.dedup,
        created_at: message.at,
        due_at: message.at,
    };
    let added = outbox::add(tx, &new).await?;
    if added {
        tx.announce(topics::OUTBOX);
    }
    Ok(added)
}

/// What goes over the line, without the key of the channel.
fn body(desk: &Desk, message: &Message<'_>) -> Value {
    let address = desk.address(message.incident.id);
    match message.channel {
        Channel::Slack => message::slack(message.incident, message.tell, &address),
        Channel::PagerDuty => message::pagerduty(message.incident, message.tell, &address, message.at),
    }
}

/// The word that the database uses for it.
fn word(tell: Tell) -> String {
    serde_json::to_value(tell).ok().and_then(|word| word.as_str().map(str::to_owned)).unwrap_or_default()
}
