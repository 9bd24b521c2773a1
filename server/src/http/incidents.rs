//! Incidents: the list, one of them, what is done with it, what goes out about it.

mod act;
mod export;
mod list;
mod notes;
mod refusal;
mod response;
mod show;
mod update;

use axum::response::{IntoResponse as _, Redirect, Response};
use gantry_app::features::incidents::model::Names;
use gantry_app::forms;
use gantry_domain::id::IncidentId;

use super::Fault;
use super::form::Posted;
use super::page::Page;
use super::visit::Visit;
use crate::services::incidents::IncidentError;

pub(super) use act::{acknowledge, command, hand_over, send_again, severity, state};
pub(super) use export::{json, markdown};
pub(super) use list::{form, list, open};
pub(super) use notes::{edit, note};
pub(super) use show::show;
pub(super) use update::{send as send_update, write as write_update};

/// What integrations are called.
fn names(visit: &Visit) -> Names {
    visit.app.presets.iter().map(|preset| (preset.key.to_string(), preset.name.clone())).collect()
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
            let refusal = refusal::refusal(&why, form.to_owned(), posted);
            let visit = visit.at(forms::incident(id));
            let html = show::render(&visit, id, &show::Asked::default(), Some(refusal)).await?;
            Ok(Page::with(refusal::status(&why), &html).into_response())
        }
        Err(error) => Err(refusal::fault(error)),
    }
}

/// An id in an address; anything else is no page of ours.
pub(super) fn id_of(text: &str) -> Result<IncidentId, Fault> {
    text.parse().map_err(|_| Fault::NotFound)
}
