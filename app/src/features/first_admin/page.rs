//! The page that makes the first admin, reached by the one-time link of the log.

use leptos::prelude::*;

use crate::ui::html::Part;

use super::model::Model;
use crate::document::document;
use crate::forms;
use crate::frame::Frame;
use crate::ui::form::{Field, Form};

/// Renders the page.
pub fn render(frame: &Frame, model: &Model) -> String {
    let form = Form::new(frame, "first-admin", forms::FIRST_ADMIN, model.refusal.as_ref());
    let refused = form.whole_refusal();
    let token = model.token.clone();
    let name = Field {
        autocomplete: Some("username"),
        ..Field::new("name", "Your name").required().value(model.name.clone())
    }
    .help("Signed under everything you state, and used to sign in.");
    let password = |name, label| Field {
        kind: "password",
        autocomplete: Some("new-password"),
        ..Field::new(name, label).required()
    };
    document(frame, "First admin", || {
        view! {
            <section class="card" aria-labelledby="title">
                <h1 id="title">"Become the first admin"</h1>
                <p class="help">"This link works once. Everybody else is added under Admin, or from the command line: "<code>"gantry user add"</code>"."</p>
                <form id="first-admin" class="stack" method="post" action=forms::FIRST_ADMIN>
                    {form.hidden()}
                    <input type="hidden" name="token" value=token/>
                    {refused}
                    {form.line(&name)}
                    {form.line(&password("password", "Password").help("At least 12 characters."))}
                    {form.line(&password("again", "Password again"))}
                    <button class="button primary wide">"Make me admin"</button>
                </form>
            </section>
        }.part()
    })
}
