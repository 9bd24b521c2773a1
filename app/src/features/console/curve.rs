//! A curve as a drawing made on the server: the line, its limit, the moments when steps began, its gaps. Readable
//! without colour; values under the pointer, and all of them as a table.

use chrono::DateTime;
use leptos::prelude::*;

use crate::ui::html::{Html, Part};

use super::model::{Curve, RolloutView};
use super::page::Page;
use super::readings;
use crate::ui::chart::{self, Column, HEIGHT, WIDTH};

/// One curve with its reading.
pub(super) fn curve(page: Page<'_>, view: &RolloutView, curve: &Curve) -> Html {
    let columns = chart::columns(&curve.points, curve.breach_above);
    let top = chart::top(&columns, curve.limit);
    let reading = view.rollout.readings.iter().find(|reading| reading.key == curve.key);
    let reading = reading.map(|reading| readings::value(page, view, reading));
    let label = summary(curve, &columns);
    view! {
        <figure class="curve" data-key=curve.key.clone()>
            <figcaption><span class="title">{curve.name.clone()}</span>{reading}</figcaption>
            <div class="plot">
                <svg class="plot-lines" viewBox=format!("0 0 {WIDTH} {HEIGHT}") preserveAspectRatio="none" role="img" aria-label=label>
                    {gaps(&columns)}
                    {marks(curve)}
                    {limit(curve, top)}
                    <path class="line" d=chart::path(&columns, top)/>
                </svg>
                {labels(curve, &columns, top)}
                {values(curve, &columns)}
            </div>
            {table(curve, &columns)}
        </figure>
    }.part()
}

fn limit_label(curve: &Curve) -> String {
    format!("limit {}", chart::number(curve.limit))
}

/// The curve in one sentence, for those who do not see it.
fn summary(curve: &Curve, columns: &[Column]) -> String {
    let values = || columns.iter().filter_map(|column| column.value);
    let gaps = columns.iter().filter(|column| column.value.is_none()).count();
    let worst = if curve.breach_above { values().reduce(f64::max) } else { values().reduce(f64::min) };
    let Some(worst) = worst else { return format!("{}: no data", curve.name) };
    let gaps =
        if gaps == 0 { String::new() } else { format!(", {gaps} of {} moments without data", columns.len()) };
    format!("{}: worst {} {}, {}{gaps}", curve.name, chart::number(worst), curve.unit, limit_label(curve))
}

fn gaps(columns: &[Column]) -> Vec<Html> {
    let width = usize::try_from(WIDTH).unwrap_or(0) / columns.len().max(1) + 1;
    columns
        .iter()
        .enumerate()
        .filter(|(_, column)| column.value.is_none())
        .map(|(index, _)| {
            let x = usize::try_from(WIDTH).unwrap_or(0) * index / columns.len().max(1);
            view! { <rect class="gap" x=x.to_string() y="0" width=width.to_string() height=HEIGHT.to_string()/> }.part()
        })
        .collect()
}

fn marks(curve: &Curve) -> Vec<Html> {
    curve
        .marks
        .iter()
        .filter_map(|mark| chart::x_at(mark.at, curve.from, curve.to))
        .map(|x| view! { <path class="step-mark" d=format!("M{x} 0V{HEIGHT}")/> }.part())
        .collect()
}

/// The limit, the names of the steps and the points over the limit, on a drawing of their own that keeps their shape.
fn labels(curve: &Curve, columns: &[Column], top: f64) -> Html {
    let steps: Vec<_> = curve
        .marks
        .iter()
        .filter_map(|mark| Some((chart::x_at(mark.at, curve.from, curve.to)?, mark.label.clone())))
        .map(|(x, label)| view! { <text x=share(x) y="11" dx="4">{label}</text> }.part())
        .collect();
    let breaches: Vec<_> = columns
        .iter()
        .enumerate()
        .filter(|(_, column)| is_breach(curve, column.value))
        .filter_map(|(index, column)| {
            let (x, y) = (chart::x(index, columns.len()), chart::y(column.value?, top));
            Some(view! { <rect class="breach" x=share(x) y=format!("{y}%") width="6" height="6"/> }.part())
        })
        .collect();
    // The limit is named above its line, unless the line is too high for that.
    let y = chart::y(curve.limit, top);
    let dy = if y < 22 { "12" } else { "-4" };
    view! {
        <svg class="plot-labels" aria-hidden="true">
            {steps}
            {breaches}
            <text class="limit-label" x="100%" y=format!("{y}%") dx="-4" dy=dy text-anchor="end">{limit_label(curve)}</text>
        </svg>
    }
    .part()
}

/// A distance from the left edge in percent of the width.
fn share(x: i32) -> String {
    let tenths = i64::from(x) * 1000 / i64::from(WIDTH);
    format!("{}.{}%", tenths / 10, tenths % 10)
}

fn limit(curve: &Curve, top: f64) -> Html {
    let y = chart::y(curve.limit, top);
    let height = i32::try_from(HEIGHT).unwrap_or(100);
    let (from, to) = if curve.breach_above { (0, y) } else { (y, height) };
    // A limit at the very edge would tint the whole drawing, which says nothing.
    let tint = (to - from) * 2 < height;
    let tint = tint.then(|| {
        view! { <rect class="over-limit" x="0" y=from.to_string() width=WIDTH.to_string() height=(to - from).to_string()/> }.part()
    });
    view! {
        {tint}
        <path class="limit" d=format!("M0 {y}H{WIDTH}")/>
    }
    .part()
}

fn clock(at: i64) -> String {
    DateTime::from_timestamp(at, 0).map_or_else(String::new, |at| at.format("%H:%M:%S").to_string())
}

fn words(curve: &Curve, value: Option<f64>) -> String {
    value.map_or_else(|| "no data".to_owned(), |value| format!("{} {}", chart::number(value), curve.unit))
}

fn is_breach(curve: &Curve, value: Option<f64>) -> bool {
    value.is_some_and(|value| if curve.breach_above { value > curve.limit } else { value < curve.limit })
}

/// What is read under the pointer.
fn values(curve: &Curve, columns: &[Column]) -> Html {
    let spans: Vec<_> = columns
        .iter()
        .map(|column| {
            let text = format!("{} · {} UTC", words(curve, column.value), clock(column.at));
            view! { <span><b>{text}</b></span> }.part()
        })
        .collect();
    view! { <div class="values" aria-hidden="true">{spans}</div> }.part()
}

/// The same numbers as a table.
fn table(curve: &Curve, columns: &[Column]) -> Html {
    let rows: Vec<_> = columns
        .iter()
        .rev()
        .map(|column| {
            let breach = is_breach(curve, column.value).then_some("■ over the limit");
            view! { <tr><td>{clock(column.at)}</td><td>{words(curve, column.value)}</td><td>{breach}</td></tr> }.part()
        })
        .collect();
    let name = curve.name.clone();
    // It scrolls in itself, also without a pointer.
    view! {
        <details class="numbers">
            <summary>"Numbers"<span class="hidden-text">" of "{name.clone()}</span></summary>
            <table tabindex="0" aria-label=format!("Numbers of {name}")>
                <thead><tr><th scope="col">"Time (UTC)"</th><th scope="col">"Value"</th><th scope="col">"Against "{limit_label(curve)}</th></tr></thead>
                <tbody>{rows}</tbody>
            </table>
        </details>
    }.part()
}
