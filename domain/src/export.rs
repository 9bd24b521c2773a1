//! A go-live as a document to keep: Markdown and CSV, with signers, times in UTC and the whole history.
//!
//! Everything people typed is foreign text here: it can neither break a table nor become a formula or a heading.

use chrono::{DateTime, Utc};

use crate::age::exact;
use crate::checklist::{Entry, Item, Standing};
use crate::csv;
use crate::gate::{Gate, gate};
use crate::golive::{ChecklistSection, GoLive, Override};
use crate::release::Binding;
use crate::text::{inert, inert_line};

/// The longest line of foreign text in a document, in characters.
const MAX_LINE: usize = 4000;

/// The go-live as Markdown, as it stood at `now`.
pub fn markdown(go_live: &GoLive, now: DateTime<Utc>) -> String {
    let binding = go_live.binding();
    let mut lines = head(go_live, now);
    for section in &go_live.sections {
        lines.extend(section_lines(section, &binding));
    }
    if !go_live.overrides.is_empty() {
        lines.extend(["## Overrides of the gate".to_owned(), String::new()]);
        lines.extend(go_live.overrides.iter().flat_map(override_lines));
    }
    while lines.last().is_some_and(String::is_empty) {
        lines.pop();
    }
    lines.push(String::new());
    lines.join("\n")
}

fn head(go_live: &GoLive, now: DateTime<Utc>) -> Vec<String> {
    let release = &go_live.release;
    let workload = &go_live.workload;
    let running = go_live.running.as_ref().map_or("not known".to_owned(), ToString::to_string);
    let from = go_live.from_image.as_ref().map_or("unknown".to_owned(), ToString::to_string);
    let place = format!("{} / {} / {}", workload.namespace, workload.deployment, workload.container);
    let opened = format!("{} by {}", exact(go_live.created_at), go_live.created_by.name);
    let rows = [
        ("Image", release.image.to_string()),
        ("Digest", release.known_digest().unwrap_or("not known").to_owned()),
        ("Configuration", release.config_hash.clone()),
        ("Configuration in the cluster", running),
        ("Returns to", from),
        ("Namespace / Deployment / container", place),
        ("Preset", go_live.preset.as_ref().map_or("none".to_owned(), ToString::to_string)),
        ("Opened", opened),
        ("Progress", go_live.progress().text()),
        ("Gate", gate_words(&gate(go_live))),
        ("As of", exact(now)),
    ];
    let title = format!("# Go-live of {}: {}", escaped(&go_live.integration), escaped(&go_live.environment));
    let mut lines = vec![title, String::new(), "| | |".to_owned(), "|---|---|".to_owned()];
    lines.extend(rows.iter().map(|(name, value)| format!("| {name} | {} |", escaped(value))));
    lines.push(String::new());
    lines
}

fn gate_words(gate: &Gate) -> String {
    match gate {
        Gate::Open { .. } => gate.text(),
        Gate::Closed { open } => {
            let titles: Vec<&str> = open.iter().map(|item| item.title.as_str()).collect();
            format!("{} ({})", gate.text(), titles.join("; "))
        }
    }
}

fn section_lines(section: &ChecklistSection, now: &Binding) -> Vec<String> {
    let mut lines = vec![
        format!("## {}", escaped(&section.title)),
        String::new(),
        section.progress(now).text(),
        String::new(),
    ];
    for item in &section.items {
        lines.extend(item_lines(item, now));
    }
    lines.push(String::new());
    lines
}

fn item_lines(item: &Item, now: &Binding) -> Vec<String> {
    let standing = item.standing(now);
    let mark = if standing.is_settled() { 'x' } else { ' ' };
    let mut lines = vec![format!("- [{mark}] {}", escaped(&item.spec.title))];
    let needs = format!(
        "{}, {}",
        if item.spec.required { "required" } else { "optional" },
        item.spec.statement.label()
    );
    lines.push(format!("  - {}; asks for: {needs}", standing_words(&standing)));
    for entry in &item.entries {
        lines.push(format!("  - {}", entry_words(entry)));
        lines.extend(quoted(entry.act.note(), "    "));
    }
    lines
}

fn standing_words(standing: &Standing) -> String {
    match standing {
        Standing::Stale { was, because } => {
            format!("stale, {} since it was: {}", because.text(), was.label())
        }
        Standing::Open
        | Standing::Ticked { .. }
        | Standing::AwaitingSecond { .. }
        | Standing::Done { .. }
        | Standing::NotApplicable { .. } => standing.label().to_owned(),
    }
}

