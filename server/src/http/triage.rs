//! Triage of an incident: the page, taking the looks, overruling an answer.

use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Redirect, Response};
use futures_util::FutureExt as _;
use gantry_app::features::response::{model, triage};
use gantry_app::forms;
use gantry_app::refusal::Refusal;
use gantry_domain::id::IncidentId;
use gantry_domain::triage::{Answer, Question};

use super::Fault;
use super::form::Posted;
use super::page::Page;
use super::response::{head, id_of, offers, refusal, scene_of};
use super::visit::Visit;
use crate::live::topics;
use crate::services::{mitigations, triage as service};

/// The page.
pub(super) async fn show(visit: Visit, Path(id): Path<String>) -> Result<Page, Fault> {
    Ok(Page::ok(&render(&visit, id_of(&id)?, None).await?))
}

/// Takes the four looks.
pub(super) async fn look(visit: Visit, Path(id): Path<String>, posted: Posted) -> Result<Response, Fault> {
    let id = id_of(&id)?;
    let caller = posted.caller(&visit)?;
    let app = &visit.app;
    match service::take(&app.db, &app.responding, caller, id, &app.clock).boxed().await {
        Ok(()) => Ok(Redirect::to(&forms::response(id, "triage")).into_response()),
        Err(error) => refused(&visit, id, refusal(error, "triage", &posted)?).await,
    }
}

/// Answers a question in place of the findings.
pub(super) async fn answer(
    visit: Visit,
    Path((id, question)): Path<(String, String)>,
    posted: Posted,
) -> Result<Response, Fault> {
    let id = id_of(&id)?;
    let asked = Question::from_word(&question).ok_or(Fault::NotFound)?;
    let caller = posted.caller(&visit)?;
    let answer = match posted.get("answer") {
        "" => None,
        word => Some(Answer::from_word(word).ok_or(Fault::BadForm("the answer is neither yes nor no"))?),
    };
    let reason = posted.get("reason");
    match service::overrule(&visit.app.db, caller, id, asked, answer, reason).await {
        Ok(()) => Ok(Redirect::to(&forms::response(id, "triage")).into_response()),
        Err(error) => {
            let form = format!("overrule-{}", asked.word());
            refused(&visit, id, refusal(error, &form, &posted)?).await
        }
    }
}

async fn refused(
    visit: &Visit,
    id: IncidentId,
    (status, refusal): (StatusCode, Refusal),
) -> Result<Response, Fault> {
    let visit = visit.at(forms::response(id, "triage"));
    Ok(Page::with(status, &render(&visit, id, Some(refusal)).await?).into_response())
}

async fn render(visit: &Visit, id: IncidentId, refusal: Option<Refusal>) -> Result<String, Fault> {
    let scene = scene_of(visit, id).await?;
    let walked = service::see(&visit.app.db, id).await?;
    let kind = walked.first().and_then(|one| one.walk.error_type);
    let looked = mitigations::deployment(&visit.app.responding, &scene);
    let seen = mitigations::see(&visit.app.db, looked, &scene, kind).boxed().await?;
    let taken = walked
        .into_iter()
        .map(|one| model::Taken {
            at: one.triage.taken_at,
            by: one.triage.by,
            findings: one.triage.findings,
            overruled: one.triage.overruled,
            walk: one.walk,
        })
        .collect();
    let model = model::Triage { head: head(&scene), taken, offers: offers(&seen), refusal };
    Ok(triage::render(&visit.frame(vec![topics::incident(id)]), &model))
}
