//! The entrance to what admins look after.

use leptos::prelude::*;

use super::model::Index;
use super::tabs::tabs;
use crate::document::document;
use crate::frame::Frame;
use crate::ui::html::Part;

/// Renders the page.
pub fn render(frame: &Frame, model: &Index) -> String {
    let rooms: Vec<_> = model
        .rooms
        .iter()
        .map(|(address, name, sentence)| {
            view! {
                <section class="integration panel" data-nav-item="" tabindex="-1">
                    <h2><a class="title" href=*address>{*name}</a></h2>
                    <p>{sentence.clone()}</p>
                </section>
            }
            .part()
        })
        .collect();
    document(frame, "Admin", || {
        view! {
            <h1 class="hidden-text">"Admin"</h1>
            {tabs(frame)}
            <div class="integrations" data-live="admin">{rooms}</div>
        }
        .part()
    })
}
