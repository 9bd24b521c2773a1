//! The page behind a one-time link: choosing a password.

use leptos::prelude::*;

use super::model::Welcome;
use crate::document::document;
use crate::forms;
use crate::frame::Frame;
use crate::ui::form::{Field, Form};
use crate::ui::html::Part;

/// Renders the page.
pub fn render(frame: &Frame, model: &Welcome) -> String {
    let form = Form::new(frame, "welcome", forms::WELCOME, model.refusal.as_ref());
    let refused = form.whole_refusal();
    let token = model.token.clone();
    let login = model.login.clone();
    let password = |name, label| Field {
        kind: "password",
        autocomplete: Some("new-password"),
        ..Field::new(name, label).required()
    };
    document(frame, "Welcome", || {
        view! {
            <section class="card" aria-labelledby="title">
                <h1 id="title">{format!("Welcome, {}", model.name)}</h1>
                <p class="help">"Choose a password. You sign in as "<strong>{model.login.clone()}</strong>"; this link works once."</p>
                <form id="welcome" class="stack" method="post" action=forms::WELCOME>
                    {form.hidden()}
                    <input type="hidden" name="token" value=token/>
                    <input type="text" class="hidden-text" name="username" autocomplete="username" value=login readonly tabindex="-1" aria-hidden="true"/>
                    {refused}
                    {form.line(&password("password", "Password").help("At least 12 characters."))}
                    {form.line(&password("again", "Password again"))}
                    <button class="button primary wide">"Choose this password"</button>
                </form>
            </section>
        }.part()
    })
}
