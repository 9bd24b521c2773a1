//! Incidents: the list, one of them, what is done with it, what goes out about it.

mod response;
mod update;

use std::collections::BTreeMap;

use axum::extract::{Path, Query};
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Redirect, Response};
use chrono::{DateTime, NaiveDateTime, Utc};
use gantry_app::features::incidents::model::{Delivery, DeliveryState, ListModel, Model, Names, NewModel};
use gantry_app::features::incidents::{self, page};
use gantry_app::forms;
use gantry_app::refusal::Refusal;
use gantry_domain::actor::Role;
use gantry_domain::id::{EntryId, IncidentId};
use gantry_domain::incident::entry::{Draft, EntryKind};
use gantry_domain::incident::message::{Channel, Tell};
use gantry_domain::incident::{Command, Field, Refused, export};
use gantry_domain::preset::Severity;
use serde::Deserialize;

use super::Fault;
use super::form::Posted;
use super::page::Page;
use super::visit::Visit;
use crate::engine::probes::PERIOD_SECONDS;
use crate::live::topics;
use crate::services::incidents::acting::{self, Ask};
use crate::services::incidents::{IncidentError, opening, seeing, timeline};
use crate::services::lights;
use crate::store::{incidents as stored, integrations, outbox};

pub(super) use update::{send as send_update, write as write_update};

/// The list.
pub(super) async fn list(visit: Visit) -> Result<Page, Fault> {
    let model = ListModel {
        incidents: seeing::list(&visit.app.db).await?,
        may_open: visit.person()?.may_act_as(Role::ReleaseManager),
        names: names(&visit),
    };
    let frame = visit.frame(vec![topics::INCIDENTS.to_owned()]);
    Ok(Page::ok(&incidents::render_list(&frame, &model)))
}

/// What integrations are called.
fn names(visit: &Visit) -> Names {
    visit.app.presets.iter().map(|preset| (preset.key.to_string(), preset.name.clone())).collect()
}

/// The form for a new one.
pub(super) async fn form(visit: Visit) -> Result<Page, Fault> {
    let model = new_model(&visit, BTreeMap::new(), None).await?;
    Ok(Page::ok(&incidents::render_new(&visit.frame(Vec::new()), &model)))
}

async fn new_model(
    visit: &Visit,
    values: BTreeMap<String, String>,
    refusal: Option<Refusal>,
) -> Result<NewModel, Fault> {
    let db = &visit.app.db;
    let all = db.read(integrations::all(db.pool())).await?;
    let names = &visit.app.presets;
    let mut integrations = all
        .into_iter()
        .map(|one| {
            let name = names.iter().find(|preset| preset.key == one.preset);
            let name = name.map_or_else(|| one.preset.to_string(), |preset| preset.name.clone());
            let whole = one.workload.is_none();
            let label = if whole { name } else { format!("{name}, {}", one.environment) };
            (whole, one.id, label)
        })
        .collect::<Vec<_>>();
    // What everybody works on stands before the platform as a whole.
    integrations.sort_by_key(|(whole, ..)| *whole);
    let integrations = integrations.into_iter().map(|(_, id, label)| (id, label)).collect();
    Ok(NewModel { integrations, values, refusal })
}

/// Opens one.
pub(super) async fn open(visit: Visit, posted: Posted) -> Result<Response, Fault> {
    let caller = posted.caller(&visit)?;
    let severity: Severity = posted.get("severity").parse().unwrap_or(Severity::P2);
    let draft = opening::Draft {
        integration: posted.get("integration").parse().ok(),
        severity,
        title: posted.get("title").to_owned(),
        sentence: posted.get("sentence").to_owned(),
        impact: posted.get("impact").to_owned(),
    };
    match opening::by_hand(&visit.app.db, &visit.app.desk, caller, draft).await {
        Ok(id) => Ok(Redirect::to(&forms::incident(id)).into_response()),
        Err(IncidentError::Refused(why)) => {
            let refusal = refusal(&why, "new".to_owned(), &posted);
            let model = new_model(&visit, posted.typed(), Some(refusal)).await?;
            let visit = visit.at(forms::NEW_INCIDENT.to_owned());
            let html = incidents::render_new(&visit.frame(Vec::new()), &model);
            Ok(Page::with(status(&why), &html).into_response())
        }
        Err(error) => Err(fault(error)),
    }
}

#[derive(Deserialize, Default)]
pub(super) struct Asked {
    kind: Option<String>,
    before: Option<String>,
}

