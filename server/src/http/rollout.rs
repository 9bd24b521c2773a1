//! Starting a rollout, and what people ask of a running one.

use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Redirect, Response};
use gantry_app::forms;
use gantry_app::refusal::Refusal;
use gantry_domain::actor::Role;
use gantry_domain::preflight::Blocked;
use gantry_domain::rollout::{Ask, Refused, Shown};

use super::Fault;
use super::console::{id_of, refused};
use super::form::Posted;
use super::visit::Visit;
use crate::services::rollouts::{self, AskError, StartError};

/// Starts, or says exactly what stands in the way.
pub(super) async fn start(visit: Visit, Path(id): Path<String>, posted: Posted) -> Result<Response, Fault> {
    let id = id_of(&id)?;
    let caller = posted.caller(&visit)?;
    let app = &visit.app;
    let (status, what, next_step) = match rollouts::start(
        &app.db,
        &app.around,
        caller,
        id,
        posted.number("seen")?,
    )
    .await
    {
        Ok(()) => return Ok(Redirect::to(&forms::go_live(id)).into_response()),
        Err(StartError::NoSuchGoLive) => return Err(Fault::NotFound),
        Err(StartError::NotAllowed) => return Err(Fault::RoleTooLow(Role::ReleaseManager)),
        Err(StartError::Store(error)) => return Err(error.into()),
        Err(StartError::Blocked(blocked)) => {
            (StatusCode::CONFLICT, "The rollout was not started.".to_owned(), in_the_way(&blocked))
        }
        Err(StartError::Running) => (
            StatusCode::CONFLICT,
            "This Deployment has a rollout that is not over.".to_owned(),
            "Finish it or roll it back first.".to_owned(),
        ),
        Err(StartError::Changed) => (
            StatusCode::CONFLICT,
            "The go-live changed while this page was open.".to_owned(),
            "Look at it as it stands now, then start again.".to_owned(),
        ),
        Err(StartError::Reconfigured) => (
            StatusCode::CONFLICT,
            "The configuration in the cluster is not the one that was last seen there.".to_owned(),
            "Nothing that was signed is bound to it, so nothing is stale. Look at what was changed on the \
                 Deployment, then start again."
                .to_owned(),
        ),
    };
    let refusal =
        Refusal { form: "start".to_owned(), field: String::new(), what, next_step, typed: posted.typed() };
    Ok(refused(&visit, id, status, refusal).await?.into_response())
}

fn in_the_way(blocked: &Blocked) -> String {
    let Blocked(findings) = blocked;
    let lines: Vec<_> = findings.iter().map(|f| format!("{}: {}", f.check.label(), f.found)).collect();
    lines.join(". ")
}

/// Pause, hold, resume, continue, roll back, abandon.
pub(super) async fn ask(
    visit: Visit,
    Path((id, word)): Path<(String, String)>,
    posted: Posted,
) -> Result<Response, Fault> {
    let id = id_of(&id)?;
    let seen = Shown {
        rollout: posted.get("rollout").parse().ok(),
        step: posted.get("step").parse().ok(),
        hold: posted.get("hold").to_owned(),
    };
    let ask = Ask::from_word(&word, posted.get("reason"), seen).ok_or(Fault::NotFound)?;
    let caller = posted.caller(&visit)?;
    let (field, status, what, next_step) = match rollouts::ask(&visit.app.db, caller, id, ask).await {
        Ok(()) => return Ok(Redirect::to(&forms::go_live(id)).into_response()),
        Err(AskError::NoRollout) => return Err(Fault::NotFound),
        Err(AskError::NotAllowed) => return Err(Fault::RoleTooLow(Role::ReleaseManager)),
        Err(AskError::Store(error)) => return Err(error.into()),
        Err(AskError::Refused(why @ Refused::ReasonMissing)) => {
            ("reason", StatusCode::UNPROCESSABLE_ENTITY, why.to_string(), "")
        }
        Err(AskError::Refused(why @ Refused::ReasonTooLong { .. })) => {
            ("reason", StatusCode::UNPROCESSABLE_ENTITY, why.to_string(), "Say it shorter.")
        }
        Err(AskError::Refused(why)) => ("", StatusCode::CONFLICT, why.to_string(), ""),
        Err(why @ AskError::Superseded) => ("", StatusCode::CONFLICT, why.to_string(), ""),
    };
    let refusal = Refusal {
        form: word,
        field: field.to_owned(),
        what: sentence(&what),
        next_step: next_step.to_owned(),
        typed: posted.typed(),
    };
    Ok(refused(&visit, id, status, refusal).await?.into_response())
}

/// With a capital letter and a full stop.
pub(super) fn sentence(words: &str) -> String {
    let mut letters = words.chars();
    letters.next().map_or_else(String::new, |first| format!("{}{}.", first.to_uppercase(), letters.as_str()))
}
