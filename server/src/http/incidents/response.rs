//! The place where the parts that lead responders are loaded: triage, actions, evidence, postmortem.

use gantry_app::features::incidents::response::Parts;
use gantry_app::refusal::Refusal;
use gantry_domain::incident::Incident;

use crate::http::Fault;
use crate::http::visit::Visit;

/// What those parts show of this incident.
#[expect(clippy::unused_async, reason = "the parts are loaded here")]
pub(super) async fn response_parts(
    _visit: &Visit,
    _incident: &Incident,
    _refusal: Option<&Refusal>,
) -> Result<Parts, Fault> {
    Ok(Parts {})
}
