//! Changing the plan of the next rollout.

use std::sync::Arc;

use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Redirect, Response};
use gantry_app::refusal::Refusal;
use gantry_app::{forms, plan_fields};
use gantry_domain::opened::Opened;
use gantry_domain::plan::{self, MOST_STEPS, Nonsense, Plan};
use gantry_domain::threshold::Threshold;

use super::Fault;
use super::console::{id_of, refused};
use super::form::Posted;
use super::rollout::sentence;
use super::visit::Visit;
use crate::services::release::{self, PlanError};
use crate::services::{console, presets};

/// Reads the rows, and keeps them if they make sense on the Deployment.
pub(super) async fn change(visit: Visit, Path(id): Path<String>, posted: Posted) -> Result<Response, Fault> {
    let id = id_of(&id)?;
    let caller = posted.caller(&visit)?;
    let app = &visit.app;
    let seen = console::see(&app.db, id).await?.ok_or(Fault::NotFound)?;
    let stored = seen.stored;
    let preset = presets::of_go_live_with(&app.presets, &stored.go_live, &seen.overrides);
    let (before, could_judge) = console::plan_with(&stored, seen.thresholds, preset.as_ref());
    let mut typed = posted.typed_as_opened();
    let (status, refusal) = match read(&posted, &before, could_judge) {
        Err(refusal) => (StatusCode::UNPROCESSABLE_ENTITY, refusal),
        Ok(plan) => {
            let workload = app.workloads.view(&stored.go_live).await;
            // A Deployment that cannot be read now is checked before the start.
            let replicas = workload.replicas.unwrap_or(1);
            match plan::check(&plan, replicas, workload.autoscaler.is_some()) {
                Err(nonsense) => {
                    (StatusCode::UNPROCESSABLE_ENTITY, refuse(field_of(&nonsense), &words(&nonsense), ""))
                }
                Ok(_) => {
                    let (presets, opened) = (Arc::clone(&app.presets), Opened::said(posted.get("seen")));
                    match release::set_plan(&app.db, presets, caller, id, plan, opened).await {
                        Ok(()) => return Ok(Redirect::to(&forms::go_live(id)).into_response()),
                        Err(PlanError::NoSuchGoLive) => return Err(Fault::NotFound),
                        Err(PlanError::Store(error)) => return Err(error.into()),
                        Err(PlanError::Overtaken(why)) => {
                            typed.insert("seen".to_owned(), why.mark.to_string());
                            let refusal = refuse(String::new(), &why.to_string(), &why.next_step());
                            (StatusCode::CONFLICT, refusal)
                        }
                    }
                }
            }
        }
    };
    let refusal = Refusal { typed, ..refusal };
    Ok(refused(&visit, id, status, refusal).await?.into_response())
}

fn read(posted: &Posted, before: &Plan, could_judge: Vec<Threshold>) -> Result<Plan, Refusal> {
    let names: Vec<_> = (1..=MOST_STEPS).map(|n| (format!("percent-{n}"), format!("soak-{n}"))).collect();
    let rows = names.iter().map(|(percent, soak)| (posted.get(percent), posted.get(soak)));
    let steps = plan_fields::steps(rows)
        .map_err(|wrong| refuse(wrong.field.clone(), wrong.what.trim_end_matches('.'), wrong.next_step()))?;
    let action = |field: &str| {
        let choose =
            || refuse(field.to_owned(), "this is neither hold nor roll back", "Choose one of the two.");
        plan_fields::action(posted.get(field)).ok_or_else(choose)
    };
    let offered = posted.get(plan_fields::OFFERED);
    let left_out = plan_fields::left_out(&could_judge, offered, |name| posted.has(name), &before.left_out);
    let (on_p1, on_p2) = (action("on-p1")?, action("on-p2")?);
    Ok(Plan { steps, on_p1, on_p2, thresholds: Vec::new(), left_out }.judged_by(could_judge))
}

fn refuse(field: String, what: &str, next_step: &str) -> Refusal {
    Refusal {
        form: "plan".to_owned(),
        field,
        what: sentence(what),
        next_step: next_step.to_owned(),
        typed: std::collections::BTreeMap::new(),
    }
}

fn words(nonsense: &[Nonsense]) -> String {
    nonsense.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")
}

/// The field that the first mistake is about.
fn field_of(nonsense: &[Nonsense]) -> String {
    match nonsense.first() {
        Some(Nonsense::PercentOutOfRange { step, .. } | Nonsense::NotRising { step, .. }) => {
            format!("percent-{step}")
        }
        Some(Nonsense::SoakTooLong { step }) => format!("soak-{step}"),
        Some(
            Nonsense::NoSteps
            | Nonsense::TooManySteps(_)
            | Nonsense::DoesNotFinish(_)
            | Nonsense::NoReplicas
            | Nonsense::DuplicateThreshold(_)
            | Nonsense::LimitNotANumber(_),
        )
        | None => String::new(),
    }
}
