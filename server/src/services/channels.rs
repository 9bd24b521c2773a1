//! Trying a channel: a message that says that nothing is wrong, on the same way as every other.

use chrono::TimeDelta;
use gantry_domain::actor::Role;
use gantry_domain::id::MessageId;
use gantry_domain::incident::message::Channel;
use serde_json::{Value, json};
use uuid::Uuid;

use super::Caller;
use super::incidents::Desk;
use crate::live::topics;
use crate::store::outbox::{self, New};
use crate::store::{Db, Once, StoreError, audit};

/// Why no channel is tried.
#[derive(Debug, thiserror::Error)]
pub enum ChannelError {
    /// Only admins try channels.
    #[error("Only an admin may try a channel.")]
    NotAdmin,
    /// Nobody has said where it is.
    #[error("This channel is not configured.")]
    NotConfigured,
    /// Postgres.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// How long PagerDuty has before it is told that it was a test.
const RESOLVED_AFTER: TimeDelta = TimeDelta::seconds(10);

/// Puts a test among the messages to be sent.
pub async fn test(db: &Db, desk: &Desk, caller: Caller, channel: Channel) -> Result<(), ChannelError> {
    if !caller.actor.may_act_as(Role::Admin) {
        return Err(ChannelError::NotAdmin);
    }
    if !desk.channels.contains(&channel) {
        return Err(ChannelError::NotConfigured);
    }
    db.tx(move |tx| {
        Box::pin(async move {
            if tx.once(&caller.request, "").await? != Once::New {
                return Ok(());
            }
            let id = MessageId(Uuid::now_v7());
            let name = caller.actor.person.name.clone();
            for (place, body) in bodies(channel, id, &name).into_iter().enumerate() {
                let (id, wait) = match place {
                    0 => (id, TimeDelta::zero()),
                    _ => (MessageId(Uuid::now_v7()), RESOLVED_AFTER),
                };
                let new = New {
                    id,
                    channel: channel.as_str(),
                    tell: "test".to_owned(),
                    incident: None,
                    body,
                    by_name: Some(name.clone()),
                    dedup: None,
                    created_at: caller.now,
                    due_at: caller.now + wait,
                };
                outbox::add(tx, &new).await?;
            }
            tx.announce(topics::OUTBOX);
            tx.announce(topics::ADMIN);
            tx.audit(&audit::New {
                at: caller.now,
                actor: Some(&caller.actor.person),
                action: "channel.tested",
                subject: &format!("channels/{}", channel.as_str()),
                detail: json!({ "message": id }),
            })
            .await?;
            Ok(())
        })
    })
    .await
}

/// What goes over the line. PagerDuty is told afterwards that it is over, so that nobody is left with it.
fn bodies(channel: Channel, id: MessageId, name: &str) -> Vec<Value> {
    let text = format!("A test from Gantry, sent by {name}: this channel works, and nothing is wrong.");
    match channel {
        Channel::Slack => {
            let text = text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
            vec![json!({ "text": text, "unfurl_links": false, "unfurl_media": false })]
        }
        Channel::PagerDuty => {
            let event = |action: &str| {
                json!({
                    "event_action": action,
                    "dedup_key": format!("gantry-test-{id}"),
                    "client": "Gantry",
                    "payload": { "summary": text, "source": "gantry", "severity": "info" },
                })
            };
            vec![event("trigger"), event("resolve")]
        }
    }
}
