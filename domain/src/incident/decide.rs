//! What people do with an incident. The only way it changes once it is open.

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::json;

use super::clock::Clock;
use super::entry::{EntryKind, NewEntry};
use super::message::Tell;
use super::targets::ServiceLevel;
use super::{Answer, Changed, Commander, Incident, Refused, State};
use crate::actor::{Actor, Person, Role};
use crate::preset::Severity;
use crate::text::inert_line;

/// The longest reason, note or entry, in characters.
pub const MAX_TEXT: usize = 4000;

/// What a person asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    /// "I look at it": the first answer, and command where nobody has it.
    Acknowledge,
    /// Another state.
    Become {
        /// Which.
        to: State,
        /// May be empty.
        note: String,
    },
    /// Another severity.
    Severity {
        /// Which.
        to: Severity,
        /// Must not be empty.
        reason: String,
    },
    /// "I lead", also where somebody else does.
    TakeCommand,
    /// "You lead."
    HandOver {
        /// Who leads from now on.
        to: Actor,
    },
    /// What goes out about it: impact, what is being done, and when more follows.
    Update {
        /// Who is affected and how.
        impact: String,
        /// What is being done.
        action: String,
        /// Minutes until the next update; the severity's own time when none.
        next_in_minutes: Option<u32>,
    },
}

/// What follows from a command.
#[derive(Clone, Debug, PartialEq)]
pub struct Change {
    /// The incident from now on.
    pub next: Incident,
    /// What the timeline says about it.
    pub entries: Vec<NewEntry>,
    /// What people outside are told.
    pub tell: Vec<Tell>,
}

/// Decides whether `actor` may do `command` to the incident as they saw it (`seen` is the version of their page).
pub fn decide(
    incident: &Incident,
    command: &Command,
    actor: &Actor,
    seen: i64,
    level: &ServiceLevel,
    now: DateTime<Utc>,
) -> Result<Change, Refused> {
    if !actor.may_act_as(Role::ReleaseManager) {
        return Err(Refused::RoleTooLow);
    }
    check_seen(incident, command, actor, seen)?;
    let mut change = Change { next: incident.clone(), entries: Vec::new(), tell: Vec::new() };
    let did = match command {
        Command::Acknowledge => acknowledge(&mut change, actor, level, now)?,
        Command::Become { to, note } => become_state(&mut change, actor, *to, note, level, now)?,
        Command::Severity { to, reason } => severity(&mut change, actor, *to, reason, level, now)?,
        Command::TakeCommand => take_command(&mut change, actor, now)?,
        Command::HandOver { to } => hand_over(&mut change, actor, to, now)?,
        Command::Update { impact, action, next_in_minutes } => {
            update(&mut change, impact, action, *next_in_minutes, level, now)?
        }
    };
    change.next.changed = Changed { at: now, by: actor.person.name.clone(), did };
    change.next.version += 1;
    Ok(change)
}

/// The first of two simultaneous people wins; the other is told who did what.
fn check_seen(incident: &Incident, command: &Command, actor: &Actor, seen: i64) -> Result<(), Refused> {
    if seen > incident.version {
        return Err(Refused::UnknownVersion);
    }
    if seen == incident.version {
        return Ok(());
    }
    if let (Command::TakeCommand | Command::HandOver { .. } | Command::Acknowledge, Some(commander)) =
        (command, &incident.commander)
        && commander.person.id != actor.person.id
    {
        return Err(Refused::LedBy { name: commander.person.name.clone(), since: commander.since });
    }
    let Changed { at, by, did } = incident.changed.clone();
    Err(Refused::ChangedMeanwhile { by, at, did })
}

fn acknowledge(
    change: &mut Change,
    actor: &Actor,
    level: &ServiceLevel,
    now: DateTime<Utc>,
) -> Result<String, Refused> {
    if change.next.state != State::Open {
        let (from, to) = (change.next.state, State::Investigating);
        return Err(Refused::NotFrom { from, to });
    }
    if change.next.commander.is_none() {
        lead(change, &actor.person, &format!("{} took command", actor.person.name), actor, now);
    }
    become_state(change, actor, State::Investigating, "", level, now)?;
    Ok("acknowledged it".into())
}

fn become_state(
    change: &mut Change,
    actor: &Actor,
    to: State,
    note: &str,
    level: &ServiceLevel,
    now: DateTime<Utc>,
) -> Result<String, Refused> {
    let from = change.next.state;
    if !from.may_become(to) {
        return Err(Refused::NotFrom { from, to });
    }
    let note = checked(note)?;
    answer(change, actor, now);
    let next = &mut change.next;
    next.state = to;
    next.resolved_at = if to.is_open() { None } else { next.resolved_at.or(Some(now)) };
    next.next_update_at = to.is_open().then(|| level.update_due(next.severity, now));
    let mut text = match to {
        State::Resolved => "Resolved".to_owned(),
        State::Reviewed => "Reviewed".to_owned(),
        State::Investigating if !from.is_open() => "Reopened: investigating".to_owned(),
        State::Open | State::Investigating | State::Identified | State::Monitoring => {
            format!("{from} → {to}")
        }
    };
    if !note.is_empty() {
        text = format!("{text}. {note}");
    }
    change.entries.push(NewEntry::now(EntryKind::State, now, Some(&actor.person), text).with(json!({
        "from": from,
        "to": to,
        "note": note,
        "next_update_at": change.next.next_update_at,
    })));
    match to {
        State::Resolved => change.tell.push(Tell::Resolved),
        State::Investigating if !from.is_open() => change.tell.push(Tell::Reopened),
        State::Open | State::Investigating | State::Identified | State::Monitoring => {
            change.tell.push(Tell::Changed);
        }
        State::Reviewed => {}
    }
    Ok(format!("made it {to}"))
}

