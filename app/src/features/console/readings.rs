//! The judged figures in one line each: shape, word, value, limit, age. A reading without a curve is still here.

use gantry_domain::judge::{Reading, Verdict};
use gantry_domain::threshold::BACKUP;
use leptos::prelude::*;

use crate::ui::html::{Html, Part};

use super::model::RolloutView;
use super::page::Page;
use super::state;
use crate::ui::chart::number;
use crate::ui::state::{Tone, mark};
use crate::ui::time;

/// Readings that no curve shows.
pub(super) fn readings(page: Page<'_>, view: &RolloutView) -> Option<Html> {
    let rows: Vec<_> = view
        .rollout
        .readings
        .iter()
        .filter(|reading| !view.curves.iter().any(|curve| curve.key == reading.key))
        .map(|reading| {
            let name = reading.name.clone();
            view! { <li data-key=reading.key.clone()><span class="title">{name}</span>{value(page, view, reading)}</li> }.part()
        })
        .collect();
    (!rows.is_empty()).then(|| view! { <ul class="readings">{rows}</ul> }.part())
}

/// One reading: what it says, the value, the limit, the age.
pub(super) fn value(page: Page<'_>, view: &RolloutView, reading: &Reading) -> Html {
    let period = view.rollout.judge_period_seconds;
    let now = page.frame.now;
    let stale =
        reading.taken_at.is_none_or(|at| time::is_stale(at, period, now)) && view.rollout.phase.is_judged();
    // Once nothing is judged any more its last readings say nothing about now.
    let (tone, word) = if view.rollout.phase.is_judged() {
        state::reading(reading)
    } else {
        (Tone::Quiet, "no longer judged")
    };
    let value = reading.value.map_or_else(|| "–".to_owned(), number);
    let why = match &reading.verdict {
        Verdict::Inconclusive(why) => Some(view! { <span class="because">{why.to_string()}</span> }.part()),
        Verdict::Pass | Verdict::Breach => None,
    };
    let source = reading.from_backup.then(|| view! { <span class="because">{BACKUP}</span> }.part());
    let age = reading
        .taken_at
        .map(|at| time::age_of(at, if view.rollout.phase.is_judged() { period } else { 0 }, now));
    view! {
        <span class=format!("reading {}", tone.class()) data-reading="" data-stale=stale.then_some("")>
            {mark(tone)}
            <span class="word">{word}</span>
            <strong class="value">{value}</strong>
            <span class="unit">{reading.unit.clone()}</span>
            <span class="limit-words" title="The version of the threshold that judged">
                "limit "{number(reading.limit)}" (v"{reading.version}")"
            </span>
            {why}
            {source}
            <span class="age">{age}</span>
        </span>
    }
    .part()
}
