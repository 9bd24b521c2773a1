//! The list of incidents, and opening one by hand.

use std::collections::BTreeMap;

use axum::response::{IntoResponse as _, Redirect, Response};
use gantry_app::features::incidents;
use gantry_app::features::incidents::model::{ListModel, NewModel};
use gantry_app::forms;
use gantry_app::refusal::Refusal;
use gantry_domain::actor::Role;
use gantry_domain::preset::Severity;

use super::names;
use super::refusal::{fault, refusal, status};
use crate::http::Fault;
use crate::http::form::Posted;
use crate::http::page::Page;
use crate::http::visit::Visit;
use crate::live::topics;
use crate::services::incidents::{IncidentError, opening, seeing};
use crate::store::integrations;

/// The list.
pub(in crate::http) async fn list(visit: Visit) -> Result<Page, Fault> {
    let model = ListModel {
        incidents: seeing::list(&visit.app.db).await?,
        to_do: seeing::to_do(&visit.app.db).await?,
        may_open: visit.person()?.may_act_as(Role::ReleaseManager),
        names: names(&visit),
    };
    let frame = visit.frame(vec![topics::INCIDENTS.to_owned()]);
    Ok(Page::ok(&incidents::render_list(&frame, &model)))
}

/// The form for a new one.
pub(in crate::http) async fn form(visit: Visit) -> Result<Page, Fault> {
    let model = new_model(&visit, BTreeMap::new(), None).await?;
    Ok(Page::ok(&incidents::render_new(&visit.frame(Vec::new()), &model)))
}

async fn new_model(
    visit: &Visit,
    values: BTreeMap<String, String>,
    refusal: Option<Refusal>,
) -> Result<NewModel, Fault> {
    let db = &visit.app.db;
    let all = db.read(integrations::all(db.pool())).await?;
    let names = &visit.app.presets;
    let mut integrations = all
        .into_iter()
        .map(|one| {
            let name = names.iter().find(|preset| preset.key == one.preset);
            let name = name.map_or_else(|| one.preset.to_string(), |preset| preset.name.clone());
            let whole = one.workload.is_none();
            let label = if whole { name } else { format!("{name}, {}", one.environment) };
            (whole, one.id, label)
        })
        .collect::<Vec<_>>();
    // What everybody works on stands before the platform as a whole.
    integrations.sort_by_key(|(whole, ..)| *whole);
    let integrations = integrations.into_iter().map(|(_, id, label)| (id, label)).collect();
    Ok(NewModel { integrations, values, refusal })
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
