//! Looking at everything before a start, and overriding what may be overridden.

use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Redirect, Response};
use gantry_app::forms;
use gantry_app::refusal::Refusal;
use gantry_domain::preflight::Check;

use super::Fault;
use super::console::{id_of, refused};
use super::form::Posted;
use super::rollout::sentence;
use super::visit::Visit;
use crate::services::preflight::{self, PreflightError};

/// Looks at everything again.
pub(super) async fn look(visit: Visit, Path(id): Path<String>, posted: Posted) -> Result<Response, Fault> {
    let id = id_of(&id)?;
    let caller = posted.caller(&visit)?;
    let app = &visit.app;
    match preflight::take(&app.db, &app.around, caller, id).await {
        Ok(()) => Ok(Redirect::to(&forms::go_live(id)).into_response()),
        Err(error) => refuse(&visit, id, &posted, "preflight", error).await,
    }
}

/// An admin's word that it may start all the same.
pub(super) async fn override_it(
    visit: Visit,
    Path(id): Path<String>,
    posted: Posted,
) -> Result<Response, Fault> {
    let id = id_of(&id)?;
    let caller = posted.caller(&visit)?;
    let seen = posted.number("seen")?;
    let shown = posted.get("checks").split_whitespace().filter_map(Check::from_word).collect();
    match preflight::override_it(&visit.app.db, caller, id, posted.get("reason"), seen, shown).await {
        Ok(()) => Ok(Redirect::to(&forms::go_live(id)).into_response()),
        Err(error) => refuse(&visit, id, &posted, "preflight-override", error).await,
    }
}

async fn refuse(
    visit: &Visit,
    id: gantry_domain::id::GoLiveId,
    posted: &Posted,
    form: &str,
    error: PreflightError,
) -> Result<Response, Fault> {
    let (field, status, next_step) = match &error {
        PreflightError::NoSuchGoLive => return Err(Fault::NotFound),
        PreflightError::NotAllowed(role) => return Err(Fault::RoleTooLow(*role)),
        PreflightError::Store(_) => {
            let PreflightError::Store(error) = error else { return Err(Fault::NotFound) };
            return Err(error.into());
        }
        PreflightError::ReasonTooShort => {
            ("reason", StatusCode::UNPROCESSABLE_ENTITY, "Say why it may start all the same.")
        }
        PreflightError::ReasonTooLong => ("reason", StatusCode::UNPROCESSABLE_ENTITY, "Say it shorter."),
        PreflightError::Changed => {
            ("", StatusCode::CONFLICT, "Look at it as it stands now, then send it again.")
        }
        PreflightError::NothingToOverride => {
            ("", StatusCode::CONFLICT, "Check again, and look at what fails now.")
        }
    };
    let refusal = Refusal {
        form: form.to_owned(),
        field: field.to_owned(),
        what: sentence(&error.to_string()),
        next_step: next_step.to_owned(),
        typed: posted.typed(),
    };
    Ok(refused(visit, id, status, refusal).await?.into_response())
}
