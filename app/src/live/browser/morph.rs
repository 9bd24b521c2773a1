//! Turns a piece of the page into the server's newer version of it, touching only what differs.
//!
//! Kept as they are: a field that has focus or holds typed text, an opened disclosure, an island's own state, and a
//! form that the new version no longer has but in which somebody is typing.

use std::collections::HashMap;

use wasm_bindgen::{JsCast, JsValue};
use web_sys::{Element, Node};

use super::dom;

/// Makes `old` look like `new`.
pub(super) fn morph(old: &Element, new: &Element) {
    if old.is_equal_node(Some(new)) && !is_field(old) && old.query_selector(FIELDS).ok().flatten().is_none() {
        return;
    }
    if old.tag_name() == "LEPTOS-ISLAND" {
        return replace_island(old, new);
    }
    attributes(old, new);
    if is_field(old) && keep_value(old) {
        return;
    }
    match old.tag_name().as_str() {
        "TEXTAREA" => set_value(old, &new.text_content().unwrap_or_default()),
        "INPUT" => input(old, new),
        _ => {
            children(old, new);
            if old.tag_name() == "SELECT" {
                dom::set_property(old, "value", &dom::property(new, "value"));
            }
        }
    }
}

/// Whether somebody has this field under their hands: it has focus, or differs from what the server sent.
pub(super) fn is_being_edited(field: &Element) -> bool {
    is_field(field) && keep_value(field)
}

const FIELDS: &str = "input,textarea,select";

fn is_field(element: &Element) -> bool {
    matches!(element.tag_name().as_str(), "INPUT" | "TEXTAREA" | "SELECT")
}

fn keep_value(field: &Element) -> bool {
    let kind = field.get_attribute("type").unwrap_or_default();
    match (field.tag_name().as_str(), kind.as_str()) {
        // A key of a request whose outcome is unknown must stay, so that sending again has one effect.
        (_, "hidden") => field.closest("form[data-unsettled]").ok().flatten().is_some(),
        (_, "checkbox" | "radio" | "submit" | "button") => {
            field.closest("form[data-optimistic]").ok().flatten().is_none()
                && dom::property(field, "checked") != dom::property(field, "defaultChecked")
        }
        ("SELECT", _) => has_focus(field) || field.has_attribute("data-edited"),
        _ => {
            has_focus(field) && field.has_attribute("data-edited")
                || dom::property(field, "value") != dom::property(field, "defaultValue")
        }
    }
}

fn has_focus(element: &Element) -> bool {
    dom::document().and_then(|document| document.active_element()).is_some_and(|active| active == *element)
}

fn input(old: &Element, new: &Element) {
    let kind = old.get_attribute("type").unwrap_or_default();
    if matches!(kind.as_str(), "checkbox" | "radio") {
        dom::set_property(old, "checked", &JsValue::from_bool(new.has_attribute("checked")));
    } else {
        set_value(old, &new.get_attribute("value").unwrap_or_default());
    }
}

fn set_value(field: &Element, value: &str) {
    let value = JsValue::from_str(value);
    if dom::property(field, "value") != value {
        dom::set_property(field, "value", &value);
    }
    dom::set_property(field, "defaultValue", &value);
    let _ = field.remove_attribute("data-edited");
}

fn attributes(old: &Element, new: &Element) {
    let opened_by_hand = old.tag_name() == "DETAILS";
    for name in names(new) {
        let value = new.get_attribute(&name);
        if value != old.get_attribute(&name)
            && !(opened_by_hand && name == "open")
            && let Some(value) = value
        {
            let _ = old.set_attribute(&name, &value);
        }
    }
    for name in names(old) {
        let ours = (opened_by_hand && name == "open") || KEPT_ATTRIBUTES.contains(&name.as_str());
        if !ours && !new.has_attribute(&name) {
            let _ = old.remove_attribute(&name);
        }
    }
}

/// Attributes that only the browser side sets.
const KEPT_ATTRIBUTES: [&str; 5] =
    ["data-edited", "data-unsettled", "data-filtered", "tabindex", "aria-invalid"];

fn names(element: &Element) -> Vec<String> {
    element.get_attribute_names().iter().filter_map(|name| name.as_string()).collect()
}

fn replace_island(old: &Element, new: &Element) {
    let same = old.get_attribute("data-component") == new.get_attribute("data-component")
        && old.get_attribute("data-props") == new.get_attribute("data-props");
    if !same && !holds_edits(old) {
        let _ = old.replace_with_with_node_1(new);
        hydrate(new);
    }
}

fn children(old: &Element, new: &Element) {
    let mut keyed: HashMap<String, Node> = HashMap::new();
    let mut unkeyed: Vec<Node> = Vec::new();
    for child in dom::children(old) {
        match key(&child) {
            Some(key) => {
                keyed.insert(key, child);
            }
            None => unkeyed.push(child),
        }
    }
    let mut unkeyed = unkeyed.into_iter().peekable();
    let mut place = old.first_child();
    for wanted in dom::children(new) {
        let found = if let Some(key) = key(&wanted) {
            keyed.remove(&key)
        } else {
            unkeyed.next_if(|candidate| candidate.node_name() == wanted.node_name())
        };
        let node = match found {
            Some(existing) => {
                patch(&existing, &wanted);
                existing
            }
            None => wanted.clone(),
        };
        if place.as_ref() == Some(&node) {
            place = node.next_sibling();
        } else {
            let _ = old.insert_before(&node, place.as_ref());
            if let Some(element) = node.dyn_ref::<Element>() {
                hydrate_within(element);
            }
        }
    }
    for left in unkeyed.chain(keyed.into_values()) {
        let held =
            left.dyn_ref::<Element>().is_some_and(|element| holds_edits(element) || is_refusal(element));
        if !held {
            let _ = old.remove_child(&left);
        }
    }
}

fn patch(old: &Node, new: &Node) {
    match (old.dyn_ref::<Element>(), new.dyn_ref::<Element>()) {
        (Some(old), Some(new)) if old.tag_name() == new.tag_name() => morph(old, new),
        (Some(old), Some(new)) => {
            let _ = old.replace_with_with_node_1(new);
        }
        _ => {
            let text = new.node_value();
            if old.node_value() != text {
                old.set_node_value(text.as_deref());
            }
        }
    }
}

fn key(node: &Node) -> Option<String> {
    let element = node.dyn_ref::<Element>()?;
    let id = element.id();
    if id.is_empty() { element.get_attribute("data-key") } else { Some(id) }
}

fn holds_edits(element: &Element) -> bool {
    is_being_edited(element) || dom::all_in(element, FIELDS).iter().any(is_being_edited)
}

/// Why a form of this page was refused; it goes when the form is sent again.
fn is_refusal(element: &Element) -> bool {
    element.get_attribute("role").as_deref() == Some("alert")
        && element.closest("form").ok().flatten().is_some()
}

fn hydrate_within(element: &Element) {
    if element.tag_name() == "LEPTOS-ISLAND" {
        hydrate(element);
    }
    for island in dom::all_in(element, "leptos-island") {
        hydrate(&island);
    }
}

fn hydrate(island: &Element) {
    let Some(window) = dom::window() else { return };
    if let Ok(hydrate) = js_sys::Reflect::get(&window, &JsValue::from_str("gantryHydrate"))
        && let Some(hydrate) = hydrate.dyn_ref::<js_sys::Function>()
    {
        let _ = hydrate.call1(&JsValue::NULL, island);
    }
}
