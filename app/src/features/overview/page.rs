//! The first page after signing in.

use gantry_domain::overview::{About, Mood, Need, Urgency};
use leptos::prelude::*;

use super::card::{anchor, card};
use super::model::{Card, Model};
use crate::document::document;
use crate::forms;
use crate::frame::Frame;
use crate::ui::html::{Html, Part};
use crate::ui::state::{Tone, mark};

/// Renders the page.
pub fn render(frame: &Frame, model: &Model) -> String {
    let mut order: Vec<usize> = (0..model.cards.len()).collect();
    // Needs are in order; what needs nothing stays as it was, behind.
    let first = |place: usize| model.headline.needs.iter().find(|need| need.of == place);
    order.sort_by_key(|place| first(*place).map_or(u8::MAX, |need| need.urgency as u8));
    let cards: Vec<_> = order
        .into_iter()
        .filter_map(|place| Some(card(frame, place, model.cards.get(place)?, first(place))))
        .collect();
    let cards = if cards.is_empty() {
        nothing(model.may_create)
    } else {
        view! { <div class="integrations">{cards}</div> }.part()
    };
    document(frame, "Overview", || {
        view! {
            <h1 class="hidden-text">"Overview"</h1>
            <div data-live="overview" class="overview">{headline(model)}{cards}</div>
        }
        .part()
    })
}

/// How the whole looks.
fn tone(mood: Mood) -> Tone {
    match mood {
        Mood::Calm => Tone::Good,
        Mood::Busy => Tone::Quiet,
        Mood::Unknown => Tone::Unknown,
        Mood::Uneasy => Tone::Warning,
        Mood::Alarmed => Tone::Bad,
    }
}

fn headline(model: &Model) -> Html {
    let headline = &model.headline;
    let tone = tone(headline.mood);
    let unknown = headline
        .unknown
        .clone()
        .map(|unknown| view! { <p class="headline-unknown">{mark(Tone::Unknown)}{unknown}"."</p> }.part());
    let needs: Vec<_> = headline.needs.iter().map(|one| need(model, one)).collect();
    let needs = (needs.len() > 1)
        .then(|| view! { <ul class="needs" aria-label="What is to be done">{needs}</ul> }.part());
    view! {
        <section class=format!("headline panel {}", tone.class()) aria-label="In one look" aria-live="polite">
            <p class="headline-sentence">{mark(tone)}<strong>{headline.sentence.clone()}"."</strong></p>
            {unknown}
            {needs}
        </section>
    }
    .part()
}

fn need(model: &Model, need: &Need) -> Html {
    let tone = match need.urgency {
        Urgency::Emergency => Tone::Bad,
        Urgency::Now | Urgency::Soon => Tone::Warning,
        Urgency::Work => Tone::Quiet,
    };
    let of = model.cards.get(need.of);
    let whose = (!need.mine).then(|| view! { <span class="because">" others see to it"</span> }.part());
    let place = of.filter(|_| model.cards.len() > 1).map(|card| {
        view! { <span class="because">" "{card.name.clone()}", "{card.environment.clone()}</span> }.part()
    });
    let address = of.map_or_else(String::new, |card| address(need, card));
    view! { <li>{mark(tone)}<a class="title" href=address>{need.what.clone()}</a>{place}{whose}</li> }.part()
}

/// Where one can do something about it.
fn address(need: &Need, card: &Card) -> String {
    let found = match need.about {
        About::Incident(at) => card.incidents.get(at).map(|incident| incident.address.clone()),
        About::Firing(at) => card.alerts.firing.get(at).map(|firing| firing.address.clone()),
        About::Work(at) => card.go_lives.get(at).map(|go_live| match need.urgency {
            Urgency::Work if go_live.work.mine > 0 => forms::go_live_showing(go_live.id, "mine"),
            Urgency::Emergency | Urgency::Now | Urgency::Soon | Urgency::Work => forms::go_live(go_live.id),
        }),
        About::Items => Some(format!("{}#action-items", forms::INCIDENTS)),
        About::Light(_) => None,
    };
    found.unwrap_or_else(|| format!("#{}", anchor(need.of)))
}

fn nothing(may_create: bool) -> Html {
    let act = if may_create {
        view! {
            <p class="acts">
                <a class="button primary" href=forms::NEW_GO_LIVE>"Open the first go-live"</a>
                <a class="button" href=forms::IMPORT>"Bring your own checklist"</a>
            </p>
        }
        .part()
    } else {
        view! { <p class="help">"A release manager opens a go-live; its integration then stands here."</p> }
            .part()
    };
    view! {
        <section class="teach panel">
            <h2>"Every integration in one look"</h2>
            <p>"An integration appears with its first go-live, and stays: its three lights, the version that runs, what goes out, what fires, and what is for you."</p>
            {act}
        </section>
    }.part()
}
