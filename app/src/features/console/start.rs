//! The start: the button is always there; where it cannot be pressed, it says why.

use gantry_domain::actor::Role;
use leptos::prelude::*;

use crate::ui::html::{Html, Part};

use super::page::Page;
use super::{preflight, state};
use crate::ui::state::{Tone, mark};

/// The last of the steps before a rollout.
pub(super) fn start(page: Page<'_>) -> Html {
    let mut blockers = state::start_blockers(page.model);
    if !page.may(Role::ReleaseManager) {
        blockers.push("only a release manager may start it".to_owned());
    }
    let blocked = !blockers.is_empty();
    let version = page.model.go_live.release.image.version();
    let environment = page.model.go_live.environment.clone();
    let reasons: Vec<_> = blockers.into_iter().map(|why| view! { <li>{why}</li> }.part()).collect();
    let why = blocked.then(|| {
        view! {
            <div id="start-why" class="start-why">
                <p>{mark(Tone::Quiet)}"It cannot start yet:"</p>
                <ul>{reasons}</ul>
            </div>
        }
        .part()
    });
    let ready = (!blocked).then(|| {
        let steps = page.model.plan.steps.first().map(|step| step.percent);
        let (tone, stands) = match preflight::waved_through(page) {
            Some(checks) => (Tone::Warning, format!("Nothing else stands in the way than what was waved through: {checks}.")),
            None => (Tone::Good, "Everything is ready.".to_owned()),
        };
        view! {
            <p id="start-why">{mark(tone)}{stands}" It begins with "{steps}" % of the pods, and can be taken back at any moment."</p>
        }.part()
    });
    let problem = page
        .model
        .cluster
        .problem
        .clone()
        .map(|problem| view! { <p class="callout warning">{mark(Tone::Warning)}{problem}</p> }.part());
    let button = view! {
        <button class="button primary large" disabled=blocked aria-describedby="start-why">
            "Start the rollout of "{version}" to "{environment}
        </button>
    }
    .part();
    // Whoever only reads sees the same button, but nothing that could be sent.
    let form = if page.may(Role::ReleaseManager) {
        page.form("start", "start").leading_to("rollout").with("", button)
    } else {
        button
    };
    view! {
        <section class="step start" id="start-step" aria-labelledby="start-title">
            <h3 id="start-title">"Start"</h3>
            {problem}
            {why}
            {ready}
            {form}
        </section>
    }
    .part()
}
