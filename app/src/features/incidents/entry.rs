//! One entry of the timeline: when it happened, when that was written down, who may read it, what it said before.

use gantry_domain::age;
use gantry_domain::incident::MAX_TEXT;
use gantry_domain::incident::entry::{Edition, Entry};
use gantry_domain::readers_zone::ReadersZone;
use leptos::prelude::*;

use super::page::Page;
use crate::forms;
use crate::ui::form::{Field, Form};
use crate::ui::html::{Html, Part};
use crate::ui::link::link;
use crate::ui::time;

/// The entry.
pub(super) fn entry(page: Page<'_>, entry: &Entry) -> Html {
    let now = page.frame.now;
    let who = entry.actor.as_ref().map_or_else(|| "Gantry".to_owned(), |person| person.name.clone());
    let late = entry.is_late().then(|| {
        let behind = age::words(entry.recorded_at - entry.happened_at);
        view! {
            <span class="late-mark" title=format!("Recorded at {}", age::exact(entry.recorded_at))>
                "late entry, recorded "{behind}" after"
            </span>
        }
        .part()
    });
    let readers = if entry.public {
        view! { <span class="readers public" title="Everybody can read this on the status page">"public"</span> }.part()
    } else {
        view! { <span class="readers">"internal"</span> }.part()
    };
    let class = if entry.actor.is_some() { "entry by-person" } else { "entry" };
    view! {
        <li class=class data-key=entry.id.to_string() id=format!("entry-{}", entry.id)>
            <time class="at" datetime=age::machine(entry.happened_at) title=age::exact(entry.happened_at)>
                {page.frame.zone.local(entry.happened_at).format("%H:%M:%S").to_string()}
            </time>
            <div class="entry-body">
                <p class="entry-head">
                    <span class="kind">{entry.kind.label()}</span>
                    <span class="who">{who}</span>
                    <span class="said">{time::ago(entry.happened_at, now)}</span>
                    {late}
                    {readers}
                </p>
                <p class="note">{entry.text.clone()}</p>
                {entry.link.as_ref().map(|address| view! { <p>{link(address)}</p> }.part())}
                {history(page, entry)}
                {edit(page, entry)}
            </div>
        </li>
    }
    .part()
}

fn history(page: Page<'_>, entry: &Entry) -> Option<Html> {
    if entry.edits == 0 {
        return None;
    }
    let editions: Vec<_> = page
        .model
        .editions
        .iter()
        .filter(|(id, _)| *id == entry.id)
        .map(|(_, edition)| before(edition))
        .collect();
    let count = if entry.edits == 1 { "once".to_owned() } else { format!("{} times", entry.edits) };
    Some(
        view! {
            <details class="older edits"><summary>"Edited "{count}</summary><ol>{editions}</ol></details>
        }
        .part(),
    )
}

fn before(edition: &Edition) -> Html {
    let readers = if edition.public { "public" } else { "internal" };
    view! {
        <li>
            <p class="note">{edition.text.clone()}</p>
            {edition.link.as_ref().map(|address| link(address))}
            <p class="said">
                "until "{age::exact(edition.until)}", changed by "{edition.changed_by.clone()}"; happened at "
                {age::exact(edition.happened_at)}"; "{readers}
            </p>
        </li>
    }
    .part()
}

fn edit(page: Page<'_>, entry: &Entry) -> Option<Html> {
    if !page.actor().is_some_and(|actor| entry.may_be_changed_by(actor)) {
        return None;
    }
    let action = forms::incident_entry(page.model.incident.id, entry.id);
    let form = Form::new(page.frame, format!("edit-{}", entry.id), action, page.model.refusal.as_ref())
        .changing(entry.edits);
    let open = form.is_refused();
    let fields = note_fields(page, &form, Some(entry), entry.public);
    let fields = view! {
        {fields}
        <p class="acts"><button class="button">"Save the change"</button></p>
    }
    .part();
    Some(
        view! {
            <details class="act edit" data-closes="" open=open>
                <summary>"Edit"</summary>
                {form.with("stack", fields)}
            </details>
        }
        .part(),
    )
}

/// The fields of a note; of one that is there, with what it says.
pub(super) fn note_fields(page: Page<'_>, form: &Form, entry: Option<&Entry>, public: bool) -> Html {
    let text = Field { max: Some(MAX_TEXT), ..Field::new("text", "What happened") }
        .required()
        .sample("The proxy was restarted; 5xx fell to zero")
        .value(entry.map(|entry| entry.text.clone()).unwrap_or_default());
    // A moment that was refused was typed on the clock that stood beside it, whatever this browser's clock says by now.
    let zone = form.typed("zone").and_then(ReadersZone::parse).unwrap_or(page.frame.zone);
    let happened =
        Field { kind: "datetime-local", unit: Some(zone.label()), ..Field::new("happened", "Happened at") }
            .value(entry.map(|entry| zone.write(entry.happened_at)).unwrap_or_default());
    let link = Field { input_mode: Some("url"), ..Field::new("link", "Link to more about it") }
        .sample("https://")
        .value(entry.and_then(|entry| entry.link.clone()).unwrap_or_default());
    // Where there is no status page, nothing new is written for it.
    let publish = (page.frame.status_page || public).then(|| {
        view! {
            <label class="tick-choice">
                <input type="checkbox" name="public" value="on" checked=form.ticked("public", public)/>
                <span>"Everybody may read it on the status page"</span>
            </label>
        }
        .part()
    });
    view! {
        {form.text(&text, 2)}
        <div class="note-more">
            <input type="hidden" name="zone" value=zone.minutes().to_string() data-as-opened=happened.name/>
            {form.line(&happened)}
            {form.line(&link)}
            {publish}
        </div>
    }
    .part()
}
