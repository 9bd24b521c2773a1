//! Whether something that happened opens an incident, joins one, or opens one again. A threshold that goes up and down
//! stays one incident for as long as people are at it, and a while longer.

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::json;

use super::clock::Clock;
use super::decide::{Change, rebase};
use super::entry::{EntryKind, NewEntry};
use super::message::Tell;
use super::targets::ServiceLevel;
use super::{Changed, Incident, Refused, Source, State, Subject};
use crate::actor::{Actor, Role};
use crate::id::{GoLiveId, IncidentId, PresetKey};
use crate::preset::Severity;
use crate::text::inert_line;

/// Fires again within this time after it was resolved, it is the same incident.
const SAME_AGAIN: TimeDelta = TimeDelta::minutes(30);
/// Still so this long after it was resolved, it is opened again: what was done has had its time to show.
pub const TIME_TO_GO: TimeDelta = TimeDelta::minutes(10);
/// The longest title, in characters.
pub const MAX_TITLE: usize = 160;

/// Something to open an incident for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cause {
    /// What it is about.
    pub subject: Subject,
    /// What happened.
    pub source: Source,
    /// How bad it is.
    pub severity: Severity,
    /// What is wrong, in one line.
    pub title: String,
    /// What was seen, as a sentence.
    pub sentence: String,
    /// Who is affected, where that is known.
    pub impact: String,
}

impl Cause {
    /// The kind of entry that says so.
    fn kind(&self) -> EntryKind {
        match self.source {
            Source::Threshold { .. } => EntryKind::Threshold,
            Source::Rollout { .. } => EntryKind::Rollout,
            Source::Hand => EntryKind::Opened,
        }
    }
}

/// A new incident with its first entry.
pub fn open(
    id: IncidentId,
    number: i64,
    cause: &Cause,
    by: Option<&Actor>,
    level: &ServiceLevel,
    now: DateTime<Utc>,
) -> Result<Change, Refused> {
    if by.is_some_and(|actor| !actor.may_act_as(Role::ReleaseManager)) {
        return Err(Refused::RoleTooLow);
    }
    let title = inert_line(&cause.title, MAX_TITLE);
    if title.is_empty() {
        return Err(Refused::TitleNeeded);
    }
    let person = by.map(|actor| &actor.person);
    let next = Incident {
        id,
        number,
        title,
        subject: cause.subject.clone(),
        source: cause.source.clone(),
        severity: cause.severity,
        state: State::Open,
        clocks: vec![Clock::start(cause.severity, now, level)],
        commander: None,
        impact: cause.impact.trim().to_owned(),
        action: String::new(),
        opened_at: now,
        opened_by: person.cloned(),
        answered: None,
        resolved_at: None,
        next_update_at: Some(level.update_due(cause.severity, now)),
        firing: matches!(cause.source, Source::Threshold { .. }),
        fired: 1,
        changed: Changed {
            at: now,
            by: person.map_or_else(|| "Gantry".to_owned(), |person| person.name.clone()),
            did: "opened it".into(),
        },
        version: 1,
    };
    let mut text = format!("Opened as {}", cause.severity.label());
    if !cause.sentence.trim().is_empty() {
        text = format!("{text}: {}", cause.sentence.trim());
    }
    if !next.impact.is_empty() {
        text = format!("{text}. Impact: {}", next.impact);
    }
    let entry = NewEntry::now(EntryKind::Opened, now, person, text).with(json!({
        "source": cause.source,
        "severity": cause.severity,
        "next_update_at": next.next_update_at,
    }));
    Ok(Change { next, entries: vec![entry], tell: vec![Tell::Opened] })
}

/// Whether an incident of the same cause takes it: it is open, or was resolved a moment ago.
pub fn takes(incident: &Incident, now: DateTime<Utc>) -> bool {
    match incident.state {
        State::Open | State::Investigating | State::Identified | State::Monitoring => true,
        State::Resolved => incident.resolved_at.is_some_and(|at| now - at <= SAME_AGAIN),
        State::Reviewed => false,
    }
}

/// Whether the incident was resolved and its cause goes on as if it had not been.
pub fn never_left(incident: &Incident, now: DateTime<Utc>) -> bool {
    !incident.is_open() && incident.firing && incident.resolved_at.is_some_and(|at| now - at >= TIME_TO_GO)
}

/// Whether a resolved incident may be opened again by a person. `latest` is the one that its threshold opened last, or has
/// open: one of them is enough.
pub fn may_reopen(incident: &Incident, latest: Option<&Incident>) -> Result<(), Refused> {
    match latest {
        Some(other) if other.id != incident.id && other.is_open() => {
            Err(Refused::AnotherIsOpen { number: other.number })
        }
        Some(_) | None => Ok(()),
    }
}

/// Whether what went wrong with the same integration, this bad, is a part of the incident: one that is not as bad would hide
/// it from whom it concerns.
pub fn covers(incident: &Incident, severity: Severity) -> bool {
    incident.is_open() && incident.severity <= severity
}

