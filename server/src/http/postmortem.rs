//! The postmortem of an incident: the page, its sections, action items, and the document.

use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Redirect, Response};
use gantry_app::features::response::{model, postmortem};
use gantry_app::forms;
use gantry_app::refusal::Refusal;
use gantry_domain::id::IncidentId;
use gantry_domain::incident::State;
use gantry_domain::postmortem::Section;

use super::Fault;
use super::attachment::attachment;
use super::form::Posted;
use super::page::Page;
use super::response::{head, id_of, refusal, scene_of};
use super::visit::Visit;
use crate::live::topics;
use crate::services::postmortems::{self, SaveError};
use crate::services::response::ResponseError;

/// The page.
pub(super) async fn show(visit: Visit, Path(id): Path<String>) -> Result<Page, Fault> {
    Ok(Page::ok(&render(&visit, id_of(&id)?, None, None).await?))
}

/// The document.
pub(super) async fn markdown(visit: Visit, Path(id): Path<String>) -> Result<Response, Fault> {
    let id = id_of(&id)?;
    let scene = scene_of(&visit, id).await?;
    let seen = postmortems::see(&visit.app.db, &visit.app.responding, id).await?;
    let name = format!("incident-{}-postmortem.md", scene.incident.number);
    Ok(attachment(&name, "text/markdown; charset=utf-8", seen.markdown(visit.now)))
}

/// Saves a section, or shows both texts.
pub(super) async fn save(
    visit: Visit,
    Path((id, section)): Path<(String, String)>,
    posted: Posted,
) -> Result<Response, Fault> {
    let id = id_of(&id)?;
    let section = Section::from_word(&section).ok_or(Fault::NotFound)?;
    let caller = posted.caller(&visit)?;
    let seen = posted.number("seen")?;
    let text = posted.get("text").to_owned();
    let form = postmortem::section_form(section);
    match postmortems::save_section(&visit.app.db, caller, id, section, seen, text).await {
        Ok(()) => Ok(Redirect::to(&forms::response(id, "postmortem")).into_response()),
        Err(SaveError::Conflict(theirs)) => {
            let by = theirs.by.as_deref().unwrap_or("Somebody");
            let refusal = Refusal {
                form,
                field: String::new(),
                what: format!("{by} saved this section while you were writing, so yours was not saved."),
                next_step: "Both texts are here: put them together, then save.".to_owned(),
                typed: posted.typed(),
            };
            let visit = visit.at(forms::response(id, "postmortem"));
            let page = render(&visit, id, Some(section), Some(refusal)).await?;
            Ok(Page::with(StatusCode::CONFLICT, &page).into_response())
        }
        Err(SaveError::Response(error)) => refused(&visit, id, error, &form, &posted).await,
    }
}

/// Adds an action item.
pub(super) async fn add_item(
    visit: Visit,
    Path(id): Path<String>,
    posted: Posted,
) -> Result<Response, Fault> {
    let id = id_of(&id)?;
    let caller = posted.caller(&visit)?;
    let item = (posted.get("what").to_owned(), posted.get("owner").to_owned(), posted.get("due").to_owned());
    match postmortems::add_item(&visit.app.db, caller, id, item).await {
        Ok(()) => Ok(to_items(id)),
        Err(error) => refused(&visit, id, error, "item", &posted).await,
    }
}

/// Marks an action item as done, or as open again.
pub(super) async fn mark_item(
    visit: Visit,
    Path((id, item, ask)): Path<(String, String, String)>,
    posted: Posted,
) -> Result<Response, Fault> {
    let id = id_of(&id)?;
    let which = item.parse().map_err(|_| Fault::NotFound)?;
    let done = match ask.as_str() {
        "done" => true,
        "reopen" => false,
        _ => return Err(Fault::NotFound),
    };
    let caller = posted.caller(&visit)?;
    match postmortems::mark_item(&visit.app.db, caller, id, which, done).await {
        Ok(()) => Ok(to_items(id)),
        Err(error) => refused(&visit, id, error, &format!("{ask}-{item}"), &posted).await,
    }
}

fn to_items(id: IncidentId) -> Response {
    Redirect::to(&format!("{}#action-items", forms::response(id, "postmortem"))).into_response()
}

async fn refused(
    visit: &Visit,
    id: IncidentId,
    error: ResponseError,
    form: &str,
    posted: &Posted,
) -> Result<Response, Fault> {
    let (status, refusal) = refusal(error, form, posted)?;
    let visit = visit.at(forms::response(id, "postmortem"));
    Ok(Page::with(status, &render(&visit, id, None, Some(refusal)).await?).into_response())
}

async fn render(
    visit: &Visit,
    id: IncidentId,
    conflict: Option<Section>,
    refusal: Option<Refusal>,
) -> Result<String, Fault> {
    let scene = scene_of(visit, id).await?;
    let seen = postmortems::see(&visit.app.db, &visit.app.responding, id).await?;
    let model = model::Postmortem {
        head: head(&scene),
        record: seen.record,
        sections: seen.sections,
        items: seen.items,
        review: (scene.incident.state == State::Resolved).then_some(scene.incident.version),
        conflict,
        refusal,
    };
    Ok(postmortem::render(&visit.frame(vec![topics::incident(id)]), &model))
}
