//! One integration on the first page.

use gantry_domain::overview::{Need, Stage, Urgency};
use gantry_domain::preset::Severity;
use leptos::prelude::*;

use super::model::{Alerts, Card, Firing, GoLive, Incident, Rollout, Version};
use crate::forms;
use crate::frame::Frame;
use crate::ui::html::{Html, Part};
use crate::ui::layout::environment;
use crate::ui::lights::lights;
use crate::ui::state::{Tone, mark, state};
use crate::ui::time;

/// The id of a card on the page.
pub(super) fn anchor(place: usize) -> String {
    format!("integration-{place}")
}

/// One integration; `first` is the most urgent thing about it.
pub(super) fn card(frame: &Frame, place: usize, card: &Card, first: Option<&Need>) -> Html {
    let class = match first.map(|need| need.urgency) {
        Some(Urgency::Emergency) => "integration panel bad",
        Some(Urgency::Now | Urgency::Soon) => "integration panel warning",
        Some(Urgency::Work) | None => "integration panel",
    };
    let title = format!("{}-title", anchor(place));
    view! {
        <section class=class id=anchor(place) aria-labelledby=title.clone() data-key=format!("{} {}", card.name, card.environment) data-nav-item="" tabindex="-1">
            <header>
                <h2 id=title.clone()><span class="title">{card.name.clone()}" "</span>{environment(&card.environment)}</h2>
                {version(frame, &card.version)}
            </header>
            {lights(&card.lights, frame.now)}
            {incidents(frame, &card.incidents)}
            {card.rollout.as_ref().map(|one| rollout(frame, one))}
            {alerts(frame, &card.alerts)}
            {go_lives(card)}
        </section>
    }
    .part()
}

fn version(frame: &Frame, version: &Version) -> Html {
    let title = version.problem.clone().unwrap_or_else(|| version.source.clone());
    let Some(known) = version.version.clone() else {
        return view! {
            <p class="runs unknown" title=title>{mark(Tone::Unknown)}<span class="word">"version unknown"</span></p>
        }
        .part();
    };
    let age = version.at.map(|at| time::age_of(at, version.period_seconds, frame.now));
    let stale = version.at.filter(|at| time::is_stale(*at, version.period_seconds, frame.now));
    let problem = version.problem.is_some().then(|| mark(Tone::Unknown));
    view! {
        <p class="runs" title=title data-reading="" data-stale=stale.map(|_| "")>
            {problem}
            <span class="hidden-text">"Runs "</span>
            <strong class="version value">{known}</strong>
            <span class="because">{version.source.clone()}" "{age}</span>
        </p>
    }
    .part()
}

/// The tone of a severity.
fn severity(severity: Severity) -> Tone {
    match severity {
        Severity::P1 => Tone::Bad,
        Severity::P2 => Tone::Warning,
        Severity::P3 | Severity::P4 => Tone::Quiet,
    }
}

fn incidents(frame: &Frame, incidents: &[Incident]) -> Option<Html> {
    let rows: Vec<_> = incidents
        .iter()
        .map(|incident| {
            let overdue = incident.update_due.filter(|due| *due <= frame.now);
            let due = match (incident.update_due, overdue) {
                (_, Some(due)) => Some(
                    view! { <span class="state bad">{mark(Tone::Bad)}<span class="word">"word overdue, was due "{time::ago(due, frame.now)}</span></span> }.part(),
                ),
                (Some(due), None) => {
                    Some(view! { <span class="because">"next word in "{time::countdown(due, frame.now)}</span> }.part())
                }
                (None, None) => None,
            };
            let leads = incident.commander.clone().unwrap_or_else(|| "nobody leads".to_owned());
            view! {
                <li data-key=incident.address.clone()>
                    {state(severity(incident.severity), incident.severity.label())}
                    <a class="title" href=incident.address.clone()>{incident.title.clone()}</a>
                    <span class="because">{incident.state.clone()}", "{leads}", "{time::ago(incident.opened_at, frame.now)}</span>
                    {due}
                </li>
            }
            .part()
        })
        .collect();
    (!rows.is_empty()).then(|| part("Incidents", view! { <ul class="lines">{rows}</ul> }.part()))
}

fn rollout(frame: &Frame, rollout: &Rollout) -> Html {
    let steps: Vec<_> = rollout
        .steps
        .iter()
        .enumerate()
        .map(|(step, percent)| {
            let class = match step.cmp(&rollout.at) {
                std::cmp::Ordering::Less => "done",
                std::cmp::Ordering::Equal => "now",
                std::cmp::Ordering::Greater => "",
            };
            view! { <li class=class><span>{*percent}"\u{a0}%"</span></li> }.part()
        })
        .collect();
    let age = rollout.observed.map(|(at, period)| time::age_of(at, period, frame.now));
    let body = view! {
        <p class="fact-line">
            {state(rollout.tone, rollout.word.clone())}
            <a class="title" href=forms::go_live(rollout.go_live)>{rollout.headline.clone()}</a>
            <span class="because">{age}</span>
        </p>
        <ol class="mini-track" aria-label="Steps">{steps}</ol>
    }
    .part();
    part("Rollout", body)
}

