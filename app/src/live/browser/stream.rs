//! The event stream: which topics changed, never what changed. Each message means "fetch the page again".
//!
//! A stream that breaks, falls silent or is refused is opened again for as long as the page lives. A page that nobody
//! looks at gives its stream up after a while: browsers allow only a few connections to one host.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use js_sys::Function;
use web_sys::EventSource;

use super::light::{self, Connection};
use super::{dom, page};

/// How long to wait before opening a stream again that the server has closed for good, in milliseconds.
const REOPEN_AFTER: i32 = 2_000;
/// The same while nobody is signed in.
const REOPEN_SIGNED_OUT: i32 = 5_000;
/// How often the line is looked at, in milliseconds.
const WATCH_EVERY: i32 = 5_000;
/// The server says something at least every fifteen seconds; after this much silence the line is dead, in milliseconds.
const SILENCE: f64 = 40_000.0;
/// How long a hidden page keeps its stream, in milliseconds.
const HIDDEN_FOR: f64 = 30_000.0;

thread_local! {
    static SOURCE: RefCell<Option<EventSource>> = const { RefCell::new(None) };
    /// When the server last said something, on this browser's clock.
    static HEARD: Cell<f64> = const { Cell::new(0.0) };
    /// Since when nobody looks at the page.
    static HIDDEN_SINCE: Cell<Option<f64>> = const { Cell::new(None) };
    /// Whether a stream was open before.
    static OPENED: Cell<bool> = const { Cell::new(false) };
    /// Whether one is opened again in a moment: nobody else needs to.
    static REOPENING: Cell<bool> = const { Cell::new(false) };
}

/// Whether changes arrive at the moment, as far as one can know.
pub(super) fn is_open() -> bool {
    SOURCE.with_borrow(|source| source.as_ref().is_some_and(|it| it.ready_state() == EventSource::OPEN))
}

/// Listens to the page's topics for as long as the page lives.
pub(super) fn listen() {
    let meta = dom::document()
        .and_then(|document| document.query_selector("meta[name=gantry-topics]").ok().flatten());
    let told = |name| meta.as_ref().and_then(|meta| meta.get_attribute(name)).unwrap_or_default();
    // What changed after the page was made and before anybody listened is told first.
    let url = format!("/events?topics={}&seen={}", told("content"), told("data-seen"));
    let line = Rc::new(Line { url, listeners: RefCell::default() });
    line.listeners.replace(line.listeners());
    line.look();
    {
        let line = line.clone();
        dom::every(WATCH_EVERY, move || line.look());
    }
    if let Some(document) = dom::document() {
        dom::on(&document, "visibilitychange", move |_| line.look());
    }
}

struct Line {
    url: String,
    listeners: RefCell<Vec<(&'static str, Function)>>,
}

impl Line {
    /// Opens what should be open and closes what should not.
    fn look(self: &Rc<Self>) {
        let now = js_sys::Date::now();
        if !dom::document().is_some_and(|document| document.hidden()) {
            HIDDEN_SINCE.set(None);
        } else if HIDDEN_SINCE.get().is_none() {
            // A page that was opened in the background has not been looked at yet.
            HIDDEN_SINCE.set(Some(if OPENED.get() { now } else { 0.0 }));
        }
        let unwatched = HIDDEN_SINCE.get().is_some_and(|since| now - since > HIDDEN_FOR);
        let has_source = SOURCE.with_borrow(Option::is_some);
        if unwatched {
            close();
        } else if !has_source {
            if !REOPENING.get() {
                self.open();
            }
        } else if now - HEARD.get() > SILENCE {
            self.lost();
            close();
            self.open();
        }
    }

    fn open(&self) {
        let Ok(source) = EventSource::new(&self.url) else { return };
        HEARD.set(js_sys::Date::now());
        for (name, listener) in self.listeners.borrow().iter() {
            dom::listen_with(&source, name, listener);
        }
        SOURCE.replace(Some(source));
    }

    fn lost(&self) {
        if matches!(light::get(), Connection::Live | Connection::Connecting) {
            light::set(Connection::Lost);
        }
    }

    /// Made once, however often the stream is opened.
    fn listeners(self: &Rc<Self>) -> Vec<(&'static str, Function)> {
        let heard = || HEARD.set(js_sys::Date::now());
        let line = self.clone();
        vec![
            (
                "open",
                dom::listener(move |_| {
                    heard();
                    if OPENED.replace(true) {
                        page::refresh();
                    } else if light::get() != Connection::NotSent {
                        light::set(Connection::Live);
                    }
                }),
            ),
            (
                "change",
                dom::listener(move |_| {
                    heard();
                    page::refresh();
                }),
            ),
            ("beat", dom::listener(move |_| heard())),
            ("error", dom::listener(move |_| line.failed())),
        ]
    }

    fn failed(self: &Rc<Self>) {
        self.lost();
        // The browser tries again by itself after a broken line, but not after an error answer.
        let refused = SOURCE
            .with_borrow(|source| source.as_ref().is_some_and(|it| it.ready_state() == EventSource::CLOSED));
        if refused {
            SOURCE.replace(None);
            OPENED.set(true);
            // The page itself knows why: nobody is signed in any more, or the server cannot answer.
            page::refresh();
            let signed_out = light::get() == Connection::SignedOut;
            if !REOPENING.replace(true) {
                let line = self.clone();
                dom::after(if signed_out { REOPEN_SIGNED_OUT } else { REOPEN_AFTER }, move || {
                    REOPENING.set(false);
                    line.look();
                });
            }
        }
    }
}

fn close() {
    if let Some(source) = SOURCE.take() {
        source.close();
    }
}
