//! What was told to whom, and whether it arrived.

use gantry_domain::actor::Role;
use leptos::prelude::*;

use super::model::{Delivery, DeliveryState};
use super::page::Page;
use crate::forms;
use crate::ui::form::Form;
use crate::ui::html::{Html, Part};
use crate::ui::state::{Tone, state};
use crate::ui::time;

/// Messages that stand open; older ones are behind a disclosure.
const OPEN: usize = 5;

/// The messages.
pub(super) fn messages(page: Page<'_>) -> Html {
    let may = page.may(Role::ReleaseManager);
    let write = (may && page.model.incident.is_open()).then(|| {
        let address = forms::below_incident(page.model.incident.id, "update");
        view! { <a class="button primary" href=address>"Write an update…"</a> }.part()
    });
    let all: Vec<_> = page.model.messages.iter().map(|one| delivery(page, one, may)).collect();
    let none = all.is_empty().then(|| {
        let words = if page.model.channels.is_empty() {
            "No channel is configured: nobody outside of Gantry is told."
        } else {
            "Nobody was told yet."
        };
        view! { <p class="help">{words}</p> }.part()
    });
    let mut all = all.into_iter();
    let open: Vec<_> = all.by_ref().take(OPEN).collect();
    let folded: Vec<_> = all.collect();
    let older = (!folded.is_empty()).then(|| {
        let count = folded.len();
        view! { <details class="older"><summary>{count}" earlier messages"</summary><ul>{folded}</ul></details> }.part()
    });
    view! {
        <section class="messages panel" aria-labelledby="messages-title" data-live="messages">
            <header class="section-head"><h2 id="messages-title">"Messages"</h2>{write}</header>
            {none}
            <ul>{open}</ul>
            {older}
        </section>
    }
    .part()
}

fn delivery(page: Page<'_>, one: &Delivery, may: bool) -> Html {
    let now = page.frame.now;
    let (tone, word, why) = match &one.state {
        DeliveryState::Queued => (Tone::Quiet, "queued", None),
        DeliveryState::Retrying { at, why } => {
            let when = view! { {why.clone()}"; tried again "{time::ago(*at, now)} }.part();
            (Tone::Warning, "retried", Some(when))
        }
        DeliveryState::Sent { .. } => (Tone::Good, "sent", None),
        DeliveryState::Failed { at, why } => {
            (Tone::Bad, "failed", Some(view! { {why.clone()}", "{time::ago(*at, now)} }.part()))
        }
    };
    let again = (may && matches!(one.state, DeliveryState::Failed { .. })).then(|| {
        let id = format!("again-{}", one.id);
        let action = forms::incident_message(page.model.incident.id, one.id);
        Form::new(page.frame, id, action, page.model.refusal.as_ref())
            .with("inline", view! { <button class="button">"Send again"</button> }.part())
    });
    let sent = match &one.state {
        DeliveryState::Sent { at } => {
            Some(view! { <span class="because">{time::ago(*at, now)}</span> }.part())
        }
        DeliveryState::Queued | DeliveryState::Retrying { .. } | DeliveryState::Failed { .. } => None,
    };
    let by = one.by.clone().unwrap_or_else(|| "Gantry".to_owned());
    let attempts = (one.attempts > 1).then(|| format!(" · {} attempts", one.attempts));
    view! {
        <li class="delivery" data-key=one.id.to_string()>
            <span class="delivery-what"><strong>{one.channel.clone()}</strong>" "{one.what.clone()}</span>
            <span>{state(tone, word)}" "{sent}</span>
            <span class="said">{by}" · written "{time::ago(one.written_at, now)}{attempts}</span>
            {why.map(|why| view! { <span class="why because">{why}</span> }.part())}
            {again}
        </li>
    }
    .part()
}
