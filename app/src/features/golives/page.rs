//! The list of go-lives, and the form for a new one.

use leptos::prelude::*;

use crate::ui::html::{Html, Part};

use super::fields;
use super::model::{Model, NewModel, Row};
use crate::document::document;
use crate::forms;
use crate::frame::Frame;
use crate::ui::layout::environment;
use crate::ui::state::{Tone, mark, state};
use crate::ui::time;

pub use super::import::render as render_import;

/// Renders the list.
pub fn render(frame: &Frame, model: &Model) -> String {
    let rows: Vec<_> = model.rows.iter().map(|one| row(frame, one)).collect();
    let empty = rows.is_empty().then(|| nothing(model.may_create));
    let list = (!rows.is_empty()).then(|| {
        view! {
            <label class="filter">
                <span class="hidden-text">"Filter the go-lives"</span>
                <input type="search" data-filter="" placeholder="Filter" autocomplete="off" aria-keyshortcuts="/"/>
                <kbd aria-hidden="true">"/"</kbd>
            </label>
            <ul class="go-lives panel">{rows}</ul>
        }.part()
    });
    let new = (model.may_create && !model.rows.is_empty())
        .then(|| view! { <a class="button primary" href=forms::NEW_GO_LIVE>"New go-live"</a> }.part());
    let notice = model
        .notice
        .clone()
        .map(|text| view! { <p class="notice" role="status">{mark(Tone::Good)}{text}</p> }.part());
    document(frame, "Go-lives", || {
        view! {
            <header class="page-head"><h1>"Go-lives"</h1>{new}</header>
            <div data-live="go-lives">{notice}{list}{empty}</div>
        }
        .part()
    })
}

fn row(frame: &Frame, row: &Row) -> Html {
    let gate = if row.gate_open { (Tone::Good, "gate open") } else { (Tone::Quiet, "gate closed") };
    let (tone, word) = row.rollout.clone().unwrap_or((gate.0, gate.1.to_owned()));
    let from = row
        .from
        .clone()
        .map(|from| view! { <span class="version">{from}</span><span class="arrow">" → "</span> }.part());
    let progress = row.progress;
    let address = forms::go_live(row.id);
    view! {
        <li class="go-live" data-nav-item="" tabindex="-1" id=format!("go-live-{}", row.id)>
            <a href=address>
                <span class="title">{row.integration.clone()}" "{environment(&row.environment)}</span>
                <span class="versions">{from}<strong class="version">{row.to.clone()}</strong></span>
                <span class="progress">
                    <progress max=progress.required.max(1).to_string() value=progress.required_settled.to_string() aria-label=progress.text()></progress>
                    <span>{progress.required_settled}" of "{progress.required}" signed"</span>
                </span>
                <span class="row-state">{state(tone, word)}</span>
                <span class="said">{row.created_by.clone()}" · "{time::ago(row.changed_at, frame.now)}</span>
            </a>
        </li>
    }.part()
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
        view! { <p class="help">"A release manager opens one; you will see it here."</p> }.part()
    };
    view! {
        <section class="teach panel">
            <h2>"A go-live takes one release to one environment"</h2>
            <ol class="teach-steps">
                <li><strong>"Checklist"</strong>" People sign what is true; machines show what they found beside it."</li>
                <li><strong>"Gate"</strong>" It opens when every required item is signed for exactly this image."</li>
                <li><strong>"Rollout"</strong>" 10 % → 50 % → 100 % of the pods, each step judged, one button back."</li>
            </ol>
            <p class="sample" aria-label="A sample">
                <span class="title">"posthog-integration "{environment("production")}</span>
                <span class="versions"><span class="version">"v2.4.1"</span>" → "<strong class="version">"v2.5.0"</strong></span>
                <span>"18 of 22 signed"</span>
                {state(Tone::Quiet, "gate closed")}
            </p>
            {act}
        </section>
    }.part()
}

/// Renders the form for a new go-live.
pub fn render_new(frame: &Frame, model: &NewModel) -> String {
    let presets = fields::presets(model);
    let fields = fields::fields(model);
    let key = format!("{}.new", frame.form_key);
    document(frame, "New go-live", || {
        view! {
            <header class="page-head"><h1>"New go-live"</h1></header>
            <form id="new" class="panel stack wide-form" method="post" action=forms::GO_LIVES>
                <input type="hidden" name="key" value=key/>
                {presets}
                {fields}
                <p class="acts"><button class="button primary">"Open the go-live"</button></p>
            </form>
        }
        .part()
    })
}
