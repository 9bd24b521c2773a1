//! The list of go-lives.

use leptos::prelude::*;

use super::model::Model;
use crate::document::document;
use crate::frame::Frame;

/// Renders the page.
pub fn render(frame: &Frame, model: &Model) -> String {
    let _ = model;
    document(frame, "Go-lives", || view! { <p>"Go-lives"</p> })
}

/// Renders the form for a new go-live.
pub fn render_new(frame: &Frame, model: &super::model::NewModel) -> String {
    let _ = model;
    document(frame, "New go-live", || view! { <p>"New go-live"</p> })
}

/// Renders the import of a Markdown document.
pub fn render_import(frame: &Frame, model: &super::model::ImportModel) -> String {
    let _ = model;
    document(frame, "Import", || view! { <p>"Import"</p> })
}
