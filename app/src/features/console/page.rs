//! The launch console.

use leptos::prelude::*;

use super::model::Model;
use crate::document::document;
use crate::frame::Frame;

/// Renders the page.
pub fn render(frame: &Frame, model: &Model) -> String {
    let _ = model;
    document(frame, "Go-live", || view! { <p>"Go-live"</p> })
}
