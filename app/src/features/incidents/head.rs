//! The head of an incident: how bad, how far, who leads, and what is due when. Read from four metres.

use chrono::{DateTime, Utc};
use gantry_domain::actor::Role;
use gantry_domain::incident::{Countdown, Incident, Source, State, clock};
use leptos::prelude::*;

use super::model::Names;
use super::page::Page;
use super::words;
use crate::features::response::frame::ways;
use crate::forms;
use crate::ui::form::orphan;
use crate::ui::html::{Html, Part};
use crate::ui::layout::environment;
use crate::ui::state::{Tone, chip, mark};
use crate::ui::time;

/// Something that is counted down; overdue it says so, in words and not only in colour.
pub(super) fn due(countdown: &Countdown, now: DateTime<Utc>) -> Html {
    view! {
        <span class="due" data-key=countdown.what data-over=countdown.overdue.then_some("")>
            <span class="due-what">{countdown.what}</span>" "
            {time::due(countdown.due_at, now)}
        </span>
    }
    .part()
}

/// What it is about; the platform is in no other environment than itself.
pub(super) fn subject(names: &Names, incident: &Incident) -> Html {
    let subject = &incident.subject;
    let preset = (subject.preset.as_str() != subject.environment)
        .then(|| format!("{} ", words::name(names, incident)));
    view! { <span class="subject">{preset}{environment(&subject.environment)}</span> }.part()
}

/// The head.
pub(super) fn head(page: Page<'_>, orphaned: Option<Html>) -> Html {
    let incident = &page.model.incident;
    let severity = format!("{} · {}", incident.severity.label(), clock::meaning(incident.severity));
    let acknowledge = (incident.state == State::Open && page.may(Role::ReleaseManager)).then(|| {
        page.form("acknowledge", "acknowledge").with(
            "acknowledge",
            view! { <button class="button primary large">"I look at it"</button> }.part(),
        )
    });
    view! {
        <header class="incident-head panel" data-live="incident-head">
            <p class="crumbs"><a href=forms::INCIDENTS>"Incidents"</a></p>
            <div class="incident-title">
                <h1><span class="incident-number">"#"{incident.number}</span>" "{incident.title.clone()}</h1>
                {acknowledge}
            </div>
            <p class="incident-chips" aria-live="polite">
                {chip(words::severity(incident.severity), severity)}
                {chip(words::state(incident.state), incident.state.as_str())}
                {firing(incident)}
                {subject(&page.model.names, incident)}
            </p>
            {tiles(page)}
            {facts(page)}
            {orphaned}
            {ways(incident.id, "")}
        </header>
    }
    .part()
}

fn firing(incident: &Incident) -> Option<Html> {
    let Source::Threshold { .. } = incident.source else { return None };
    let (tone, word) = match (incident.firing, incident.is_open()) {
        (true, true) => (Tone::Bad, "still firing"),
        (false, true) => (Tone::Good, "not firing now"),
        (_, false) => return None,
    };
    let times = words::fired(incident).map(|times| view! { <span class="count">{times}</span> }.part());
    Some(view! { {chip(tone, word)}{times} }.part())
}

fn tiles(page: Page<'_>) -> Html {
    let (incident, now) = (&page.model.incident, page.frame.now);
    let leads = incident.commander.as_ref().map_or_else(
        || view! { <strong class="nobody">"Nobody yet"</strong> }.part(),
        |commander| {
            view! { <strong>{commander.person.name.clone()}</strong><span class="said">"since "{time::ago(commander.since, now)}</span> }.part()
        },
    );
    let open_for = match incident.resolved_at {
        Some(at) => view! {
            <strong>{gantry_domain::age::words(at - incident.opened_at)}</strong>
            <span class="said">"resolved "{time::ago(at, now)}</span>
        }
        .part(),
        None => view! {
            <strong>{time::ago(incident.opened_at, now)}</strong>
            <span class="said">{incident.opened_by.as_ref().map_or_else(|| "by Gantry".to_owned(), |by| format!("by {}", by.name))}</span>
        }
        .part(),
    };
    let opened = if incident.is_open() { "Opened" } else { "Lasted" };
    view! {
        <dl class="tiles">
            {response(incident, now)}
            {next_update(page)}
            <div class="tile"><dt>"Commander"</dt><dd>{leads}</dd></div>
            <div class="tile"><dt>{opened}</dt><dd>{open_for}</dd></div>
        </dl>
    }
    .part()
}

