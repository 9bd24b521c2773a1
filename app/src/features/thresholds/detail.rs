//! One threshold: how it stands, its form, its versions.

use leptos::prelude::*;

use super::model::OneModel;
use super::{edit, history, page, row, words};
use crate::document::document_in;
use crate::forms;
use crate::frame::Frame;
use crate::ui::form::orphan;
use crate::ui::html::{Html, Part};
use crate::ui::layout::Place;
use crate::ui::time;

/// Renders the page.
pub fn render(frame: &Frame, model: &OneModel) -> String {
    let place = Place {
        integration: model.integration.clone(),
        environment: model.environment.clone(),
        ..Place::default()
    };
    let name = model.row.version.rule.spec.name.clone();
    document_in(frame, &place, &name, || {
        view! {
            <p class="crumbs"><a href=forms::THRESHOLDS>"Alert thresholds"</a></p>
            {model.refusal.as_ref().map(orphan)}
            <div data-live="threshold" class="threshold-head">{head(frame, model)}</div>
            {model.proposal.as_ref().map(|proposal| history::proposal(frame, model, proposal))}
            {model.restoring.as_ref().map(|restoring| history::restoring(frame, model, restoring))}
            {model.edit.as_ref().map(|form| edit::edit(frame, model, form))}
            <div class="threshold-past">
                {history::versions(frame, model)}
                <div data-live="transitions">{history::transitions(frame, model)}</div>
            </div>
        }
        .part()
    })
}

fn head(frame: &Frame, model: &OneModel) -> Html {
    let row = &model.row;
    let rule = &row.version.rule;
    let since = row
        .since
        .map(|since| view! { <span class="because">"since "{time::ago(since, frame.now)}</span> }.part());
    view! {
        <header class="page-head">
            <h1>{rule.spec.name.clone()}" "{words::severity(rule.spec.severity)}</h1>
            <p class="head-state">{row::standing(frame, row, "chip")}{since}</p>
        </header>
        {page::evaluator(frame, &model.evaluator)}
        {page::stopped(&model.evaluator)}
        <section class="panel value-now" aria-label="Now">
            <div class="now-value">
                {row::value(frame, row)}
                <p>"fires when "<strong>{rule.condition()}</strong></p>
                <p class="because">
                    "Without data: "{rule.no_data.label()}" · when it fires: "{rule.on_firing.label()}" · judged by "
                    <a href=format!("#version-{}", row.version.number)>"version "{row.version.number}</a>
                </p>
            </div>
            <figure class="now-curve">
                {row::spark(row)}
                <figcaption>"Last 6 hours, worst value of each 10 minutes; the dashed line is the limit"</figcaption>
            </figure>
        </section>
        <details class="raw">
            <summary>"The query as it is asked"</summary>
            <pre tabindex="0">{model.query.clone()}</pre>
        </details>
    }
    .part()
}
