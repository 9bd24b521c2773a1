//! Thresholds out of rule files and into them.

use axum::extract;
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Redirect, Response};
use gantry_app::features::thresholds::model::{Fate, ImportModel, Preview, Query, Wanted};
use gantry_app::features::thresholds::render_import;
use gantry_app::forms;
use gantry_app::refusal::Refusal;
use gantry_domain::alert::rules_file::Imported;
use gantry_domain::alert::{Rule, difference, loosenings};
use gantry_domain::id::IntegrationId;
use serde::Deserialize;

use super::Fault;
use super::attachment::attachment;
use super::form::Posted;
use super::page::Page;
use super::thresholds::{refusal, status};
use super::thresholds_view::name;
use super::visit::Visit;
use crate::services::response::sentence;
use crate::services::thresholds::editing::{self, EditError};
use crate::services::thresholds::files::{self, Form};
use crate::services::thresholds::queries::{self, Says};
use crate::services::thresholds::workload;
use crate::store::{integrations, thresholds};

/// The page.
pub(super) async fn form(visit: Visit) -> Result<Page, Fault> {
    Ok(page(&visit, StatusCode::OK, &model(&visit).await?))
}

/// Shows what a file would do, or takes it.
pub(super) async fn import(visit: Visit, posted: Posted) -> Result<Response, Fault> {
    let caller = posted.caller(&visit)?;
    let mut model = model(&visit).await?;
    model.text = posted.get("text").to_owned();
    model.why = posted.get("why").trim().to_owned();
    let chosen = posted.get("integration").parse::<IntegrationId>().ok();
    model.chosen = chosen.filter(|id| model.integrations.iter().any(|(known, _)| known == id));
    let Some(integration) = model.chosen else {
        return Ok(refused(&visit, model, "", "No integration was chosen.", "Choose one of the list."));
    };
    let imported = match files::read(&model.text) {
        Ok(imported) => imported,
        Err(what) => {
            return Ok(refused(&visit, model, "text", &what, "Check it with promtool check rules."));
        }
    };
    let preview = preview(&visit, integration, &imported).await?;
    let in_the_way = preview.refused().next().map(|(rule, why)| (rule.name.clone(), why.to_owned()));
    model.preview = Some(preview);
    if posted.get("do") != "take" {
        return Ok(page(&visit, StatusCode::OK, &model).into_response());
    }
    if let Some((name, why)) = in_the_way {
        let what = sentence(&format!("nothing was taken: Prometheus refuses the query of {name}: {why}"));
        return Ok(refused(&visit, model, "text", &what, "Correct it here, or leave that rule out."));
    }
    match editing::import(&visit.app.db, caller, integration, imported.rules, model.why.clone()).await {
        Ok(_) => Ok(Redirect::to(forms::THRESHOLDS).into_response()),
        Err(EditError::Store(error)) => Err(error.into()),
        Err(error) => {
            let status = status(&error);
            model.refusal = Some(refusal(&error, "import"));
            Ok(page(&visit, status, &model).into_response())
        }
    }
}

fn refused(visit: &Visit, mut model: ImportModel, field: &str, what: &str, next_step: &str) -> Response {
    model.refusal = Some(Refusal {
        form: "import".to_owned(),
        field: field.to_owned(),
        what: what.to_owned(),
        next_step: next_step.to_owned(),
        ..Refusal::default()
    });
    page(visit, StatusCode::UNPROCESSABLE_ENTITY, &model).into_response()
}

fn page(visit: &Visit, status: StatusCode, model: &ImportModel) -> Page {
    let visit = visit.at(forms::IMPORT_THRESHOLDS.to_owned());
    Page::with(status, &render_import(&visit.frame(Vec::new()), model))
}

async fn model(visit: &Visit) -> Result<ImportModel, Fault> {
    let all = visit.app.db.read(integrations::all(visit.app.db.pool())).await?;
    let named = |one: integrations::Integration| {
        let name = format!("{} · {}", name(&one, &visit.app.presets), one.environment);
        (one.id, name)
    };
    Ok(ImportModel { integrations: all.into_iter().map(named).collect(), ..ImportModel::default() })
}

/// What becomes of each rule, and what Prometheus says of the queries of those that would become anything.
async fn preview(visit: &Visit, id: IntegrationId, imported: &Imported) -> Result<Preview, Fault> {
    let db = &visit.app.db;
    let integration = db.read(integrations::find(db.pool(), id)).await?.ok_or(Fault::NotFound)?;
    let workload = workload(&integration, &visit.app.presets);
    let present: Vec<Rule> =
        db.read(thresholds::of(db.pool(), id)).await?.into_iter().map(|stored| stored.version.rule).collect();
    let fated: Vec<(&Rule, Fate)> = imported.rules.iter().map(|rule| (rule, fate(rule, &present))).collect();
    let query = |rule: &Rule| rule.spec.query(&workload, None);
    let other = fated.iter().filter(|(_, fate)| *fate != Fate::Same);
    let asked = other.map(|(rule, _)| query(rule)).collect();
    let says = queries::ask_all(visit.app.around.prometheus.as_ref(), asked).await;
    let rules = fated.into_iter().map(|(rule, fate)| Wanted {
        name: rule.spec.name.clone(),
        condition: rule.condition(),
        fate,
        query: match says.get(&query(rule)) {
            None => Query::Kept,
            Some(Says::Answers(_)) => Query::Taken,
            Some(Says::Refuses(why)) => Query::Refused(why.clone()),
            Some(Says::Unasked(why)) => Query::Unasked(why.clone()),
        },
    });
    Ok(Preview { rules: rules.collect(), left: imported.left.clone() })
}

fn fate(rule: &Rule, present: &[Rule]) -> Fate {
    match present.iter().find(|before| before.spec.key == rule.spec.key) {
        None => Fate::New,
        Some(before) if difference(before, rule).is_empty() => Fate::Same,
        Some(before) if loosenings(before, rule).is_empty() => Fate::Changed,
        Some(_) => Fate::Proposed,
    }
}

/// What is to be written, and how.
#[derive(Debug, Deserialize)]
pub(super) struct Export {
    integration: String,
    #[serde(rename = "as")]
    form: Option<String>,
}

/// The thresholds of an integration as a file.
pub(super) async fn export(
    visit: Visit,
    extract::Query(wanted): extract::Query<Export>,
) -> Result<Response, Fault> {
    let id: IntegrationId = wanted.integration.parse().map_err(|_| Fault::NotFound)?;
    let db = &visit.app.db;
    let integration = db.read(integrations::find(db.pool(), id)).await?.ok_or(Fault::NotFound)?;
    let rules: Vec<Rule> =
        db.read(thresholds::of(db.pool(), id)).await?.into_iter().map(|stored| stored.version.rule).collect();
    let form = if wanted.form.as_deref() == Some("object") { Form::Object } else { Form::File };
    let place = gantry_domain::id::slug_of(&integration.environment).unwrap_or_default();
    let name = format!("gantry-{}-{place}", integration.preset);
    let text = files::write(&rules, &workload(&integration, &visit.app.presets), &name, form)
        .map_err(|why| Fault::broken(&std::io::Error::other(why)))?;
    let file = match form {
        Form::File => format!("{name}.rules.yaml"),
        Form::Object => format!("{name}.prometheusrule.yaml"),
    };
    Ok(attachment(&file, "application/yaml; charset=utf-8", text))
}
