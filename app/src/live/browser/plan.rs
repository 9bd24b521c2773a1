//! The plan form in the browser: what its rows come to with every keystroke, and the buttons that add and remove a step.

use wasm_bindgen::JsCast;
use web_sys::{Document, Element, HtmlElement, HtmlInputElement};

use super::dom;
use crate::plan_words::preview;

/// Listens for what is typed into the form.
pub(super) fn listen() {
    let Some(document) = dom::document() else { return };
    // Without this the buttons that need the browser's help stay hidden.
    if let Some(body) = document.body() {
        let _ = body.set_attribute("data-alive", "");
    }
    dom::on(&document, "input", |event| {
        if dom::target(&event).is_some_and(|field| field.closest("form[data-plan]").ok().flatten().is_some())
        {
            follow();
        }
    });
    dom::on(&document, "click", |event| {
        if let Some(target) = dom::target(&event) {
            clicked(&target);
        }
    });
}

/// Says again what the rows come to, where somebody is at work on them.
pub(super) fn follow() {
    let Some(document) = dom::document() else { return };
    let (Some(form), Some(shown)) = (find(&document, "form[data-plan]"), find(&document, "[data-preview]"))
    else {
        return;
    };
    if dom::all_in(&form, "[data-edited]").is_empty() {
        return;
    }
    let rows: Vec<_> =
        row_fields(&form).iter().map(|(percent, soak)| (percent.value(), soak.value())).collect();
    let rows = rows.iter().map(|(percent, soak)| (percent.as_str(), soak.as_str()));
    let number = shown.get_attribute("data-preview").and_then(|number| number.parse().ok()).unwrap_or(0);
    // As it is ticked now; where there is nothing to tick, nothing judges.
    let judged = form.query_selector("input[name^=judges-]:checked").ok().flatten().is_some();
    let preview = preview(rows, number, shown.has_attribute("data-autoscaled"), judged);
    write(&document, &shown, ".achieved", preview.steps.iter().map(|line| ("", line.as_str())));
    write(
        &document,
        &shown,
        ".findings",
        preview.findings.iter().map(|(class, line)| (*class, line.as_str())),
    );
}

fn write<'a>(
    document: &Document,
    shown: &Element,
    list: &str,
    lines: impl Iterator<Item = (&'a str, &'a str)>,
) {
    let Ok(Some(list)) = shown.query_selector(list) else { return };
    list.set_text_content(None);
    for (class, line) in lines {
        if let Ok(item) = document.create_element("li") {
            item.set_class_name(class);
            item.set_text_content(Some(line));
            let _ = list.append_child(&item);
        }
    }
}

fn find(document: &Document, selector: &str) -> Option<Element> {
    document.query_selector(selector).ok().flatten()
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
    let Ok(Some(form)) = target.closest("form[data-plan]") else { return };
    if target.has_attribute("data-add") {
        add(&form);
        follow();
    } else if target.has_attribute("data-remove")
        && let Ok(Some(row)) = target.closest("[data-row]")
    {
        remove(&form, &row);
        follow();
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
