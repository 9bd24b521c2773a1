//! What people do with an incident that is there.

use gantry_domain::actor::Actor;
use gantry_domain::id::{IncidentId, MessageId, UserId};
use gantry_domain::incident::entry::{EntryKind, NewEntry};
use gantry_domain::incident::message::{Channel, Tell};
use gantry_domain::incident::opening::{self, may_reopen};
use gantry_domain::incident::queue::{Again, again};
use gantry_domain::incident::{Command, Incident, MAX_TEXT, Refused, Source, State, decide};
use serde_json::json;

use super::{Desk, IncidentError, hold_latest, level_of, record, save};
use crate::live::topics;
use crate::services::Caller;
use crate::services::outbox::{self, Message};
use crate::services::response;
use crate::store::outbox as queue;
use crate::store::{Db, Once, StoreError, Tx, audit, incidents};

/// What a person asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ask {
    /// Something that the domain knows by itself.
    Command(Command),
    /// Command to somebody, by their id.
    HandOver(UserId),
}

/// Does what is asked, as the caller saw the incident (`seen`). Doing the same request again has no further effect.
pub async fn act(
    db: &Db,
    desk: &Desk,
    caller: Caller,
    id: IncidentId,
    ask: Ask,
    seen: i64,
) -> Result<(), IncidentError> {
    let desk = desk.clone();
    db.tx(move |tx| {
        Box::pin(async move {
            if tx.once(&caller.request, "").await? != Once::New {
                return Ok(());
            }
            let latest = match &ask {
                Ask::Command(Command::Become { to: State::Investigating, .. }) => latest(tx, id).await?,
                Ask::Command(_) | Ask::HandOver(_) => None,
            };
            let incident = incidents::lock(tx, id).await?.ok_or(IncidentError::NoSuchIncident)?;
            if !incident.is_open() {
                may_reopen(&incident, latest.as_ref())?;
            }
            let command = match ask {
                Ask::Command(command) => command,
                Ask::HandOver(user) => {
                    let to: Option<Actor> = incidents::leader(&mut **tx, user).await?;
                    Command::HandOver { to: to.ok_or(Refused::CannotLead)? }
                }
            };
            let level = level_of(&mut **tx, &desk, &incident.subject).await?;
            let mut change = decide(&incident, &command, &caller.actor, seen, &level, caller.now)?;
            // From now on it is this one's whether the threshold fires.
            if let Some(latest) = latest.filter(|latest| opening::hands_over(latest, &change.next)) {
                change.next.firing = true;
                incidents::put(tx, &Incident { firing: false, ..latest }).await?;
            }
            let person = Some(&caller.actor.person);
            save(tx, &desk, &change, person, caller.now).await?;
            if matches!(command, Command::Become { to: State::Resolved, .. }) {
                response::note_standing(tx, &change.next, caller.now).await?;
            }
            record(tx, &change, action(&command), person, caller.now).await?;
            Ok(())
        })
    })
    .await
}

/// The incident that the threshold of this one has open, or opened last; none where no threshold opened it. Taken before the
/// incident itself, in the order in which a threshold that fires takes them.
async fn latest(tx: &mut Tx, id: IncidentId) -> Result<Option<Incident>, StoreError> {
    let Some(incident) = incidents::find(&mut **tx, id).await? else { return Ok(None) };
    let Source::Threshold { key, .. } = &incident.source else { return Ok(None) };
    hold_latest(tx, incident.subject.integration, key).await
}

fn action(command: &Command) -> &'static str {
    match command {
        Command::Acknowledge => "incident.acknowledged",
        Command::Become { to: State::Resolved, .. } => "incident.resolved",
        Command::Become { to: State::Reviewed, .. } => "incident.reviewed",
        Command::Become { .. } => "incident.state-changed",
        Command::Severity { .. } => "incident.severity-changed",
        Command::TakeCommand => "incident.command-taken",
        Command::HandOver { .. } => "incident.command-handed-over",
        Command::Update { .. } => "incident.updated",
    }
}

