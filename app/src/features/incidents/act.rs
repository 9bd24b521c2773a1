//! What can be done with an incident: its state, its severity, who leads.

use gantry_domain::actor::Role;
use gantry_domain::incident::{MAX_TEXT, State, clock};
use gantry_domain::preset::Severity;
use leptos::prelude::*;

use super::page::Page;
use crate::forms;
use crate::ui::form::Field;
use crate::ui::html::{Html, Part};

/// The acts; nothing for those who read.
pub(super) fn acts(page: Page<'_>) -> Option<Html> {
    if !page.may(Role::ReleaseManager) {
        return None;
    }
    let incident = &page.model.incident;
    let command = incident.is_open().then(|| command(page));
    let severity = incident.is_open().then(|| severity(page));
    let nothing = (incident.state == State::Reviewed).then(|| {
        view! { <p class="help">"Reviewed: nothing more can be changed. Notes can still be added."</p> }
            .part()
    });
    Some(
        view! {
            <section class="respond panel" aria-labelledby="respond-title" data-live="respond">
                <h2 id="respond-title">"Respond"</h2>
                {state(page)}
                {nothing}
                <div class="acts respond-acts">{command}{severity}</div>
            </section>
        }
        .part(),
    )
}

fn state(page: Page<'_>) -> Option<Html> {
    let from = page.model.incident.state;
    let buttons: Vec<_> = from
        .next()
        .iter()
        .enumerate()
        .map(|(place, to)| {
            let first = place == 0 && !matches!(from, State::Open | State::Resolved);
            let class = if first { "button primary" } else { "button" };
            // A button of its own for each state: none becomes another one under somebody's finger.
            view! { <button class=class name="to" value=to.as_str() data-key=to.as_str()>{to.button(from)}</button> }.part()
        })
        .collect();
    if buttons.is_empty() {
        return None;
    }
    let form = page.form("state", "state");
    let note = Field { max: Some(MAX_TEXT), ..Field::new("note", "Note") }
        .sample("What is known now; it goes on the timeline");
    // What comes after a resolved incident is learning from it; that it is closed for good comes last.
    let write = (from == State::Resolved).then(|| {
        let address = forms::response(page.model.incident.id, "postmortem");
        view! { <a class="button primary" href=address>"Write the postmortem"</a> }.part()
    });
    Some(form.with("stack", view! { {form.line(&note)}<p class="acts">{write}{buttons}</p> }.part()))
}

fn command(page: Page<'_>) -> Html {
    let incident = &page.model.incident;
    let me = page.actor().map(|actor| actor.person.id);
    let leads = incident.led_by().map(|person| person.id);
    let take = (leads != me).then(|| {
        let words = match incident.led_by() {
            Some(person) => format!("Take command over from {}", person.name),
            None => "Take command".to_owned(),
        };
        page.form("command", "command")
            .with("inline", view! { <button class="button">{words}</button> }.part())
    });
    let form = page.form("hand-over", "hand-over");
    let open = form.is_refused();
    let options: Vec<_> = page
        .model
        .leaders
        .iter()
        .filter(|person| Some(person.id) != leads)
        .map(|person| view! { <option value=person.id.to_string()>{person.name.clone()}</option> }.part())
        .collect();
    let hand_over = (!options.is_empty()).then(|| {
        let fields = view! {
            <div class="field">
                <label for="hand-over-person">"Who leads from now on"</label>
                <select id="hand-over-person" name="person">{options}</select>
            </div>
            <button class="button">"Hand over"</button>
        }
        .part();
        view! {
            <details class="act" data-closes="" open=open>
                <summary class="button">"Hand over…"</summary>
                {form.with("stack", fields)}
            </details>
        }
        .part()
    });
    view! { {take}{hand_over} }.part()
}

fn severity(page: Page<'_>) -> Html {
    let now = page.model.incident.severity;
    let form = page.form("severity", "severity");
    let open = form.is_refused();
    let choices: Vec<_> = Severity::ALL
        .into_iter()
        .filter(|severity| *severity != now)
        .enumerate()
        .map(|(place, severity)| {
            let words = format!("{} · {}", severity.label(), clock::meaning(severity));
            view! {
                <label class="radio">
                    <input type="radio" name="to" value=severity.as_str() checked=place == 0/>
                    <span>{words}</span>
                </label>
            }
            .part()
        })
        .collect();
    let reason = Field { max: Some(MAX_TEXT), ..Field::new("reason", "Reason") }
        .required()
        .help("The response clock begins anew; one that was missed stays on record.");
    let fields = view! {
        <fieldset class="radios"><legend>"New severity"</legend>{choices}</fieldset>
        {form.text(&reason, 2)}
        <button class="button">"Change the severity"</button>
    }
    .part();
    view! {
        <details class="act" data-closes="" open=open>
            <summary class="button">"Change severity…"</summary>
            {form.with("stack", fields)}
        </details>
    }
    .part()
}
