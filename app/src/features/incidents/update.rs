//! Writing an update: what people outside are told, seen before it goes out. A page of its own, so that nothing that
//! happens meanwhile changes what is being written.

use gantry_domain::age;
use gantry_domain::incident::{Incident, MAX_TEXT, Subject, for_everybody, message};
use leptos::prelude::*;

use super::model::{Names, Preview, UpdateModel};
use super::words;
use crate::document::document_in;
use crate::forms;
use crate::frame::Frame;
use crate::ui::form::{Field, Form};
use crate::ui::html::{Html, Part};
use crate::ui::layout::Place;
use crate::ui::state::chip;

/// Renders the page.
pub fn render_update(frame: &Frame, model: &UpdateModel) -> String {
    let incident = &model.incident;
    let place = Place {
        integration: words::name(&model.names, incident),
        environment: incident.subject.environment.clone(),
        ..Place::default()
    };
    let title = format!("Update of incident {}", incident.number);
    let back = forms::incident(incident.id);
    document_in(frame, &place, &title, || {
        view! {
            <p class="crumbs"><a href=back.clone()>"Back to the incident"</a></p>
            <header class="page-head"><h1>{title.clone()}</h1></header>
            <p class="incident-chips">
                {chip(words::severity(incident.severity), incident.severity.label())}
                {chip(words::state(incident.state), incident.state.as_str())}
                <strong>{incident.title.clone()}</strong>
            </p>
            <div class="update">
                {compose(frame, model)}
                {model.preview.as_ref().map(preview)}
            </div>
        }
        .part()
    })
}

fn compose(frame: &Frame, model: &UpdateModel) -> Html {
    let incident = &model.incident;
    let action = forms::below_incident(incident.id, "update");
    let form = Form::new(frame, "update", action.clone(), model.refusal.as_ref()).seen(incident.version);
    let value = |name: &str| model.values.get(name).cloned().unwrap_or_default();
    let long = |name, label| Field { max: Some(MAX_TEXT), ..Field::new(name, label) };
    let impact = long("impact", "Impact: who is affected, and how").value(value("impact"));
    let doing = long("action", "Current action").sample("Rolling back to v2.4.1").value(value("action"));
    let next = Field {
        kind: "number",
        input_mode: Some("numeric"),
        ..Field::new("next", "Minutes until the next update")
    }
    .help("Left empty, it is as the severity asks for.")
    .value(value("next"));
    let public = long("public", "For everybody, on the status page")
        .sample("We are investigating delayed events. Last updated 14:05 UTC.")
        .help("Left empty, nothing new is published. What is affected, what is being done; no internals.")
        .value(value("public"));
    let channels: Vec<_> = model
        .channels
        .iter()
        .map(|channel| {
            let checked = !value(channel.as_str()).is_empty();
            view! {
                <label class="tick-choice">
                    <input type="checkbox" name=channel.as_str() value="on" checked=checked/>
                    <span>{channel.label()}</span>
                </label>
            }
            .part()
        })
        .collect();
    let none = channels.is_empty().then(|| {
        view! { <p class="help">"No channel is configured; an admin sets GANTRY_SLACK_WEBHOOK or GANTRY_PAGERDUTY_KEY."</p> }.part()
    });
    let send = model
        .preview
        .is_some()
        .then(|| view! { <button class="button primary" name="step" value="send">"Send it"</button> }.part());
    // Words to read and to take over by a button of their own: the field itself stays empty until a person fills it.
    let proposal = frame.status_page.then(|| {
        view! {
            <div class="proposal">
                <p class="because">"A proposal; nothing of it is published unless you put it into the field."</p>
                <p class="note">{proposed(&model.names, incident)}</p>
            </div>
        }
        .part()
    });
    // The last of the buttons: the first one is what the Enter key presses.
    let propose = frame.status_page.then(|| {
        view! { <button class="button" name="step" value="propose">"Put the proposal into the field"</button> }.part()
    });
    let mark = model
        .preview
        .as_ref()
        .map(|preview| view! { <input type="hidden" name="mark" value=preview.mark.clone()/> }.part());
    let class = if model.preview.is_some() { "button" } else { "button primary" };
    let look = if model.preview.is_some() { "Look again" } else { "Look at it first" };
    view! {
        <form id="update" class="panel stack wide-form" method="post" action=action>
            {form.hidden()}
            {mark}
            {form.whole_refusal()}
            {form.text(&impact, 2)}
            {form.text(&doing, 2)}
            {form.line(&next)}
            <fieldset class="radios"><legend>"Internal, to"</legend>{channels}{none}</fieldset>
            {frame.status_page.then(|| form.text(&public, 3))}
            {proposal}
            <p class="acts">
                {send}
                <button class=class name="step" value="preview">{look}</button>
                {propose}
            </p>
        </form>
    }
    .part()
}

fn preview(preview: &Preview) -> Html {
    let messages: Vec<_> = preview
        .messages
        .iter()
        .map(|(channel, text)| {
            view! { <section><h3>{channel.label()}</h3><pre>{text.clone()}</pre></section> }.part()
        })
        .collect();
    let public = preview
        .public
        .clone()
        .map(|text| view! { <section><h3>"Status page"</h3><pre>{text}</pre></section> }.part());
    let nobody = (preview.messages.is_empty() && preview.public.is_none())
        .then(|| view! { <p>"Nobody outside of Gantry is told: it is kept on the timeline."</p> }.part());
    let next = preview
        .next_update_at
        .map(|at| view! { <p class="help">"The next update is due at "{age::exact(at)}"."</p> }.part());
    view! {
        <aside class="panel preview-message" aria-label="Preview">
            <h2>"This goes out"</h2>
            {messages}
            {public}
            {nobody}
            {next}
        </aside>
    }
    .part()
}

/// What could be published about it, by the name that everybody reads on the status page.
pub fn proposed(names: &Names, incident: &Incident) -> String {
    let name = words::name(names, incident);
    let Subject { preset, environment, .. } = &incident.subject;
    // The platform is in no other environment than itself.
    let what = if preset.as_str() == environment { name } else { format!("{name} ({environment})") };
    for_everybody::proposal(&what, incident.severity, incident.state)
}

/// The values of the form before anybody types.
pub fn values(incident: &Incident) -> std::collections::BTreeMap<String, String> {
    let mut values: std::collections::BTreeMap<String, String> =
        [("impact".to_owned(), incident.impact.clone()), ("action".to_owned(), incident.action.clone())]
            .into();
    values.insert(message::Channel::Slack.as_str().to_owned(), "on".to_owned());
    values
}
