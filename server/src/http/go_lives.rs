//! The list of go-lives, and opening one.

use std::collections::BTreeMap;

use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Redirect, Response};
use gantry_app::features::console::state;
use gantry_app::features::golives::model::{Model, NewModel, PresetChoice, Row};
use gantry_app::features::golives::page;
use gantry_app::forms;
use gantry_app::refusal::Refusal;
use gantry_domain::actor::Role;
use gantry_domain::gate::gate;
use gantry_domain::golive::GoLive;
use gantry_domain::preset::{Phase, Preset};

use super::Fault;
use super::form::Posted;
use super::page::Page;
use super::visit::Visit;
use crate::live::topics;
use crate::services::go_lives::{FieldError, draft, open as open_go_live};
use crate::services::presets;
use crate::store::{go_lives, rollouts};

/// How many the list shows.
const SHOWN: i64 = 200;

/// The list.
pub(super) async fn list(visit: Visit) -> Result<Page, Fault> {
    let db = &visit.app.db;
    let (stored, phases) = db
        .read(async { tokio::try_join!(go_lives::list(db.pool(), SHOWN), rollouts::phases(db.pool())) })
        .await?;
    let phases: BTreeMap<_, _> = phases.into_iter().collect();
    let model = Model {
        rows: stored.iter().map(|stored| row(&stored.go_live, phases.get(&stored.go_live.id))).collect(),
        may_create: visit.person()?.may_act_as(Role::ReleaseManager),
        notice: None,
    };
    Ok(Page::ok(&page::render(&visit.frame(vec![topics::GO_LIVES.to_owned()]), &model)))
}

fn row(go_live: &GoLive, rollout: Option<&gantry_domain::rollout::Phase>) -> Row {
    let last = go_live.items().filter_map(|(_, item)| item.entries.last()).map(|entry| entry.at);
    let changed_at =
        last.chain(go_live.overrides.iter().map(|made| made.at)).fold(go_live.created_at, std::cmp::Ord::max);
    Row {
        id: go_live.id,
        integration: go_live.integration.clone(),
        environment: go_live.environment.clone(),
        from: go_live.from_image.as_ref().map(gantry_domain::release::ImageRef::version),
        to: go_live.release.image.version(),
        progress: go_live.progress_of(Phase::BeforeRollout),
        gate_open: gate(go_live).is_open(),
        rollout: rollout.map(state::phase),
        created_by: go_live.created_by.name.clone(),
        changed_at,
    }
}

/// The form for a new one.
pub(super) async fn form(visit: Visit) -> Result<Page, Fault> {
    let usual = presets::in_environment(&visit.app.db, &visit.app.presets, "").await?;
    let model = new_model(&usual, BTreeMap::new(), Vec::new());
    Ok(Page::ok(&page::render_new(&visit.frame(Vec::new()), &model)))
}

/// Opens one.
pub(super) async fn open(visit: Visit, posted: Posted) -> Result<Response, Fault> {
    let caller = posted.caller(&visit)?;
    let typed = posted.typed();
    // What is left empty is as it is said of the integration in that environment.
    let environment = typed.get("environment").map_or("", |typed| typed.trim());
    let usual = presets::in_environment(&visit.app.db, &visit.app.presets, environment).await?;
    match draft(&typed, &usual) {
        Ok(draft) => {
            let id = open_go_live(&visit.app.db, caller, draft).await?;
            Ok(Redirect::to(&forms::go_live(id)).into_response())
        }
        Err(errors) => {
            let visit = visit.at(forms::NEW_GO_LIVE.to_owned());
            let frame = visit.frame(Vec::new());
            let html = if typed.get("markdown").is_some_and(|text| !text.trim().is_empty()) {
                let text = typed.get("markdown").cloned().unwrap_or_default();
                let model = super::import::model(&visit, text, typed, errors);
                page::render_import(&frame, &model)
            } else {
                page::render_new(&frame, &new_model(&usual, typed, errors))
            };
            Ok(Page::with(StatusCode::UNPROCESSABLE_ENTITY, &html).into_response())
        }
    }
}

/// The form with what was typed and what is wrong with it.
pub(super) fn new_model(
    presets: &[Preset],
    values: BTreeMap<String, String>,
    errors: Vec<FieldError>,
) -> NewModel {
    let refusal = |error: FieldError| Refusal {
        form: "new".to_owned(),
        field: error.field.to_owned(),
        what: error.what,
        next_step: error.next_step,
        typed: BTreeMap::new(),
    };
    NewModel {
        presets: presets.iter().map(choice).collect(),
        values,
        errors: errors.into_iter().map(refusal).collect(),
    }
}

fn choice(preset: &Preset) -> PresetChoice {
    PresetChoice {
        key: preset.key.to_string(),
        name: preset.name.clone(),
        summary: preset.summary.clone(),
        items: preset.items().count(),
        environments: preset.workload.environments.clone(),
        namespace: preset.workload.namespace.clone(),
        deployment: preset.workload.deployment.clone(),
        container: preset.workload.container.clone(),
    }
}
