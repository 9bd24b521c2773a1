//! The timeline as a file, with every edition as the page has them.

use axum::extract::Path;
use axum::response::Response;
use gantry_domain::incident::Incident;
use gantry_domain::incident::export::{self, Timeline};
use gantry_domain::probe::without_credentials;

use super::id_of;
use crate::http::Fault;
use crate::http::attachment::attachment;
use crate::http::visit::Visit;
use crate::services::incidents::seeing;

/// The timeline as Markdown.
pub(in crate::http) async fn markdown(visit: Visit, Path(id): Path<String>) -> Result<Response, Fault> {
    let (incident, timeline) = whole(&visit, &id).await?;
    let text = export::markdown(&incident, &timeline, visit.now);
    let name = format!("incident-{}.md", incident.number);
    Ok(attachment(&name, "text/markdown; charset=utf-8", text))
}

/// The timeline as JSON.
pub(in crate::http) async fn json(visit: Visit, Path(id): Path<String>) -> Result<Response, Fault> {
    let (incident, timeline) = whole(&visit, &id).await?;
    let text = format!("{:#}\n", export::json(&incident, &timeline, visit.now));
    let name = format!("incident-{}.json", incident.number);
    Ok(attachment(&name, "application/json", text))
}

/// What was edited away leaves this place without keys that somebody wrote down in a hurry.
async fn whole(visit: &Visit, id: &str) -> Result<(Incident, Timeline), Fault> {
    let (incident, mut timeline) = seeing::whole(&visit.app.db, id_of(id)?).await?.ok_or(Fault::NotFound)?;
    export::take_out_of_editions(&mut timeline, without_credentials);
    Ok((incident, timeline))
}
