//! Evidence of an incident: the page, asking for it, and the file.

use axum::extract::Path;
use axum::response::{IntoResponse as _, Redirect, Response};
use gantry_app::features::response::{evidence, model};
use gantry_app::forms;
use gantry_app::refusal::Refusal;
use gantry_domain::id::{BundleId, IncidentId};

use super::Fault;
use super::attachment::attachment;
use super::form::Posted;
use super::page::Page;
use super::response::{head, id_of, refusal, scene_of};
use super::visit::Visit;
use crate::live::topics;
use crate::services::evidence as service;
use crate::services::response::ResponseError;

/// The page.
pub(super) async fn show(visit: Visit, Path(id): Path<String>) -> Result<Page, Fault> {
    Ok(Page::ok(&render(&visit, id_of(&id)?, None).await?))
}

/// Has evidence collected.
pub(super) async fn collect(visit: Visit, Path(id): Path<String>, posted: Posted) -> Result<Response, Fault> {
    let id = id_of(&id)?;
    let caller = posted.caller(&visit)?;
    answer(&visit, id, service::ask(&visit.app.db, caller, id).await, "evidence", &posted).await
}

/// Has what was missing collected again.
pub(super) async fn again(
    visit: Visit,
    Path((id, bundle)): Path<(String, String)>,
    posted: Posted,
) -> Result<Response, Fault> {
    let (id, bundle) = (id_of(&id)?, bundle_of(&bundle)?);
    let caller = posted.caller(&visit)?;
    let asked = service::again(&visit.app.db, caller, id, bundle).await;
    answer(&visit, id, asked, &format!("again-{bundle}"), &posted).await
}

/// The zip file.
pub(super) async fn file(
    visit: Visit,
    Path((id, bundle)): Path<(String, String)>,
) -> Result<Response, Fault> {
    let (id, bundle) = (id_of(&id)?, bundle_of(&bundle)?);
    let scene = scene_of(&visit, id).await?;
    let (found, bytes) = service::file(&visit.app.db, id, bundle).await?;
    let name = format!(
        "incident-{}-evidence-{}.zip",
        scene.incident.number,
        found.asked_at.format("%Y%m%dT%H%M%SZ")
    );
    Ok(attachment(&name, "application/zip", bytes))
}

fn bundle_of(text: &str) -> Result<BundleId, Fault> {
    text.parse().map_err(|_| Fault::NotFound)
}

async fn answer(
    visit: &Visit,
    id: IncidentId,
    done: Result<(), ResponseError>,
    form: &str,
    posted: &Posted,
) -> Result<Response, Fault> {
    match done {
        Ok(()) => Ok(Redirect::to(&forms::response(id, "evidence")).into_response()),
        Err(error) => {
            let (status, refusal) = refusal(error, form, posted)?;
            let visit = visit.at(forms::response(id, "evidence"));
            Ok(Page::with(status, &render(&visit, id, Some(refusal)).await?).into_response())
        }
    }
}

async fn render(visit: &Visit, id: IncidentId, refusal: Option<Refusal>) -> Result<String, Fault> {
    let scene = scene_of(visit, id).await?;
    let bundles = service::see(&visit.app.db, id).await?;
    let bundles = bundles
        .into_iter()
        .map(|one| model::Bundle {
            id: one.id,
            asked_at: one.asked_at,
            by: one.by,
            finished_at: one.finished_at,
            parts: one.parts,
        })
        .collect();
    let model = model::Evidence { head: head(&scene), bundles, refusal };
    Ok(evidence::render(&visit.frame(vec![topics::incident(id)]), &model))
}
