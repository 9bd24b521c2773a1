//! Small helpers over the browser's document. Nothing here knows what a page means.

use js_sys::Function;
use wasm_bindgen::closure::Closure;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{Document, Element, Event, EventTarget, Node, NodeList, Window};

/// The window; only the browser calls this.
pub(super) fn window() -> Option<Window> {
    web_sys::window()
}

/// The current document.
pub(super) fn document() -> Option<Document> {
    window()?.document()
}

/// Runs `handle` on every event of that name which reaches `target`, for as long as the page lives.
pub(super) fn on(target: &EventTarget, name: &str, handle: impl FnMut(Event) + 'static) {
    let closure = Closure::<dyn FnMut(Event)>::new(handle);
    // An unknown event name is a mistake of ours that no visitor can mend: the page works without it.
    let _ = target.add_event_listener_with_callback(name, closure.as_ref().unchecked_ref());
    closure.forget();
}

/// A listener for [`listen_with`] that can be given to many targets; it lives as long as the page.
pub(super) fn listener(handle: impl FnMut(Event) + 'static) -> Function {
    Closure::<dyn FnMut(Event)>::new(handle).into_js_value().unchecked_into()
}

/// Calls `listener` on every event of that name which reaches `target`.
pub(super) fn listen_with(target: &EventTarget, name: &str, listener: &Function) {
    let _ = target.add_event_listener_with_callback(name, listener);
}

/// Opens every disclosure around `element`, so that it can be seen.
pub(super) fn disclose(element: &Element) {
    let mut around = element.parent_element();
    while let Some(Ok(Some(details))) = around.map(|inner| inner.closest("details")) {
        let _ = details.set_attribute("open", "");
        around = details.parent_element();
    }
}

/// Runs `work` once after so many milliseconds.
pub(super) fn after(milliseconds: i32, work: impl FnOnce() + 'static) {
    if let Some(window) = window() {
        let callback: Function = Closure::once_into_js(work).unchecked_into();
        let _ = window.set_timeout_with_callback_and_timeout_and_arguments_0(&callback, milliseconds);
    }
}

/// Runs `work` every so many milliseconds for as long as the page lives.
pub(super) fn every(milliseconds: i32, work: impl FnMut() + 'static) {
    if let Some(window) = window() {
        let closure = Closure::<dyn FnMut()>::new(work);
        let _ = window.set_interval_with_callback_and_timeout_and_arguments_0(
            closure.as_ref().unchecked_ref(),
            milliseconds,
        );
        closure.forget();
    }
}

/// All elements below `root` that the selector matches, in document order.
pub(super) fn all(root: &Document, selector: &str) -> Vec<Element> {
    root.query_selector_all(selector).map(|list| elements(&list)).unwrap_or_default()
}

/// All elements below `root` that the selector matches, in document order.
pub(super) fn all_in(root: &Element, selector: &str) -> Vec<Element> {
    root.query_selector_all(selector).map(|list| elements(&list)).unwrap_or_default()
}

/// The child nodes of `node` as they are now (not live).
pub(super) fn children(node: &Node) -> Vec<Node> {
    let list = node.child_nodes();
    (0..list.length()).filter_map(|index| list.get(index)).collect()
}

/// The event's target as an element.
pub(super) fn target(event: &Event) -> Option<Element> {
    event.target()?.dyn_into().ok()
}

/// Reads a property that `web_sys` offers only on some element types.
pub(super) fn property(element: &Element, name: &str) -> JsValue {
    js_sys::Reflect::get(element, &JsValue::from_str(name)).unwrap_or(JsValue::UNDEFINED)
}

/// Writes such a property.
pub(super) fn set_property(element: &JsValue, name: &str, value: &JsValue) {
    let _ = js_sys::Reflect::set(element, &JsValue::from_str(name), value);
}

fn elements(list: &NodeList) -> Vec<Element> {
    (0..list.length()).filter_map(|index| list.get(index)?.dyn_into().ok()).collect()
}
