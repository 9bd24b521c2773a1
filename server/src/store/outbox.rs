//! Messages to the outside: written together with what they tell about, taken by one replica at a time, handed over at
//! least once.

use chrono::{DateTime, Utc};
use gantry_domain::id::{IncidentId, MessageId};
use gantry_domain::incident::message::Channel;
use gantry_domain::incident::queue::{Told, Waiting};
use sqlx::PgExecutor;
use uuid::Uuid;

use super::{StoreError, Tx};

/// The most messages of one channel that are looked at; those behind them come when these have gone.
const MOST_WAITING: i64 = 10_000;

/// A message to be sent. Holds no secret: addresses and keys belong to the one who sends.
#[derive(Clone, Debug, PartialEq)]
pub struct New {
    /// Its id.
    pub id: MessageId,
    /// Where it goes.
    pub channel: &'static str,
    /// What it tells.
    pub tell: String,
    /// The incident it is about; none where it tries a channel.
    pub incident: Option<IncidentId>,
    /// As the channel wants it.
    pub body: serde_json::Value,
    /// Who wrote it; none where Gantry did.
    pub by_name: Option<String>,
    /// What is told once, however often it is said.
    pub dedup: Option<String>,
    /// When it was written.
    pub created_at: DateTime<Utc>,
    /// It is not sent before.
    pub due_at: DateTime<Utc>,
}

/// Puts a message among those to be sent. `false`: it was told before.
pub async fn add(tx: &mut Tx, new: &New) -> Result<bool, StoreError> {
    let added = sqlx::query!(
        "insert into outbox (id, channel, tell, incident_id, body, by_name, dedup, created_at, next_attempt_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9)
         on conflict (dedup) where dedup is not null do nothing",
        new.id.0,
        new.channel,
        new.tell,
        new.incident.map(|incident| incident.0),
        new.body,
        new.by_name,
        new.dedup,
        new.created_at,
        new.due_at
    )
    .execute(&mut **tx)
    .await?;
    Ok(added.rows_affected() == 1)
}

/// The messages of a channel that were neither taken nor given up, as far as one can see at once.
pub async fn waiting(executor: impl PgExecutor<'_>, channel: &str) -> Result<Vec<Waiting>, StoreError> {
    let rows = sqlx::query!(
        "select id, incident_id, place, next_attempt_at, claimed_until from outbox
         where channel = $1 and delivered_at is null and failed_at is null order by place limit $2",
        channel,
        MOST_WAITING
    )
    .fetch_all(executor)
    .await?;
    let waiting = rows.into_iter().map(|row| Waiting {
        id: row.id.into(),
        incident: row.incident_id.map(IncidentId),
        place: row.place,
        due_at: row.next_attempt_at,
        claimed_until: row.claimed_until,
    });
    Ok(waiting.collect())
}

/// A message that this process sends now.
#[derive(Clone, Debug, PartialEq)]
pub struct Claimed {
    /// Its id.
    pub id: MessageId,
    /// What it tells.
    pub tell: String,
    /// The incident it is about.
    pub incident: Option<IncidentId>,
    /// As the channel wants it.
    pub body: serde_json::Value,
    /// Which attempt this is, from 1.
    pub attempt: u32,
}

/// Takes those of `ids` that still wait at `now` and that nobody else is sending. Whoever takes one and does not come back
/// within `seconds` loses it to the next.
pub async fn claim(
    executor: impl PgExecutor<'_>,
    ids: &[MessageId],
    now: DateTime<Utc>,
    seconds: f64,
) -> Result<Vec<Claimed>, StoreError> {
    let ids: Vec<Uuid> = ids.iter().map(|id| id.0).collect();
    let rows = sqlx::query!(
        "update outbox set attempts = attempts + 1, claimed_until = $2 + make_interval(secs => $3)
         where id = any($1) and delivered_at is null and failed_at is null and next_attempt_at <= $2
             and (claimed_until is null or claimed_until <= $2)
         returning id, tell, incident_id, body, attempts",
        &ids,
        now,
        seconds
    )
    .fetch_all(executor)
    .await?;
    rows.into_iter()
        .map(|row| {
            Ok(Claimed {
                id: row.id.into(),
                tell: row.tell,
                incident: row.incident_id.map(IncidentId),
                body: row.body,
                attempt: u32::try_from(row.attempts)
                    .map_err(StoreError::unreadable("a number of attempts"))?,
            })
        })
        .collect()
}