/// One incident.
pub(super) async fn show(
    visit: Visit,
    Path(id): Path<String>,
    Query(asked): Query<Asked>,
) -> Result<Page, Fault> {
    let id = id_of(&id)?;
    let pages = &visit.app.pages;
    let look = format!(
        "{id}?{}&{}",
        asked.kind.as_deref().unwrap_or_default(),
        asked.before.as_deref().unwrap_or_default()
    );
    let place = pages.place(visit.person()?, &look);
    if let Some(kept) = pages.get(&place).await {
        return Ok(Page::again(kept));
    }
    let page = Page::ok(&render(&visit, id, &asked, None).await?);
    pages.keep(place, page.pieces()).await;
    Ok(page)
}

async fn render(
    visit: &Visit,
    id: IncidentId,
    asked: &Asked,
    refusal: Option<Refusal>,
) -> Result<String, Fault> {
    let app = &visit.app;
    let kind: Option<EntryKind> = asked.kind.as_deref().and_then(|kind| kind.parse().ok());
    let before = asked.before.as_deref().and_then(place_of);
    let seen = seeing::see(&app.db, id, kind, before).await?.ok_or(Fault::NotFound)?;
    let subject = &seen.incident.subject;
    let found = app.db.read(stored::lights_of(app.db.pool(), subject.integration)).await?;
    let preset = app.presets.iter().find(|preset| preset.key == subject.preset);
    let lights = lights::shown(&found, preset, PERIOD_SECONDS, visit.now);
    let response = response::response_parts(visit, &seen.incident, refusal.as_ref()).await?;
    let model = Model {
        older: seen.older.map(|(at, seq)| format!("{}-{seq}", at.timestamp_micros())),
        is_older: before.is_some(),
        kind,
        counts: seen.counts,
        entries: seen.entries.into_iter().map(|placed| placed.entry).collect(),
        editions: seen.editions,
        messages: seen.messages.into_iter().map(delivery).collect(),
        channels: app.desk.channels.to_vec(),
        leaders: seen.leaders,
        names: names(visit),
        lights,
        present: seen.present,
        refusal,
        response,
        incident: seen.incident,
    };
    Ok(page::render(&visit.frame(vec![topics::incident(id)]), &model))
}

/// A place in the timeline, as addresses carry it.
fn place_of(text: &str) -> Option<(DateTime<Utc>, i64)> {
    let (at, seq) = text.rsplit_once('-')?;
    Some((DateTime::from_timestamp_micros(at.parse().ok()?)?, seq.parse().ok()?))
}

fn delivery(seen: outbox::Seen) -> Delivery {
    let state = match (seen.delivered_at, seen.failed_at, seen.last_error) {
        (Some(at), ..) => DeliveryState::Sent { at },
        (None, Some(at), why) => DeliveryState::Failed { at, why: why.unwrap_or_default() },
        (None, None, Some(why)) => DeliveryState::Retrying { at: seen.next_attempt_at, why },
        (None, None, None) => DeliveryState::Queued,
    };
    let tell: Option<Tell> = serde_json::from_value(seen.tell.into()).ok();
    Delivery {
        id: seen.id.into(),
        channel: Channel::of(&seen.channel).map_or(seen.channel, |channel| channel.label().to_owned()),
        what: tell.map_or("Message", Tell::headline).to_owned(),
        by: seen.by_name,
        written_at: seen.created_at,
        attempts: u32::try_from(seen.attempts).unwrap_or_default(),
        state,
    }
}

/// "I look at it."
pub(super) async fn acknowledge(visit: Visit, at: Path<String>, posted: Posted) -> Result<Response, Fault> {
    act(visit, at, posted, "acknowledge", |_| Ok(Ask::Command(Command::Acknowledge))).await
}

/// Another state.
pub(super) async fn state(visit: Visit, at: Path<String>, posted: Posted) -> Result<Response, Fault> {
    let ask = |posted: &Posted| {
        let to = posted.get("to").parse().map_err(|_| Fault::BadForm("it names no state"))?;
        Ok(Ask::Command(Command::Become { to, note: posted.get("note").to_owned() }))
    };
    act(visit, at, posted, "state", ask).await
}

