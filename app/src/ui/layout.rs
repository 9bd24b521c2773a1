//! The frame around every page: the bar, the way around, the page's own content.

use leptos::prelude::*;

use crate::frame::Frame;

/// Puts a page's content into the frame.
pub fn layout(frame: &Frame, body: impl IntoView) -> impl IntoView {
    let name = frame.actor.as_ref().map(|actor| actor.person.name.clone());
    view! {
        <header class="bar"><a href="/">"Gantry"</a><span>{name}</span></header>
        <main id="main">{body}</main>
    }
}
