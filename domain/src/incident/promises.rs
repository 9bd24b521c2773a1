//! Which updates came by the time by which people had been promised more, read off the timeline.
//!
//! Whatever begins the countdown to the next update anew was heard by people: the opening, a change of state or severity, an
//! update that somebody sent. How long each promised is written beside it; in older records, where it is written beside
//! updates alone, it follows from the severity of that moment. What can be known of neither is left out.

use chrono::{DateTime, Utc};

use super::entry::{Entry, EntryKind};
use super::targets::ServiceLevel;
use super::{Incident, State};
use crate::preset::Severity;

/// Something that people were promised to hear.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Promise {
    /// By when.
    pub due_at: DateTime<Utc>,
    /// When they heard something; none where they still wait.
    pub heard_at: Option<DateTime<Utc>>,
}

/// What an entry says about hearing more.
enum Said {
    /// More follows, by then where that is known.
    More(Option<DateTime<Utc>>),
    /// There is nothing more to say.
    Over,
}

/// Everything that was promised about an incident, oldest first.
pub fn promises(incident: &Incident, timeline: &[Entry]) -> Vec<Promise> {
    let mut entries: Vec<&Entry> = timeline.iter().collect();
    entries.sort_by_key(|entry| entry.recorded_at);
    let mut severity = None;
    let mut kept = Vec::new();
    // When it was made, and by when it is to be kept.
    let mut open: Option<(DateTime<Utc>, Option<DateTime<Utc>>)> = None;
    for entry in entries {
        let Some(said) = said(entry, &mut severity) else { continue };
        let at = entry.recorded_at;
        let before = open;
        if let Some((made_at, Some(due_at))) = before
            && made_at != at
        {
            kept.push(Promise { due_at, heard_at: Some(at) });
        }
        open = match said {
            Said::Over => None,
            // Entries of one moment are one thing that was heard: what one of them leaves open another may say.
            Said::More(due_at) => {
                let same = before.filter(|(made_at, _)| *made_at == at).and_then(|(_, due_at)| due_at);
                Some((at, due_at.or(same)))
            }
        };
    }
    // What is waited for now is kept with the incident itself.
    let waited_for = incident.next_update_at.filter(|_| incident.is_open());
    kept.extend(waited_for.map(|due_at| Promise { due_at, heard_at: None }));
    kept
}

/// What an entry says about hearing more, if anything. Learns the severity on the way.
fn said(entry: &Entry, severity: &mut Option<Severity>) -> Option<Said> {
    let word = |name: &str| entry.detail.get(name).and_then(serde_json::Value::as_str);
    let written = || word("next_update_at").and_then(|at| at.parse::<DateTime<Utc>>().ok());
    let usually =
        |severity: Option<Severity>| Said::More(written().or_else(|| usual(severity?, entry.recorded_at)));
    match entry.kind {
        EntryKind::Opened => {
            *severity = Some(word("severity")?.parse().ok()?);
            Some(usually(*severity))
        }
        EntryKind::Severity => {
            *severity = Some(word("to")?.parse().ok()?);
            Some(usually(*severity))
        }
        EntryKind::State => {
            let to: State = word("to")?.parse().ok()?;
            Some(if to.is_open() { usually(*severity) } else { Said::Over })
        }
        // Gantry's own entries of this kind tell what became of a message.
        EntryKind::Message if entry.actor.is_some() => Some(Said::More(written())),
        // What was written for everybody as an update; other notes promise nothing.
        EntryKind::Note => Some(Said::More(Some(word("next_update_at")?.parse().ok()?))),
        _ => None,
    }
}

