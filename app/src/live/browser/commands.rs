//! The command menu (`Ctrl K`): every page, item and action that this page offers, found by name. It offers nothing of its
//! own: choosing a command follows the link or presses the button that stands on the page.

use std::cell::RefCell;

use js_sys::Function;
use wasm_bindgen::JsCast;
use web_sys::{Document, Element, HtmlElement, HtmlInputElement, KeyboardEvent};

use super::dom;

/// What can be chosen, in the order in which it is shown.
const OFFERED: &str = "[data-jump],.choices a,.menu-links a,main a.button,main summary.button,\
                       main button.button:not([disabled]),[data-nav-item]";
/// More than these are found by typing.
const MOST_SHOWN: usize = 9;

thread_local! {
    static SHOWN: RefCell<Vec<Element>> = const { RefCell::new(Vec::new()) };
}

/// Listens for the key, for what is typed, and for the choice.
pub(super) fn listen() {
    let Some(document) = dom::document() else { return };
    dom::on(&document, "keydown", |event| {
        let (Some(document), Some(key)) = (dom::document(), event.dyn_ref::<KeyboardEvent>()) else { return };
        let typed = dom::target(&event).is_some_and(|field| field.has_attribute("data-command"));
        if (key.ctrl_key() || key.meta_key()) && key.key() == "k" {
            event.prevent_default();
            open(&document);
        } else if typed && key.key() == "Enter" {
            event.prevent_default();
            choose(&document, 0);
        }
    });
    dom::on(&document, "input", |event| {
        if dom::target(&event).is_some_and(|field| field.has_attribute("data-command"))
            && let Some(document) = dom::document()
        {
            fill(&document);
        }
    });
    dom::on(&document, "click", |event| {
        let number = dom::target(&event).and_then(|target| target.get_attribute("data-choice"));
        if let (Some(document), Some(Ok(number))) = (dom::document(), number.map(|number| number.parse())) {
            choose(&document, number);
        }
    });
}

fn open(document: &Document) {
    if let Some(field) = field(document) {
        field.set_value("");
    }
    call(document, "showModal");
    fill(document);
}

fn call(document: &Document, method: &str) {
    if let Ok(Some(dialog)) = document.query_selector("dialog[data-commands]")
        && let Ok(method) = dom::property(&dialog, method).dyn_into::<Function>()
    {
        // An opened dialog cannot be opened again; nothing is lost by that.
        let _ = method.call0(&dialog);
    }
}

fn field(document: &Document) -> Option<HtmlInputElement> {
    document.query_selector("input[data-command]").ok().flatten()?.dyn_into().ok()
}

fn fill(document: &Document) {
    let Ok(Some(list)) = document.query_selector("dialog[data-commands] ul") else { return };
    let wanted = field(document).map(|field| field.value().to_lowercase()).unwrap_or_default();
    list.set_text_content(None);
    let mut shown = Vec::new();
    for element in dom::all(document, OFFERED) {
        let name = name(&element);
        // A button inside of something closed cannot be pressed.
        let closed = element.closest("details:not([open]) > :not(summary)").ok().flatten().is_some();
        if closed || name.is_empty() || !name.to_lowercase().contains(&wanted) {
            continue;
        }
        if let (Ok(item), Ok(button)) = (document.create_element("li"), document.create_element("button")) {
            let _ = button.set_attribute("type", "button");
            let _ = button.set_attribute("data-choice", &shown.len().to_string());
            button.set_text_content(Some(&name));
            let _ = item.append_child(&button);
            let _ = list.append_child(&item);
            shown.push(element);
        }
        if shown.len() == MOST_SHOWN {
            break;
        }
    }
    SHOWN.set(shown);
}

/// What the thing is called on the page.
fn name(element: &Element) -> String {
    let title = element.query_selector(".title").ok().flatten();
    let text = title.as_ref().unwrap_or(element).text_content().unwrap_or_default();
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn choose(document: &Document, number: usize) {
    let Some(element) = SHOWN.with_borrow(|shown| shown.get(number).cloned()) else { return };
    call(document, "close");
    let Ok(element) = element.dyn_into::<HtmlElement>() else { return };
    element.scroll_into_view();
    let _ = element.focus();
    if !element.has_attribute("data-nav-item") {
        element.click();
    }
}
