//! Fetching the page again and patching its live regions. At most one fetch at a time; calls in between become one more.

use std::cell::Cell;

use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::{Document, DomParser, Element, RequestInit, Response, SupportedType};

use super::light::{self, Connection};
use super::{clock, dom, keys, morph, plan};

thread_local! {
    static FETCHING: Cell<bool> = const { Cell::new(false) };
    static AGAIN: Cell<bool> = const { Cell::new(false) };
}

/// Fetches this page and patches what changed.
pub(super) fn refresh() {
    if FETCHING.replace(true) {
        AGAIN.set(true);
        return;
    }
    spawn_local(async move {
        loop {
            AGAIN.set(false);
            let url = dom::window().and_then(|window| window.location().href().ok()).unwrap_or_default();
            match fetch(&url, &RequestInit::new()).await {
                Ok(answer) => show(&answer),
                Err(_) => light::set(Connection::Lost),
            }
            if !AGAIN.get() {
                break;
            }
        }
        FETCHING.set(false);
    });
}

/// An answered request: where it ended, and the page that came.
pub(super) struct Answer {
    /// The HTTP status.
    pub(super) status: u16,
    /// Where the answer came from, after redirects.
    pub(super) url: String,
    /// The body.
    pub(super) html: String,
}

/// Sends a request and reads the whole answer.
pub(super) async fn fetch(url: &str, init: &RequestInit) -> Result<Answer, JsValue> {
    let window = dom::window().ok_or(JsValue::NULL)?;
    let headers = web_sys::Headers::new()?;
    headers.set("accept", "text/html")?;
    headers.set("gantry-live", "1")?;
    init.set_headers(&headers);
    let response: Response = JsFuture::from(window.fetch_with_str_and_init(url, init)).await?.dyn_into()?;
    let html = JsFuture::from(response.text()?).await?.as_string().unwrap_or_default();
    Ok(Answer { status: response.status(), url: response.url(), html })
}

/// Patches the live regions of this page from the answer.
pub(super) fn show(answer: &Answer) {
    let Some(document) = dom::document() else { return };
    if answer.status == 401 || path(&answer.url).starts_with("/sign-in") && !here().starts_with("/sign-in") {
        light::set(Connection::SignedOut);
        return;
    }
    let Some(new) = parse(&answer.html) else { return };
    let regions = dom::all(&document, "[data-live]");
    if answer.status >= 500 || dom::all(&new, "[data-live]").is_empty() {
        light::set(Connection::Lost);
        return;
    }
    for region in regions {
        // A region inside one that was patched already may be gone by now.
        if region.is_connected()
            && let Some(newer) = counterpart(&new, &region)
        {
            morph::morph(&region, &newer);
        }
    }
    clock::server_time(&new);
    clock::tick();
    keys::filter_again();
    plan::follow();
    if light::get() != Connection::Live {
        light::set(Connection::Live);
    }
}

/// Parses a whole document; nothing in it runs.
pub(super) fn parse(html: &str) -> Option<Document> {
    DomParser::new().ok()?.parse_from_string(html, SupportedType::TextHtml).ok()
}

/// The path of a URL of this site, with its query.
pub(super) fn path(url: &str) -> String {
    url.split_once("://").map_or(url, |(_, rest)| rest.find('/').map_or("/", |at| &rest[at..])).to_owned()
}

/// This page's path with its query.
pub(super) fn here_with_query() -> String {
    let search = dom::window().and_then(|window| window.location().search().ok()).unwrap_or_default();
    format!("{}{search}", here())
}

fn here() -> String {
    dom::window().and_then(|window| window.location().pathname().ok()).unwrap_or_default()
}

fn counterpart(new: &Document, region: &Element) -> Option<Element> {
    let name = region.get_attribute("data-live")?;
    dom::all(new, "[data-live]")
        .into_iter()
        .find(|candidate| candidate.get_attribute("data-live").as_ref() == Some(&name))
}
