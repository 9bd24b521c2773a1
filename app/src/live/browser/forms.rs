//! Sends forms without leaving the page. The answer is the page again, with the result or with the error beside the field.
//!
//! A form is optimistic when it says so (`data-optimistic`): what it does is shown at once and the server's answer
//! confirms or corrects it.

use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::spawn_local;
use web_sys::{Element, Event, FormData, HtmlFormElement, RequestInit, SubmitEvent, UrlSearchParams};

use super::dom;
use super::light::{self, Connection};
use super::page::{self, Answer};

/// Takes over every submitted form that asks for it with `data-enhance`, and notes which fields were typed in.
pub(super) fn listen() {
    let Some(document) = dom::document() else { return };
    dom::on(&document, "submit", move |event| {
        if let Some(form) = enhanced(&event) {
            event.prevent_default();
            send(form, submitter(&event).as_ref());
        }
    });
    dom::on(&document, "input", |event| {
        if let Some(field) = dom::target(&event) {
            let _ = field.set_attribute("data-edited", "");
        }
    });
    // A checkbox that stands for a whole form sends it when it changes.
    dom::on(&document, "change", |event| {
        if let Some(field) = dom::target(&event)
            && field.has_attribute("data-submits")
            && let Ok(Some(form)) = field.closest("form")
            && let Ok(form) = form.dyn_into::<HtmlFormElement>()
        {
            let _ = form.request_submit();
        }
    });
}

fn enhanced(event: &Event) -> Option<HtmlFormElement> {
    let form: HtmlFormElement = dom::target(event)?.dyn_into().ok()?;
    form.has_attribute("data-enhance").then_some(form)
}

fn submitter(event: &Event) -> Option<Element> {
    let button: Element = event.dyn_ref::<SubmitEvent>()?.submitter()?.dyn_into().ok()?;
    Some(button)
}

fn send(form: HtmlFormElement, button: Option<&Element>) {
    // A second click while the first is under way has no effect of its own.
    if form.get_attribute("aria-busy").as_deref() == Some("true") {
        return;
    }
    let Some((url, init)) = request(&form, button) else { return };
    forget_refusal(&form);
    let _ = form.set_attribute("aria-busy", "true");
    let _ = form.set_attribute("data-unsettled", "");
    spawn_local(async move {
        let answer = page::fetch(&url, &init).await;
        let _ = form.remove_attribute("aria-busy");
        match answer {
            // The server's own "not now" leaves the outcome open: the same key may be sent again.
            Ok(answer) if answer.status == 503 || answer.status == 502 || answer.status == 504 => {
                not_sent(&form);
            }
            Ok(answer) => settle(&form, &answer),
            Err(_) => not_sent(&form),
        }
    });
}

fn request(form: &HtmlFormElement, button: Option<&Element>) -> Option<(String, RequestInit)> {
    let fields = FormData::new_with_form(form).ok()?;
    if let Some(button) = button
        && let Some(name) = button.get_attribute("name")
    {
        let _ = fields.append_with_str(&name, &button.get_attribute("value").unwrap_or_default());
    }
    let body = UrlSearchParams::new_with_str_sequence_sequence(&fields).ok()?;
    let init = RequestInit::new();
    init.set_method("POST");
    init.set_body(&JsValue::from(body));
    let action =
        button.and_then(|button| button.get_attribute("formaction")).unwrap_or_else(|| form.action());
    Some((action, init))
}

fn not_sent(form: &HtmlFormElement) {
    undo_optimism(form);
    light::set(Connection::NotSent);
}

fn settle(form: &HtmlFormElement, answer: &Answer) {
    let _ = form.remove_attribute("data-unsettled");
    if answer.status < 400 {
        if leads_elsewhere(answer) {
            if let Some(window) = dom::window() {
                let _ = window.location().set_href(&answer.url);
            }
            return;
        }
        clear(form);
        // The answer may be the page with another filter than the one that is looked through.
        if page::path(&answer.url).split('#').next() != Some(&page::here_with_query()) {
            page::refresh();
            return;
        }
    } else {
        undo_optimism(form);
    }
    page::show(answer);
    if answer.status >= 400 {
        focus_first_error();
    }
}

/// What was wrong with the last attempt stays until the next one, whatever else changes on the page meanwhile.
fn forget_refusal(form: &HtmlFormElement) {
    for field in dom::all_in(form, "[aria-invalid]") {
        let _ = field.remove_attribute("aria-invalid");
    }
    for alert in dom::all_in(form, "[role=alert]") {
        alert.remove();
    }
}

fn leads_elsewhere(answer: &Answer) -> bool {
    let Some(window) = dom::window() else { return false };
    let here = window.location().pathname().unwrap_or_default();
    let there = page::path(&answer.url);
    there.split(['?', '#']).next() != Some(here.as_str())
}

/// After success the typed text has become part of the record: the fields go back to what the server says.
fn clear(form: &HtmlFormElement) {
    form.reset();
    for field in dom::all_in(form, "[data-edited]") {
        let _ = field.remove_attribute("data-edited");
    }
    if let Ok(Some(details)) = form.closest("details[data-closes]") {
        let _ = details.remove_attribute("open");
    }
}

fn undo_optimism(form: &HtmlFormElement) {
    if form.has_attribute("data-optimistic") {
        form.reset();
    }
}

fn focus_first_error() {
    if let Some(field) =
        dom::document().and_then(|document| document.query_selector("[aria-invalid=true]").ok().flatten())
        && let Ok(field) = field.dyn_into::<web_sys::HtmlElement>()
    {
        let _ = field.focus();
    }
}