/// The time that a severity promised by itself before that could be changed. What depended on the calendar of that day is
/// not known any more.
fn usual(severity: Severity, from: DateTime<Utc>) -> Option<DateTime<Utc>> {
    let level = ServiceLevel::default();
    match severity {
        Severity::P1 | Severity::P2 | Severity::P3 => Some(level.update_due(severity, from)),
        Severity::P4 => None,
    }
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;
    use serde_json::{Value, json};
    use uuid::Uuid;

    use super::super::fixtures;
    use super::*;

    fn at(minute: i64) -> DateTime<Utc> {
        fixtures::at("2026-11-20T10:00:00Z") + TimeDelta::minutes(minute)
    }

    fn entry(kind: EntryKind, minute: i64, by: bool, detail: Value) -> Entry {
        Entry {
            id: Uuid::nil().into(),
            kind,
            happened_at: at(minute),
            recorded_at: at(minute),
            actor: by.then(|| fixtures::actor(1, "Ana", crate::actor::Role::Admin).person),
            text: String::new(),
            link: None,
            detail,
            public: false,
            edits: 0,
        }
    }

    fn opened(severity: Severity) -> Entry {
        entry(EntryKind::Opened, 0, false, json!({ "severity": severity }))
    }

    fn state(minute: i64, to: State) -> Entry {
        entry(EntryKind::State, minute, true, json!({ "to": to }))
    }

    fn severity(minute: i64, to: Severity) -> Entry {
        entry(EntryKind::Severity, minute, true, json!({ "to": to }))
    }

    /// The same with what was promised then.
    fn promised(mut entry: Entry, minute: i64) -> Entry {
        if let Some(detail) = entry.detail.as_object_mut() {
            detail.insert("next_update_at".into(), json!(at(minute)));
        }
        entry
    }

    fn update(minute: i64, next: i64) -> Entry {
        entry(EntryKind::Message, minute, true, json!({ "channels": ["slack"], "next_update_at": at(next) }))
    }

    /// One that went to the status page alone: what it promised was not written beside it.
    fn public(minute: i64) -> Entry {
        entry(EntryKind::Message, minute, true, Value::Null)
    }

    #[test]
    fn an_update_is_missed_where_it_came_late_or_none_came_before_the_end() {
        use Severity::{P1, P2, P4};
        use State::{Investigating, Monitoring, Resolved};
        let delivered = entry(EntryKind::Message, 20, false, json!({ "channel": "slack" }));
        let note = entry(EntryKind::Note, 20, true, Value::Null);
        // Entries, until when people wait now; and what was promised: due, heard.
        let table = [
            // Told in time, and over before more was due.
            (
                vec![opened(P1), state(10, Investigating), update(35, 45), state(44, Resolved)],
                None,
                vec![(30, Some(10)), (40, Some(35)), (45, Some(44))],
            ),
            // Late, and nothing at all before the end. What was written for ourselves and what became of messages is no
            // update.
            (
                vec![opened(P1), note.clone(), update(40, 60), delivered, note, state(90, Resolved)],
                None,
                vec![(30, Some(40)), (60, Some(90))],
            ),
            // Raised: from then on more was due sooner. Still waited for.
            (vec![opened(P2), severity(20, P1)], Some(50), vec![(60, Some(20)), (50, None)]),
            // What was promised for the status page alone is not known, unless another entry of that moment says it.
            (
                vec![opened(P1), public(25), state(200, Monitoring)],
                Some(230),
                vec![(30, Some(25)), (230, None)],
            ),
            (
                vec![opened(P1), update(25, 35), public(25), state(40, Resolved)],
                None,
                vec![(30, Some(25)), (35, Some(40))],
            ),
            // What was promised is written beside it, whatever is usual.
            (
                vec![promised(opened(P1), 10), promised(severity(5, P4), 65), state(66, Resolved)],
                None,
                vec![(10, Some(5)), (65, Some(66))],
            ),
            // The next working day was a matter of the calendar.
            (vec![opened(P4), state(5000, Resolved)], None, Vec::new()),
            // Opened again: nothing was due in between.
            (
                vec![opened(P1), state(5, Resolved), state(300, Investigating), state(345, Resolved)],
                None,
                vec![(30, Some(5)), (330, Some(345))],
            ),
        ];
        for (entries, waits_until, expected) in table {
            let mut incident = fixtures::incident(P1);
            incident.next_update_at = waits_until.map(at);
            incident.state = if waits_until.is_some() { Investigating } else { Resolved };
            let promise =
                |(due, heard): (i64, Option<i64>)| Promise { due_at: at(due), heard_at: heard.map(at) };
            let expected: Vec<_> = expected.into_iter().map(promise).collect();
            assert_eq!(promises(&incident, &entries), expected, "{entries:#?}");
        }
    }
}
