//! The gate: open, or exactly what it waits for, each a link. And every override ever made.

use gantry_domain::actor::Role;
use gantry_domain::checklist::MAX_NOTE;
use gantry_domain::gate::{Gate, OpenItem, Reason};
use gantry_domain::golive::Override;
use gantry_domain::release::Change;
use leptos::prelude::*;

use crate::ui::html::{Html, Part};

use super::model::Show;
use super::page::Page;
use crate::forms;
use crate::ui::form::Field;
use crate::ui::state::{Tone, mark, state};
use crate::ui::time;

/// Open items that stand open; more of them are behind a disclosure, so that the start stays in sight.
const OPEN_LINES: usize = 8;

/// The gate as the first of the steps before a start.
pub(super) fn gate(page: Page<'_>) -> Html {
    let (tone, word, body) = match &page.model.gate {
        Gate::Open { overridden: None } => {
            (Tone::Good, "open", view! { <p>"Every required item is signed for this release."</p> }.part())
        }
        Gate::Open { overridden: Some(made) } => {
            let text = format!("Opened by {} although items are open.", made.by.name);
            (Tone::Warning, "overridden", view! { <p>{text}</p> }.part())
        }
        Gate::Closed { open } => (Tone::Quiet, "closed", waiting(page, open)),
    };
    view! {
        <section class="step" aria-labelledby="gate-title" id="gate">
            <h3 id="gate-title">"Gate"{state(tone, word)}</h3>
            {body}
            {overrides(page)}
        </section>
    }
    .part()
}

fn waiting(page: Page<'_>, open: &[OpenItem]) -> Html {
    let items: Vec<_> = open
        .iter()
        .map(|item| {
            // A filtered list may not hold the item: then the link goes by way of the whole one.
            let address = match page.model.show {
                Show::All => format!("#item-{}", item.key),
                Show::Open | Show::Mine => {
                    format!("{}#item-{}", forms::go_live(page.model.go_live.id), item.key)
                }
            };
            view! {
                <li data-key=item.key.to_string()>
                    <a href=address>{item.title.clone()}</a>
                    <span class="because">{item.why.text()}</span>
                </li>
            }
            .part()
        })
        .collect();
    let count = open.len();
    let mut items = items;
    let rest = items.split_off(count.min(OPEN_LINES));
    let rest = (!rest.is_empty()).then(|| {
        let more = rest.len();
        view! { <details class="older"><summary>"and "{more}" more"</summary><ul class="waiting">{rest}</ul></details> }.part()
    });
    let sentence = if count == 1 { "1 item is open:".to_owned() } else { format!("{count} items are open:") };
    let changed = open.iter().find_map(|item| match &item.why {
        Reason::Stale { because, .. } => noticed(page, *because),
        Reason::NotStated | Reason::TickedNotSigned { .. } | Reason::AwaitingSecond { .. } => None,
    });
    let changed = changed.map(|noticed| {
        view! {
            <p class="callout warning">
                {mark(Tone::Warning)}
                "The configuration in the cluster is not the one that was signed. "{noticed}
            </p>
        }
        .part()
    });
    view! {
        {changed}
        <p>{sentence}</p>
        <ul class="waiting">{items}</ul>
        {rest}
        {page.may(Role::Admin).then(|| override_form(page))}
    }
    .part()
}

/// When it was noticed that the configuration in the cluster changed, where that is what made something stale.
pub(super) fn noticed(page: Page<'_>, because: Change) -> Option<Html> {
    let running = page.model.go_live.running.as_ref().filter(|_| because.is_in_cluster())?;
    Some(view! { <span>"Noticed "{time::ago(running.noticed_at, page.frame.now)}". "</span> }.part())
}

fn override_form(page: Page<'_>) -> Html {
    let form = page.form("override", "override");
    let reason = Field {
        max: Some(MAX_NOTE),
        ..Field::new("reason", "Why this cannot wait")
            .required()
            .help("Shown on this page for ever, with your name and what was open.")
    };
    view! {
        <details class="act" data-key="act-override" data-closes="" open=form.is_refused()>
            <summary class="button">"Override the gate…"</summary>
            {form.with("stack", view! { {form.text(&reason, 2)} <button class="button">"Override the gate"</button> }.part())}
        </details>
    }.part()
}

/// Every override of the gate, for ever.
pub(super) fn overrides(page: Page<'_>) -> Option<Html> {
    let made: Vec<_> = page.model.go_live.overrides.iter().map(|made| one(page, made)).collect();
    (!made.is_empty()).then(|| view! { <div class="overrides">{made}</div> }.part())
}

fn one(page: Page<'_>, made: &Override) -> Html {
    let titles: Vec<_> = made
        .open_then
        .iter()
        .map(|key| {
            page.model.go_live.item(key).map_or_else(|| key.to_string(), |(_, item)| item.spec.title.clone())
        })
        .collect();
    let count = titles.len();
    view! {
        <blockquote class="callout warning">
            <p>{mark(Tone::Warning)}<strong>{made.by.name.clone()}</strong>" overrode the gate "{time::ago(made.at, page.frame.now)}</p>
            <p class="note">{made.reason.clone()}</p>
            <details class="older">
                <summary>{count}" items were open then"</summary>
                <p class="help">"Open then: "{titles.join(" · ")}</p>
            </details>
        </blockquote>
    }.part()
}
