//! The keyboard: `/` filters, arrows walk the items, space ticks, `g` and a letter jumps, `?` shows the keys.
//!
//! Keys act only outside of fields, and each does what a visible link, field or button does too.

use std::cell::Cell;

use wasm_bindgen::JsCast;
use web_sys::{Document, Element, HtmlElement, HtmlInputElement, KeyboardEvent};

use super::dom;

thread_local! {
    static JUMPING: Cell<bool> = const { Cell::new(false) };
}

/// How long after `g` the letter may come, in milliseconds.
const JUMP_WITHIN: i32 = 1_500;

/// Listens for keys and for text in the filter.
pub(super) fn listen() {
    let Some(document) = dom::document() else { return };
    dom::on(&document, "keydown", |event| {
        if let (Some(document), Some(key)) = (dom::document(), event.dyn_ref::<KeyboardEvent>()) {
            pressed(&document, key);
        }
    });
    dom::on(&document, "input", |event| {
        if dom::target(&event).is_some_and(|field| field.has_attribute("data-filter")) {
            filter_again();
        }
    });
    // A menu closes when one goes on elsewhere.
    dom::on(&document, "click", |event| {
        if let Some(document) = dom::document() {
            close_menus(&document, dom::target(&event).as_ref());
        }
    });
}

/// Hides the items that the filter's text does not match; called again after each patch of the page.
pub(super) fn filter_again() {
    let Some(document) = dom::document() else { return };
    let Ok(Some(field)) = document.query_selector("input[data-filter]") else { return };
    let wanted =
        field.dyn_ref::<HtmlInputElement>().map(HtmlInputElement::value).unwrap_or_default().to_lowercase();
    for item in dom::all(&document, "[data-nav-item]") {
        let text = item.text_content().unwrap_or_default().to_lowercase();
        let hidden = !wanted.is_empty() && !text.contains(&wanted);
        let _ = item.toggle_attribute_with_force("data-filtered", hidden);
    }
}

fn pressed(document: &Document, event: &KeyboardEvent) {
    if event.ctrl_key() || event.meta_key() || event.alt_key() {
        return;
    }
    let key = event.key();
    let typing = dom::target(event).is_some_and(|element| {
        matches!(element.tag_name().as_str(), "TEXTAREA" | "SELECT")
            || element.tag_name() == "INPUT"
                && !matches!(element.get_attribute("type").as_deref(), Some("checkbox" | "radio" | "submit"))
    });
    if typing {
        // What is filtered stays filtered: the arrows walk it next.
        if key == "Escape" {
            blur(document);
        }
        return;
    }
    if key == "Escape" && close_menus(document, None) {
        event.prevent_default();
        return;
    }
    if JUMPING.replace(false) {
        if let Ok(Some(link)) =
            document.query_selector(&format!("a[data-jump='{}']", key.replace(['\'', '\\'], "")))
        {
            event.prevent_default();
            click(&link);
        }
        return;
    }
    let handled = match key.as_str() {
        "/" => focus(document.query_selector("input[data-filter]").ok().flatten()),
        "g" => {
            JUMPING.set(true);
            dom::after(JUMP_WITHIN, || JUMPING.set(false));
            true
        }
        "?" => toggle_help(document),
        "ArrowDown" | "j" => walk(document, 1),
        "ArrowUp" | "k" => walk(document, -1),
        " " | "x" => tick(document),
        "Enter" => open(document),
        _ => false,
    };
    if handled {
        event.prevent_default();
    }
}

/// Closes the open menus around which `except` is not; whether there was one.
fn close_menus(document: &Document, except: Option<&Element>) -> bool {
    let mut closed = false;
    for menu in dom::all(document, "details.menu[open], details[data-key-help][open]") {
        if except.is_none_or(|element| !menu.contains(Some(element))) {
            let _ = menu.remove_attribute("open");
            closed = true;
        }
    }
    closed
}

fn walk(document: &Document, step: i32) -> bool {
    let items: Vec<Element> = dom::all(document, "[data-nav-item]")
        .into_iter()
        .filter(|item| !item.has_attribute("data-filtered"))
        .collect();
    let here = current(document).and_then(|item| items.iter().position(|candidate| *candidate == item));
    let next = match (here, step) {
        (None, _) => items.first(),
        (Some(at), 1) => items.get(at + 1),
        (Some(at), _) => at.checked_sub(1).and_then(|at| items.get(at)),
    };
    focus(next.cloned())
}

/// The item that holds the focus.
fn current(document: &Document) -> Option<Element> {
    document.active_element()?.closest("[data-nav-item]").ok().flatten()
}

fn tick(document: &Document) -> bool {
    // On the checkbox itself the browser's own space does it already.
    if document
        .active_element()
        .is_some_and(|element| matches!(element.tag_name().as_str(), "INPUT" | "BUTTON" | "SUMMARY" | "A"))
    {
        return false;
    }
    let Some(item) = current(document) else { return false };
    let Ok(Some(control)) = item.query_selector("[data-tick]") else { return false };
    click(&control);
    true
}

fn open(document: &Document) -> bool {
    let Some(item) = document.active_element().filter(|element| element.has_attribute("data-nav-item"))
    else {
        return false;
    };
    let Ok(Some(summary)) = item.query_selector("summary") else { return false };
    click(&summary);
    true
}

fn toggle_help(document: &Document) -> bool {
    let Ok(Some(help)) = document.query_selector("details[data-key-help]") else { return false };
    let _ = help.toggle_attribute("open");
    true
}

fn focus(element: Option<Element>) -> bool {
    let Some(element) = element.and_then(|element| element.dyn_into::<HtmlElement>().ok()) else {
        return false;
    };
    let _ = element.focus();
    true
}

fn blur(document: &Document) {
    if let Some(element) =
        document.active_element().and_then(|element| element.dyn_into::<HtmlElement>().ok())
    {
        let _ = element.blur();
    }
}

fn click(element: &Element) {
    if let Some(element) = element.dyn_ref::<HtmlElement>() {
        element.click();
    }
}
