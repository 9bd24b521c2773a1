//! The panel's own health, for people; `/health.json` is for machines.

use gantry_domain::panel::State;
use leptos::prelude::*;

use super::model::{Group, Model, Part as One};
use crate::document::document;
use crate::frame::Frame;
use crate::ui::html::{Html, Part};
use crate::ui::state::{Tone, mark, state};
use crate::ui::time;

/// How a state looks.
pub fn tone(state: State) -> Tone {
    match state {
        State::Up => Tone::Good,
        State::Absent => Tone::Quiet,
        State::Slow => Tone::Warning,
        State::Unknown => Tone::Unknown,
        State::Down => Tone::Bad,
    }
}

/// Renders the page.
pub fn render(frame: &Frame, model: &Model) -> String {
    let whole = tone(model.state.unwrap_or(State::Unknown));
    let groups: Vec<_> = model.groups.iter().map(|one| group(frame, one)).collect();
    let facts: Vec<_> = model
        .facts
        .iter()
        .map(|(name, value)| view! { <div><dt>{name.clone()}</dt><dd>{value.clone()}</dd></div> }.part())
        .collect();
    document(frame, "Panel health", || {
        view! {
            <header class="page-head">
                <h1>"Panel health"</h1>
                <a class="because" href="/health.json">"The same for machines"</a>
            </header>
            <div data-live="panel" class="overview">
                <section class=format!("headline panel {}", whole.class()) aria-label="In one look">
                    <p class="headline-sentence">{mark(whole)}<strong>{model.sentence.clone()}"."</strong></p>
                    <p class="help">"As this replica sees it. What is down or slow outside holds up no page: pages show what was last found, with its age."</p>
                </section>
                {groups}
                <section class="panel parts" aria-labelledby="program-title">
                    <h2 id="program-title">"The program"</h2>
                    <dl class="facts">{facts}</dl>
                </section>
            </div>
        }
        .part()
    })
}

fn group(frame: &Frame, group: &Group) -> Html {
    let rows: Vec<_> = group.parts.iter().map(|part| row(frame, part)).collect();
    view! {
        <section class="panel parts" aria-label=group.title>
            <h2>{group.title}</h2>
            <ul>{rows}</ul>
        </section>
    }
    .part()
}

fn row(frame: &Frame, part: &One) -> Html {
    let stale = part.at.filter(|at| time::is_stale(*at, part.period_seconds, frame.now)).map(|_| "");
    let age = part.at.map(|at| time::age_of(at, part.period_seconds, frame.now));
    let took = part.took_ms.map(|took| view! { <span class="because">{took}" ms"</span> }.part());
    let breaker = part.breaker.clone().map(|(words, holds)| {
        let tone = if holds { Tone::Bad } else { Tone::Quiet };
        view! { <span class="breaker">"breaker "{state(tone, words)}</span> }.part()
    });
    let tone = tone(part.state);
    view! {
        <li class=format!("part {}", tone.class()) data-key=part.name.clone() data-reading="" data-stale=stale>
            {mark(tone)}
            <span class="word">{part.state.word()}</span>
            <strong class="title">{part.name.clone()}</strong>
            <span class="sentence">{part.sentence.clone()}</span>
            <span class="part-end">{breaker}{took}{age}</span>
        </li>
    }
    .part()
}