/// Another severity.
pub(super) async fn severity(visit: Visit, at: Path<String>, posted: Posted) -> Result<Response, Fault> {
    let ask = |posted: &Posted| {
        let to = posted.get("to").parse().map_err(|_| Fault::BadForm("it names no severity"))?;
        Ok(Ask::Command(Command::Severity { to, reason: posted.get("reason").to_owned() }))
    };
    act(visit, at, posted, "severity", ask).await
}

/// "I lead."
pub(super) async fn command(visit: Visit, at: Path<String>, posted: Posted) -> Result<Response, Fault> {
    act(visit, at, posted, "command", |_| Ok(Ask::Command(Command::TakeCommand))).await
}

/// "You lead."
pub(super) async fn hand_over(visit: Visit, at: Path<String>, posted: Posted) -> Result<Response, Fault> {
    let ask = |posted: &Posted| {
        posted.get("person").parse().map(Ask::HandOver).map_err(|_| Fault::BadForm("it names nobody"))
    };
    act(visit, at, posted, "hand-over", ask).await
}

async fn act(
    visit: Visit,
    Path(id): Path<String>,
    posted: Posted,
    form: &str,
    ask: impl FnOnce(&Posted) -> Result<Ask, Fault>,
) -> Result<Response, Fault> {
    let id = id_of(&id)?;
    let caller = posted.caller(&visit)?;
    let seen = posted.number("seen")?;
    let asked = ask(&posted)?;
    let done = acting::act(&visit.app.db, &visit.app.desk, caller, id, asked, seen).await;
    answer(&visit, id, done, form, &posted).await
}

/// A note on the timeline.
pub(super) async fn note(visit: Visit, Path(id): Path<String>, posted: Posted) -> Result<Response, Fault> {
    let id = id_of(&id)?;
    let caller = posted.caller(&visit)?;
    let done = match draft(&posted) {
        Ok(draft) => timeline::add_note(&visit.app.db, caller, id, draft).await,
        Err(why) => Err(why.into()),
    };
    answer(&visit, id, done, "note", &posted).await
}

/// A note says something else.
pub(super) async fn edit(
    visit: Visit,
    Path((id, entry)): Path<(String, String)>,
    posted: Posted,
) -> Result<Response, Fault> {
    let id = id_of(&id)?;
    let entry: EntryId = entry.parse().map_err(|_| Fault::NotFound)?;
    let caller = posted.caller(&visit)?;
    let seen = posted.number("seen")?;
    let done = match draft(&posted) {
        Ok(draft) => timeline::edit_note(&visit.app.db, caller, id, entry, draft, seen).await,
        Err(why) => Err(why.into()),
    };
    answer(&visit, id, done, &format!("edit-{entry}"), &posted).await
}

/// A message that was given up is sent again.
pub(super) async fn send_again(
    visit: Visit,
    Path((id, message)): Path<(String, String)>,
    posted: Posted,
) -> Result<Response, Fault> {
    let id = id_of(&id)?;
    let message = message.parse().map_err(|_| Fault::NotFound)?;
    let caller = posted.caller(&visit)?;
    let done = acting::send_again(&visit.app.db, caller, id, message).await;
    answer(&visit, id, done, &format!("again-{message}"), &posted).await
}

fn draft(posted: &Posted) -> Result<Draft, Refused> {
    let happened = posted.get("happened").trim();
    let happened_at = if happened.is_empty() { None } else { Some(moment(happened).ok_or(Refused::NoTime)?) };
    Ok(Draft {
        text: posted.get("text").to_owned(),
        link: posted.get("link").to_owned(),
        happened_at,
        public: !posted.get("public").is_empty(),
    })
}

/// A moment as browsers send it, or as people type it; in universal time.
fn moment(text: &str) -> Option<DateTime<Utc>> {
    let text = text.replace('T', " ");
    ["%Y-%m-%d %H:%M:%S", "%Y-%m-%d %H:%M"]
        .iter()
        .find_map(|form| NaiveDateTime::parse_from_str(text.trim_end_matches([' ', 'Z']), form).ok())
        .map(|moment| moment.and_utc())
}

/// The way back to the page, or the page again with why not.
async fn answer(
    visit: &Visit,
    id: IncidentId,
    done: Result<(), IncidentError>,
    form: &str,
    posted: &Posted,
) -> Result<Response, Fault> {
    match done {
        Ok(()) => Ok(Redirect::to(&forms::incident(id)).into_response()),
        Err(IncidentError::Refused(why)) => {
            let refusal = refusal(&why, form.to_owned(), posted);
            let visit = visit.at(forms::incident(id));
            let html = render(&visit, id, &Asked::default(), Some(refusal)).await?;
            Ok(Page::with(status(&why), &html).into_response())
        }
        Err(error) => Err(fault(error)),
    }
}

