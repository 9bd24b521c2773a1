//! Sends what is in the outbox. Any number of replicas may do so at once: each takes other messages. A message whose sender
//! dies is taken over by another one, so it arrives at least once; PagerDuty makes one incident of it by its key.
//!
//! Each channel has a lane of its own: one that does not answer keeps no message of another one waiting. Which messages go
//! next is decided by `domain::incident::queue`.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use gantry_domain::incident::delivery::{self, Next};
use gantry_domain::incident::entry::{EntryKind, NewEntry};
use gantry_domain::incident::message::{Channel, Tell};
use gantry_domain::incident::queue::sendable;
use rand::Rng as _;
use serde_json::json;
use tokio::task::{JoinError, JoinSet};
use tokio_util::sync::CancellationToken;

use crate::clock::Clock;
use crate::live::{Hub, topics};
use crate::outside::messages::Channels;
use crate::services::incidents::timeline;
use crate::store::outbox::{self, Claimed, Outcome};
use crate::store::{Db, StoreError, Tx};

/// How often it is looked for messages that nobody announced: those that are tried again.
const POLL: Duration = Duration::from_secs(1);
/// Whoever sends one has so long, in seconds; then another may. Longer than handing it over and noting it can take, on a slow
/// Postgres too.
const CLAIMED: f64 = 12.0;
/// How long those on their way have when the program ends.
const LAST: Duration = Duration::from_secs(4);

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
    /// Sends until `stop`, then waits a moment for those that are on their way. Dropping the future ends everything at once,
    /// as a crash would.
    pub async fn run(self, stop: CancellationToken) {
        let lanes = Channel::ALL.map(|channel| self.lane(channel, stop.clone()));
        futures_util::future::join_all(lanes).await;
    }

    async fn lane(&self, channel: Channel, stop: CancellationToken) {
        let news = self.hub.subscribe([topics::OUTBOX.to_owned()]);
        let mut under_way = JoinSet::new();
        let mut away = false;
        while !stop.is_cancelled() {
            match self.take(channel, &mut under_way).await {
                Ok(_) => away = false,
                // Once: it is tried again every second.
                Err(error) if !away => {
                    away = true;
                    tracing::warn!(%error, "messages cannot be sent; trying again");
                }
                Err(_) => {}
            }
            tokio::select! {
                () = stop.cancelled() => {}
                // What waited behind it may go now.
                Some(ended) = under_way.join_next() => ended_as(ended),
                _ = news.news() => {}
                () = tokio::time::sleep(POLL) => {}
            }
        }
        let last = async {
            while let Some(ended) = under_way.join_next().await {
                ended_as(ended);
            }
        };
        if tokio::time::timeout(LAST, last).await.is_err() {
            tracing::warn!(
                channel = channel.as_str(),
                "messages on their way were left; they are sent again"
            );
        }
    }

    /// Sends what is due on every channel, and returns how much that was.
    pub async fn round(&self) -> Result<usize, StoreError> {
        let mut under_way = JoinSet::new();
        let mut count = 0;
        for channel in Channel::ALL {
            count += self.take(channel, &mut under_way).await?;
        }
        while let Some(ended) = under_way.join_next().await {
            ended_as(ended);
        }
        Ok(count)
    }

    /// Begins to send what may be sent on a channel, and returns how much that is.
    async fn take(&self, channel: Channel, under_way: &mut JoinSet<()>) -> Result<usize, StoreError> {
        let room = self.channels.room(channel, under_way.len());
        if room == 0 {
            return Ok(0);
        }
        let (pool, now) = (self.db.pool(), self.clock.now());
        let waiting = self.db.read(outbox::waiting(pool, channel.as_str())).await?;
        if sendable(&waiting, room, now).is_empty() {
            return Ok(0);
        }
        let claimed = self.db.tx(move |tx| Box::pin(claim(tx, channel, room, now))).await?;
        let count = claimed.len();
        for message in claimed {
            let this = self.clone();
            under_way.spawn(async move {
                if let Err(error) = this.send(channel, message).await {
                    // It stays claimed and is sent again: once too often rather than never.
                    tracing::warn!(%error, "what became of a message cannot be stored");
                }
            });
        }
        Ok(count)
    }

    async fn send(&self, channel: Channel, message: Claimed) -> Result<(), StoreError> {
        let sent = self.channels.send(channel, &message.body).await;
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
                    let Some(incident) = message.incident else {
                        // A test of the channel: whoever tried it looks at what becomes of it.
                        tx.announce(topics::ADMIN);
                        return Ok(());
                    };
                    tx.announce(topics::incident(incident));
                    if let Some(text) = words(channel, &message, &outcome) {
                        let entry = NewEntry::now(EntryKind::Message, now, None, text).with(json!({
                            "message": message.id, "channel": channel, "attempts": message.attempt,
                        }));
                        timeline::append(tx, incident, &entry).await?;
                    }
                    Ok(())
                })
            })
            .await
    }
}

/// Takes what is to be sent next. What waits is read once more with the channel locked: one that was given up may have been
/// put back before those that were seen.
async fn claim(
    tx: &mut Tx,
    channel: Channel,
    room: usize,
    now: DateTime<Utc>,
) -> Result<Vec<Claimed>, StoreError> {
    outbox::lock_channel(tx, channel.as_str()).await?;
    let waiting = outbox::waiting(&mut **tx, channel.as_str()).await?;
    outbox::claim(&mut **tx, &sendable(&waiting, room, now), now, CLAIMED).await
}

fn ended_as(ended: Result<(), JoinError>) {
    if let Err(error) = ended {
        tracing::error!(%error, "sending a message did not come to an end");
    }
}

/// What the timeline says about it; nothing while it is tried again.
fn words(channel: Channel, message: &Claimed, outcome: &Outcome) -> Option<String> {
    let channel = channel.label();
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
