//! The table of all thresholds.

use gantry_domain::alert::State;
use leptos::prelude::*;

use super::model::{Evaluator, Group, Model};
use super::{row, words};
use crate::document::document;
use crate::forms;
use crate::frame::Frame;
use crate::ui::html::{Html, Part};
use crate::ui::layout::environment;
use crate::ui::state::{Tone, mark};
use crate::ui::time;

/// Renders the page.
pub fn render(frame: &Frame, model: &Model) -> String {
    let groups: Vec<_> = model.groups.iter().map(|one| group(frame, one)).collect();
    let notice = model
        .notice
        .clone()
        .map(|text| view! { <p class="notice" role="status">{mark(Tone::Good)}{text}</p> }.part());
    let import = model
        .may_edit
        .then(|| view! { <a class="button" href=forms::IMPORT_THRESHOLDS>"Import rules"</a> }.part());
    let list = if groups.is_empty() {
        nothing(model)
    } else {
        view! { <div class="threshold-groups">{groups}</div> }.part()
    };
    document(frame, "Alert thresholds", || {
        view! {
            <header class="page-head"><h1>"Alert thresholds"</h1>{import}</header>
            <div data-live="thresholds">
                {notice}
                <div class="threshold-bar">
                    {evaluator(frame, &model.evaluator)}
                    {choices(frame, model)}
                </div>
                {stopped(&model.evaluator)}
                {list}
            </div>
        }
        .part()
    })
}

/// The evaluator as a light: one that has stopped is shown as such.
pub(super) fn evaluator(frame: &Frame, evaluator: &Evaluator) -> Html {
    let fresh = |at| !time::is_stale(at, evaluator.period_seconds, frame.now);
    let counts = evaluator.stopped || evaluator.taken_at.is_some_and(fresh);
    let (tone, word) = if counts { (evaluator.tone, evaluator.word) } else { (Tone::Unknown, "unknown") };
    let age = evaluator.taken_at.map(|at| time::age_of(at, evaluator.period_seconds, frame.now));
    view! {
        <p class=format!("evaluator {}", tone.class()) data-reading="" title=evaluator.sentence.clone()>
            {mark(tone)}
            <span class="light-name">"Evaluator"</span>
            <span class="word">{word}</span>
            <span class="sentence">{evaluator.sentence.clone()}</span>
            <span class="age">{age}</span>
        </p>
    }
    .part()
}

pub(super) fn stopped(evaluator: &Evaluator) -> Option<Html> {
    evaluator.stopped.then(|| {
        view! {
            <p class="callout bad" role="alert">
                {mark(Tone::Bad)}
                <strong>"Nothing is evaluated at present. "</strong>
                "No threshold can fire until the evaluator runs again, so all of them are unknown. See that a server of Gantry runs and reaches its database."
            </p>
        }
        .part()
    })
}

/// How many are in which state; each a link to those alone. They were counted in the evaluator's last round, and are a reading
/// as old as that. Where it has stopped they were counted as unknown, which stays true.
fn choices(frame: &Frame, model: &Model) -> Html {
    let evaluator = &model.evaluator;
    let counted_at = evaluator.taken_at.filter(|_| !evaluator.stopped);
    let stale = counted_at.is_some_and(|at| time::is_stale(at, evaluator.period_seconds, frame.now));
    let counted = counted_at.map(|at| {
        let age = time::age_of(at, evaluator.period_seconds, frame.now);
        view! { <span class="hidden-text">"Counted "{age}</span> }.part()
    });
    let all: usize = model.counts.values().sum();
    let links: Vec<_> = State::ALL
        .into_iter()
        .map(|state| {
            let count = model.counts.get(&state).copied().unwrap_or_default();
            let here = (model.show == Some(state)).then_some("page");
            let tone = if count == 0 { Tone::Quiet } else { words::tone(state) };
            view! {
                <a class=format!("choice-link {}", tone.class()) aria-current=here href=format!("{}?show={}", forms::THRESHOLDS, state.word())>
                    {mark(tone)}<strong class="counted">{count}</strong>" "{state.word()}
                </a>
            }
            .part()
        })
        .collect();
    let here = model.show.is_none().then_some("page");
    view! {
        <nav class="choice-links" aria-label="By state" data-reading="" data-stale=stale.then_some("")>
            <a class="choice-link" aria-current=here href=forms::THRESHOLDS><strong>{all}</strong>" all"</a>
            {links}
            {counted}
        </nav>
    }
    .part()
}

fn group(frame: &Frame, group: &Group) -> Html {
    let rows: Vec<_> = group.rows.iter().map(|one| row::row(frame, one)).collect();
    let export =
        |form: &str| format!("{}?integration={}&as={form}", forms::EXPORT_THRESHOLDS, group.integration);
    let id = format!("integration-{}", group.integration);
    let labelled = id.clone();
    view! {
        <section class="panel threshold-group" aria-labelledby=labelled>
            <header>
                <h2 id=id>{group.name.clone()}" "{environment(&group.environment)}</h2>
                <p class="rule-exports">
                    "Export: "<a href=export("file") download="">"rule file"</a>" · "<a href=export("object") download="">"PrometheusRule"</a>
                </p>
            </header>
            <ul class="thresholds">{rows}</ul>
        </section>
    }
    .part()
}

fn nothing(model: &Model) -> Html {
    match model.show {
        Some(state) => view! {
            <p class="empty panel">"No threshold is "{state.word()}". "<a href=forms::THRESHOLDS>"Show all"</a></p>
        }
        .part(),
        None => view! {
            <section class="teach panel">
                <h2>"A threshold watches one number"</h2>
                <p>"It asks Prometheus every 15 seconds, fires when the number is beyond its limit for long enough, and opens an incident."</p>
                <p class="sample" aria-label="A sample">
                    <span class="title">"API down"</span><span>"above 10 per minute"</span>{words::severity(gantry_domain::preset::Severity::P1)}
                </p>
                <p class="help">"Thresholds come with an integration: open its first go-live."</p>
                <p class="acts"><a class="button primary" href=forms::NEW_GO_LIVE>"New go-live"</a></p>
            </section>
        }
        .part(),
    }
}
