//! The preview's ears in the browser: it reads the rows of the plan form, and adds and removes steps.

use leptos::prelude::*;
use wasm_bindgen::JsCast;
use wasm_bindgen::closure::Closure;
use web_sys::{Element, Event, HtmlElement, HtmlInputElement};

const FORM: &str = "form[data-plan]";

/// Reads the form now and after each keystroke in it.
pub(super) fn follow(rows: RwSignal<String>) {
    let Some(form) = form() else { return };
    // Without this the buttons that need the browser's help stay hidden.
    let _ = form.set_attribute("data-edited", "");
    let on_input = Closure::<dyn FnMut(Event)>::new(move |_| read(rows));
    let on_click = Closure::<dyn FnMut(Event)>::new(move |event: Event| {
        if let Some(target) = event.target().and_then(|target| target.dyn_into::<Element>().ok()) {
            clicked(&target);
            read(rows);
        }
    });
    let _ = form.add_event_listener_with_callback("input", on_input.as_ref().unchecked_ref());
    let _ = form.add_event_listener_with_callback("click", on_click.as_ref().unchecked_ref());
    on_input.forget();
    on_click.forget();
}

fn form() -> Option<Element> {
    web_sys::window()?.document()?.query_selector(FORM).ok().flatten()
}

fn read(rows: RwSignal<String>) {
    let Some(form) = form() else { return };
    let text: Vec<_> = row_fields(&form)
        .iter()
        .map(|(percent, soak)| {
            // The two separators cannot be part of what is meant.
            let clean = |field: &HtmlInputElement| field.value().replace([',', '|'], " ");
            format!("{}|{}", clean(percent), clean(soak))
        })
        .collect();
    rows.set(text.join(","));
}

fn row_fields(form: &Element) -> Vec<(HtmlInputElement, HtmlInputElement)> {
    let Ok(list) = form.query_selector_all("[data-row]") else { return Vec::new() };
    (0..list.length())
        .filter_map(|index| {
            let row: Element = list.get(index)?.dyn_into().ok()?;
            Some((input(&row, "percent")?, input(&row, "soak")?))
        })
        .collect()
}

fn input(row: &Element, name: &str) -> Option<HtmlInputElement> {
    row.query_selector(&format!("input[name^={name}]")).ok().flatten()?.dyn_into().ok()
}

fn clicked(target: &Element) {
    let Some(form) = form() else { return };
    if target.has_attribute("data-add") {
        add(&form);
    } else if target.has_attribute("data-remove")
        && let Ok(Some(row)) = target.closest("[data-row]")
    {
        remove(&form, &row);
    }
}

/// The last step keeps its hundred percent and moves one row down; the new one stands halfway before it.
fn add(form: &Element) {
    let rows = row_fields(form);
    let used = rows.iter().take_while(|(percent, _)| !percent.value().trim().is_empty()).count();
    let Some((percent, soak)) = rows.get(used) else { return };
    if let Some((last, last_soak)) = used.checked_sub(1).and_then(|at| rows.get(at)) {
        let number = |field: &HtmlInputElement| field.value().trim().parse::<u32>().unwrap_or(0);
        let before = used.checked_sub(2).and_then(|at| rows.get(at)).map_or(0, |(field, _)| number(field));
        let top = number(last);
        percent.set_value(&last.value());
        soak.set_value(&last_soak.value());
        last.set_value(&before.midpoint(top).to_string());
        last_soak.set_value("5 min");
    } else {
        percent.set_value("100");
    }
    if let Some(row) = percent.closest("[data-row]").ok().flatten() {
        let _ = row.set_attribute("data-edited", "");
    }
    let _ = percent.unchecked_ref::<HtmlElement>().focus();
}

/// Each row below moves one up; the last one is left empty.
fn remove(form: &Element, row: &Element) {
    let rows = row_fields(form);
    let Some(at) = rows.iter().position(|(percent, _)| row.contains(Some(percent))) else { return };
    for index in at..rows.len() {
        let (percent, soak) = &rows[index];
        let (next_percent, next_soak) = rows
            .get(index + 1)
            .map_or_else(Default::default, |(percent, soak)| (percent.value(), soak.value()));
        percent.set_value(&next_percent);
        soak.set_value(&next_soak);
        if next_percent.trim().is_empty()
            && let Ok(Some(row)) = percent.closest("[data-row]")
        {
            let _ = row.remove_attribute("data-edited");
        }
    }
}