fn severity(
    change: &mut Change,
    actor: &Actor,
    to: Severity,
    reason: &str,
    level: &ServiceLevel,
    now: DateTime<Utc>,
) -> Result<String, Refused> {
    let from = change.next.severity;
    if !change.next.is_open() {
        return Err(Refused::Over);
    }
    if from == to {
        return Err(Refused::SameSeverity);
    }
    let reason = checked(reason)?;
    if inert_line(&reason, MAX_TEXT).is_empty() {
        return Err(Refused::ReasonNeeded);
    }
    let text = rebase(&mut change.next, to, level, now);
    change.entries.push(
        NewEntry::now(
            EntryKind::Severity,
            now,
            Some(&actor.person),
            format!("{} → {}. {reason}{text}", from.label(), to.label()),
        )
        .with(json!({
            "from": from,
            "to": to,
            "reason": reason,
            "missed_before": !text.is_empty(),
            "next_update_at": change.next.next_update_at,
        })),
    );
    change.tell.push(if to < from { Tell::Raised } else { Tell::Changed });
    Ok(format!("made it {}", to.label()))
}

/// Puts the incident on the clocks of another severity. A clock that was missed is stopped as such and stays on record.
/// Returns what there is to say about that.
pub(super) fn rebase(
    incident: &mut Incident,
    to: Severity,
    level: &ServiceLevel,
    now: DateTime<Utc>,
) -> String {
    let from = incident.severity;
    incident.severity = to;
    incident.next_update_at = Some(level.update_due(to, now));
    let Some(running) = incident.clocks.last_mut().filter(|clock| clock.stopped_at.is_none()) else {
        return String::new();
    };
    running.stopped_at = Some(now);
    let missed = running.is_missed(now);
    incident.clocks.push(Clock::start(to, now, level));
    if missed {
        format!(" The first response to {} had been missed; that stays on record.", from.label())
    } else {
        String::new()
    }
}

fn take_command(change: &mut Change, actor: &Actor, now: DateTime<Utc>) -> Result<String, Refused> {
    if !change.next.is_open() {
        return Err(Refused::Over);
    }
    let name = &actor.person.name;
    let text = match change.next.led_by() {
        Some(leads) if leads.id == actor.person.id => return Err(Refused::LeadsAlready),
        Some(leads) => format!("{name} took command over from {}", leads.name),
        None => format!("{name} took command"),
    };
    answer(change, actor, now);
    lead(change, &actor.person, &text, actor, now);
    change.tell.push(Tell::Changed);
    Ok("took command".into())
}

fn hand_over(change: &mut Change, actor: &Actor, to: &Actor, now: DateTime<Utc>) -> Result<String, Refused> {
    if !change.next.is_open() {
        return Err(Refused::Over);
    }
    if !to.may_act_as(Role::ReleaseManager) {
        return Err(Refused::CannotLead);
    }
    let (by, name) = (&actor.person.name, &to.person.name);
    let text = match change.next.led_by() {
        Some(leads) if leads.id == to.person.id => {
            return Err(Refused::LedBy {
                name: name.clone(),
                since: change.next.commander.as_ref().map_or(now, |commander| commander.since),
            });
        }
        Some(leads) if leads.id == actor.person.id => format!("{by} handed command over to {name}"),
        Some(leads) => format!("{by} gave command to {name}, over from {}", leads.name),
        None => format!("{by} gave command to {name}"),
    };
    answer(change, actor, now);
    lead(change, &to.person, &text, actor, now);
    change.tell.push(Tell::Changed);
    Ok(format!("gave command to {name}"))
}

fn lead(change: &mut Change, person: &Person, text: &str, actor: &Actor, now: DateTime<Utc>) {
    let before = change.next.commander.take();
    change.next.commander = Some(Commander { person: person.clone(), since: now });
    change.entries.push(NewEntry::now(EntryKind::Command, now, Some(&actor.person), text).with(json!({
        "from": before.map(|commander| commander.person.name),
        "to": person.name,
    })));
}

fn update(
    change: &mut Change,
    impact: &str,
    action: &str,
    next_in_minutes: Option<u32>,
    level: &ServiceLevel,
    now: DateTime<Utc>,
) -> Result<String, Refused> {
    if !change.next.is_open() {
        return Err(Refused::Over);
    }
    if next_in_minutes == Some(0) {
        return Err(Refused::UpdateInThePast);
    }
    let next = &mut change.next;
    next.impact = checked(impact)?;
    next.action = checked(action)?;
    next.next_update_at = Some(match next_in_minutes {
        Some(minutes) => now + TimeDelta::minutes(minutes.into()),
        None => level.update_due(next.severity, now),
    });
    Ok("wrote an update".into())
}

/// Stops the response clock: a person did something about it.
fn answer(change: &mut Change, actor: &Actor, now: DateTime<Utc>) {
    if change.next.answered.is_some() {
        return;
    }
    change.next.answered = Some(Answer { by: actor.person.clone(), at: now });
    if let Some(clock) = change.next.clocks.last_mut().filter(|clock| clock.stopped_at.is_none()) {
        clock.stopped_at = Some(now);
    }
    change.tell.push(Tell::Acknowledged);
}

/// The text, without white space around it and not too long.
fn checked(text: &str) -> Result<String, Refused> {
    let length = text.chars().count();
    if length > MAX_TEXT { Err(Refused::TextTooLong { length }) } else { Ok(text.trim().to_owned()) }
}
