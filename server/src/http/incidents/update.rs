//! Writing an update of an incident, looking at it, sending it.

use std::collections::BTreeMap;

use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Redirect, Response};
use gantry_app::features::incidents::model::{Preview, UpdateModel};
use gantry_app::features::incidents::{render_update, update_proposed, update_values};
use gantry_app::forms;
use gantry_app::refusal::Refusal;
use gantry_domain::incident::message::{self, Channel, Tell};
use gantry_domain::incident::targets::ServiceLevel;
use gantry_domain::incident::{Command, Incident, Refused, decide, for_everybody, previewed};

use super::refusal::{fault, refusal, status};
use super::{id_of, names};
use crate::http::Fault;
use crate::http::form::Posted;
use crate::http::page::Page;
use crate::http::visit::Visit;
use crate::services::incidents::acting::{self, Update};
use crate::services::incidents::{IncidentError, level_of};
use crate::store::incidents;

/// The page, with what is so now.
pub(in crate::http) async fn write(visit: Visit, Path(id): Path<String>) -> Result<Page, Fault> {
    let incident = find(&visit, &id).await?;
    let values = update_values(&incident);
    Ok(page(&visit, StatusCode::OK, incident, values, None, None))
}

/// Looks at what was written, or sends it.
pub(in crate::http) async fn send(
    visit: Visit,
    Path(id): Path<String>,
    posted: Posted,
) -> Result<Response, Fault> {
    let incident = find(&visit, &id).await?;
    if posted.get("step") == "propose" {
        return Ok(proposed(&visit, incident, &posted).into_response());
    }
    let update = match read(&posted) {
        Ok(update) => update,
        Err(why) => return Ok(refused(&visit, incident, &why, &posted)),
    };
    // Looked at first, always: what is sent is what was seen.
    let sends = posted.get("step") == "send";
    if !sends || posted.get("mark") != mark(&update) {
        let (status, changed) =
            if sends { (StatusCode::CONFLICT, Some(changed(&posted))) } else { (StatusCode::OK, None) };
        let db = &visit.app.db;
        let level = db.read(level_of(db.pool(), &visit.app.desk, &incident.subject)).await?;
        return Ok(match look(&visit, &incident, &update, &level) {
            Ok(preview) => {
                page(&visit, status, incident, posted.typed(), Some(preview), changed).into_response()
            }
            Err(why) => refused(&visit, incident, &why, &posted),
        });
    }
    let caller = posted.caller(&visit)?;
    let seen = posted.number("seen")?;
    match acting::update(&visit.app.db, &visit.app.desk, caller, incident.id, update, seen).await {
        Ok(()) => Ok(Redirect::to(&forms::incident(incident.id)).into_response()),
        Err(IncidentError::Refused(why)) => Ok(refused(&visit, incident, &why, &posted)),
        Err(error) => Err(fault(error)),
    }
}

/// The page again, with the proposal in its field: to be changed, looked at and sent. Nothing goes out by it.
fn proposed(visit: &Visit, incident: Incident, posted: &Posted) -> Page {
    let words = update_proposed(&names(visit), &incident);
    let mut values = posted.typed();
    values.insert("public".to_owned(), for_everybody::with_proposal(posted.get("public"), &words));
    page(visit, StatusCode::OK, incident, values, None, None)
}

fn read(posted: &Posted) -> Result<Update, Refused> {
    let next = posted.get("next").trim();
    let next_in_minutes = if next.is_empty() {
        None
    } else {
        // A fortnight at most: whoever says nothing for longer has forgotten it.
        let minutes = next.parse::<u32>().ok().filter(|minutes| (1..=20_160).contains(minutes));
        Some(minutes.ok_or(Refused::UpdateInThePast)?)
    };
    Ok(Update {
        impact: posted.get("impact").to_owned(),
        action: posted.get("action").to_owned(),
        next_in_minutes,
        channels: Channel::ALL
            .into_iter()
            .filter(|channel| !posted.get(channel.as_str()).is_empty())
            .collect(),
        public_text: posted.get("public").to_owned(),
    })
}

fn mark(update: &Update) -> String {
    let Update { impact, action, next_in_minutes, channels, public_text } = update;
    previewed::mark(impact, action, *next_in_minutes, channels, public_text)
}

/// Said beside what would be sent, where it is not what was looked at.
fn changed(posted: &Posted) -> Refusal {
    Refusal {
        form: "update".to_owned(),
        what: "You changed it after looking at it; this is what would be sent now.".to_owned(),
        typed: posted.typed(),
        ..Refusal::default()
    }
}

/// What would go out, by the same decision that sending it makes.
fn look(
    visit: &Visit,
    incident: &Incident,
    update: &Update,
    level: &ServiceLevel,
) -> Result<Preview, Refused> {
    let (app, actor) = (&visit.app, visit.actor.as_ref().ok_or(Refused::RoleTooLow)?);
    let command = Command::Update {
        impact: update.impact.clone(),
        action: update.action.clone(),
        next_in_minutes: update.next_in_minutes,
    };
    let change = decide(incident, &command, actor, incident.version, level, visit.now)?;
    let address = app.desk.address(incident.id);
    let messages: Vec<_> = app
        .desk
        .channels
        .iter()
        .filter(|channel| update.channels.contains(channel))
        .map(|channel| (*channel, message::text(&change.next, Tell::Update, &address)))
        .collect();
    let public = update.public_text.trim();
    let public = (!public.is_empty()).then(|| public.to_owned());
    if messages.is_empty() && public.is_none() && !app.desk.channels.is_empty() {
        return Err(Refused::NoChannel);
    }
    Ok(Preview { messages, public, next_update_at: change.next.next_update_at, mark: mark(update) })
}

async fn find(visit: &Visit, id: &str) -> Result<Incident, Fault> {
    let db = &visit.app.db;
    db.read(incidents::find(db.pool(), id_of(id)?)).await?.ok_or(Fault::NotFound)
}

fn refused(visit: &Visit, incident: Incident, why: &Refused, posted: &Posted) -> Response {
    let refusal = refusal(why, "update".to_owned(), posted);
    page(visit, status(why), incident, posted.typed(), None, Some(refusal)).into_response()
}

fn page(
    visit: &Visit,
    status: StatusCode,
    incident: Incident,
    values: BTreeMap<String, String>,
    preview: Option<Preview>,
    refusal: Option<Refusal>,
) -> Page {
    let channels = visit.app.desk.channels.to_vec();
    let model = UpdateModel { incident, names: names(visit), values, channels, preview, refusal };
    Page::with(status, &render_update(&visit.frame(Vec::new()), &model))
}