/// What became of an attempt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It was taken.
    Delivered,
    /// It is tried again.
    Again {
        /// When.
        at: DateTime<Utc>,
        /// Why.
        why: String,
    },
    /// It is not tried again.
    Failed {
        /// Why.
        why: String,
    },
}

/// Records what became of a message. `false`: somebody else did so before.
pub async fn settle(
    tx: &mut Tx,
    id: MessageId,
    outcome: &Outcome,
    now: DateTime<Utc>,
) -> Result<bool, StoreError> {
    let (delivered, failed, next, why) = match outcome {
        Outcome::Delivered => (Some(now), None, None, None),
        Outcome::Again { at, why } => (None, None, Some(*at), Some(why)),
        Outcome::Failed { why } => (None, Some(now), None, Some(why)),
    };
    let settled = sqlx::query!(
        "update outbox set delivered_at = $2, failed_at = $3, next_attempt_at = coalesce($4, next_attempt_at),
             last_error = $5, claimed_until = null
         where id = $1 and delivered_at is null and failed_at is null",
        id.0,
        delivered,
        failed,
        next,
        why
    )
    .execute(&mut **tx)
    .await?;
    Ok(settled.rows_affected() == 1)
}

/// Makes everybody else wait who is about to take messages of this channel or to put one back, until this transaction ends:
/// what is sent next depends on all that wait.
pub async fn lock_channel(tx: &mut Tx, channel: &str) -> Result<(), StoreError> {
    tx.hold(&format!("outbox:{channel}")).await
}

/// The channel of a message about an incident, and everything that it was ever to be told of it; its channel is locked until
/// the transaction ends. None where there is no such message.
pub async fn told(
    tx: &mut Tx,
    incident: IncidentId,
    id: MessageId,
) -> Result<Option<(Channel, Vec<Told>)>, StoreError> {
    let named = sqlx::query_scalar!(
        "select channel from outbox where id = $1 and incident_id = $2",
        id.0,
        incident.0
    )
    .fetch_optional(&mut **tx)
    .await?;
    let Some((name, channel)) = named.and_then(|name| Channel::of(&name).map(|channel| (name, channel)))
    else {
        return Ok(None);
    };
    lock_channel(tx, &name).await?;
    let rows = sqlx::query!(
        "select id, place, delivered_at, failed_at, claimed_until from outbox
         where incident_id = $1 and channel = $2 order by place for update",
        incident.0,
        name
    )
    .fetch_all(&mut **tx)
    .await?;
    let told = rows.into_iter().map(|row| Told {
        id: row.id.into(),
        place: row.place,
        delivered: row.delivered_at.is_some(),
        given_up: row.failed_at.is_some(),
        claimed_until: row.claimed_until,
    });
    Ok(Some((channel, told.collect())))
}

/// Has a message that was given up wait again.
pub async fn wait_again(tx: &mut Tx, id: MessageId, now: DateTime<Utc>) -> Result<(), StoreError> {
    sqlx::query!(
        "update outbox set failed_at = null, next_attempt_at = $2, claimed_until = null where id = $1",
        id.0,
        now
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// A message as people see it.
#[derive(Clone, Debug, PartialEq)]
pub struct Seen {
    /// Its id.
    pub id: Uuid,
    /// Where it goes.
    pub channel: String,
    /// What it tells.
    pub tell: String,
    /// Who wrote it; none where Gantry did.
    pub by_name: Option<String>,
    /// When it was written.
    pub created_at: DateTime<Utc>,
    /// How often it was tried.
    pub attempts: i32,
    /// When it is tried next.
    pub next_attempt_at: DateTime<Utc>,
    /// When it was taken.
    pub delivered_at: Option<DateTime<Utc>>,
    /// When it was given up.
    pub failed_at: Option<DateTime<Utc>>,
    /// Why the last attempt failed.
    pub last_error: Option<String>,
}

/// The messages about an incident, newest first, at most `limit`.
pub async fn of(
    executor: impl PgExecutor<'_>,
    incident: IncidentId,
    limit: i64,
) -> Result<Vec<Seen>, StoreError> {
    let rows = sqlx::query_as!(
        Seen,
        "select id, channel, tell, by_name, created_at, attempts, next_attempt_at, delivered_at, failed_at, last_error
         from outbox where incident_id = $1 order by created_at desc, id desc limit $2",
        incident.0,
        limit
    )
    .fetch_all(executor)
    .await?;
    Ok(rows)
}
