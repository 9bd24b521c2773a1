//! The record of a go-live as a document: who stated what, when, about which release; what the rollout did; room to sign.
//! Times are in UTC and exact: this page is read when ages no longer mean anything.

use chrono::{DateTime, Utc};
use gantry_domain::age;
use gantry_domain::checklist::{Item, Statement};
use gantry_domain::golive::{ChecklistSection, Override};
use leptos::prelude::*;

use crate::ui::html::{Html, Part};

use super::model::Model;
use crate::document::document_in;
use crate::features::console::model::RolloutView;
use crate::features::console::state as words;
use crate::forms;
use crate::frame::Frame;
use crate::ui::layout::Place;

/// Renders the page.
pub fn render(frame: &Frame, model: &Model) -> String {
    let go_live = &model.go_live;
    let place = Place {
        integration: go_live.integration.clone(),
        environment: go_live.environment.clone(),
        ..Place::default()
    };
    let title = format!("Record of {} {}", go_live.integration, go_live.release.image.version());
    let back = forms::go_live(go_live.id);
    document_in(frame, &place, &title, || {
        view! {
            <article class="record panel">
                <p class="crumbs screen-only"><a href=back>"Back to the go-live"</a>" · print this page with the browser"</p>
                {head(frame, model)}
                {model.go_live.overrides.iter().map(|made| overridden(model, made)).collect_view()}
                {model.go_live.sections.iter().map(|section| table(model, section)).collect_view()}
                {model.rollouts.iter().map(rollout).collect_view()}
                {signatures()}
            </article>
        }.part()
    })
}

fn head(frame: &Frame, model: &Model) -> Html {
    let go_live = &model.go_live;
    let from = go_live.from_image.as_ref().map_or_else(|| "not known".to_owned(), ToString::to_string);
    let digest = go_live.release.known_digest().unwrap_or("not known").to_owned();
    let running = go_live.running.as_ref().map_or_else(|| "not known".to_owned(), ToString::to_string);
    let workload = &go_live.workload;
    let facts = [
        ("Environment", go_live.environment.clone()),
        ("From", from),
        ("To", go_live.release.image.to_string()),
        ("Digest", digest),
        ("Configuration", go_live.release.config_hash.clone()),
        ("Configuration in the cluster", running),
        (
            "Runs as",
            format!("{}/{}, container {}", workload.namespace, workload.deployment, workload.container),
        ),
        ("Opened", format!("{}, {}", go_live.created_by.name, age::exact(go_live.created_at))),
        ("Checklist", go_live.progress().text()),
        ("Gate", model.gate.text()),
        ("Bound to", go_live.binding().short().to_owned()),
        ("Printed", age::exact(frame.now)),
    ];
    let facts: Vec<_> = facts
        .into_iter()
        .map(|(term, text)| view! { <div><dt>{term}</dt><dd>{text}</dd></div> }.part())
        .collect();
    view! { <h1>"Go-live record: "{go_live.integration.clone()}</h1><dl class="facts">{facts}</dl> }.part()
}

fn overridden(model: &Model, made: &Override) -> Html {
    let open: Vec<_> = made
        .open_then
        .iter()
        .map(|key| {
            model.go_live.item(key).map_or_else(|| key.to_string(), |(_, item)| item.spec.title.clone())
        })
        .collect();
    view! {
        <blockquote class="callout warning">
            <p><strong>"▲ Gate overridden by "{made.by.name.clone()}</strong>", "{age::exact(made.at)}</p>
            <p class="note">{made.reason.clone()}</p>
            <p>"Open then: "{open.join(" · ")}</p>
        </blockquote>
    }
    .part()
}

fn table(model: &Model, section: &ChecklistSection) -> Html {
    let rows: Vec<_> = section.items.iter().map(|item| row(model, item)).collect();
    let progress = section.progress(&model.go_live.binding());
    view! {
        <h2>{section.title.clone()}<span class="fraction">{progress.settled()}"/"{progress.total()}</span></h2>
        <table>
            <thead><tr><th scope="col">"Item"</th><th scope="col">"Stands as"</th><th scope="col">"Stated by"</th></tr></thead>
            <tbody>{rows}</tbody>
        </table>
    }.part()
}

fn row(model: &Model, item: &Item) -> Html {
    let standing = item.standing(&model.go_live.binding());
    let sign = if standing.is_settled() { "☑" } else { "☐" };
    let optional = (!item.spec.required).then_some(" (optional)");
    let said: Vec<_> = standing.statements().into_iter().map(statement).collect();
    view! {
        <tr>
            <td>{sign}" "{item.spec.title.clone()}{optional}</td>
            <td>{words::standing(&standing).1}</td>
            <td>{said}</td>
        </tr>
    }
    .part()
}

fn statement(statement: &Statement) -> Html {
    let note =
        (!statement.note.is_empty()).then(|| view! { <p class="note">{statement.note.clone()}</p> }.part());
    let evidence =
        statement.evidence.clone().map(|address| view! { <p class="because">{address}</p> }.part());
    view! { <p>{statement.by.name.clone()}", "{age::exact(statement.at)}</p>{note}{evidence} }.part()
}

fn rollout(view: &RolloutView) -> Html {
    let rollout = &view.rollout;
    let ended: Option<DateTime<Utc>> = rollout.ended_at;
    let (_, word) = words::phase(&rollout.phase);
    let lines: Vec<_> = view
        .log
        .iter()
        .rev()
        .map(|line| {
            view! { <tr><td>{age::exact(line.at)}</td><td>{line.what.clone()}</td><td>{line.why.clone()}</td></tr> }.part()
        })
        .collect();
    let left_out = (view.left_out > 0).then(|| {
        let words = format!("▲ Decisions left out before the first line below: {}.", view.left_out);
        view! { <p class="callout warning">{words}</p> }.part()
    });
    view! {
        <h2>"Rollout: "{word}</h2>
        <p>
            "Started by "{rollout.started_by.clone()}", "{age::exact(rollout.started_at)}
            {ended.map(|at| format!("; ended {}", age::exact(at)))}
            ". From "{rollout.stable.image.clone()}" to "{rollout.new_image.clone()}", "{rollout.replicas}" replicas."
        </p>
        {left_out}
        <table class="decisions">
            <thead><tr><th scope="col">"When"</th><th scope="col">"What"</th><th scope="col">"Why"</th></tr></thead>
            <tbody>{lines}</tbody>
        </table>
    }.part()
}

fn signatures() -> Html {
    let lines: Vec<_> = ["Release manager", "Second person", "For the business"]
        .into_iter()
        .map(|who| {
            view! { <div><span class="signature-line"></span><p>{who}", place and date"</p></div> }.part()
        })
        .collect();
    view! { <section class="signatures" aria-label="Signatures">{lines}</section> }.part()
}
