//! The list of incidents, and the form for a new one.

use gantry_domain::incident::targets::{Targets, Times};
use gantry_domain::incident::{Incident, clock, opening::MAX_TITLE};
use gantry_domain::postmortem::ActionItem;
use gantry_domain::preset::Severity;
use leptos::prelude::*;

use super::head::{due, subject};
use super::model::{ListModel, Names, NewModel};
use super::words;
use crate::document::document;
use crate::forms;
use crate::frame::Frame;
use crate::ui::form::{Field, Form};
use crate::ui::html::{Html, Part};
use crate::ui::state::{Tone, mark, state};
use crate::ui::time;

/// Renders the list.
pub fn render_list(frame: &Frame, model: &ListModel) -> String {
    let (open, over): (Vec<_>, Vec<_>) = model.incidents.iter().partition(|incident| incident.is_open());
    let new = model
        .may_open
        .then(|| view! { <a class="button primary" href=forms::NEW_INCIDENT>"Open an incident"</a> }.part());
    let none_at_all = model.incidents.is_empty();
    let body = if none_at_all { teach(&model.times) } else { lists(frame, model, &open, &over) };
    document(frame, "Incidents", || {
        view! {
            <header class="page-head"><h1>"Incidents"</h1>{new}</header>
            <div data-live="incidents">{body}</div>
        }
        .part()
    })
}

fn lists(frame: &Frame, model: &ListModel, open: &[&Incident], over: &[&Incident]) -> Html {
    let quiet =
        open.is_empty().then(|| view! { <p class="notice">{mark(Tone::Good)}"Nothing is open."</p> }.part());
    let rows = |incidents: &[&Incident]| -> Option<Html> {
        let rows: Vec<_> = incidents.iter().map(|incident| row(frame, &model.names, incident)).collect();
        (!rows.is_empty()).then(|| view! { <ul class="incidents panel">{rows}</ul> }.part())
    };
    let open_count = open.len();
    let earlier = rows(over)
        .map(|rows| view! { <section class="stack-section"><h2>"Earlier"</h2>{rows}</section> }.part());
    view! {
        <label class="filter">
            <span class="hidden-text">"Filter the incidents"</span>
            <input type="search" data-filter="" placeholder="Filter" autocomplete="off" aria-keyshortcuts="/"/>
            <kbd aria-hidden="true">"/"</kbd>
        </label>
        <section class="stack-section">
            <h2>"Open "<span class="count">{open_count}</span></h2>
            {quiet}
            {rows(open)}
        </section>
        {to_do(frame, &model.to_do)}
        {earlier}
    }
    .part()
}

/// What was learned and is not done yet.
fn to_do(frame: &Frame, items: &[(Incident, ActionItem)]) -> Option<Html> {
    let today = frame.now.date_naive();
    let rows: Vec<_> = items
        .iter()
        .map(|(incident, item)| {
            let (standing, due) = if item.is_overdue(today) {
                (state(Tone::Bad, "overdue"), "was due on ")
            } else {
                (state(Tone::Quiet, "to do"), "due on ")
            };
            let number = format!("#{}", incident.number);
            view! {
                <li class="action-item" data-key=item.id.to_string()>
                    <span>{standing}</span>
                    <a class="title" href=format!("{}#action-items", forms::response(incident.id, "postmortem"))>{item.text.clone()}</a>
                    <span class="said">
                        {number}" · "{item.owner.clone()}" · "{due}{item.due.format("%Y-%m-%d").to_string()}
                    </span>
                </li>
            }
            .part()
        })
        .collect();
    let count = rows.len();
    (!rows.is_empty()).then(|| {
        view! {
            <section class="stack-section" id="action-items">
                <h2>"Action items "<span class="count">{count}</span></h2>
                <ul class="panel to-do">{rows}</ul>
            </section>
        }
        .part()
    })
}

fn row(frame: &Frame, names: &Names, incident: &Incident) -> Html {
    let clocks: Vec<_> = if incident.is_open() {
        incident.countdowns(frame.now).iter().map(|countdown| due(countdown, frame.now)).collect()
    } else {
        Vec::new()
    };
    let leads = incident.led_by().map_or_else(|| "nobody leads".to_owned(), |person| person.name.clone());
    let missed = incident
        .has_missed(frame.now)
        .then(|| view! { <span class="late-mark">"response missed"</span> }.part());
    let when = if incident.is_open() {
        incident.opened_at
    } else {
        incident.resolved_at.unwrap_or(incident.opened_at)
    };
    let said = if incident.is_open() { "opened " } else { "resolved " };
    let class = if incident.is_open() { "incident-row is-open" } else { "incident-row" };
    view! {
        <li class=class data-nav-item="" tabindex="-1" id=format!("incident-{}", incident.id)>
            <a href=forms::incident(incident.id)>
                <span class="severity">{state(words::severity(incident.severity), incident.severity.label())}</span>
                <span class="title">
                    <span class="incident-number">"#"{incident.number}</span>" "{incident.title.clone()}
                </span>
                {subject(names, incident)}
                <span class="row-state">{state(words::state(incident.state), incident.state.as_str())}</span>
                <span class="clocks">{clocks}{missed}</span>
                <span class="said">{leads}" · "{said}{time::ago(when, frame.now)}</span>
            </a>
        </li>
    }.part()
}