/// An update that goes out.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Update {
    /// Who is affected and how.
    pub impact: String,
    /// What is being done.
    pub action: String,
    /// Minutes until the next one.
    pub next_in_minutes: Option<u32>,
    /// Where it goes.
    pub channels: Vec<Channel>,
    /// What everybody may read of it on the status page; empty: nothing.
    pub public_text: String,
}

/// Sends an update: keeps impact and action, begins the next countdown, queues the messages and publishes what is public.
pub async fn update(
    db: &Db,
    desk: &Desk,
    caller: Caller,
    id: IncidentId,
    update: Update,
    seen: i64,
) -> Result<(), IncidentError> {
    let desk = desk.clone();
    db.tx(move |tx| {
        Box::pin(async move {
            if tx.once(&caller.request, "").await? != Once::New {
                return Ok(());
            }
            let incident = incidents::lock(tx, id).await?.ok_or(IncidentError::NoSuchIncident)?;
            let public_text = update.public_text.trim().to_owned();
            let channels: Vec<_> =
                desk.channels.iter().copied().filter(|channel| update.channels.contains(channel)).collect();
            // Where there is no channel at all, the words are kept for those who read here.
            if channels.is_empty() && public_text.is_empty() && !desk.channels.is_empty() {
                return Err(Refused::NoChannel.into());
            }
            let length = public_text.chars().count();
            if length > MAX_TEXT {
                return Err(Refused::TextTooLong { length }.into());
            }
            let command = Command::Update {
                impact: update.impact,
                action: update.action,
                next_in_minutes: update.next_in_minutes,
            };
            let level = level_of(&mut **tx, &desk, &incident.subject).await?;
            let mut change = decide(&incident, &command, &caller.actor, seen, &level, caller.now)?;
            let person = &caller.actor.person;
            let promise = json!({ "channels": channels, "next_update_at": change.next.next_update_at });
            if !channels.is_empty() || desk.channels.is_empty() {
                let names: Vec<_> = channels.iter().map(|channel| channel.label()).collect();
                let given =
                    |text: &str| if text.is_empty() { "not known yet".to_owned() } else { text.to_owned() };
                let to =
                    if names.is_empty() { String::new() } else { format!(" to {}", names.join(" and ")) };
                let text = format!(
                    "Update{to}. Impact: {}. Current action: {}.",
                    given(&change.next.impact),
                    given(&change.next.action)
                );
                change.entries.push(
                    NewEntry::now(EntryKind::Message, caller.now, Some(person), text).with(promise.clone()),
                );
            }
            if !public_text.is_empty() {
                // A note, which can be put right or taken back like any other.
                let entry =
                    NewEntry::now(EntryKind::Note, caller.now, Some(person), public_text).with(promise);
                change.entries.push(NewEntry { public: true, ..entry });
            }
            save(tx, &desk, &change, Some(person), caller.now).await?;
            for channel in channels {
                let message = Message {
                    incident: &change.next,
                    tell: Tell::Update,
                    channel,
                    by_name: Some(&person.name),
                    dedup: None,
                    at: caller.now,
                };
                outbox::enqueue(tx, &desk, message).await?;
            }
            record(tx, &change, action(&command), Some(person), caller.now).await?;
            Ok(())
        })
    })
    .await
}

/// Has a message that was given up sent again.
pub async fn send_again(
    db: &Db,
    caller: Caller,
    id: IncidentId,
    message: MessageId,
) -> Result<(), IncidentError> {
    db.tx(move |tx| {
        Box::pin(async move {
            if tx.once(&caller.request, "").await? != Once::New {
                return Ok(());
            }
            let Some((channel, told)) = queue::told(tx, id, message).await? else { return Ok(()) };
            match again(channel, message, &told, caller.now) {
                Again::NotGivenUp => return Ok(()),
                Again::ToldSince => return Err(Refused::ToldSince.into()),
                Again::Waits => queue::wait_again(tx, message, caller.now).await?,
            }
            tx.announce(topics::OUTBOX);
            tx.announce(topics::incident(id));
            tx.audit(&audit::New {
                at: caller.now,
                actor: Some(&caller.actor.person),
                action: "incident.message-sent-again",
                subject: &format!("incidents/{id}/messages/{message}"),
                detail: json!({}),
            })
            .await?;
            Ok(())
        })
    })
    .await
}
