//! Old against new on the past: one drawing with both curves, both limits, and when each would have fired.

use chrono::{DateTime, TimeDelta, Utc};
use gantry_domain::age;
use gantry_domain::alert::Replay;
use gantry_domain::preset::Comparator;
use leptos::prelude::*;

use super::model::{Compared, OneModel, Trial, Tried};
use super::words;
use crate::ui::chart::{self, Column, HEIGHT, WIDTH};
use crate::ui::html::{Html, Part};
use crate::ui::state::{Tone, mark};

/// As many columns as a wide page can tell apart.
const COLUMNS: usize = 168;
/// The most firings that are listed one by one.
const LISTED: usize = 50;

/// What trying came to; `again` is the button that does what was held.
pub(super) fn trial(model: &OneModel, trial: &Trial, again: &str) -> Html {
    let rule = &model.row.version.rule;
    let value = trial.value.as_ref().map(|value| match value {
        Ok(value) => view! {
            <p class="tried">{mark(Tone::Good)}"Prometheus takes the query. Its value now: "<strong>{words::value(rule, *value)}</strong></p>
        }
        .part(),
        Err(why) => view! {
            <p class="callout warning">{mark(Tone::Warning)}"Prometheus takes the query, and it has no value now: "{why.clone()}</p>
        }
        .part(),
    });
    let unasked = trial.unasked.as_ref().map(|why| {
        let words = if trial.value.is_some() {
            format!("Prometheus did not answer for the past: {why}. The replay is not known; try again when it answers.")
        } else {
            format!(
                "Prometheus could not be asked: {why}. The query was not checked, and the replay is not known; try again when it answers."
            )
        };
        view! { <p class="callout warning" role="status">{mark(Tone::Unknown)}{words}</p> }.part()
    });
    let warnings: Vec<_> = trial
        .warnings
        .iter()
        .map(|warning| {
            view! { <p class="callout warning" role="status">{mark(Tone::Warning)}{warning.clone()}</p> }
                .part()
        })
        .collect();
    let notes: Vec<_> =
        trial.notes.iter().map(|note| view! { <p class="help">{note.clone()}</p> }.part()).collect();
    let held = trial.held.then(|| {
        let look = match (trial.unasked.is_some(), trial.warnings.is_empty()) {
            (true, _) => "Read why the replay is not known",
            (false, false) => "Read the warnings and look at when old and new would have fired",
            (false, true) => "Look at when old and new would have fired",
        };
        view! {
            <p class="callout warning" role="alert">
                {mark(Tone::Warning)}<strong>"Nothing is changed yet. "</strong>{format!("{look}, then press {again} again.")}
            </p>
        }
        .part()
    });
    view! {
        <section class="trial" aria-label="Replay">
            {held}
            {value}
            {unasked}
            {warnings}
            {notes}
            {trial.compared.as_ref().map(|compared| self::compared(model.row.version.number, compared))}
        </section>
    }
    .part()
}

