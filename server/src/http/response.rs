//! What all handlers of responding to an incident have in common.

use axum::http::StatusCode;
use gantry_app::features::response::model::{Head, Offered};
use gantry_app::refusal::Refusal;
use gantry_domain::id::IncidentId;

use super::Fault;
use super::form::Posted;
use super::visit::Visit;
use crate::services::mitigations;
use crate::services::response::{ResponseError, Scene, scene};

impl From<ResponseError> for Fault {
    fn from(error: ResponseError) -> Self {
        match error {
            ResponseError::NotFound => Self::NotFound,
            ResponseError::NotAllowed(role) => Self::RoleTooLow(role),
            ResponseError::Store(error) => error.into(),
            ResponseError::Refused { .. } => Self::broken(&error),
        }
    }
}

/// An id in an address; anything else is no page of ours.
pub(super) fn id_of(text: &str) -> Result<IncidentId, Fault> {
    text.parse().map_err(|_| Fault::NotFound)
}

/// The incident with where it happens.
pub(super) async fn scene_of(visit: &Visit, id: IncidentId) -> Result<Scene, Fault> {
    Ok(scene(&visit.app.db, &visit.app.presets, id).await?)
}

/// The top of a page about it.
pub(super) fn head(scene: &Scene) -> Head {
    let incident = &scene.incident;
    let integration = scene
        .preset
        .as_ref()
        .map_or_else(|| scene.integration.preset.to_string(), |preset| preset.name.clone());
    Head {
        id: incident.id,
        number: incident.number,
        title: incident.title.clone(),
        severity: incident.severity,
        state: incident.state.as_str().to_owned(),
        open: incident.is_open(),
        integration,
        environment: scene.integration.environment.clone(),
    }
}

/// Offers as pages show them.
pub(super) fn offers(seen: &mitigations::Seen) -> Vec<Offered> {
    let one = |one: &mitigations::Offered| Offered {
        offer: one.offer,
        helps: one.helps,
        not_now: one.not_now.clone(),
        what: one.what.clone(),
    };
    seen.offers.iter().map(one).collect()
}

/// What a refused form shows; a fault where it was not the form that was refused.
pub(super) fn refusal(
    error: ResponseError,
    form: &str,
    posted: &Posted,
) -> Result<(StatusCode, Refusal), Fault> {
    match error {
        ResponseError::Refused { field, what, next_step, conflict, missing: _, by_hand: _ } => {
            let status = if conflict { StatusCode::CONFLICT } else { StatusCode::UNPROCESSABLE_ENTITY };
            let refusal = Refusal {
                form: form.to_owned(),
                field: field.to_owned(),
                what,
                next_step,
                typed: posted.typed(),
            };
            Ok((status, refusal))
        }
        other => Err(other.into()),
    }
}