fn teach(times: &[(String, Times)]) -> Html {
    let levels: Vec<_> = Severity::ALL
        .into_iter()
        .map(|severity| {
            view! {
                <tr>
                    <td>{state(words::severity(severity), severity.label())}</td>
                    <td>{clock::meaning(severity)}</td>
                    <td>{promised(severity, times)}</td>
                </tr>
            }
            .part()
        })
        .collect();
    view! {
        <section class="teach panel">
            <h2>"Nothing has gone wrong yet"</h2>
            <p>"A threshold that fires, or a rollout that goes back, opens an incident here by itself. Anybody on duty can open one too. Everybody reads one timeline; a clock says by when somebody has to answer."</p>
            <table><tbody>{levels}</tbody></table>
        </section>
    }.part()
}

/// The first response that a severity is promised: once where it is the same everywhere, else with what each is for.
fn promised(severity: Severity, times: &[(String, Times)]) -> String {
    let mut said: Vec<(String, Vec<&str>)> = Vec::new();
    for (name, times) in times {
        let words = times.of(severity).promise();
        match said.iter_mut().find(|(known, _)| *known == words) {
            Some((_, names)) => names.push(name.as_str()),
            None => said.push((words, vec![name.as_str()])),
        }
    }
    match said.as_slice() {
        [] => Targets::default().respond.of(severity).promise(),
        [(words, _)] => words.clone(),
        several => {
            let parts = several.iter().map(|(words, names)| format!("{words} ({})", names.join(" · ")));
            parts.collect::<Vec<_>>().join("; ")
        }
    }
}

/// Renders the form for a new incident.
pub fn render_new(frame: &Frame, model: &NewModel) -> String {
    let form = Form::new(frame, "new", forms::INCIDENTS, model.refusal.as_ref());
    let value = |name: &str| model.values.get(name).cloned().unwrap_or_default();
    let title = Field { max: Some(MAX_TITLE), ..Field::new("title", "What is wrong") }
        .required()
        .sample("Events of the EU region are not ingested")
        .value(value("title"));
    let sentence = Field::new("sentence", "What was seen")
        .help("In a sentence or two; it becomes the first entry of the timeline.")
        .value(value("sentence"));
    let impact = Field::new("impact", "Who is affected, and how")
        .sample("New events are delayed by ten minutes")
        .value(value("impact"));
    let fields = view! {
        {integrations(&form, model, value("integration"))}
        {severities(&value("severity"), &model.times)}
        {form.line(&title)}
        {form.text(&sentence, 3)}
        {form.line(&impact)}
        <p class="acts">
            <button class="button primary">"Open the incident"</button>
            <a class="button quiet" href=forms::INCIDENTS>"Cancel"</a>
        </p>
    }
    .part();
    let form = form.with("panel stack wide-form", fields);
    document(frame, "Open an incident", || {
        view! {
            <header class="page-head"><h1>"Open an incident"</h1></header>
            <div data-live="new">{form}</div>
        }
        .part()
    })
}

fn integrations(form: &Form, model: &NewModel, chosen: String) -> Html {
    let ids: Vec<String> = model.integrations.iter().map(|(id, _)| id.to_string()).collect();
    let names = model.integrations.iter().map(|(_, name)| name.as_str());
    let choices: Vec<_> = ids.iter().map(String::as_str).zip(names).collect();
    form.choice(&Field::new("integration", "What it is about").required().value(chosen), &choices)
}

/// The four severities to choose from, each with its meaning and its clock.
fn severities(chosen: &str, times: &[(String, Times)]) -> Html {
    let chosen = if chosen.is_empty() { Severity::P2.as_str() } else { chosen };
    let choices: Vec<_> = Severity::ALL
        .into_iter()
        .map(|severity| {
            view! {
                <label class="choice">
                    <input type="radio" name="severity" value=severity.as_str() checked=severity.as_str() == chosen/>
                    <span>
                        {state(words::severity(severity), severity.label())}" "<strong>{clock::meaning(severity)}</strong>
                        <span class="help">{promised(severity, times)}</span>
                    </span>
                </label>
            }
            .part()
        })
        .collect();
    view! { <fieldset class="choices-large"><legend>"How bad is it"</legend>{choices}</fieldset> }.part()
}
