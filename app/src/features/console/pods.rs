//! Pods drawn as pods: old hollow, new filled, not ready hatched; and the same in words.

use gantry_domain::rollout::{PodSeen, ReplicaSetSeen, Rollout, Seen, Side};
use leptos::prelude::*;

use crate::ui::html::{Html, Part};

use super::model::RolloutView;
use super::page::Page;
use super::state::{self, version};
use crate::ui::state::{Tone, mark};
use crate::ui::time;

/// More pods than this are counted and not drawn.
const MOST_DRAWN: usize = 80;

/// The pods.
pub(super) fn pods(page: Page<'_>, view: &RolloutView) -> Html {
    let seen = &view.rollout.seen;
    let over = view.rollout.phase.is_over();
    let mut pods = ordered(seen);
    // Nobody looked when the last ones were gone, and the words count none of them.
    pods.retain(|(_, pod)| !(over && pod.terminating));
    let drawn: Vec<_> = pods.iter().take(MOST_DRAWN).map(|(set, pod)| one(set, pod)).collect();
    let more = pods.len().saturating_sub(MOST_DRAWN);
    let more = (more > 0).then(|| view! { <li class="more-pods">"and "{more}" more"</li> }.part());
    // Nobody looks any more once it is over: then they are shown as last seen, and do not turn unknown.
    let period = if over { 0 } else { view.observe_period_seconds };
    let age = view.observed_at.map(|at| time::age_of(at, period, page.frame.now));
    let last = over.then_some("as last seen ");
    let problems: Vec<_> =
        problems(seen).into_iter().map(|problem| view! { <li>{problem}</li> }.part()).collect();
    let problems = (!problems.is_empty()).then(|| view! { <ul class="pod-problems">{problems}</ul> }.part());
    view! {
        <div class="pods" data-reading="">
            <ul class="pod-row" aria-hidden="true">{drawn}{more}</ul>
            <p class="pod-words">
                <span class="tally">{words(&view.rollout.seen, &view.rollout.new_image, &view.rollout.stable.image)}</span>
                " "<span class="age">{last}{age}</span>
            </p>
            {problems}
            {pushed_again(&view.rollout)}
        </div>
    }.part()
}

/// That the tag stands for more than one image, where pods show it.
fn pushed_again(rollout: &Rollout) -> Option<Html> {
    let each: Vec<_> = rollout
        .pushed_again()?
        .into_iter()
        .map(|(digest, count)| {
            let short: String = digest.chars().take("sha256:".len() + 8).collect();
            format!("{short} on {}", state::pods(count))
        })
        .collect();
    let words = format!(
        "{} is not the same image everywhere: {}. The tag was pushed again in between; if that was not meant, roll back, \
         and release it with its digest (name:tag@sha256:…).",
        version(&rollout.new_image),
        each.join(", ")
    );
    Some(view! { <p class="callout warning">{mark(Tone::Warning)}{words}</p> }.part())
}

/// New ones first, then strangers, then old ones.
fn ordered(seen: &Seen) -> Vec<(&ReplicaSetSeen, &PodSeen)> {
    let mut pods: Vec<_> =
        seen.replica_sets.iter().flat_map(|set| set.pods.iter().map(move |pod| (set, pod))).collect();
    pods.sort_by_key(|(set, _)| match set.side {
        Side::New => 0,
        Side::Other => 1,
        Side::Old => 2,
    });
    pods
}

fn one(set: &ReplicaSetSeen, pod: &PodSeen) -> Html {
    let side = match set.side {
        Side::Old => "old",
        Side::New => "new",
        Side::Other => "other",
    };
    let state = if pod.terminating {
        "terminating"
    } else if pod.ready {
        "ready"
    } else {
        "not-ready"
    };
    let title = format!("{} · {} · {}", pod.name, version(&set.image), state.replace('-', " "));
    view! {
        <li data-key=pod.name.clone()>
            <svg class=format!("pod {side} {state}") viewBox="0 0 20 20" width="20" height="20">
                <title>{title}</title>
                <rect class="body" x="2" y="2" width="16" height="16" rx="4"/>
                <rect class="over" x="2" y="2" width="16" height="16" rx="4"/>
                {(set.side == Side::Other).then(|| view! { <path class="stroke" d="M7 7l6 6M13 7l-6 6"/> }.part())}
            </svg>
        </li>
    }.part()
}

/// "1 of v2.5.0 · 9 of v2.4.1 · 10 of 10 ready".
pub(super) fn words(seen: &Seen, new_image: &str, stable_image: &str) -> String {
    let (new, old, other) = (seen.tally(Side::New), seen.tally(Side::Old), seen.tally(Side::Other));
    let mut parts = vec![
        format!("{} new ({})", new.pods, version(new_image)),
        format!("{} old ({})", old.pods, version(stable_image)),
    ];
    if other.pods > 0 {
        parts.push(format!("{} of another version", other.pods));
    }
    parts.push(format!("{} of {} ready", seen.all().ready, seen.replicas));
    parts.join(" · ")
}

/// What keeps pods from becoming ready, each once.
fn problems(seen: &Seen) -> Vec<String> {
    let mut found: Vec<_> = seen
        .replica_sets
        .iter()
        .flat_map(|set| &set.pods)
        .filter_map(|pod| pod.problem.as_ref().map(|problem| format!("{}: {problem}", pod.name)))
        .collect();
    found.truncate(3);
    found
}
