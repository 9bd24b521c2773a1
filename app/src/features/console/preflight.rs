//! The checks before the start, each with its own result; and admins' words against the failed ones.

use gantry_domain::actor::Role;
use gantry_domain::checklist::MAX_NOTE;
use gantry_domain::preflight::{Check, Finding, Outcome, Override, to_override};
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
    let (waved_through, blocking): (Vec<&Finding>, Vec<&Finding>) = findings
        .iter()
        .filter(|finding| finding.blocks())
        .partition(|finding| waved_by(page, finding).is_some());
    let looked = page.model.preflight.taken_at.is_some();
    let (tone, word) = match (looked, blocking.len(), waved_through.len()) {
        (false, _, _) => (Tone::Unknown, "not looked at".to_owned()),
        (true, 0, 0) => (Tone::Good, "clear".to_owned()),
        (true, 0, waved) => (Tone::Warning, format!("{waved} waved through")),
        (true, 1, _) => (Tone::Bad, "1 check blocks".to_owned()),
        (true, many, _) => (Tone::Bad, format!("{many} checks block")),
    };
    let age = page
        .model
        .preflight
        .taken_at
        .map(|at| view! { <span class="age">{time::age_of(at, page.model.preflight.period_seconds, page.frame.now)}</span> }.part());
    let rows: Vec<_> = findings.iter().map(|finding| row(page, finding)).collect();
    let acts = page.may(Role::ReleaseManager).then(|| acts(page));
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

/// What stands beside a check that was not looked at.
const NOT_LOOKED_AT: &str = "not looked at";

/// Every check there is; one without a finding was not looked at.
fn all(page: Page<'_>) -> Vec<Finding> {
    Check::ALL
        .into_iter()
        .map(|check| {
            let found = page.model.preflight.findings.iter().find(|finding| finding.check == check).cloned();
            found.unwrap_or_else(|| Finding::new(check, Outcome::Unknown, NOT_LOOKED_AT))
        })
        .collect()
}

fn row(page: Page<'_>, finding: &Finding) -> Html {
    let (tone, word) = state::check(finding);
    // What the gate waits for stands a hand above, each a link.
    let found = if finding.check == Check::Gate { page.model.gate.text() } else { finding.found.clone() };
    let found = match waved_by(page, finding) {
        Some(one) => format!("{found} · waved through by {}", one.by),
        None => found,
    };
    // What was looked at says why it is not known; what was not has nothing to say.
    let told = if finding.found == NOT_LOOKED_AT { "because" } else { "because told" };
    view! {
        <li class=format!("check {}", tone.class()) data-key=finding.check.label()>
            {mark(tone)}
            <span class="word">{word}</span>
            <span class="title">{finding.check.label()}</span>
            <span class=told>{found}</span>
        </li>
    }
    .part()
}

/// The word that lets this check pass although it stands in the way.
fn waved_by<'a>(page: Page<'a>, finding: &Finding) -> Option<&'a Override> {
    let mut made = page.model.preflight.overridden.iter();
    made.find(|one| finding.blocks() && one.covers(finding.check))
}

/// The admins' words against the failed checks, before the start and after it.
pub(super) fn waved(page: Page<'_>) -> Vec<Html> {
    page.model.preflight.overridden.iter().map(wave).collect()
}

fn wave(made: &Override) -> Html {
    let about = if made.checks.is_empty() {
        "failed checks. Which ones was not written down, so it counts for none".to_owned()
    } else {
        format!("failed checks: {}", labels(&made.checks))
    };
    view! {
        <blockquote class="callout warning">
            <p>{mark(Tone::Warning)}<strong>{made.by.clone()}</strong>" lets the rollout start in spite of "{about}</p>
            <p class="note">{made.reason.clone()}</p>
        </blockquote>
    }
    .part()
}

/// What is not as it should be and was waved through, by name; none where nothing is.
pub(super) fn waved_through(page: Page<'_>) -> Option<String> {
    let findings = page.model.preflight.findings.iter();
    let checks: Vec<Check> =
        findings.filter(|finding| waved_by(page, finding).is_some()).map(|finding| finding.check).collect();
    (!checks.is_empty()).then(|| labels(&checks))
}

fn labels(checks: &[Check]) -> String {
    checks.iter().map(|check| format!("“{}”", check.label())).collect::<Vec<_>>().join(", ")
}

fn acts(page: Page<'_>) -> Html {
    let again = page.form("preflight", "preflight");
    let seen = &page.model.preflight;
    let open = to_override(&seen.findings, &seen.overridden);
    let wave = (page.may(Role::Admin) && !open.is_empty()).then(|| wave_form(page, &open));
    view! {
        <div class="acts">
            {again.with("", view! { <button class="button">"Check again"</button> }.part())}
            {wave}
        </div>
    }
    .part()
}

fn wave_form(page: Page<'_>, open: &[Check]) -> Html {
    let form = page.form("preflight-override", "preflight/override");
    let reason = Field {
        max: Some(MAX_NOTE),
        ..Field::new("reason", "Why start in spite of it")
            .required()
            .help("Shown on this page with this release, and kept for ever. What leaves no way back cannot be overridden.")
    };
    let words = open.iter().map(|check| check.word()).collect::<Vec<_>>().join(" ");
    // What fails while somebody types is not what they write about.
    let about = view! {
        <input type="hidden" name="checks" value=words data-key="checks" data-as-opened=""/>
        <p data-key="about" data-as-opened="">"Counts for "{labels(open)}", and for nothing that fails later."</p>
    }
    .part();
    view! {
        <details class="act" data-key="act-preflight-override" data-closes="" open=form.is_refused()>
            <summary class="button">"Start in spite of it…"</summary>
            {form.with("stack", view! { {about} {form.text(&reason, 2)} <button class="button">"Override the checks"</button> }.part())}
        </details>
    }.part()
}
