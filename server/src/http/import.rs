//! Turning a Markdown document into a checklist: first a preview, then a go-live.

use std::collections::BTreeMap;

use axum::http::StatusCode;
use gantry_app::features::golives::model::ImportModel;
use gantry_app::features::golives::page;
use gantry_app::refusal::Refusal;
use gantry_domain::import;

use super::form::Posted;
use super::go_lives::new_model;
use super::page::Page;
use super::visit::Visit;
use crate::services::go_lives::FieldError;

/// The page.
pub(super) async fn form(visit: Visit) -> Page {
    let model = ImportModel {
        new: new_model(&visit.app.presets, BTreeMap::new(), Vec::new()),
        ..ImportModel::default()
    };
    Page::ok(&page::render_import(&visit.frame(Vec::new()), &model))
}

/// The page with what the document came to. Nothing is stored.
pub(super) async fn preview(visit: Visit, posted: Posted) -> Page {
    let text = posted.get("text").to_owned();
    let mut values = posted.typed();
    values.insert("markdown".to_owned(), text.clone());
    let mut model = model(&visit, text, values, Vec::new());
    let empty = model.preview.as_ref().is_none_or(|preview| preview.sections.is_empty());
    if empty {
        model.refusal = Some(Refusal {
            form: "import".to_owned(),
            field: "text".to_owned(),
            what: "The document has no task lines.".to_owned(),
            next_step: "Write each item as a line that begins with “- [ ]”.".to_owned(),
            typed: posted.typed(),
        });
    }
    let status = if empty { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    Page::with(status, &page::render_import(&visit.frame(Vec::new()), &model))
}

/// The page for a document.
pub(super) fn model(
    visit: &Visit,
    text: String,
    values: BTreeMap<String, String>,
    errors: Vec<FieldError>,
) -> ImportModel {
    ImportModel {
        preview: Some(import::markdown(&text)),
        text,
        new: new_model(&visit.app.presets, values, errors),
        refusal: None,
    }
}
