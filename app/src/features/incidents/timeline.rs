//! The timeline: one list for everybody, the last to happen first.

use chrono::NaiveDate;
use gantry_domain::actor::Role;
use gantry_domain::incident::entry::{Entry, EntryKind};
use leptos::prelude::*;

use super::entry::{self, note_fields};
use super::page::Page;
use crate::forms;
use crate::ui::form::Form;
use crate::ui::html::{Html, Part};

/// The timeline.
pub(super) fn timeline(page: Page<'_>) -> Html {
    let id = page.model.incident.id;
    let write = page.may(Role::ReleaseManager).then(|| write(page));
    let days = days(page);
    let empty = page
        .model
        .entries
        .is_empty()
        .then(|| view! { <p class="empty">"Nothing of this kind has happened."</p> }.part());
    let older = page.model.older.clone().map(|place| {
        let address = address(page, page.model.kind, Some(&place));
        view! { <a class="button" rel="next" href=address>"Earlier entries"</a> }.part()
    });
    let newest = page.model.is_older.then(|| {
        view! { <a class="button" href=address(page, page.model.kind, None)>"Back to the newest"</a> }.part()
    });
    view! {
        <section class="timeline panel" id="timeline" aria-labelledby="timeline-title" data-live="timeline">
            <header class="section-head">
                <h2 id="timeline-title">"Timeline"</h2>
                <p class="menu-links exports">
                    <a href=forms::below_incident(id, "timeline.md") download="">"Markdown"</a>
                    <a href=forms::below_incident(id, "timeline.json") download="">"JSON"</a>
                </p>
            </header>
            {write}
            {filter(page)}
            {newest}
            {days}
            {empty}
            <p class="acts">{older}</p>
        </section>
    }
    .part()
}

fn address(page: Page<'_>, kind: Option<EntryKind>, before: Option<&str>) -> String {
    let mut parts = Vec::new();
    if let Some(kind) = kind {
        parts.push(format!("kind={kind}"));
    }
    if let Some(before) = before {
        parts.push(format!("before={before}"));
    }
    let base = forms::incident(page.model.incident.id);
    if parts.is_empty() { base } else { format!("{base}?{}", parts.join("&")) }
}

fn filter(page: Page<'_>) -> Html {
    let all: i64 = page.model.counts.iter().map(|(_, many)| many).sum();
    let choice = |kind: Option<EntryKind>, label: &str, many: i64| {
        let here = page.model.kind == kind;
        view! {
            <a href=format!("{}#timeline", address(page, kind, None)) aria-current=here.then_some("true")>
                {label.to_owned()}" "<span class="count">{many}</span>
            </a>
        }
        .part()
    };
    let kinds: Vec<_> = EntryKind::ALL
        .iter()
        .filter_map(|kind| {
            let many =
                page.model.counts.iter().find(|(counted, _)| counted == kind).map(|(_, many)| *many)?;
            Some(choice(Some(*kind), kind.label(), many))
        })
        .collect();
    view! { <nav class="choices" aria-label="Kinds of entries">{choice(None, "All", all)}{kinds}</nav> }
        .part()
}

/// The entries under the days on which they happened.
fn days(page: Page<'_>) -> Vec<Html> {
    let mut days: Vec<(NaiveDate, Vec<&Entry>)> = Vec::new();
    for entry in &page.model.entries {
        let date = page.frame.zone.local(entry.happened_at).date();
        match days.last_mut() {
            Some((last, entries)) if *last == date => entries.push(entry),
            Some(_) | None => days.push((date, vec![entry])),
        }
    }
    days.into_iter()
        .map(|(date, entries)| {
            let rows: Vec<_> = entries.into_iter().map(|one| entry::entry(page, one)).collect();
            view! {
                <section class="day" data-key=date.to_string()>
                    <h3>{date.format("%A, %-d %B %Y").to_string()}<span class="unit">" "{page.frame.zone.label()}</span></h3>
                    <ol class="entries-list">{rows}</ol>
                </section>
            }
            .part()
        })
        .collect()
}

fn write(page: Page<'_>) -> Html {
    let action = forms::below_incident(page.model.incident.id, "notes");
    let form = Form::new(page.frame, "note", action, page.model.refusal.as_ref());
    let fields = note_fields(page, &form, None, false);
    form.with(
        "note-form",
        view! { {fields}<p class="acts"><button class="button">"Add to the timeline"</button></p> }.part(),
    )
}
