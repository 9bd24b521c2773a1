//! The place on an incident's page of what responders are led through: triage, actions, evidence, postmortem. What they
//! are is not known to the rest of the page.

use super::page::Page;
use crate::features::response::parts::{Summary, summary};
use crate::ui::html::Html;

/// What those parts show, as the server has loaded it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Parts {
    /// Where each of them is.
    pub summary: Summary,
}

/// The parts in their order, each a section of its own with its own `data-live` name.
pub(super) fn response_parts(page: Page<'_>) -> Vec<Html> {
    vec![summary(page.frame, page.model.incident.id, &page.model.response.summary)]
}