fn fault(error: IncidentError) -> Fault {
    match error {
        IncidentError::NoSuchIncident => Fault::NotFound,
        IncidentError::Store(error) => error.into(),
        IncidentError::Refused(_) => Fault::BadForm("it was refused"),
    }
}

fn refusal(why: &Refused, form: String, posted: &Posted) -> Refusal {
    let field = match why.field() {
        Field::Text => match form.as_str() {
            "state" => "note",
            "severity" => "reason",
            "update" => "impact",
            "new" => "sentence",
            _ => "text",
        },
        Field::Link => "link",
        Field::HappenedAt => "happened",
        Field::NextUpdate => "next",
        Field::Title => "title",
        Field::Integration => "integration",
        Field::Person | Field::Form => "",
    };
    Refusal {
        form,
        field: field.to_owned(),
        what: why.message(),
        next_step: why.next_step(),
        typed: posted.typed(),
    }
}

fn status(why: &Refused) -> StatusCode {
    match why {
        Refused::RoleTooLow | Refused::NotYours => StatusCode::FORBIDDEN,
        Refused::ChangedMeanwhile { .. }
        | Refused::UnknownVersion
        | Refused::LedBy { .. }
        | Refused::LeadsAlready
        | Refused::NotFrom { .. }
        | Refused::SameSeverity
        | Refused::Over
        | Refused::ToldSince => StatusCode::CONFLICT,
        Refused::CannotLead
        | Refused::ReasonNeeded
        | Refused::TextNeeded
        | Refused::TextTooLong { .. }
        | Refused::NotALink
        | Refused::NotYet
        | Refused::NoTime
        | Refused::UpdateInThePast
        | Refused::TitleNeeded
        | Refused::NoIntegration
        | Refused::NothingChanged
        | Refused::NoChannel => StatusCode::UNPROCESSABLE_ENTITY,
    }
}

/// The timeline as Markdown.
pub(super) async fn markdown(visit: Visit, Path(id): Path<String>) -> Result<Response, Fault> {
    let (incident, entries) = seeing::whole(&visit.app.db, id_of(&id)?).await?.ok_or(Fault::NotFound)?;
    let text = export::markdown(&incident, &entries, visit.now);
    Ok(file(incident.number, "md", "text/markdown; charset=utf-8", text))
}

/// The timeline as JSON.
pub(super) async fn json(visit: Visit, Path(id): Path<String>) -> Result<Response, Fault> {
    let (incident, entries) = seeing::whole(&visit.app.db, id_of(&id)?).await?.ok_or(Fault::NotFound)?;
    let text = format!("{:#}\n", export::json(&incident, &entries, visit.now));
    Ok(file(incident.number, "json", "application/json", text))
}

fn file(number: i64, ending: &str, kind: &'static str, text: String) -> Response {
    let mut response = text.into_response();
    let mut set = |name: HeaderName, value: &str| {
        if let Ok(value) = HeaderValue::from_str(value) {
            response.headers_mut().insert(name, value);
        }
    };
    set(header::CONTENT_TYPE, kind);
    set(header::CONTENT_DISPOSITION, &format!("attachment; filename=\"incident-{number}.{ending}\""));
    response
}

/// An id in an address; anything else is no page of ours.
pub(super) fn id_of(text: &str) -> Result<IncidentId, Fault> {
    text.parse().map_err(|_| Fault::NotFound)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_read_as_browsers_send_and_people_type_them() {
        let expected = "2026-11-21T14:05:00Z".parse::<DateTime<Utc>>().ok();
        for text in ["2026-11-21T14:05", "2026-11-21 14:05", "2026-11-21 14:05:00", "2026-11-21T14:05:00Z"] {
            assert_eq!(moment(text), expected, "{text}");
        }
        for text in ["yesterday", "14:05", "2026-13-01 10:00"] {
            assert_eq!(moment(text), None, "{text}");
        }
    }

    #[test]
    fn a_place_in_the_timeline_is_read_back() {
        assert_eq!(place_of("1763721727000000-42").map(|(_, seq)| seq), Some(42));
        for text in ["", "42", "x-1", "1-x"] {
            assert_eq!(place_of(text), None, "{text}");
        }
    }
}
