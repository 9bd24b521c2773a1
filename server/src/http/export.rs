//! A go-live as a document: Markdown, CSV and for printing.

use axum::extract::Path;
use axum::response::Response;
use gantry_app::features::print;
use gantry_domain::export;
use gantry_domain::gate::gate;
use gantry_domain::golive::GoLive;

use super::attachment::attachment;
use super::console::id_of;
use super::page::Page;
use super::visit::Visit;
use super::{Fault, rollout_view};
use crate::services::rollouts;
use crate::store::go_lives;

/// As Markdown.
pub(super) async fn markdown(visit: Visit, Path(id): Path<String>) -> Result<Response, Fault> {
    let go_live = find(&visit, &id).await?;
    let text = export::markdown(&go_live, visit.now);
    Ok(attachment(&name(&go_live, "md"), "text/markdown; charset=utf-8", text))
}

/// As CSV.
pub(super) async fn csv(visit: Visit, Path(id): Path<String>) -> Result<Response, Fault> {
    let go_live = find(&visit, &id).await?;
    Ok(attachment(&name(&go_live, "csv"), "text/csv; charset=utf-8", export::csv(&go_live)))
}

/// For printing.
pub(super) async fn print(visit: Visit, Path(id): Path<String>) -> Result<Page, Fault> {
    let go_live = find(&visit, &id).await?;
    let rollouts = rollouts::all(&visit.app.db, go_live.id).await?;
    let rollouts = rollouts.into_iter().map(rollout_view::rollout).collect();
    let model = print::model::Model { gate: gate(&go_live), go_live, rollouts };
    Ok(Page::ok(&print::page::render(&visit.frame(Vec::new()), &model)))
}

async fn find(visit: &Visit, id: &str) -> Result<GoLive, Fault> {
    let db = &visit.app.db;
    let found = db.read(go_lives::find(db.pool(), id_of(id)?)).await?;
    Ok(found.ok_or(Fault::NotFound)?.go_live)
}

fn name(go_live: &GoLive, ending: &str) -> String {
    let stem = [&go_live.integration, &go_live.environment, &go_live.release.image.version()]
        .map(|part| gantry_domain::id::slug_of(part).unwrap_or_else(|| "go-live".to_owned()))
        .join("-");
    format!("{stem}.{ending}")
}
