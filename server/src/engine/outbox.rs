//! Sends what is in the outbox. Any number of replicas may do so at once: each takes other messages. A message whose sender
//! dies is taken over by another one, so it arrives at least once; PagerDuty makes one incident of it by its key.

use std::time::Duration;

use chrono::TimeDelta;
use gantry_domain::incident::delivery::{self, Failure, Next};
use gantry_domain::incident::entry::{EntryKind, NewEntry};
use gantry_domain::incident::message::{Channel, Tell};
use rand::Rng as _;
use serde_json::json;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::clock::Clock;
use crate::live::{Hub, topics};
use crate::outside::messages::Channels;
use crate::services::incidents::timeline;
use crate::store::outbox::{self, Claimed, Outcome};
use crate::store::{Db, StoreError};

/// How often it is looked for messages that nobody announced: those that are tried again.
const POLL: Duration = Duration::from_secs(1);
/// Whoever sends one has so long, in seconds; then another may.
const CLAIMED: f64 = 15.0;
/// Messages under way at the same time.
const AT_ONCE: i64 = 8;

/// What the loop works with.
#[derive(Debug, Clone)]
pub struct Outbox {
    /// The database.
    pub db: Db,
    /// For being told that there is something to send.
    pub hub: Hub,
    /// Where it goes.
    pub channels: Channels,
    /// The time.
    pub clock: Clock,
}

impl Outbox {
    /// Sends until `stop`. Dropping the future ends everything at once, as a crash would.
    pub async fn run(self, stop: CancellationToken) {
        let news = self.hub.subscribe([topics::OUTBOX.to_owned()]);
        let mut away = false;
        loop {
            let round = tokio::select! {
                () = stop.cancelled() => return,
                round = self.round() => round,
            };
            match round {
                Ok(0) => away = false,
                // What waited behind these may go now.
                Ok(_) => continue,
                // Once: it is tried again every second.
                Err(error) if !away => {
                    away = true;
                    tracing::warn!(%error, "messages cannot be sent; trying again");
                }
                Err(_) => {}
            }
            tokio::select! {
                () = stop.cancelled() => return,
                _ = news.news() => {}
                () = tokio::time::sleep(POLL) => {}
            }
        }
    }

    /// Sends what is due, and returns how much that was.
    pub async fn round(&self) -> Result<usize, StoreError> {
        let claim = outbox::claim(self.db.pool(), self.clock.now(), CLAIMED, AT_ONCE);
        let claimed = self.db.read(claim).await?;
        let count = claimed.len();
        let mut sending = JoinSet::new();
        for message in claimed {
            let this = self.clone();
            sending.spawn(async move {
                if let Err(error) = this.send(message).await {
                    // It stays claimed and is sent again: once too often rather than never.
                    tracing::warn!(%error, "what became of a message cannot be stored");
                }
            });
        }
        while let Some(ended) = sending.join_next().await {
            if let Err(error) = ended {
                tracing::error!(%error, "sending a message did not come to an end");
            }
        }
        Ok(count)
    }

    async fn send(&self, message: Claimed) -> Result<(), StoreError> {
        let sent = match Channel::of(&message.channel) {
            Some(channel) => self.channels.send(channel, &message.body).await,
            None => Err(Failure::Final { why: format!("there is no channel {}", message.channel) }),
        };
        let now = self.clock.now();
        let outcome = match sent {
            Ok(()) => Outcome::Delivered,
            Err(failure) => {
                let why = failure.to_string();
                match delivery::after(&failure, message.attempt, rand::rng().random()) {
                    Next::GiveUp => Outcome::Failed { why },
                    Next::Retry(pause) => {
                        let pause = TimeDelta::from_std(pause).unwrap_or_else(|_| TimeDelta::minutes(15));
                        Outcome::Again { at: now + pause, why }
                    }
                }
            }
        };
        self.db
            .tx(move |tx| {
                Box::pin(async move {
                    if !outbox::settle(tx, message.id, &outcome, now).await? {
                        return Ok(());
                    }
                    let Some(incident) = message.incident else { return Ok(()) };
                    tx.announce(topics::incident(incident));
                    if let Some(text) = words(&message, &outcome) {
                        let entry = NewEntry::now(EntryKind::Message, now, None, text).with(json!({
                            "message": message.id, "channel": message.channel, "attempts": message.attempt,
                        }));
                        timeline::append(tx, incident, &entry).await?;
                    }
                    Ok(())
                })
            })
            .await
    }
}

/// What the timeline says about it; nothing while it is tried again.
fn words(message: &Claimed, outcome: &Outcome) -> Option<String> {
    let channel = match Channel::of(&message.channel) {
        Some(channel) => channel.label(),
        None => message.channel.as_str(),
    };
    let tell = serde_json::from_value::<Tell>(message.tell.clone().into());
    let headline = tell.map_or("Message", Tell::headline);
    let tries =
        if message.attempt > 1 { format!(" at the {}. attempt", message.attempt) } else { String::new() };
    match outcome {
        Outcome::Delivered => Some(format!("{channel} was told{tries}: {headline}")),
        Outcome::Failed { why } => Some(format!("{channel} was not told “{headline}”: {why}")),
        Outcome::Again { .. } => None,
    }
}
