//! An incident and its timeline as documents for elsewhere, with everything that an entry said before it was edited: for
//! those who may read the page, never for everybody. Times are in UTC.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use chrono::{DateTime, Utc};
use serde::Serialize;
use serde_json::{Value, json};

use super::clock::Ended;
use super::entry::{Edition, Entry};
use super::{Incident, clock, message};
use crate::id::EntryId;
use crate::{age, cut};

/// How a moment is written in a table whose head says that it is in UTC.
const MOMENT: &str = "%Y-%m-%d %H:%M:%S";

/// A timeline as it leaves the panel.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Timeline {
    /// The entries in their last editions, oldest first.
    pub entries: Vec<Entry>,
    /// What the edited ones said before, of each entry the oldest edition first.
    pub editions: Vec<(EntryId, Edition)>,
    /// Whether there are older entries than these.
    pub older_left_out: bool,
}

/// An edition that was changed, and who wrote it when.
#[derive(Serialize)]
struct Earlier<'a> {
    /// None where Gantry wrote it.
    written_by: Option<&'a str>,
    recorded_at: DateTime<Utc>,
    #[serde(flatten)]
    edition: &'a Edition,
}

impl Timeline {
    /// Every entry with its earlier editions.
    fn told(&self) -> Vec<(&Entry, Vec<Earlier<'_>>)> {
        let mut of: BTreeMap<EntryId, Vec<&Edition>> = BTreeMap::new();
        for (id, edition) in &self.editions {
            of.entry(*id).or_default().push(edition);
        }
        self.entries
            .iter()
            .map(|entry| (entry, earlier(entry, of.get(&entry.id).map_or(&[][..], Vec::as_slice))))
            .collect()
    }
}

/// The first edition is what the author wrote, every other what somebody made of the one before it.
fn earlier<'a>(entry: &'a Entry, editions: &[&'a Edition]) -> Vec<Earlier<'a>> {
    let mut written_by = entry.actor.as_ref().map(|person| person.name.as_str());
    let mut recorded_at = entry.recorded_at;
    // Where somebody edited it after it was read, the edition that was read is among them: it is no earlier one here.
    let known = usize::try_from(entry.edits).unwrap_or(usize::MAX);
    let mut all = Vec::new();
    for edition in editions.iter().copied().take(known) {
        all.push(Earlier { written_by, recorded_at, edition });
        written_by = Some(&edition.changed_by);
        recorded_at = edition.until;
    }
    all
}

/// Takes secrets out of what people wrote, by `clean`. Before it is written: with the escapes of Markdown in it a secret is
/// not found any more.
pub fn take_out(incident: &mut Incident, timeline: &mut Timeline, clean: impl Fn(&str) -> String) {
    for text in [&mut incident.title, &mut incident.impact, &mut incident.action] {
        *text = clean(text);
    }
    for entry in &mut timeline.entries {
        entry.text = clean(&entry.text);
        entry.link = entry.link.as_deref().map(&clean);
    }
    take_out_of_editions(timeline, clean);
}

/// The same for what entries said before alone: a key that was written down in a hurry may be why it was edited.
pub fn take_out_of_editions(timeline: &mut Timeline, clean: impl Fn(&str) -> String) {
    for (_, edition) in &mut timeline.editions {
        edition.text = clean(&edition.text);
        edition.link = edition.link.as_deref().map(&clean);
    }
}

/// As JSON: the incident and every entry, oldest first.
pub fn json(incident: &Incident, timeline: &Timeline, now: DateTime<Utc>) -> Value {
    let mut whole = json!({
        "exported_at": now,
        "incident": incident,
        "response_missed": incident.has_missed(now),
        "entries": values(timeline),
    });
    if timeline.older_left_out
        && let (Value::Object(object), Value::Object(said)) = (&mut whole, cut::element())
    {
        object.extend(said);
    }
    whole
}

/// The entries alone as JSON, oldest first, each with what it said before.
pub fn entries(timeline: &Timeline) -> Value {
    let mut all = values(timeline);
    all.extend(timeline.older_left_out.then(cut::element));
    all.into()
}

fn values(timeline: &Timeline) -> Vec<Value> {
    timeline
        .told()
        .into_iter()
        .map(|(entry, editions)| {
            let mut value = serde_json::to_value(entry).unwrap_or_default();
            if let Some(object) = value.as_object_mut() {
                object.insert("late".into(), entry.is_late().into());
                object.insert("editions".into(), serde_json::to_value(&editions).unwrap_or_default());
            }
            value
        })
        .collect()
}

/// As Markdown.
pub fn markdown(incident: &Incident, timeline: &Timeline, now: DateTime<Utc>) -> String {
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
                one.promise(),
                age::exact(one.due_at)
            ),
        );
    }
    fact("Exported", &age::exact(now));
    out.push_str("\n## Timeline\n\n| Happened (UTC) | Recorded (UTC) | Kind | Who | What | Readers |\n|---|---|---|---|---|---|\n");
    for (entry, editions) in timeline.told() {
        let late = if entry.is_late() { " (late)" } else { "" };
        let edited = editions.last().map_or_else(String::new, |last| {
            format!(" (edited {} by {})", age::exact(last.edition.until), plain(&last.edition.changed_by))
        });
        let _cannot_fail = writeln!(
            out,
            "| {} | {}{late} | {} | {} | {}{edited}{} | {} |",
            entry.happened_at.format(MOMENT),
            entry.recorded_at.format(MOMENT),
            entry.kind.label(),
            plain(entry.actor.as_ref().map_or("Gantry", |person| &person.name)),
            plain(&entry.text),
            linked(entry.link.as_deref()),
            readers(entry.public),
        );
        for one in &editions {
            let _cannot_fail = writeln!(out, "{}", before(one));
        }
    }
    if timeline.older_left_out {
        let _cannot_fail = writeln!(out, "\n{}", cut::OLDER_LEFT_OUT);
    }
    out
}

/// The row of an earlier edition, below the one of its entry: set in, and its words quoted.
fn before(one: &Earlier<'_>) -> String {
    let Earlier { written_by, recorded_at, edition } = one;
    format!(
        "| ↳ {} | {} | until {} | {} | “{}”{} | {} |",
        edition.happened_at.format(MOMENT),
        recorded_at.format(MOMENT),
        age::exact(edition.until),
        plain(written_by.unwrap_or("Gantry")),
        plain(&edition.text),
        linked(edition.link.as_deref()),
        readers(edition.public),
    )
}

fn readers(public: bool) -> &'static str {
    if public { "public" } else { "internal" }
}

/// An address in a cell, which a bar would end.
fn linked(link: Option<&str>) -> String {
    link.map(|link| format!(" <{}>", link.replace('|', "%7C"))).unwrap_or_default()
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
