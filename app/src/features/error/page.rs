//! What is shown when a page cannot be: what happened, what it means, what to do.

use leptos::prelude::*;

use crate::ui::html::Part;

use super::model::Model;
use crate::document::document;
use crate::forms;
use crate::frame::Frame;

/// Renders the page.
pub fn render(frame: &Frame, model: &Model) -> String {
    let Model { status, title, what, next_step, reference } = model.clone();
    let reference = reference
        .map(|number| view! { <p class="help">"In the log under "<code>{number}</code>"."</p> }.part());
    let heading = title.clone();
    document(frame, &title, || {
        view! {
            <section class="card" aria-labelledby="title">
                <p class="status-number">{status}</p>
                <h1 id="title">{heading}</h1>
                <p>{what}</p>
                <p>{next_step}</p>
                {reference}
                <p><a class="button" href=forms::GO_LIVES>"To the go-lives"</a></p>
            </section>
        }
        .part()
    })
}
