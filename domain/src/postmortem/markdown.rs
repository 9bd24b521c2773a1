//! The postmortem as a Markdown document.

use std::fmt::Write as _;

use chrono::{DateTime, TimeDelta, Utc};

use super::{ActionItem, Clock, Section, Written};
use crate::text::{inert, inert_line};
use crate::{age, cut};

/// Something on the timeline.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// When it happened.
    pub at: DateTime<Utc>,
    /// Who, or what.
    pub by: String,
    /// What.
    pub text: String,
}

/// What the record says by itself.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Record {
    /// What happened, in a line.
    pub title: String,
    /// Where: integration and environment.
    pub integration: String,
    /// P1 to P4.
    pub severity: String,
    /// How it stands.
    pub state: String,
    /// Incident commander.
    pub commander: Option<String>,
    /// Who was affected and how, as it was said last; empty where nobody said.
    pub impact: String,
    /// When it began.
    pub opened_at: DateTime<Utc>,
    /// When it was over.
    pub resolved_at: Option<DateTime<Utc>>,
    /// Clocks: kept, missed or set aside.
    pub clocks: Vec<Clock>,
    /// The timeline, oldest first.
    pub timeline: Vec<Event>,
    /// Whether the timeline goes further back than that.
    pub older_left_out: bool,
    /// Actions with before and after.
    pub actions: Vec<Event>,
    /// What triage came to.
    pub triage: Option<String>,
}

impl Record {
    /// How long it lasted, or has lasted.
    pub fn duration(&self, now: DateTime<Utc>) -> TimeDelta {
        self.resolved_at.unwrap_or(now) - self.opened_at
    }
}

/// The document. Text of people is kept as they wrote it; text of machines stays on its line.
pub fn markdown(record: &Record, sections: &[Written], items: &[ActionItem], now: DateTime<Utc>) -> String {
    let mut out = String::new();
    let _ = writeln!(out, "# Postmortem: {}\n", line(&record.title));
    facts(&mut out, record, sections, now);
    for section in [Section::Summary, Section::RootCause] {
        let _ = writeln!(out, "## {}\n\n{}\n", section.title(), written(sections, section));
    }
    let _ = writeln!(out, "## Impact\n");
    let told = line(&record.impact);
    let told = if told.is_empty() { "nothing" } else { told.as_str() };
    let _ = writeln!(out, "- **Told during the incident:** {told}");
    for section in [Section::Users, Section::Revenue] {
        let _ = writeln!(out, "- **{}:** {}", section.title(), line(&written(sections, section)));
    }
    let _ = writeln!(out, "\n## Clocks\n");
    if record.clocks.is_empty() {
        let _ = writeln!(out, "No clock ran.");
    }
    for clock in &record.clocks {
        let word = clock.kept(now).word();
        let _ = writeln!(out, "- {}: **{word}** ({})", line(&clock.what), clock.particulars());
    }
    events(&mut out, "Timeline", &record.timeline);
    if record.older_left_out {
        let _ = writeln!(out, "\n{}", cut::OLDER_LEFT_OUT);
    }
    events(&mut out, "Actions taken", &record.actions);
    let _ = writeln!(out, "\n## Lessons\n\n{}\n", written(sections, Section::Lessons));
    let _ = writeln!(out, "## Action items\n");
    if items.is_empty() {
        let _ = writeln!(out, "None.");
    }
    for item in items {
        let mark = if item.done.is_some() { "x" } else { " " };
        let end = match &item.done {
            Some((at, by)) => format!("; done {} by {}", age::exact(*at), line(by)),
            None if item.is_overdue(now.date_naive()) => "; **overdue**".to_owned(),
            None => String::new(),
        };
        let _ =
            writeln!(out, "- [{mark}] {} – {}, due {}{end}", line(&item.text), line(&item.owner), item.due);
    }
    out
}

fn facts(out: &mut String, record: &Record, sections: &[Written], now: DateTime<Utc>) {
    let ended = record.resolved_at.map_or_else(|| "not yet".to_owned(), age::exact);
    let rows = [
        ("Type", line(&written(sections, Section::Kind))),
        ("Where", line(&record.integration)),
        ("Severity", line(&record.severity)),
        ("State", line(&record.state)),
        ("Began", age::exact(record.opened_at)),
        ("Resolved", ended),
        ("Duration", age::words(record.duration(now))),
        ("Incident commander", line(record.commander.as_deref().unwrap_or("nobody"))),
        ("Triage", line(record.triage.as_deref().unwrap_or("not done"))),
    ];
    let _ = writeln!(out, "| | |\n|---|---|");
    for (name, value) in rows {
        let _ = writeln!(out, "| {name} | {} |", value.replace('|', "\\|"));
    }
    out.push('\n');
}

fn events(out: &mut String, title: &str, events: &[Event]) {
    let _ = writeln!(out, "\n## {title}\n");
    if events.is_empty() {
        let _ = writeln!(out, "Nothing.");
    }
    for event in events {
        let _ = writeln!(out, "- {} · {}: {}", age::exact(event.at), line(&event.by), line(&event.text));
    }
}

fn written(sections: &[Written], section: Section) -> String {
    let text = sections.iter().find(|one| one.section == section).map_or("", |one| one.text.trim());
    if text.is_empty() { "_Not written yet._".to_owned() } else { inert(text, super::MAX_TEXT) }
}

fn line(text: &str) -> String {
    inert_line(text, 1000)
}
