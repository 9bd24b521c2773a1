//! A rule file becomes thresholds: text, what it would do, and then the doing.

use leptos::prelude::*;

use super::model::{Fate, ImportModel, Preview, Query, Wanted};
use super::words;
use crate::document::document;
use crate::forms;
use crate::frame::Frame;
use crate::ui::form::{Field, Form};
use crate::ui::html::{Html, Part};
use crate::ui::state::{Tone, mark};

const SAMPLE: &str = "groups:\n  - name: api\n    rules:\n      - alert: HighErrorRate\n        expr: sum(rate(http_requests_total{code=~\"5..\"}[5m])) > 0.5\n        for: 10m\n        labels:\n          severity: critical";

/// Renders the page.
pub fn render(frame: &Frame, model: &ImportModel) -> String {
    let form = Form::new(frame, "import", forms::IMPORT_THRESHOLDS, model.refusal.as_ref());
    let text = Field {
        sample: Some(SAMPLE),
        ..Field::new("text", "Rule file or PrometheusRule (YAML)").required().value(model.text.clone()).help(
            "Labels, annotations and groups are kept and come back with an export. Nothing is saved before you say so.",
        )
    };
    let why = Field::new("why", "Reason")
        .value(model.why.clone())
        .help("Kept with every version. Needed where the file loosens a P1.");
    let chosen = model.chosen;
    let options: Vec<_> = model
        .integrations
        .iter()
        .map(|(id, name)| {
            view! { <option value=id.to_string() selected=Some(*id) == chosen>{name.clone()}</option> }.part()
        })
        .collect();
    let takes = model.preview.as_ref().is_some_and(Preview::may_be_taken);
    let take = takes.then(|| {
        view! { <button class="button primary" name="do" value="take">"Take these rules"</button> }.part()
    });
    let class = if takes { "button" } else { "button primary" };
    document(frame, "Import rules", || {
        view! {
            <p class="crumbs"><a href=forms::THRESHOLDS>"Alert thresholds"</a></p>
            <header class="page-head"><h1>"Import rules"</h1></header>
            <div class="import">
                <form id="import" class="panel stack" method="post" action=forms::IMPORT_THRESHOLDS>
                    {form.hidden()}
                    {form.whole_refusal()}
                    <div class="field">
                        <label for="import-integration">"Integration"</label>
                        <select id="import-integration" name="integration">{options}</select>
                    </div>
                    {form.text(&text, 16)}
                    {form.line(&why)}
                    <p class="acts"><button class=class name="do" value="preview">"Show what it does"</button>{take}</p>
                </form>
                {model.preview.as_ref().map(preview)}
            </div>
        }
        .part()
    })
}

/// One rule, what becomes of it, and Prometheus' words where it refuses the query.
fn rule(rule: &Wanted) -> Html {
    let (tone, word) = match (&rule.query, rule.fate) {
        (Query::Refused(_), _) => (Tone::Bad, "cannot be taken"),
        (_, Fate::New) => (Tone::Good, "new"),
        (_, Fate::Changed) => (Tone::Quiet, "new version"),
        (_, Fate::Proposed) => (Tone::Warning, "waits for a second admin"),
        (_, Fate::Same) => (Tone::Quiet, "already so"),
    };
    let refused = match &rule.query {
        Query::Refused(why) => Some(
            view! {
                <p class="refusal"><strong>"Prometheus refuses its query: "</strong>{why.clone()}</p>
            }
            .part(),
        ),
        Query::Kept | Query::Taken | Query::Unasked(_) => None,
    };
    view! {
        <li>
            <span class="title">{rule.name.clone()}</span>
            <span class="because">{rule.condition.clone()}</span>
            <span class=format!("state {}", tone.class())>{mark(tone)}<span class="word">{word}</span></span>
            {refused}
        </li>
    }
    .part()
}

fn preview(preview: &Preview) -> Html {
    let rules: Vec<_> = preview.rules.iter().map(rule).collect();
    let unasked = preview.rules.iter().filter_map(|rule| match &rule.query {
        Query::Unasked(why) => Some(why),
        Query::Kept | Query::Taken | Query::Refused(_) => None,
    });
    let unchecked = unasked.clone().next().map(|why| {
        let count = words::count(unasked.count(), "query was", "queries were");
        view! {
            <p class="callout warning" role="status">
                {mark(Tone::Unknown)}{count}" not checked: "{why.clone()}". One that Prometheus refuses is unknown until it is mended."
            </p>
        }
        .part()
    });
    let left: Vec<_> = preview
        .left
        .iter()
        .map(|left| {
            view! { <li>{mark(Tone::Warning)}<strong>{left.name.clone()}</strong>": "{left.why.clone()}</li> }
                .part()
        })
        .collect();
    let left = (!left.is_empty())
        .then(|| view! { <h3>"Not taken"</h3><ul class="import-warnings">{left}</ul> }.part());
    view! {
        <section class="panel preview" aria-labelledby="preview-title">
            <h2 id="preview-title">"What it does"<span class="fraction">{words::count(preview.rules.len(), "rule", "rules")}</span></h2>
            {unchecked}
            <ul class="preview-rules">{rules}</ul>
            {left}
        </section>
    }
    .part()
}
