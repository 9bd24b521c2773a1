//! Refusals as pages say them.

use axum::http::StatusCode;
use gantry_app::refusal::Refusal;
use gantry_domain::incident::{Field, Refused};

use crate::http::Fault;
use crate::http::form::Posted;
use crate::services::incidents::IncidentError;

/// What went wrong where nothing was refused.
pub(super) fn fault(error: IncidentError) -> Fault {
    match error {
        IncidentError::NoSuchIncident => Fault::NotFound,
        IncidentError::Store(error) => error.into(),
        IncidentError::Refused(_) => Fault::BadForm("it was refused"),
    }
}

/// The refusal beside the field that it is about.
pub(super) fn refusal(why: &Refused, form: String, posted: &Posted) -> Refusal {
    let field = match why.field() {
        Field::Text => match form.as_str() {
            "state" => "note",
            "severity" => "reason",
            "update" => "impact",
            "new" => "sentence",
            _ => "text",
        },
        Field::Link => "link",
        Field::HappenedAt => "happened",
        Field::NextUpdate => "next",
        Field::Title => "title",
        Field::Integration => "integration",
        Field::Person | Field::Form => "",
    };
    Refusal {
        form,
        field: field.to_owned(),
        what: why.message(),
        next_step: why.next_step(),
        typed: posted.typed_for(status(why)),
    }
}

/// The status that a refusal is answered with.
pub(super) fn status(why: &Refused) -> StatusCode {
    match why {
        Refused::RoleTooLow | Refused::NotYours => StatusCode::FORBIDDEN,
        Refused::ChangedMeanwhile { .. }
        | Refused::UnknownVersion
        | Refused::LedBy { .. }
        | Refused::LeadsAlready
        | Refused::NotFrom { .. }
        | Refused::SameSeverity
        | Refused::Over
        | Refused::ToldSince
        | Refused::AnotherIsOpen { .. } => StatusCode::CONFLICT,
        Refused::CannotLead
        | Refused::ReasonNeeded
        | Refused::TextNeeded
        | Refused::TextTooLong { .. }
        | Refused::NotALink
        | Refused::NotYet
        | Refused::NoTime
        | Refused::UpdateInThePast
        | Refused::TitleNeeded
        | Refused::NoIntegration
        | Refused::NothingChanged
        | Refused::NoChannel => StatusCode::UNPROCESSABLE_ENTITY,
    }
}
