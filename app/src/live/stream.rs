//! The event stream: which topics changed, never what changed. Each message means "fetch the page again".

use std::cell::Cell;
use std::rc::Rc;

use leptos::prelude::*;
use web_sys::EventSource;

use super::{Connection, dom, page};

/// How long to wait before opening a stream again that the server has closed for good, in milliseconds.
const REOPEN_AFTER: i32 = 2_000;

/// Listens to the topics for as long as the page lives.
pub(super) fn listen(topics: &str, connection: RwSignal<Connection>) {
    open(format!("/events?topics={topics}"), connection, false);
}

fn open(url: String, connection: RwSignal<Connection>, again: bool) {
    let Ok(source) = EventSource::new(&url) else { return };
    let missed_some = Rc::new(Cell::new(again));
    {
        let missed_some = missed_some.clone();
        dom::on(&source, "open", move |_| {
            if missed_some.replace(true) {
                page::refresh(connection);
            } else {
                connection.set(Connection::Live);
            }
        });
    }
    dom::on(&source, "change", move |_| page::refresh(connection));
    let failed = source.clone();
    dom::on(&source, "error", move |_| {
        if connection.get_untracked() == Connection::Live {
            connection.set(Connection::Lost);
        }
        // The browser tries again by itself after a broken line, but not after an error answer.
        if failed.ready_state() == EventSource::CLOSED {
            let url = url.clone();
            dom::after(REOPEN_AFTER, move || open(url, connection, true));
        }
    });
}