/// Whether what befalls the rollout of a go-live belongs to the incident, where both were found under one integration. A
/// checklist of no preset has no integration of its own and is found under the platform: of the platform's incidents only
/// those that a rollout of the same go-live opened are about it.
pub fn is_about(incident: &Incident, go_live: GoLiveId, preset: Option<&PresetKey>) -> bool {
    preset == Some(&incident.subject.preset)
        || matches!(&incident.source, Source::Rollout { go_live: of, .. } if *of == go_live)
}

/// Whether an incident that is opened again takes over from the newest one of its threshold that this still fires.
pub fn hands_over(latest: &Incident, reopened: &Incident) -> bool {
    latest.firing && latest.id != reopened.id && reopened.is_open()
}

/// In which way a cause is met once more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Recurrence {
    /// It had gone, and came back.
    CameBack,
    /// It never went, though the incident was resolved.
    NeverLeft,
    /// The threshold says something else than before, and fires as it is now.
    RuleChanged,
}

/// Whether incidents are told of a threshold that fires in this way; `before` is the one that it has open, or opened last.
/// What was resolved a moment ago has its time to go.
pub fn is_told(how: Recurrence, before: Option<&Incident>, now: DateTime<Utc>) -> bool {
    match how {
        Recurrence::CameBack => true,
        Recurrence::NeverLeft => before.is_some_and(|before| never_left(before, now)),
        Recurrence::RuleChanged => before.is_none_or(|before| before.is_open() || !before.firing),
    }
}

/// The same cause once more on an incident that [`takes`] it. Something worse than before raises the severity; nothing
/// ever lowers it but a person. What is opened again in this way waits for a first response like anything new.
pub fn again(
    incident: &Incident,
    cause: &Cause,
    how: Recurrence,
    level: &ServiceLevel,
    now: DateTime<Utc>,
) -> Change {
    let mut next = incident.clone();
    let mut tell = Vec::new();
    let mut entries = Vec::new();
    next.firing = matches!(next.source, Source::Threshold { .. });
    let (text, reopened) = match how {
        Recurrence::CameBack => {
            next.fired += 1;
            (format!("Again ({} times so far)", next.fired), "it came back")
        }
        Recurrence::NeverLeft => ("Still so".to_owned(), "it never went back to normal"),
        Recurrence::RuleChanged => {
            ("Fires as the threshold is now".to_owned(), "it fires as the threshold is now")
        }
    };
    entries.push(
        NewEntry::now(cause.kind(), now, None, format!("{text}: {}", cause.sentence.trim()))
            .with(json!({ "source": cause.source, "fired": next.fired })),
    );
    if cause.severity < next.severity {
        let from = next.severity;
        let missed = rebase(&mut next, cause.severity, level, now);
        let text = format!("{} → {}: what fired is worse.{missed}", from.label(), cause.severity.label());
        entries.push(NewEntry::now(EntryKind::Severity, now, None, text).with(json!({
            "from": from,
            "to": cause.severity,
            "missed_before": !missed.is_empty(),
            "next_update_at": next.next_update_at,
        })));
        tell.push(Tell::Raised);
    }
    if next.state == State::Resolved {
        next.state = State::Open;
        next.resolved_at = None;
        next.answered = None;
        next.clocks.push(Clock::start(next.severity, now, level));
        next.next_update_at = Some(level.update_due(next.severity, now));
        entries.push(NewEntry::now(EntryKind::State, now, None, format!("Reopened: {reopened}")).with(
            json!({
                "from": State::Resolved,
                "to": State::Open,
                "next_update_at": next.next_update_at,
            }),
        ));
        tell.push(Tell::Reopened);
    }
    if !tell.is_empty() {
        next.changed = Changed { at: now, by: "Gantry".into(), did: "saw it come back".into() };
        next.version += 1;
    }
    Change { next, entries, tell }
}

/// What opened it is not so any more. It stays open: whether it is over is for people to say.
pub fn cleared(incident: &Incident, sentence: &str, now: DateTime<Utc>) -> Change {
    let mut next = incident.clone();
    next.firing = false;
    let entry =
        NewEntry::now(EntryKind::Threshold, now, None, format!("Back to normal: {}", sentence.trim()));
    Change { next, entries: vec![entry], tell: Vec::new() }
}

/// The first response is overdue and nobody was told yet: says so, once for each clock.
pub fn escalate(incident: &Incident, now: DateTime<Utc>) -> Option<Change> {
    let clock = incident.running_clock().filter(|clock| incident.is_open() && clock.is_missed(now))?;
    let text = format!(
        "Nobody answered in time: the {} was due at {} UTC",
        clock.promise(),
        clock.due_at.format("%H:%M")
    );
    let tell = if clock.severity == Severity::P1 { vec![Tell::Escalated] } else { Vec::new() };
    let entry = NewEntry {
        happened_at: clock.due_at,
        ..NewEntry::now(EntryKind::Clock, now, None, text)
            .with(json!({ "severity": clock.severity, "due_at": clock.due_at }))
    };
    Some(Change { next: incident.clone(), entries: vec![entry], tell })
}
