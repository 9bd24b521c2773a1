//! Overriding the gate.

use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Redirect, Response};
use gantry_app::forms;
use gantry_app::refusal::Refusal;
use gantry_domain::gate::OverrideRefused;

use super::Fault;
use super::console::{id_of, refused};
use super::form::Posted;
use super::visit::Visit;
use crate::services::gate::{self, GateError};

/// Opens the gate although items are open.
pub(super) async fn override_gate(
    visit: Visit,
    Path(id): Path<String>,
    posted: Posted,
) -> Result<Response, Fault> {
    let id = id_of(&id)?;
    let caller = posted.caller(&visit)?;
    let reason = posted.get("reason").to_owned();
    match gate::override_gate(&visit.app.db, caller, id, reason, posted.number("seen")?).await {
        Ok(()) => Ok(Redirect::to(&forms::go_live_showing(id, posted.get("show"))).into_response()),
        Err(GateError::Refused(why)) => {
            let (field, status) = match why {
                OverrideRefused::ReasonTooShort | OverrideRefused::ReasonTooLong { .. } => {
                    ("reason", StatusCode::UNPROCESSABLE_ENTITY)
                }
                OverrideRefused::NotAdmin => ("", StatusCode::FORBIDDEN),
                OverrideRefused::NothingToOverride | OverrideRefused::Changed => ("", StatusCode::CONFLICT),
            };
            let refusal = Refusal {
                form: "override".to_owned(),
                field: field.to_owned(),
                what: why.message(),
                next_step: why.next_step(),
                typed: posted.typed(),
            };
            Ok(refused(&visit, id, status, refusal).await?.into_response())
        }
        Err(GateError::NoSuchGoLive) => Err(Fault::NotFound),
        Err(GateError::Store(error)) => Err(error.into()),
    }
}
