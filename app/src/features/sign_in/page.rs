//! The sign-in page.

use leptos::prelude::*;

use crate::ui::html::Part;

use super::model::Model;
use crate::document::document;
use crate::forms;
use crate::frame::Frame;
use crate::ui::form::{Field, Form};

/// Renders the page.
pub fn render(frame: &Frame, model: &Model) -> String {
    let form = Form::new(frame, "sign-in", forms::SIGN_IN, model.refusal.as_ref());
    let refused = form.whole_refusal();
    let name = Field {
        autocomplete: Some("username"),
        ..Field::new("name", "Name").required().value(model.name.clone())
    };
    let password = Field {
        kind: "password",
        autocomplete: Some("current-password"),
        ..Field::new("password", "Password").required()
    };
    let next = model.next.clone();
    let oidc = model.oidc.clone().map(|name| {
        let address = format!("{}?next={}", forms::SIGN_IN_OIDC, forms::encoded(&model.next));
        view! { <p class="or"><span>"or"</span></p><a class="button wide" href=address>"Sign in with "{name}</a> }.part()
    });
    let hint = model.hint.clone().map(|hint| view! { <p class="help hint">{hint}</p> }.part());
    document(frame, "Sign in", || {
        view! {
            <section class="card" aria-labelledby="title">
                <h1 id="title">"Sign in"</h1>
                <p class="help">"Take a release to production with a checklist, a gate, and a way back."</p>
                <form id="sign-in" class="stack" method="post" action=forms::SIGN_IN>
                    {form.hidden()}
                    <input type="hidden" name="next" value=next/>
                    {refused}
                    {form.line(&name)}
                    {form.line(&password)}
                    <button class="button primary wide">"Sign in"</button>
                </form>
                {oidc}
                {hint}
            </section>
        }
        .part()
    })
}
