//! An incident and its timeline as documents for elsewhere. Times are in UTC.

use std::fmt::Write as _;

use chrono::{DateTime, Utc};
use serde_json::{Value, json};

use super::clock::Ended;
use super::entry::Entry;
use super::{Incident, clock, message};
use crate::age;

/// As JSON: the incident and every entry, oldest first.
pub fn json(incident: &Incident, entries: &[Entry], now: DateTime<Utc>) -> Value {
    json!({
        "exported_at": now,
        "incident": incident,
        "response_missed": incident.has_missed(now),
        "entries": entries.iter().map(|entry| {
            let mut value = serde_json::to_value(entry).unwrap_or_default();
            if let Some(object) = value.as_object_mut() {
                object.insert("late".into(), entry.is_late().into());
            }
            value
        }).collect::<Vec<_>>(),
    })
}

/// As Markdown.
pub fn markdown(incident: &Incident, entries: &[Entry], now: DateTime<Utc>) -> String {
    let mut out = format!("# Incident {}: {}\n\n", incident.number, plain(&incident.title));
    let mut fact = |name: &str, value: &str| {
        out.push_str("- ");
        out.push_str(name);
        out.push_str(": ");
        out.push_str(value);
        out.push('\n');
    };
    for (name, value) in message::fields(incident) {
        fact(name, &plain(&value));
    }
    fact("Opened", &age::exact(incident.opened_at));
    if let Some(at) = incident.resolved_at {
        fact("Resolved", &age::exact(at));
        fact("Duration", &age::words(incident.duration(now)));
    }
    for (one, ended) in clock::ended(&incident.clocks) {
        let outcome = match ended {
            _ if one.is_missed(now) => "missed",
            Ended::Answered(_) => "kept",
            Ended::SetAside { .. } => "set aside by the change of severity",
            Ended::NotYet => "running",
        };
        fact(
            "Response clock",
            &format!(
                "{} ({}), due {}: {outcome}",
                one.severity.label(),
                clock::promise(one.severity),
                age::exact(one.due_at)
            ),
        );
    }
    fact("Exported", &age::exact(now));
    out.push_str("\n## Timeline\n\n| Happened (UTC) | Recorded (UTC) | Kind | Who | What | Readers |\n|---|---|---|---|---|---|\n");
    for entry in entries {
        let late = if entry.is_late() { " (late)" } else { "" };
        let link = entry.link.as_ref().map(|link| format!(" <{link}>")).unwrap_or_default();
        let edited = if entry.edits > 0 { " (edited)" } else { "" };
        let _cannot_fail = writeln!(
            out,
            "| {} | {}{late} | {} | {} | {}{edited}{link} | {} |",
            entry.happened_at.format("%Y-%m-%d %H:%M:%S"),
            entry.recorded_at.format("%Y-%m-%d %H:%M:%S"),
            entry.kind.label(),
            plain(entry.actor.as_ref().map_or("Gantry", |person| &person.name)),
            plain(&entry.text),
            if entry.public { "public" } else { "internal" },
        );
    }
    out
}

/// Text that stays text in Markdown, on one line.
fn plain(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\n' => out.push(' '),
            '\\' | '|' | '`' | '*' | '_' | '[' | ']' | '<' | '>' | '#' => {
                out.push('\\');
                out.push(c);
            }
            _ => out.push(c),
        }
    }
    out
}
