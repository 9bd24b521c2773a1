//! The list of incidents, and opening one by hand.

use std::collections::BTreeMap;

use axum::response::{IntoResponse as _, Redirect, Response};
use gantry_app::features::incidents;
use gantry_app::features::incidents::model::{ListModel, NewModel};
use gantry_app::forms;
use gantry_app::refusal::Refusal;
use gantry_domain::actor::Role;
use gantry_domain::id::IntegrationId;
use gantry_domain::incident::targets::Times;
use gantry_domain::preset::Severity;

use super::names;
use super::refusal::{fault, refusal, status};
use crate::http::Fault;
use crate::http::form::Posted;
use crate::http::page::Page;
use crate::http::visit::Visit;
use crate::live::topics;
use crate::services::incidents::{IncidentError, opening, seeing};
use crate::services::integrations as service;

/// The list.
pub(in crate::http) async fn list(visit: Visit) -> Result<Page, Fault> {
    let incidents = seeing::list(&visit.app.db).await?;
    // Said to those who have met none yet.
    let times = if incidents.is_empty() { times(&known(&visit).await?) } else { Vec::new() };
    let model = ListModel {
        incidents,
        to_do: seeing::to_do(&visit.app.db).await?,
        may_open: visit.person()?.may_act_as(Role::ReleaseManager),
        names: names(&visit),
        times,
    };
    let frame = visit.frame(vec![topics::INCIDENTS.to_owned()]);
    Ok(Page::ok(&incidents::render_list(&frame, &model)))
}

/// The form for a new one.
pub(in crate::http) async fn form(visit: Visit) -> Result<Page, Fault> {
    let model = new_model(&visit, BTreeMap::new(), None).await?;
    Ok(Page::ok(&incidents::render_new(&visit.frame(Vec::new()), &model)))
}

/// An integration that an incident can be about.
struct Known {
    id: IntegrationId,
    name: String,
    respond: Times,
}

/// All of them; what everybody works on stands before the platform as a whole.
async fn known(visit: &Visit) -> Result<Vec<Known>, Fault> {
    let (presets, desk) = (&visit.app.presets, &visit.app.desk);
    let mut all = service::list(&visit.app.db).await?;
    all.sort_by_key(|one| one.integration.workload.is_none());
    let known = |one: service::Row| {
        let integration = one.integration;
        let name = presets.iter().find(|preset| preset.key == integration.preset);
        let name = name.map_or_else(|| integration.preset.to_string(), |preset| preset.name.clone());
        let whole = integration.workload.is_none();
        Known {
            id: integration.id,
            name: if whole { name } else { format!("{name}, {}", integration.environment) },
            respond: desk.level(&integration.preset, &one.overrides).targets.respond,
        }
    };
    Ok(all.into_iter().map(known).collect())
}

/// By when the incidents of each are answered.
fn times(known: &[Known]) -> Vec<(String, Times)> {
    known.iter().map(|one| (one.name.clone(), one.respond)).collect()
}

async fn new_model(
    visit: &Visit,
    values: BTreeMap<String, String>,
    refusal: Option<Refusal>,
) -> Result<NewModel, Fault> {
    let known = known(visit).await?;
    let times = times(&known);
    let integrations = known.into_iter().map(|one| (one.id, one.name)).collect();
    Ok(NewModel { integrations, times, values, refusal })
}

/// Opens one.
pub(in crate::http) async fn open(visit: Visit, posted: Posted) -> Result<Response, Fault> {
    let caller = posted.caller(&visit)?;
    let severity: Severity = posted.get("severity").parse().unwrap_or(Severity::P2);
    let draft = opening::Draft {
        integration: posted.get("integration").parse().ok(),
        severity,
        title: posted.get("title").to_owned(),
        sentence: posted.get("sentence").to_owned(),
        impact: posted.get("impact").to_owned(),
    };
    match opening::by_hand(&visit.app.db, &visit.app.desk, caller, draft).await {
        Ok(id) => Ok(Redirect::to(&forms::incident(id)).into_response()),
        Err(IncidentError::Refused(why)) => {
            let refusal = refusal(&why, "new".to_owned(), &posted);
            let model = new_model(&visit, posted.typed(), Some(refusal)).await?;
            let visit = visit.at(forms::NEW_INCIDENT.to_owned());
            let html = incidents::render_new(&visit.frame(Vec::new()), &model);
            Ok(Page::with(status(&why), &html).into_response())
        }
        Err(error) => Err(fault(error)),
    }
}
