//! Sends forms without leaving the page. The answer is the page again, with the result or with the error beside the field.
//!
//! A form is optimistic when it says so (`data-optimistic`): what it does is shown at once and the server's answer
//! confirms or corrects it.

use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::spawn_local;
use web_sys::{
    Element, Event, FormData, HtmlElement, HtmlFormElement, RequestInit, SubmitEvent, UrlSearchParams,
};

use super::dom;
use super::light::{self, Connection};
use super::morph;
use super::page::{self, Answer};

/// The status of an answer that was not waited for.
const TOO_LONG: u16 = 504;

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
            Ok(answer) if answer.status == TOO_LONG => not_known(&form, &answer),
            // The server's own "not now" leaves the outcome open: the same key may be sent again.
            Ok(answer) if answer.status >= 500 => not_sent(&form),
            Ok(answer) if page::is_signed_out(&answer) => signed_out(&form),
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

/// Nobody waited for the end of it: it may have taken effect, and the page shows whether it has. The key stays, so that
/// the same form sent again has its effect only once.
fn not_known(form: &HtmlFormElement, answer: &Answer) {
    undo_optimism(form);
    let (what, next_step) = page::error_of(answer).unwrap_or_else(|| {
        ("Not finished in time".to_owned(), "Look at the page before you do it again.".to_owned())
    });
    say(form, &format!("{what}."), &next_step);
    page::refresh();
}

fn not_sent(form: &HtmlFormElement) {
    undo_optimism(form);
    say(form, "Not saved.", "The server did not answer. What you typed is kept; send it again.");
    light::set(Connection::NotSent);
    page::try_again();
}

fn signed_out(form: &HtmlFormElement) {
    undo_optimism(form);
    say(form, "Not saved.", "Your session has ended. Sign in again in another tab, then send it again.");
    light::set(Connection::SignedOut);
}

fn settle(form: &HtmlFormElement, answer: &Answer) {
    let _ = form.remove_attribute("data-unsettled");
    // It was taken or refused for what it was opened at; the next attempt is about what the answer shows. What a field's
    // value is meant in goes with the value.
    for field in dom::all_in(form, "[data-as-opened='']") {
        let _ = field.remove_attribute("data-as-opened");
    }
    page::forget_keys();
    if answer.status >= 400 {
        undo_optimism(form);
        refused(form, answer);
        return;
    }
    if leads_elsewhere(answer) {
        if let Some(window) = dom::window() {
            let _ = window.location().set_href(&answer.url);
        }
        return;
    }
    clear(form);
    // The answer may be the page with another filter than the one that is looked through.
    if page::path(&answer.url).split('#').next() == Some(&page::here_with_query()) {
        page::show(answer);
        look_at(form.get_attribute("data-leads-to"));
    } else {
        page::refresh();
    }
}

/// The answer is the page with the refusal on it, or a page about the error alone.
fn refused(form: &HtmlFormElement, answer: &Answer) {
    let region = form.closest("[data-live]").ok().flatten();
    let has_region = page::parse(&answer.html)
        .zip(region)
        .is_some_and(|(new, region)| page::counterpart(&new, &region).is_some());
    if has_region {
        morph::keeping_words(form, || page::show(answer));
        if let Some(wrong) = first_error(form) {
            dom::disclose(&wrong);
            if let Ok(wrong) = wrong.dyn_into::<HtmlElement>() {
                let _ = wrong.focus();
            }
        }
    } else {
        let (what, next_step) = page::error_of(answer)
            .unwrap_or_else(|| ("Not accepted.".to_owned(), "Reload the page and try again.".to_owned()));
        say(form, &format!("{what}."), &next_step);
        page::refresh();
    }
}

/// Says why this form was not taken, in the form itself.
fn say(form: &HtmlFormElement, what: &str, next_step: &str) {
    forget_refusal(form);
    let Some(document) = dom::document() else { return };
    let (Ok(line), Ok(strong)) = (document.create_element("p"), document.create_element("strong")) else {
        return;
    };
    line.set_class_name("refusal");
    let _ = line.set_attribute("role", "alert");
    strong.set_text_content(Some(what));
    let _ = line.append_with_node_1(&strong);
    let _ = line.append_with_str_1(&format!(" {next_step}"));
    let _ = form.append_with_node_1(&line);
}

/// What the form has brought about is shown from its beginning.
fn look_at(id: Option<String>) {
    let Some(document) = dom::document() else { return };
    if let Some(part) = id.and_then(|id| document.get_element_by_id(&id)) {
        part.set_scroll_top(0);
        part.scroll_into_view();
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
    morph::forget_words(form);
    for field in dom::all_in(form, "[data-edited]") {
        let _ = field.remove_attribute("data-edited");
    }
    if let Ok(Some(details)) = form.closest("details[data-closes]") {
        let active = dom::document().and_then(|document| document.active_element());
        let had_focus = active.is_some_and(|active| details.contains(Some(&active)));
        let _ = details.remove_attribute("open");
        // The keyboard goes on from what opens it again.
        if had_focus
            && let Ok(Some(summary)) = details.query_selector("summary")
            && let Ok(summary) = summary.dyn_into::<HtmlElement>()
        {
            let _ = summary.focus();
        }
    }
}

fn undo_optimism(form: &HtmlFormElement) {
    if form.has_attribute("data-optimistic") {
        form.reset();
    }
}

/// What to look at first: in this form, or wherever the page says it.
fn first_error(form: &HtmlFormElement) -> Option<Element> {
    const WRONG: &str = "[aria-invalid=true], .refusal[role=alert]";
    let within = form.is_connected().then(|| form.query_selector(WRONG).ok().flatten()).flatten();
    within.or_else(|| dom::document()?.query_selector(WRONG).ok().flatten())
}