fn entry_words(entry: &Entry) -> String {
    let who = escaped(&entry.by.name);
    let evidence =
        entry.act.evidence().map(|link| format!(", evidence: <{}>", link_text(link))).unwrap_or_default();
    let release = entry.binding.short();
    format!(
        "{}. {}, {who} ({}) {}, release {}{evidence}",
        entry.seq,
        exact(entry.at),
        entry.role,
        entry.act.verb(),
        escaped(release)
    )
}

fn override_lines(made: &Override) -> Vec<String> {
    let items: Vec<&str> = made.open_then.iter().map(crate::id::ItemKey::as_str).collect();
    let words = format!(
        "- {}, {}: {} open then ({})",
        exact(made.at),
        escaped(&made.by.name),
        items.len(),
        items.join(", ")
    );
    std::iter::once(words).chain(quoted(&made.reason, "  ")).collect()
}

/// A text of several lines as a quotation.
fn quoted(text: &str, indent: &str) -> Vec<String> {
    let text = inert(text, MAX_LINE);
    text.lines()
        .filter(|line| !line.trim().is_empty())
        .map(|line| format!("{indent}> {}", escaped(line)))
        .collect()
}

/// Foreign text on one line that means nothing to Markdown.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in inert_line(text, MAX_LINE).chars() {
        if matches!(c, '\\' | '`' | '*' | '_' | '[' | ']' | '<' | '>' | '#' | '|' | '~' | '&' | '!') {
            out.push('\\');
        }
        out.push(c);
    }
    // A marker at the beginning of a line.
    if out.starts_with(['-', '+', '=']) {
        out.insert(0, '\\');
    }
    out
}

/// A link that cannot leave its angle brackets.
fn link_text(link: &str) -> String {
    inert_line(link, MAX_LINE).replace('<', "%3C").replace('>', "%3E").replace(' ', "%20")
}

/// The columns of the CSV.
const COLUMNS: [&str; 18] = [
    "integration",
    "environment",
    "image",
    "section",
    "phase",
    "item",
    "title",
    "required",
    "asks_for",
    "standing",
    "seq",
    "at_utc",
    "by",
    "role",
    "did",
    "note",
    "evidence",
    "release",
];

/// The go-live as CSV (RFC 4180): one line per history entry, one per item without any, and one per override (its item
/// is `gate`, what it did is `overrode`).
pub fn csv(go_live: &GoLive) -> String {
    let now = go_live.binding();
    let mut out = csv::row(COLUMNS);
    for (section, item) in go_live.items() {
        let entries: Vec<Option<&Entry>> =
            if item.entries.is_empty() { vec![None] } else { item.entries.iter().map(Some).collect() };
        for entry in entries {
            out.push_str(&item_row(go_live, section, item, entry, &now));
        }
    }
    for made in &go_live.overrides {
        out.push_str(&override_row(go_live, made));
    }
    out
}

fn item_row(
    go_live: &GoLive,
    section: &ChecklistSection,
    item: &Item,
    entry: Option<&Entry>,
    now: &Binding,
) -> String {
    let said = |field: fn(&Entry) -> String| entry.map(field).unwrap_or_default();
    csv::row([
        go_live.integration.clone(),
        go_live.environment.clone(),
        go_live.release.image.to_string(),
        section.title.clone(),
        section.phase.to_string(),
        item.spec.key.to_string(),
        item.spec.title.clone(),
        if item.spec.required { "yes" } else { "no" }.to_owned(),
        item.spec.statement.to_string(),
        item.standing(now).label().to_owned(),
        said(|entry| entry.seq.to_string()),
        said(|entry| exact(entry.at)),
        said(|entry| entry.by.name.clone()),
        said(|entry| entry.role.label().to_owned()),
        said(|entry| entry.act.verb().to_owned()),
        said(|entry| entry.act.note().to_owned()),
        said(|entry| entry.act.evidence().unwrap_or_default().to_owned()),
        said(|entry| entry.binding.to_string()),
    ])
}

fn override_row(go_live: &GoLive, made: &Override) -> String {
    let items: Vec<&str> = made.open_then.iter().map(crate::id::ItemKey::as_str).collect();
    let empty = String::new;
    csv::row([
        go_live.integration.clone(),
        go_live.environment.clone(),
        go_live.release.image.to_string(),
        empty(),
        empty(),
        "gate".to_owned(),
        format!("open then: {}", items.join(", ")),
        empty(),
        empty(),
        empty(),
        empty(),
        exact(made.at),
        made.by.name.clone(),
        crate::actor::Role::Admin.label().to_owned(),
        "overrode".to_owned(),
        made.reason.clone(),
        empty(),
        made.binding.to_string(),
    ])
}

#[cfg(test)]
mod tests;