fn alerts(frame: &Frame, alerts: &Alerts) -> Option<Html> {
    let address = alerts.address.clone()?;
    let rows: Vec<_> = alerts.firing.iter().map(|one| firing(frame, one)).collect();
    let unknown = match alerts.all - alerts.unknown.min(alerts.all) {
        _ if alerts.unknown == 0 => None,
        0 => Some(state(Tone::Unknown, "all unknown")),
        _ => Some(state(Tone::Unknown, format!("{} unknown", alerts.unknown))),
    };
    let pending =
        (alerts.pending > 0).then(|| state(Tone::Warning, format!("{} over the limit", alerts.pending)));
    let quiet = (alerts.firing.is_empty() && alerts.pending == 0 && alerts.unknown == 0)
        .then(|| state(Tone::Good, "none fires"));
    let stopped = alerts.stopped.clone().map(|why| view! { <span class="because">{why}</span> }.part());
    let body = view! {
        <ul class="lines">{rows}</ul>
        <p class="fact-line">
            {quiet}{pending}{unknown}{stopped}
            <a class="because" href=address>{if alerts.all == 1 { "1 threshold".to_owned() } else { format!("{} thresholds", alerts.all) }}</a>
        </p>
    }
    .part();
    Some(part("Thresholds", body))
}

fn firing(frame: &Frame, firing: &Firing) -> Html {
    let since = firing.since.map(|since| time::ago(since, frame.now));
    let value = firing.value.clone().map(|value| view! { <strong class="value">{value}" "</strong> }.part());
    view! {
        <li data-key=firing.address.clone()>
            {state(severity(firing.severity), format!("{} fires", firing.severity.label()))}
            <a class="title" href=firing.address.clone()>{firing.name.clone()}</a>
            <span class="because">{value}{since}</span>
        </li>
    }
    .part()
}

fn go_lives(card: &Card) -> Option<Html> {
    let rows: Vec<_> = card.go_lives.iter().map(|one| go_live(card, one)).collect();
    let finished = (card.finished > 0).then(|| {
        let text = format!("{} finished", card.finished);
        view! { <p class="fact-line"><a class="because" href=forms::GO_LIVES>{text}</a></p> }.part()
    });
    (!rows.is_empty() || card.finished > 0)
        .then(|| part("Go-lives", view! { <ul class="lines">{rows}</ul>{finished} }.part()))
}

fn go_live(card: &Card, go_live: &GoLive) -> Html {
    let work = &go_live.work;
    let (tone, stands) = match work.stage {
        Stage::Preparing => (Tone::Quiet, "gate closed"),
        Stage::Ready => (Tone::Good, "gate open"),
        Stage::Running => (Tone::Quiet, "going out"),
        Stage::Held => (Tone::Warning, "held"),
        Stage::Aftercare => (Tone::Good, "everywhere"),
        Stage::Over => (Tone::Quiet, "over"),
    };
    let named = (go_live.integration != card.name)
        .then(|| view! { <span class="because">" "{go_live.integration.clone()}</span> }.part());
    let from = go_live.from.clone().map(|from| view! { <span class="because">{from}" → "</span> }.part());
    let mine = (work.mine > 0).then(|| {
        let address = forms::go_live_showing(go_live.id, "mine");
        view! { <a class="mine-count" href=address>{work.mine}" for you"</a> }.part()
    });
    let left = match (work.stage, work.open) {
        (Stage::Preparing | Stage::Ready | Stage::Aftercare, 0) => "nothing open".to_owned(),
        (Stage::Preparing | Stage::Ready, _) => go_live.progress.text(),
        (Stage::Aftercare, open) => format!("{open} to confirm"),
        (Stage::Running | Stage::Held | Stage::Over, _) => String::new(),
    };
    view! {
        <li data-key=go_live.id.to_string()>
            {state(tone, stands)}
            <a class="title" href=forms::go_live(go_live.id)>{from}<strong class="version">{work.version.clone()}</strong></a>
            {named}
            <span class="because">{left}</span>
            {mine}
        </li>
    }
    .part()
}

fn part(name: &'static str, body: Html) -> Html {
    view! { <div class="integration-part"><h3>{name}</h3><div>{body}</div></div> }.part()
}
