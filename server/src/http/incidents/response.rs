//! The place where the parts that lead responders are loaded: triage, actions, evidence, postmortem.

use gantry_app::features::incidents::response::Parts;
use gantry_domain::incident::Incident;

use crate::http::Fault;
use crate::http::visit::Visit;
use crate::services::response_summary::summary;

/// What those parts show of this incident.
pub(super) async fn response_parts(visit: &Visit, incident: &Incident) -> Result<Parts, Fault> {
    Ok(Parts { summary: summary(&visit.app.db, incident).await? })
}
