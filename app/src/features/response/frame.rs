//! What all pages of responding have in common: the incident at the top, and the way from one to the other.

use leptos::prelude::*;

use super::model::Head;
use crate::document::document_in;
use crate::features::incidents::words;
use crate::forms;
use crate::frame::Frame;
use crate::ui::html::{Html, Part};
use crate::ui::layout::Place;
use crate::ui::state::{Tone, chip};

/// The pages about one incident: name, and what follows the incident's address.
const WAYS: [(&str, &str); 5] = [
    ("Timeline", ""),
    ("Triage", "triage"),
    ("Actions", "actions"),
    ("Evidence", "evidence"),
    ("Postmortem", "postmortem"),
];

/// The ways from one page of an incident to the others; `here` is the one that is shown.
pub fn ways(id: gantry_domain::id::IncidentId, here: &str) -> Html {
    let ways: Vec<_> = WAYS
        .into_iter()
        .map(|(name, below)| {
            let address = if below.is_empty() { forms::incident(id) } else { forms::response(id, below) };
            view! { <li><a href=address aria-current=(below == here).then_some("page")>{name}</a></li> }
                .part()
        })
        .collect();
    view! { <nav class="ways" aria-label="About this incident"><ul>{ways}</ul></nav> }.part()
}

/// A page about an incident.
pub(super) fn page(frame: &Frame, head: &Head, here: &'static str, name: &str, body: Html) -> String {
    let place = Place {
        integration: head.integration.clone(),
        environment: head.environment.clone(),
        ..Place::default()
    };
    let title = format!("{name} · incident {}", head.number);
    let tone = if head.open { words::severity(head.severity) } else { Tone::Good };
    let severity = chip(tone, head.severity.label());
    let top = view! {
        <header class="response-head" data-live="response-head">
            <p class="crumbs"><a href=forms::incident(head.id)>"Incident "{head.number}</a></p>
            <h1>{severity}<span>{head.title.clone()}</span></h1>
            <p class="help">{head.integration.clone()}" · "{head.state.clone()}</p>
            {ways(head.id, here)}
        </header>
    }
    .part();
    document_in(frame, &place, &title, || view! { <div class="response">{top}{body}</div> }.part())
}
