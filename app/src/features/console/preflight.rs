//! The checks before the start, each with its own result; and an admin's word against the failed ones.

use gantry_domain::actor::Role;
use gantry_domain::checklist::MAX_NOTE;
use gantry_domain::preflight::{Check, Finding, Outcome};
use leptos::prelude::*;

use crate::ui::html::{Html, Part};

use super::page::Page;
use super::state;
use crate::ui::form::Field;
use crate::ui::state::{Tone, mark, state as badge};
use crate::ui::time;

/// The pre-flight as one of the steps before a start.
pub(super) fn preflight(page: Page<'_>) -> Html {
    let findings = all(page);
    let blocking = findings.iter().filter(|finding| finding.blocks()).count();
    let looked = page.model.preflight.taken_at.is_some();
    let (tone, word) = match (looked, blocking) {
        (false, _) => (Tone::Unknown, "not looked at".to_owned()),
        (true, 0) => (Tone::Good, "clear".to_owned()),
        (true, 1) => (Tone::Bad, "1 check blocks".to_owned()),
        (true, many) => (Tone::Bad, format!("{many} checks block")),
    };
    let age = page
        .model
        .preflight
        .taken_at
        .map(|at| view! { <span class="age">{time::age_of(at, page.model.preflight.period_seconds, page.frame.now)}</span> }.part());
    let rows: Vec<_> = findings.iter().map(|finding| row(page, finding)).collect();
    let acts = page.may(Role::ReleaseManager).then(|| acts(page, &findings));
    view! {
        <section class="step" id="preflight-step" aria-labelledby="preflight-title">
            <h3 id="preflight-title">"Pre-flight"{badge(tone, word)}{age}</h3>
            <ul class="checks">{rows}</ul>
            {waved(page)}
            {acts}
        </section>
    }
    .part()
}

/// Every check there is; one without a finding was not looked at.
fn all(page: Page<'_>) -> Vec<Finding> {
    Check::ALL
        .into_iter()
        .map(|check| {
            let found = page.model.preflight.findings.iter().find(|finding| finding.check == check).cloned();
            found.unwrap_or_else(|| Finding::new(check, Outcome::Unknown, "not looked at"))
        })
        .collect()
}

fn row(page: Page<'_>, finding: &Finding) -> Html {
    let (tone, word) = state::check(finding);
    // What the gate waits for stands a hand above, each a link.
    let found = if finding.check == Check::Gate { page.model.gate.text() } else { finding.found.clone() };
    view! {
        <li class=format!("check {}", tone.class()) data-key=finding.check.label()>
            {mark(tone)}
            <span class="word">{word}</span>
            <span class="title">{finding.check.label()}</span>
            <span class="because">{found}</span>
        </li>
    }
    .part()
}

/// The admin's word against the failed checks, before the start and after it.
pub(super) fn waved(page: Page<'_>) -> Option<Html> {
    let waved = page.model.preflight.overridden.clone()?;
    Some(view! {
        <blockquote class="callout warning">
            <p>{mark(Tone::Warning)}<strong>{waved.by}</strong>" lets the rollout start in spite of failed checks"</p>
            <p class="note">{waved.reason}</p>
        </blockquote>
    }.part())
}

fn acts(page: Page<'_>, findings: &[Finding]) -> Html {
    let again = page.form("preflight", "preflight");
    let can_wave = page.may(Role::Admin)
        && page.model.preflight.overridden.is_none()
        && findings.iter().any(|finding| {
            // The gate has an override of its own.
            finding.check != Check::Gate && finding.blocks() && finding.check.can_be_overridden()
        });
    let wave = can_wave.then(|| wave_form(page));
    view! {
        <div class="acts">
            {again.with("", view! { <button class="button">"Check again"</button> }.part())}
            {wave}
        </div>
    }
    .part()
}

fn wave_form(page: Page<'_>) -> Html {
    let form = page.form("preflight-override", "preflight/override");
    let reason = Field {
        max: Some(MAX_NOTE),
        ..Field::new("reason", "Why start in spite of it")
            .required()
            .help("Shown on this page with this release, and kept for ever. What leaves no way back cannot be overridden.")
    };
    view! {
        <details class="act" data-key="act-preflight-override" data-closes="" open=form.is_refused()>
            <summary class="button">"Start in spite of it…"</summary>
            {form.with("stack", view! { {form.text(&reason, 2)} <button class="button">"Override the checks"</button> }.part())}
        </details>
    }.part()
}
