//! Turns a piece of the page into the server's newer version of it, touching only what differs.
//!
//! Kept as they are: a field that has focus or holds typed text, what such a form says that it was opened at
//! (`data-as-opened`, for one of its fields alone where it names that field), an opened disclosure, an island's own state, a
//! form that the new version no longer has but in which somebody is typing, and why a form was refused, until a form is sent
//! again.
//! An element that holds the focus is never moved: others make way for it.

use std::cell::Cell;
use std::iter::successors;

use wasm_bindgen::{JsCast, JsValue};
use web_sys::{Element, Node};

use super::{dom, pairs};

thread_local! {
    /// Whether refusals outlive what is being patched; see [`keeping_refusals`].
    static REFUSALS_STAY: Cell<bool> = const { Cell::new(false) };
}

/// Runs `patching` as an update that nobody here asked for: what was wrong with the last form goes on standing there.
pub(super) fn keeping_refusals(patching: impl FnOnce()) {
    REFUSALS_STAY.set(true);
    patching();
    REFUSALS_STAY.set(false);
}

/// Makes `old` look like `new`.
pub(super) fn morph(old: &Element, new: &Element) {
    if !is_field(old) && old.is_equal_node(Some(new)) {
        // Only what the fields hold is not part of the markup.
        for (old, new) in dom::all_in(old, SHOWN_FIELDS).iter().zip(dom::all_in(new, SHOWN_FIELDS)) {
            morph(old, &new);
        }
        return;
    }
    if old.tag_name() == "LEPTOS-ISLAND" {
        return replace_island(old, new);
    }
    if goes_with_typed(old) {
        return;
    }
    // What a hidden field holds is its attribute.
    if old.get_attribute("type").as_deref() == Some("hidden") && is_field(old) && keep_value(old) {
        return;
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
fn is_being_edited(field: &Element) -> bool {
    is_field(field) && field.get_attribute("type").as_deref() != Some("hidden") && keep_value(field)
}

const FIELDS: &str = "input,textarea,select";
/// Those that people see and change; what a hidden one holds is its markup.
const SHOWN_FIELDS: &str = "input:not([type=hidden]),textarea,select";

/// Whether this says what somebody had before their eyes when they began to type in its form, or in the one field of it that
/// is named: their words are about that. The zone of a moment must change with the moment, and never under it.
fn goes_with_typed(element: &Element) -> bool {
    let Some(named) = element.get_attribute("data-as-opened") else { return false };
    let Ok(Some(form)) = element.closest("form") else { return false };
    dom::all_in(&form, SHOWN_FIELDS).iter().any(|field| {
        (named.is_empty() || field.get_attribute("name").as_ref() == Some(&named)) && is_being_edited(field)
    })
}

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
        _ => has_focus(field) || holds_words(field),
    }
}

/// On a field whose words were sent and not taken. The refusal's page holds them too, so that they differ from nothing; they
/// are somebody's words all the same, until the form is sent again and taken.
const REFUSED_WORDS: &str = "data-refused-words";

/// Whether a field that is typed into holds other words than the server's own.
fn holds_words(field: &Element) -> bool {
    field.has_attribute(REFUSED_WORDS)
        || dom::property(field, "value") != dom::property(field, "defaultValue")
}

/// Shows the page that says why a form was not taken; what was typed into the form stays what somebody typed.
pub(super) fn keeping_words(form: &Element, showing: impl FnOnce()) {
    let fields = dom::all_in(form, SHOWN_FIELDS);
    let typed: Vec<&Element> = fields.iter().filter(|field| holds_words(field)).collect();
    showing();
    for field in typed {
        let _ = field.set_attribute(REFUSED_WORDS, "");
    }
}

/// What was typed was taken: it is the server's from now on.
pub(super) fn forget_words(form: &Element) {
    for field in dom::all_in(form, &format!("[{REFUSED_WORDS}]")) {
        let _ = field.remove_attribute(REFUSED_WORDS);
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
    let _ = field.remove_attribute(REFUSED_WORDS);
}

fn attributes(old: &Element, new: &Element) {
    let opened_by_hand = old.tag_name() == "DETAILS";
    let refused = REFUSALS_STAY.get() && old.get_attribute("aria-invalid").as_deref() == Some("true");
    for name in names(new) {
        let value = new.get_attribute(&name);
        if value != old.get_attribute(&name)
            && !(opened_by_hand && name == "open")
            && !(refused && REFUSED_ATTRIBUTES.contains(&name.as_str()))
            && let Some(value) = value
        {
            let _ = old.set_attribute(&name, &value);
        }
    }
    for name in names(old) {
        let ours = (opened_by_hand && name == "open")
            || KEPT_ATTRIBUTES.contains(&name.as_str())
            || refused && REFUSED_ATTRIBUTES.contains(&name.as_str());
        if !ours && !new.has_attribute(&name) {
            let _ = old.remove_attribute(&name);
        }
    }
}

/// Attributes that only the browser side sets.
const KEPT_ATTRIBUTES: [&str; 6] =
    ["aria-busy", "data-edited", REFUSED_WORDS, "data-unsettled", "data-filtered", "tabindex"];
/// What ties a refused field to its refusal.
const REFUSED_ATTRIBUTES: [&str; 2] = ["aria-invalid", "aria-describedby"];

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
    let (pairs, left) = pairs::pair(dom::children(old), dom::children(new));
    let mut held = Vec::new();
    for left in left {
        if left.dyn_ref::<Element>().is_some_and(is_held) {
            held.push(left);
        } else {
            let _ = old.remove_child(&left);
        }
    }
    let mut place = old.first_child();
    for (wanted, found) in pairs {
        while let Some(stays) = place.as_ref().filter(|place| held.contains(place)) {
            place = stays.next_sibling();
        }
        let Some(found) = found else {
            let _ = old.insert_before(&wanted, place.as_ref());
            if let Some(element) = wanted.dyn_ref::<Element>() {
                hydrate_within(element);
            }
            continue;
        };
        if place.as_ref() != Some(&found) {
            if holds_focus(&found) {
                let ahead: Vec<Node> =
                    successors(place, Node::next_sibling).take_while(|other| *other != found).collect();
                for other in ahead {
                    let _ = old.append_child(&other);
                }
            } else {
                let _ = old.insert_before(&found, place.as_ref());
            }
        }
        place = found.next_sibling();
        patch(&found, &wanted);
    }
}

/// Both are elements of one name, or both are texts or comments.
fn patch(old: &Node, new: &Node) {
    if let (Some(old), Some(new)) = (old.dyn_ref::<Element>(), new.dyn_ref::<Element>()) {
        return morph(old, new);
    }
    let text = new.node_value();
    if old.node_value() != text {
        old.set_node_value(text.as_deref());
    }
}

/// Whether something stays although the new version does not have it.
fn is_held(element: &Element) -> bool {
    holds_edits(element) || REFUSALS_STAY.get() && holds_refusal(element)
}

fn holds_focus(node: &Node) -> bool {
    let active = dom::document().and_then(|document| document.active_element());
    active.is_some_and(|active| node.contains(Some(&active)))
}

fn holds_edits(element: &Element) -> bool {
    is_being_edited(element) || dom::all_in(element, FIELDS).iter().any(is_being_edited)
}

/// Why a form of this page was refused.
fn holds_refusal(element: &Element) -> bool {
    const REFUSAL: &str = ".refusal[role=alert]";
    element.matches(REFUSAL).unwrap_or(false) || !dom::all_in(element, REFUSAL).is_empty()
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