fn compared(version: u32, compared: &Compared) -> Html {
    let (old, new) = (&compared.old, &compared.new);
    let same_curve = old.points == new.points;
    let columns = |tried: &Tried| {
        chart::columns_at_most(COLUMNS, &tried.points, tried.rule.spec.comparator == Comparator::Above)
    };
    let (old_columns, new_columns) = (columns(old), columns(new));
    let (old_limit, new_limit) = (old.rule.spec.limit, new.rule.spec.limit);
    let top = chart::top(&new_columns, new_limit).max(chart::top(&old_columns, old_limit));
    let old_line =
        (!same_curve).then(|| view! { <path class="line before" d=chart::path(&old_columns, top)/> }.part());
    let old_limit_line =
        (old_limit.to_bits() != new_limit.to_bits()).then(|| limit_line(old_limit, top, "limit before"));
    let names = (format!("Now (version {version})"), format!("Wanted (version {})", version + 1));
    let label = format!(
        "The last {}: {} would have fired {}, {} {}",
        compared.back,
        names.0,
        times(&old.replay),
        names.1,
        times(&new.replay)
    );
    view! {
        <figure class="compared">
            <figcaption>
                <span class="title">"The last "{compared.back}", minute by minute"</span>
                <span class="verdict">{verdict(&old.replay, &new.replay)}</span>
            </figcaption>
            <div class="plot tall">
                <svg class="plot-lines" viewBox=format!("0 0 {WIDTH} {HEIGHT}") preserveAspectRatio="none" role="img" aria-label=label>
                    {gaps(&new_columns)}
                    {old_limit_line}
                    {limit_line(new_limit, top, "limit")}
                    {old_line}
                    <path class="line" d=chart::path(&new_columns, top)/>
                </svg>
                {limits(old_limit, new_limit, top)}
                {values(new, &new_columns)}
            </div>
            <div class="lanes">
                {lane(compared, &names.0, old, "before")}
                {lane(compared, &names.1, new, "after")}
            </div>
            {axis(compared)}
            {legend(same_curve)}
            {listed(&names, compared)}
        </figure>
    }
    .part()
}

fn times(replay: &Replay) -> String {
    match replay.fired.len() {
        0 => "never".to_owned(),
        1 => "once".to_owned(),
        count => format!("{count} times"),
    }
}

/// What the change comes to, in a sentence.
fn verdict(old: &Replay, new: &Replay) -> String {
    let (before, after) = (old.fired.len(), new.fired.len());
    let how = match after.cmp(&before) {
        std::cmp::Ordering::Less => "fires less often",
        std::cmp::Ordering::Greater => "fires more often",
        std::cmp::Ordering::Equal if old.fired == new.fired => "fires just the same",
        std::cmp::Ordering::Equal => "fires as often, at other times",
    };
    format!("{before} → {after}: it {how}")
}

fn limit_line(limit: f64, top: f64, class: &'static str) -> Html {
    view! { <path class=class d=format!("M0 {}H{WIDTH}", chart::y(limit, top))/> }.part()
}

/// The names of the limits, on a drawing of their own that keeps the shape of letters.
fn limits(old: f64, new: f64, top: f64) -> Html {
    let text = |limit: f64, words: String, before: bool| {
        let (anchor, x, class) =
            if before { ("start", "0", "limit-label before") } else { ("end", "100%", "limit-label") };
        let y = chart::y(limit, top);
        let dy = if y < 22 { "12" } else { "-4" };
        view! { <text class=class x=x y=format!("{y}%") dx=if anchor == "end" { "-4" } else { "4" } dy=dy text-anchor=anchor>{words}</text> }.part()
    };
    let before = (old.to_bits() != new.to_bits())
        .then(|| text(old, format!("limit now {}", chart::number(old)), true));
    view! {
        <svg class="plot-labels" aria-hidden="true">
            {before}
            {text(new, format!("limit {}", chart::number(new)), false)}
        </svg>
    }
    .part()
}

fn gaps(columns: &[Column]) -> Vec<Html> {
    let width = usize::try_from(WIDTH).unwrap_or(0);
    let count = columns.len().max(1);
    columns
        .iter()
        .enumerate()
        .filter(|(_, column)| column.value.is_none())
        .map(|(index, _)| {
            let x = width * index / count;
            let to = width * (index + 1) / count;
            view! { <rect class="gap" x=x.to_string() y="0" width=(to - x).to_string() height=HEIGHT.to_string()/> }.part()
        })
        .collect()
}

/// What is read under the pointer.
fn values(tried: &Tried, columns: &[Column]) -> Html {
    let spans: Vec<_> = columns
        .iter()
        .map(|column| {
            let value =
                column.value.map_or_else(|| "no data".to_owned(), |value| words::value(&tried.rule, value));
            view! { <span><b>{value}" · "{clock(column.at)}" UTC"</b></span> }.part()
        })
        .collect();
    view! { <div class="values" aria-hidden="true">{spans}</div> }.part()
}

