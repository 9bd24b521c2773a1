//! Ages and countdowns that go on counting between two answers of the server, on the server's clock.
//!
//! `<time data-age="<unix ms>" data-period="<s>">` counts up, and is marked stale past twice its period;
//! `<time data-until="<unix ms>">` counts down; with `data-due` it goes on past its end and marks the `.due` around it.
//! A page that was drawn for clocks that stand otherwise than this browser's is drawn again, once.

use std::cell::Cell;

use chrono::{DateTime, TimeDelta, Utc};
use gantry_domain::age;
use web_sys::{Document, Element};

use super::{dom, page};
use crate::frame::ZONE_COOKIE;

thread_local! {
    /// Server's time minus this browser's, in milliseconds.
    static OFFSET: Cell<f64> = const { Cell::new(0.0) };
}

/// Takes the server's time from this page and counts every second.
pub(super) fn start() {
    if let Some(document) = dom::document() {
        server_time(&document);
        readers_zone(&document);
    }
    dom::every(1_000, tick);
}

/// Tells the server how this browser's clock stands, where the page was drawn for another.
fn readers_zone(document: &Document) {
    let minutes = (-whole(js_sys::Date::new_0().get_timezone_offset())).to_string();
    let drawn_for = document.query_selector("meta[name=gantry-zone]").ok().flatten();
    if drawn_for.is_some_and(|meta| meta.get_attribute("content").as_ref() != Some(&minutes)) {
        let cookie = format!("{ZONE_COOKIE}={minutes}; Path=/; Max-Age=31536000; SameSite=Lax");
        dom::set_property(document, "cookie", &cookie.into());
        page::refresh();
    }
}

/// Learns the server's clock from a page that has just arrived.
pub(super) fn server_time(page: &Document) {
    let Ok(Some(meta)) = page.query_selector("meta[name=gantry-now]") else { return };
    let time = js_sys::Date::parse(&meta.get_attribute("content").unwrap_or_default());
    if !time.is_nan() {
        OFFSET.set(time - js_sys::Date::now());
    }
}

/// Writes every age and countdown of the page anew.
fn tick() {
    if let Some(document) = dom::document() {
        count(&document);
    }
}

/// Writes every age and countdown of `document` as they are now. A page that has just arrived is counted before it is
/// compared with the one that is shown, so that what has only grown older is no difference.
pub(super) fn count(document: &Document) {
    let now = js_sys::Date::now() + OFFSET.get();
    for element in dom::all(document, "[data-age]") {
        let Some(then) = number(&element, "data-age") else { continue };
        if let (Some(at), Some(now)) = (moment(then), moment(now)) {
            write(&element, &age::ago(at, now));
        }
        in_readers_zone(&element, then);
        if let Some(period) = number(&element, "data-period") {
            let stale = now - then > period * 2_000.0;
            let _ = element.toggle_attribute_with_force("data-stale", stale);
            // The whole reading turns to "unknown", not only its age.
            if let Ok(Some(reading)) = element.closest("[data-reading]") {
                let _ = reading.toggle_attribute_with_force("data-stale", stale);
            }
        }
    }
    for element in dom::all(document, "[data-until]") {
        if let Some(until) = number(&element, "data-until") {
            let left = TimeDelta::milliseconds(whole(until - now));
            if element.has_attribute("data-due") {
                write(&element, &age::due(left));
                if let Ok(Some(due)) = element.closest(".due") {
                    let _ = due.toggle_attribute_with_force("data-over", now > until);
                }
            } else {
                write(&element, &age::clock(left));
            }
        }
    }
}

/// The exact time on hover is the reader's own; the server can only say it in UTC.
fn in_readers_zone(element: &Element, then: f64) {
    if element.get_attribute("title").is_some_and(|title| title.ends_with("UTC")) {
        let date = js_sys::Date::new(&then.into());
        let _ = element.set_attribute("title", &String::from(date.to_string()));
    }
}

fn moment(milliseconds: f64) -> Option<DateTime<Utc>> {
    DateTime::from_timestamp_millis(whole(milliseconds))
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "milliseconds between two dates of our time fit many times over"
)]
fn whole(number: f64) -> i64 {
    number as i64
}

fn number(element: &Element, attribute: &str) -> Option<f64> {
    element.get_attribute(attribute)?.parse().ok()
}

fn write(element: &Element, text: &str) {
    if element.text_content().as_deref() != Some(text) {
        element.set_text_content(Some(text));
    }
}
