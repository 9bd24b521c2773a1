//! The head of every page for admins.

use leptos::prelude::*;

use crate::forms;
use crate::frame::Frame;
use crate::ui::html::{Html, Part};

const TABS: [(&str, &str); 5] = [
    (forms::ADMIN, "Admin"),
    (forms::PEOPLE, "People"),
    (forms::INTEGRATIONS, "Integrations"),
    (forms::CHANNELS, "Channels"),
    (forms::AUDIT, "Audit log"),
];

/// The ways between them.
pub(super) fn tabs(frame: &Frame) -> Html {
    let path = frame.place();
    let links: Vec<_> = TABS
        .into_iter()
        .map(|(address, name)| {
            view! { <a href=address aria-current=(path == address).then_some("page")>{name}</a> }.part()
        })
        .collect();
    view! { <nav class="admin-tabs menu-links" aria-label="Admin">{links}</nav> }.part()
}
