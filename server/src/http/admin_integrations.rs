//! Integrations: all of them, one of them, and what is said of it instead of its preset.

use std::collections::BTreeMap;

use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Redirect, Response};
use gantry_app::features::admin::integrations as page;
use gantry_app::features::admin::integrations::{Line, One, Row, Version};
use gantry_app::forms;
use gantry_app::refusal::Refusal;
use gantry_domain::id::IntegrationId;
use gantry_domain::preset::Preset;
use gantry_domain::preset::overlay::{Overrides, Refused, Setting};

use super::Fault;
use super::form::Posted;
use super::page::Page;
use super::visit::Visit;
use crate::live::topics;
use crate::services::integrations::{self as service, Ask, IntegrationError, Seen};
use crate::store::integrations::Integration;

/// All of them.
pub(super) async fn list(visit: Visit) -> Result<Page, Fault> {
    let all = service::list(&visit.app.db).await?;
    let rows: Vec<Row> = all
        .into_iter()
        .map(|one| row(&visit.app.presets, one.integration, &one.overrides, one.said))
        .collect();
    let topics = vec![topics::ADMIN.to_owned(), topics::GO_LIVES.to_owned()];
    Ok(Page::ok(&page::render(&visit.frame(topics), &rows)))
}

fn row(
    presets: &[Preset],
    integration: Integration,
    overrides: &Overrides,
    said: Option<(chrono::DateTime<chrono::Utc>, String)>,
) -> Row {
    let preset = presets.iter().find(|preset| preset.key == integration.preset);
    Row {
        id: integration.id,
        name: preset.map_or_else(|| integration.preset.to_string(), |preset| preset.name.clone()),
        environment: integration.environment,
        workload: integration.workload,
        ships: preset.is_some(),
        otherwise: overrides.keys().copied().collect(),
        said,
    }
}

/// One of them.
pub(super) async fn show(visit: Visit, Path(id): Path<String>) -> Result<Page, Fault> {
    Ok(Page::ok(&render(&visit, id_of(&id)?, None).await?))
}

fn id_of(text: &str) -> Result<IntegrationId, Fault> {
    text.parse().map_err(|_| Fault::NotFound)
}

async fn render(visit: &Visit, id: IntegrationId, refusal: Option<Refusal>) -> Result<String, Fault> {
    let visit = visit.at(forms::integration(id));
    let app = &visit.app;
    let seen = service::see(&app.db, &app.presets, id).await?.ok_or(Fault::NotFound)?;
    let model = one(&app.presets, seen, refusal);
    Ok(page::render_one(&visit.frame(vec![topics::ADMIN.to_owned()]), &model))
}

fn one(presets: &[Preset], seen: Seen, refusal: Option<Refusal>) -> One {
    let Seen { integration, preset, standing, history } = seen;
    let line = |setting: Setting| {
        let usual = setting.of(preset.as_ref()?)?;
        Some(Line { setting, usual, otherwise: standing.overrides.get(&setting).cloned() })
    };
    let lines = Setting::ALL.into_iter().filter_map(line).collect();
    let history = history
        .into_iter()
        .map(|one| Version {
            number: one.number,
            at: one.at,
            by: one.by_name,
            why: one.why,
            changes: one.changes,
        })
        .collect();
    let version = standing.version;
    One { row: row(presets, integration, &standing.overrides, None), version, lines, history, refusal }
}

/// Says something else of it.
pub(super) async fn change(visit: Visit, Path(id): Path<String>, posted: Posted) -> Result<Response, Fault> {
    let typed: BTreeMap<Setting, String> = Setting::ALL
        .into_iter()
        .filter(|setting| posted.has(setting.as_str()))
        .map(|setting| (setting, posted.get(setting.as_str()).to_owned()))
        .collect();
    let ask = Ask::Change(typed, posted.get("why").to_owned());
    done(&visit, &id, ask, &posted, "integration").await
}

/// Has one value be the preset's again.
pub(super) async fn clear(
    visit: Visit,
    Path((id, setting)): Path<(String, String)>,
    posted: Posted,
) -> Result<Response, Fault> {
    let setting = Setting::from_word(&setting).ok_or(Fault::NotFound)?;
    done(&visit, &id, Ask::Clear(setting), &posted, &format!("clear-{setting}")).await
}

/// Has everything be as it was in a version.
pub(super) async fn restore(visit: Visit, Path(id): Path<String>, posted: Posted) -> Result<Response, Fault> {
    let version = posted.number("version")?;
    done(&visit, &id, Ask::Restore(version), &posted, &format!("restore-{version}")).await
}

async fn done(visit: &Visit, id: &str, ask: Ask, posted: &Posted, form: &str) -> Result<Response, Fault> {
    let id = id_of(id)?;
    let caller = posted.caller(visit)?;
    let seen = posted.number("seen")?;
    let app = &visit.app;
    let refused = match service::change(&app.db, &app.presets, caller, id, ask, seen).await {
        Ok(()) => return Ok(Redirect::to(&forms::integration(id)).into_response()),
        Err(IntegrationError::NotFound) => return Err(Fault::NotFound),
        Err(IntegrationError::Store(error)) => return Err(error.into()),
        Err(IntegrationError::Refused(refused)) => refused,
    };
    let (status, field, next_step) = place(&refused);
    let refusal = Refusal {
        form: form.to_owned(),
        field: field.to_owned(),
        what: refused.to_string(),
        next_step: next_step.to_owned(),
        typed: posted.typed_for(status),
    };
    Ok(Page::with(status, &render(visit, id, Some(refusal)).await?).into_response())
}

/// Beside which field a refusal belongs, and what to do about it.
fn place(refused: &Refused) -> (StatusCode, &'static str, &'static str) {
    let wrong = StatusCode::UNPROCESSABLE_ENTITY;
    match refused {
        Refused::NotAdmin => (StatusCode::FORBIDDEN, "", "Ask an admin."),
        Refused::ChangedMeanwhile => {
            (StatusCode::CONFLICT, "", "Look at what is said now, then save yours again.")
        }
        Refused::Wrong { setting, wrong: why } => (wrong, setting.as_str(), why.next_step),
        Refused::NotHere(_) => (wrong, "", "Leave it out."),
        Refused::WhyNeeded => (wrong, "why", "Say in a few words what it is for."),
        Refused::WhyTooLong => (wrong, "why", "Say it shorter."),
        Refused::Nothing => (wrong, "", "Change a value first."),
    }
}
