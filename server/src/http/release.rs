//! Changing what is to be released.

use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Redirect, Response};
use gantry_app::forms;
use gantry_app::refusal::Refusal;
use gantry_domain::opened::Opened;

use super::Fault;
use super::console::{id_of, refused};
use super::form::Posted;
use super::rollout::sentence;
use super::visit::Visit;
use crate::services::release::{self, ReleaseError};

/// Changes image and configuration. Statements about another release become stale.
pub(super) async fn change(visit: Visit, Path(id): Path<String>, posted: Posted) -> Result<Response, Fault> {
    let id = id_of(&id)?;
    let caller = posted.caller(&visit)?;
    let configuration = posted.get("config").to_owned();
    let opened = Opened::said(posted.get("seen"));
    let mut typed = posted.typed_as_opened();
    let (field, status, what, next_step) =
        match release::change(&visit.app.db, caller, id, posted.get("image"), configuration, opened).await {
            Ok(()) => {
                return Ok(Redirect::to(&forms::go_live_showing(id, posted.get("show"))).into_response());
            }
            Err(ReleaseError::NoSuchGoLive) => return Err(Fault::NotFound),
            Err(ReleaseError::Store(error)) => return Err(error.into()),
            Err(ReleaseError::Image(why)) => (
                "image",
                StatusCode::UNPROCESSABLE_ENTITY,
                why.to_string(),
                "Give it as repository:tag, with @sha256:… where it is pinned.".to_owned(),
            ),
            Err(why @ ReleaseError::ConfigurationTooLong) => (
                "config",
                StatusCode::UNPROCESSABLE_ENTITY,
                why.to_string(),
                "Name it by a commit or a hash.".to_owned(),
            ),
            Err(ReleaseError::Overtaken(why)) => {
                typed.insert("seen".to_owned(), why.mark.to_string());
                ("", StatusCode::CONFLICT, sentence(&why.to_string()), why.next_step())
            }
        };
    let refusal = Refusal { form: "release".to_owned(), field: field.to_owned(), what, next_step, typed };
    Ok(refused(&visit, id, status, refusal).await?.into_response())
}