/// When one of them would have fired, as bars on a line of time.
fn lane(compared: &Compared, name: &str, tried: &Tried, class: &str) -> Html {
    let bars: Vec<_> = tried
        .replay
        .fired
        .iter()
        .filter_map(|span| {
            let from = chart::x_at(span.from.timestamp(), compared.from, compared.to)?;
            let to = chart::x_at(span.to.timestamp(), compared.from, compared.to)?;
            let width = (to - from).max(2);
            Some(view! { <rect x=from.to_string() y="0" width=width.to_string() height="10"/> }.part())
        })
        .collect();
    let replay = &tried.replay;
    let long = if replay.fired.is_empty() {
        String::new()
    } else {
        format!(" · {} in all", age::words(TimeDelta::seconds(replay.seconds())))
    };
    let gaps = (replay.without_data > 0).then(|| format!(" · {} min without data", replay.without_data));
    view! {
        <p class=format!("lane {class}")>
            <span class="lane-name">{name.to_owned()}</span>
            <svg viewBox=format!("0 0 {WIDTH} 10") preserveAspectRatio="none" aria-hidden="true">{bars}</svg>
            <span class="lane-words">{mark(if replay.fired.is_empty() { Tone::Good } else { Tone::Bad })}"fires "<strong>{times(replay)}</strong>{long}{gaps}</span>
        </p>
    }
    .part()
}

fn axis(compared: &Compared) -> Html {
    let middle = compared.from.midpoint(compared.to);
    let moments: Vec<_> = [compared.from, middle, compared.to]
        .into_iter()
        .map(|at| view! { <span>{clock(at)}</span> }.part())
        .collect();
    view! { <p class="axis" aria-hidden="true">{moments}</p> }.part()
}

fn legend(same_curve: bool) -> Html {
    let before = (!same_curve).then(|| view! { <span class="key before">"value now"</span> }.part());
    view! {
        <p class="legend">
            <span class="key after">{if same_curve { "value" } else { "value wanted" }}</span>
            {before}
            <span class="key limit-key">"limit"</span>
            <span class="key gap-key">"no data"</span>
        </p>
    }
    .part()
}

/// Every firing of both, as a table.
fn listed(names: &(String, String), compared: &Compared) -> Html {
    let mut rows: Vec<_> = [(&names.0, &compared.old), (&names.1, &compared.new)]
        .into_iter()
        .flat_map(|(name, tried)| tried.replay.fired.iter().map(move |span| (span, name, tried)))
        .collect();
    rows.sort_by_key(|(span, ..)| std::cmp::Reverse(span.from));
    let count = rows.len();
    let left = count.saturating_sub(LISTED);
    let rows: Vec<_> = rows
        .into_iter()
        .take(LISTED)
        .map(|(span, name, tried)| {
            let worst = span.worst.map_or_else(|| "no data".to_owned(), |worst| words::value(&tried.rule, worst));
            view! {
                <tr><td>{age::exact(span.from)}</td><td>{age::words(span.to - span.from)}</td><td>{worst}</td><td>{name.clone()}</td></tr>
            }
            .part()
        })
        .collect();
    let more = (left > 0).then(|| view! { <p class="help">"and "{left}" earlier ones"</p> }.part());
    if count == 0 {
        return view! { <p class="help">"Neither would have fired."</p> }.part();
    }
    view! {
        <details class="numbers">
            <summary>"When, one by one ("{count}")"</summary>
            <table>
                <thead><tr><th scope="col">"From (UTC)"</th><th scope="col">"For"</th><th scope="col">"Worst"</th><th scope="col">"Which"</th></tr></thead>
                <tbody>{rows}</tbody>
            </table>
            {more}
        </details>
    }
    .part()
}

fn clock(at: i64) -> String {
    DateTime::<Utc>::from_timestamp(at, 0)
        .map_or_else(String::new, |at| at.format("%a %d %b %H:%M").to_string())
}
