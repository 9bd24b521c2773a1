//! One threshold in one line: state, condition, value with its age, the last six hours with the limit.

use gantry_domain::preset::Comparator;
use gantry_domain::threshold::BACKUP;
use leptos::prelude::*;

use super::model::Row;
use super::words;
use crate::forms;
use crate::frame::Frame;
use crate::ui::chart::{self, HEIGHT, WIDTH};
use crate::ui::html::{Html, Part};
use crate::ui::state::{Tone, mark};
use crate::ui::time;

/// The line.
pub(super) fn row(frame: &Frame, row: &Row) -> Html {
    let rule = &row.version.rule;
    let waits = row.proposed.then(|| {
        view! { <span class="waits">{mark(Tone::Warning)}"a change waits for a second admin"</span> }.part()
    });
    view! {
        <li class="threshold" data-nav-item="" tabindex="-1" id=format!("threshold-{}", row.id)>
            <a href=forms::threshold(row.id)>
                {standing(frame, row, "state row-state")}
                <span class="what">
                    <span class="title">{rule.spec.name.clone()}</span>
                    <span class="condition">{rule.condition()}</span>
                    {waits}
                </span>
                {words::severity(rule.spec.severity)}
                {value(frame, row)}
                {spark(row)}
                <span class="said">
                    "v"{row.version.number}" · "{words::author(&row.version)}" · "{time::ago(row.version.at, frame.now)}
                </span>
            </a>
        </li>
    }
    .part()
}

/// The state, as a reading of its own: it rests on the last question, and nobody knows it once that is too long ago. Also
/// where there is no value, or an older one than the state.
pub(super) fn standing(frame: &Frame, row: &Row, class: &str) -> Html {
    let tone = words::tone(row.state);
    let stale = row.asked_at.is_some_and(|at| time::is_stale(at, row.period_seconds, frame.now));
    let asked = row.asked_at.map(|at| {
        let age = time::age_of(at, row.period_seconds, frame.now);
        view! { <span class="hidden-text">", asked "{age}</span> }.part()
    });
    view! {
        <span class=format!("{class} {}", tone.class()) data-reading="" data-stale=stale.then_some("")>
            {mark(tone)}<span class="word">{row.state.word()}</span>{asked}
        </span>
    }
    .part()
}

/// The last value with its age; why there is none, where there is none.
pub(super) fn value(frame: &Frame, row: &Row) -> Html {
    let shown = row.value.map_or_else(|| "–".to_owned(), |value| words::value(&row.version.rule, value));
    let stale = row.value_at.is_none_or(|at| time::is_stale(at, row.period_seconds, frame.now));
    let age = row.value_at.map(|at| time::age_of(at, row.period_seconds, frame.now));
    let why = row.why.clone().map(|why| view! { <span class="because">{why}</span> }.part());
    let source = (row.from_backup && row.value.is_some())
        .then(|| view! { <span class="because">{BACKUP}</span> }.part());
    view! {
        <span class="reading measured" data-reading="" data-stale=stale.then_some("")>
            <strong class="value">{shown}</strong>
            <span class="age">{age}</span>
            {source}
            {why}
        </span>
    }
    .part()
}

/// The last six hours, small: the line and the limit. In words for those who do not see it.
pub(super) fn spark(row: &Row) -> Html {
    let spec = &row.version.rule.spec;
    let above = spec.comparator == Comparator::Above;
    let columns = chart::columns(&row.curve, above);
    let top = chart::top(&columns, spec.limit);
    let y = chart::y(spec.limit, top);
    let values = || columns.iter().filter_map(|column| column.value);
    let worst = if above { values().reduce(f64::max) } else { values().reduce(f64::min) };
    let label = worst.map_or_else(
        || "no values in the last 6 hours".to_owned(),
        |worst| format!("last 6 hours: worst {}, limit {}", chart::number(worst), chart::number(spec.limit)),
    );
    view! {
        <svg class="spark" viewBox=format!("0 0 {WIDTH} {HEIGHT}") preserveAspectRatio="none" role="img" aria-label=label>
            <path class="limit" d=format!("M0 {y}H{WIDTH}")/>
            <path class="line" d=chart::path(&columns, top)/>
        </svg>
    }
    .part()
}
