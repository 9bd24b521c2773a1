//! The rollout: where it stands and why, the track, the pods, the curves, what can be done, every decision.

use gantry_domain::rollout::{LogLine, Phase};
use leptos::prelude::*;

use crate::ui::html::{Html, Part};

use super::model::RolloutView;
use super::page::Page;
use super::{act, curve, pods, readings, state, track};
use crate::forms;
use crate::ui::state::{Tone, mark, state as badge};
use crate::ui::time;

/// Lines of the log that stand open; older ones are behind a disclosure.
const OPEN_LINES: usize = 6;

/// The rollout.
pub(super) fn rollout(page: Page<'_>, view: &RolloutView) -> Html {
    let rollout = &view.rollout;
    let (tone, word) = state::phase(&rollout.phase);
    let reason = state::reason(rollout);
    let reason = (!reason.is_empty()).then(|| view! { <p class="reason">{reason}</p> }.part());
    let ends = rollout.phase.ends_at().map(|ends| {
        view! { <p class="soak"><span class="soak-left">{time::countdown(ends, page.frame.now)}</span>" left of the soak"</p> }.part()
    });
    let paused_at = match &rollout.phase {
        Phase::Held { since, .. } => {
            Some(view! { <p class="soak">"held "{time::ago(*since, page.frame.now)}</p> }.part())
        }
        _ => None,
    };
    let problem = view
        .problem
        .clone()
        .map(|problem| view! { <p class="callout bad">{mark(Tone::Bad)}{problem}</p> }.part());
    view! {
        <div class=format!("flight {}", tone.class())>
            <header class="flight-head">
                <div aria-live="polite">
                    <p class="flight-state">{badge(tone, word)}</p>
                    <h3>{state::headline(rollout)}</h3>
                    {reason}
                </div>
                {ends}
                {paused_at}
            </header>
            {problem}
            {track::track(page, view)}
            {pods::pods(page, view)}
            {act::acts(page, view)}
            {readings::readings(page, view)}
            <div class="curves">{view.curves.iter().map(|one| curve::curve(page, view, one)).collect_view()}</div>
            {log(page, view)}
        </div>
    }.part()
}

fn log(page: Page<'_>, shown: &RolloutView) -> Html {
    let lines = &shown.log;
    let (open, folded) = lines.split_at(lines.len().min(OPEN_LINES));
    let open: Vec<_> = open.iter().map(|one| line(page, one)).collect();
    let older = (!folded.is_empty()).then(|| {
        let count = folded.len() + shown.left_out;
        let folded: Vec<_> = folded.iter().map(|one| line(page, one)).collect();
        let rest = (shown.left_out > 0).then(|| left_out(page, shown.left_out));
        view! {
            <details class="older"><summary>{count}" earlier decisions"</summary><ol>{folded}</ol>{rest}</details>
        }
        .part()
    });
    view! {
        <section class="log" aria-labelledby="log-title">
            <h4 id="log-title">"Decisions"</h4>
            <ol>{open}</ol>
            {older}
        </section>
    }
    .part()
}

/// The beginning of a long log: how much of it is not here, and where it is.
fn left_out(page: Page<'_>, count: usize) -> Html {
    let record = forms::below(page.model.go_live.id, "print");
    view! { <p class="help">{format!("Older ones not shown here: {count}. ")}<a href=record>"The record has them"</a></p> }
        .part()
}

fn line(page: Page<'_>, line: &LogLine) -> Html {
    let why =
        (!line.why.is_empty()).then(|| view! { <span class="because">{line.why.clone()}</span> }.part());
    view! {
        <li data-key=line.at.timestamp_micros().to_string()>
            {time::ago(line.at, page.frame.now)}
            <span><span class="what">{line.what.clone()}</span>" "{why}</span>
        </li>
    }
    .part()
}
