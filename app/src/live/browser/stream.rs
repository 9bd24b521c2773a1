//! The event stream: which topics changed, never what changed. Each message means "fetch the page again".

use std::cell::Cell;
use std::rc::Rc;

use web_sys::EventSource;

use super::light::{self, Connection};
use super::{dom, page};

/// How long to wait before opening a stream again that the server has closed for good, in milliseconds.
const REOPEN_AFTER: i32 = 2_000;

/// Listens to the page's topics for as long as it lives.
pub(super) fn listen() {
    let topics = dom::document()
        .and_then(|document| document.query_selector("meta[name=gantry-topics]").ok().flatten())
        .and_then(|meta| meta.get_attribute("content"))
        .unwrap_or_default();
    open(format!("/events?topics={topics}"), false);
}

fn open(url: String, again: bool) {
    let Ok(source) = EventSource::new(&url) else { return };
    let missed_some = Rc::new(Cell::new(again));
    {
        let missed_some = missed_some.clone();
        dom::on(&source, "open", move |_| {
            if missed_some.replace(true) {
                page::refresh();
            } else {
                light::set(Connection::Live);
            }
        });
    }
    dom::on(&source, "change", move |_| page::refresh());
    let failed = source.clone();
    dom::on(&source, "error", move |_| {
        if light::get() == Connection::Live {
            light::set(Connection::Lost);
        }
        // The browser tries again by itself after a broken line, but not after an error answer.
        if failed.ready_state() == EventSource::CLOSED {
            let url = url.clone();
            dom::after(REOPEN_AFTER, move || open(url, true));
        }
    });
}
