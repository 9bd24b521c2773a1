//! The track: the steps in a row, what each asked for and what it comes to, which are done, where it stands.

use chrono::{DateTime, Utc};
use gantry_domain::plan::{AchievableStep, Step, achievable_on, soak};
use gantry_domain::rollout::{Outcome, Phase, Rollout, Side};
use leptos::prelude::*;

use crate::ui::html::{Html, Part};

use super::model::RolloutView;
use super::page::Page;

/// How a step of the track stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Standing {
    /// Passed.
    Done,
    /// Under way.
    Now,
    /// Still to come.
    Next,
    /// Taken back, or never to come.
    Gone,
}

impl Standing {
    const fn class(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Now => "now",
            Self::Next => "next",
            Self::Gone => "gone",
        }
    }

    const fn word(self) -> &'static str {
        match self {
            Self::Done => "passed",
            Self::Now => "now",
            Self::Next => "to come",
            Self::Gone => "taken back",
        }
    }
}

/// How step `index` of `rollout` stands.
pub(super) fn standing(rollout: &Rollout, index: usize) -> Standing {
    let last = rollout.plan.steps.len().saturating_sub(1);
    if rollout.phase.is_returning() || matches!(rollout.phase, Phase::Aborted { .. }) {
        return Standing::Gone;
    }
    let reached = match inner(&rollout.phase) {
        Phase::Starting => return Standing::Next,
        Phase::Finishing { .. }
        | Phase::Verifying { .. }
        | Phase::RestoringStrategy { outcome: Outcome::Released, .. } => last,
        Phase::Complete => return Standing::Done,
        other => other.step().unwrap_or(0),
    };
    match index.cmp(&reached) {
        std::cmp::Ordering::Less => Standing::Done,
        std::cmp::Ordering::Equal => Standing::Now,
        std::cmp::Ordering::Greater => Standing::Next,
    }
}

/// Where a held rollout goes on.
fn inner(phase: &Phase) -> &Phase {
    match phase {
        Phase::Held { from, .. } => inner(from),
        other => other,
    }
}

/// The track.
pub(super) fn track(page: Page<'_>, view: &RolloutView) -> Html {
    let rollout = &view.rollout;
    let achieved = achievable_on(&rollout.plan, rollout.replicas, rollout.basis);
    let steps: Vec<_> = rollout
        .plan
        .steps
        .iter()
        .zip(&achieved)
        .enumerate()
        .map(|(index, (step, achieved))| node(rollout, index, *step, *achieved, page.frame.now))
        .collect();
    view! { <ol class="track" aria-label="Steps">{steps}</ol> }.part()
}

fn node(rollout: &Rollout, index: usize, step: Step, achieved: AchievableStep, now: DateTime<Utc>) -> Html {
    let standing = standing(rollout, index);
    let running = rollout.seen.tally(Side::New).ready;
    let ready = (standing == Standing::Now).then(|| format!(" · {running} ready"));
    let pods = format!("{} of {} pods", achieved.new_pods, rollout.replicas);
    let soaked = (standing == Standing::Now).then(|| soaked(&rollout.phase, now)).flatten();
    let coarse = (achieved.achieved_percent != step.percent)
        .then(|| view! { <span class="achieved-percent">" = "{achieved.achieved_percent}" %"</span> }.part());
    let soak = if step.soak_seconds == 0 {
        "no soak".to_owned()
    } else {
        format!("soak {}", soak(step.soak_seconds))
    };
    view! {
        <li class=standing.class() aria-current=(standing == Standing::Now).then_some("step") data-key=index.to_string()>
            <span class="node" aria-hidden="true"></span>
            {soaked}
            <span class="percent">{step.percent}" %"{coarse}</span>
            <span class="step-pods">{pods}{ready}</span>
            <span class="step-soak">{soak}<span class="hidden-text">", "{standing.word()}</span></span>
        </li>
    }.part()
}

/// How much of the soak is over, drawn on the track.
fn soaked(phase: &Phase, now: DateTime<Utc>) -> Option<Html> {
    let (Phase::Soaking { since, ends_at, .. } | Phase::Verifying { since, ends_at }) = phase else {
        return None;
    };
    let whole = (*ends_at - *since).num_seconds().max(1);
    let over = (now - *since).num_seconds().clamp(0, whole);
    Some(view! { <progress class="soaked" max=whole.to_string() value=over.to_string() aria-label="Part of the soak that is over"></progress> }.part())
}
