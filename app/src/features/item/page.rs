//! One item with its whole history, oldest first. Nothing of it can be changed here.

use gantry_domain::checklist::{Entry, Item, MAX_NOTE};
use gantry_domain::release::Binding;
use gantry_domain::text::inert;
use leptos::prelude::*;

use crate::ui::html::{Html, Part};

use super::model::Model;
use crate::document::document_in;
use crate::features::console::state as words;
use crate::forms;
use crate::frame::Frame;
use crate::ui::layout::Place;
use crate::ui::link::link;
use crate::ui::state::mark;
use crate::ui::time;

/// Renders the page.
pub fn render(frame: &Frame, model: &Model) -> String {
    let go_live = &model.go_live;
    let place = Place {
        integration: go_live.integration.clone(),
        environment: go_live.environment.clone(),
        ..Place::default()
    };
    let back = forms::go_live(go_live.id);
    match go_live.item(&model.item) {
        Some((section, item)) => {
            let section = section.title.clone();
            document_in(frame, &place, &item.spec.title, || {
                view! {
                    <article class="panel item-page" data-live="item">
                        <p class="crumbs"><a href=format!("{back}#item-{}", item.spec.key)>"Back to the go-live"</a></p>
                        <h1>{item.spec.title.clone()}</h1>
                        <p class="help">{section}</p>
                        {body(frame, model, item)}
                    </article>
                }.part()
            })
        }
        None => document_in(frame, &place, "No such item", || {
            view! { <p class="empty">"This go-live has no such item. "<a href=back>"Back to the go-live"</a></p> }.part()
        }),
    }
}

fn body(frame: &Frame, model: &Model, item: &Item) -> Html {
    let now = model.go_live.binding();
    let (class, word) = words::standing(&item.standing(&now));
    let finding = model.finding.as_ref().map(|finding| {
        let shown = finding.freshness(frame.now);
        let tone = words::finding(shown.verdict);
        view! {
            <p class=format!("probe {}", tone.class()) data-reading="" data-stale=shown.too_old.then_some("")>
                {mark(tone)}<span class="word">{shown.verdict.label()}</span>
                <span class="sentence">{finding.sentence.clone()}</span>
                {time::age_of(finding.taken_at, finding.period_seconds, frame.now)}
            </p>
            <pre tabindex="0">{finding.evidence.clone()}</pre>
        }
        .part()
    });
    let entries: Vec<_> = item.entries.iter().map(|one| entry(frame, one, &now)).collect();
    let none = entries
        .is_empty()
        .then(|| view! { <p class="empty">"Nobody has said anything about it yet."</p> }.part());
    view! {
        <p class="why">{item.spec.why.clone()}</p>
        <p class=format!("item-standing {class}")>"Stands as: "<strong>{word}</strong></p>
        {finding}
        <h2>"History"</h2>
        {none}
        <ol class="entries">{entries}</ol>
    }
    .part()
}

fn entry(frame: &Frame, entry: &Entry, now: &Binding) -> Html {
    let note = (!entry.act.note().is_empty())
        .then(|| view! { <p class="note">{inert(entry.act.note(), MAX_NOTE)}</p> }.part());
    let about = match now.changed_since(&entry.binding) {
        None => "about the present release".to_owned(),
        Some(change) => format!("about another release: {} since", change.text()),
    };
    view! {
        <li data-key=entry.seq.to_string()>
            <p>
                <strong>{entry.by.name.clone()}</strong>" ("{entry.role.label()}") "{entry.act.verb()}" "
                {time::ago(entry.at, frame.now)}" "<span class="because">{gantry_domain::age::exact(entry.at)}</span>
            </p>
            {note}
            {entry.act.evidence().map(link)}
            <p class="because">{about}" "<code>{entry.binding.short().to_owned()}</code></p>
        </li>
    }.part()
}