fn response(incident: &Incident, now: DateTime<Utc>) -> Html {
    let missed = incident.clocks.iter().filter(|clock| clock.is_missed(now));
    let missed: Vec<_> = missed
        .map(|clock| view! { <span class="late-mark">{clock.severity.label()}" missed, due "{time::ago(clock.due_at, now)}</span> }.part())
        .collect();
    let running = incident.running_clock().filter(|_| incident.is_open());
    match (running, &incident.answered) {
        (Some(clock), _) => view! {
            <div class="tile due" data-over=(now > clock.due_at).then_some("")>
                <dt>"First response"</dt>
                <dd><strong>{time::due(clock.due_at, now)}</strong><span class="said">{clock.promise()}</span></dd>
            </div>
        }
        .part(),
        (None, Some(answer)) => view! {
            <div class="tile">
                <dt>"First response"</dt>
                <dd>
                    <strong>"after "{gantry_domain::age::words(answer.at - incident.opened_at)}</strong>
                    <span class="said">"by "{answer.by.name.clone()}</span>
                    {missed}
                </dd>
            </div>
        }
        .part(),
        (None, None) => view! { <div class="tile"><dt>"First response"</dt><dd><strong>"none"</strong>{missed}</dd></div> }.part(),
    }
}

fn next_update(page: Page<'_>) -> Option<Html> {
    let (incident, now, zone) = (&page.model.incident, page.frame.now, page.frame.zone);
    let at = incident.next_update_at.filter(|_| incident.is_open())?;
    Some(view! {
        <div class="tile due" data-over=(now > at).then_some("")>
            <dt>"Next update"</dt>
            <dd><strong>{time::due(at, now)}</strong><span class="said">{format!("by {} {}", zone.local(at).format("%H:%M"), zone.label())}</span></dd>
        </div>
    }
    .part())
}

fn facts(page: Page<'_>) -> Html {
    let incident = &page.model.incident;
    let said = |text: &str, otherwise: &'static str| {
        if text.trim().is_empty() {
            view! { <dd class="said">{otherwise}</dd> }.part()
        } else {
            view! { <dd>{text.to_owned()}</dd> }.part()
        }
    };
    let source = match &incident.source {
        Source::Threshold { name, version, .. } => {
            let words = format!("{name}, version {version}");
            match page.model.threshold {
                Some(id) => {
                    let address = format!("{}#version-{version}", forms::threshold(id));
                    view! { <a href=address>{words}</a> }.part()
                }
                None => view! { {words} }.part(),
            }
        }
        Source::Rollout { go_live, .. } => {
            view! { <a href=forms::go_live(*go_live)>"A rollout that went back"</a> }.part()
        }
        Source::Hand => {
            let name =
                incident.opened_by.as_ref().map_or_else(|| "A person".to_owned(), |by| by.name.clone());
            view! { {name} }.part()
        }
    };
    let missed = incident.clocks.iter().any(|clock| clock.stopped_at.is_some_and(|at| at > clock.due_at));
    let record = missed.then(|| {
        view! { <p class="callout warning">{mark(Tone::Warning)}"A first response was missed; that stays on record."</p> }.part()
    });
    view! {
        <dl class="facts incident-facts">
            <div><dt>"Impact"</dt>{said(&incident.impact, "not known yet")}</div>
            <div><dt>"Now"</dt>{said(&incident.action, "nothing written down yet")}</div>
            <div><dt>"Opened by"</dt><dd>{source}</dd></div>
        </dl>
        {record}
    }
    .part()
}

/// A refusal whose form is gone.
pub(super) fn refused(page: Page<'_>, rest: &str) -> Option<Html> {
    let refusal = page.model.refusal.as_ref()?;
    (!rest.contains(&format!(" id=\"{}\"", refusal.form))).then(|| orphan(refusal))
}
