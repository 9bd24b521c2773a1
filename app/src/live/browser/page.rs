//! Fetching the page again and patching its live regions. At most one fetch at a time; calls in between become one more.

use std::cell::{Cell, RefCell};

use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::{
    Document, DomParser, Element, FocusOptions, HtmlElement, RequestInit, Response, SupportedType,
};

use super::light::{self, Connection};
use super::{clock, dom, keys, morph, plan, stream};
use crate::forms::SIGN_IN;

thread_local! {
    static FETCHING: Cell<bool> = const { Cell::new(false) };
    static AGAIN: Cell<bool> = const { Cell::new(false) };
    static WAITING: Cell<bool> = const { Cell::new(false) };
    /// What the keys of this page's forms begin with.
    static KEY: RefCell<Option<String>> = const { RefCell::new(None) };
}

/// Fetches this page and patches what changed.
pub(super) fn refresh() {
    if FETCHING.replace(true) {
        AGAIN.set(true);
        return;
    }
    spawn_local(async move {
        AGAIN.set(false);
        let url = dom::window().and_then(|window| window.location().href().ok()).unwrap_or_default();
        match fetch(&url, &RequestInit::new()).await {
            Ok(answer) => morph::keeping_refusals(|| show(&answer)),
            Err(_) => lost(),
        }
        // However fast changes come, there is time for whoever reads and types.
        if AGAIN.get() {
            dom::after(BREATH, || {
                FETCHING.set(false);
                refresh();
            });
        } else {
            FETCHING.set(false);
        }
    });
}

/// What is shown may be old: says so, and tries again until it is not.
pub(super) fn lost() {
    if !matches!(light::get(), Connection::NotSent | Connection::SignedOut | Connection::Otherwise) {
        light::set(Connection::Lost);
    }
    try_again();
}

/// Fetches the page a little later, once for however many ask.
pub(super) fn try_again() {
    if !WAITING.replace(true) {
        dom::after(TRY_AGAIN_AFTER, move || {
            WAITING.set(false);
            refresh();
        });
    }
}

/// Between an answer and asking again for what changed meanwhile, in milliseconds.
const BREATH: i32 = 100;
/// How long to wait after a failed fetch, in milliseconds.
const TRY_AGAIN_AFTER: i32 = 2_000;
/// The longest that an answer may take, in milliseconds.
const PATIENCE: i32 = 20_000;

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
    let giving_up = web_sys::AbortController::new()?;
    init.set_signal(Some(&giving_up.signal()));
    // Of no effect once the answer is there.
    dom::after(PATIENCE, move || giving_up.abort());
    let response: Response = JsFuture::from(window.fetch_with_str_and_init(url, init)).await?.dyn_into()?;
    let html = JsFuture::from(response.text()?).await?.as_string().unwrap_or_default();
    Ok(Answer { status: response.status(), url: response.url(), html })
}

/// Whether the answer is that nobody is signed in here any more.
pub(super) fn is_signed_out(answer: &Answer) -> bool {
    let asked_to = |url: &str| url.starts_with(SIGN_IN);
    answer.status == 401 && !asked_to(&here()) || asked_to(&path(&answer.url)) && !asked_to(&here())
}

/// Patches the live regions of this page from the answer.
pub(super) fn show(answer: &Answer) {
    let Some(document) = dom::document() else { return };
    if is_signed_out(answer) {
        light::set(Connection::SignedOut);
        return;
    }
    let Some(new) = parse(&answer.html) else { return };
    let regions = dom::all(&document, "[data-live]");
    let pieces = regions.iter().filter(|region| counterpart(&new, region).is_some()).count();
    if answer.status >= 500 {
        lost();
        return;
    }
    // An error page has the frame of every page, and nothing of what is shown here. Asking again would change nothing.
    if pieces < regions.len().min(2) {
        light::set(Connection::Otherwise);
        return;
    }
    clock::server_time(&new);
    clock::count(&new);
    keep_keys(&new);
    let around = around_focus(&document);
    for region in regions {
        // A region inside one that was patched already may be gone by now.
        if region.is_connected()
            && let Some(newer) = counterpart(&new, &region)
        {
            morph::morph(&region, &newer);
        }
    }
    keep_place(&document, around);
    keys::filter_again();
    plan::follow();
    match (stream::is_open(), light::get()) {
        (true, _) => light::set(Connection::Live),
        (false, Connection::Connecting) => {}
        (false, _) => light::set(Connection::Lost),
    }
}

/// Every answer has keys of its own for its forms. Those of this page are as good as long as none was sent, and keeping
/// them makes what nobody touched the same as before.
fn keep_keys(new: &Document) {
    let fields = dom::all(new, "input[name=key]");
    let keys = fields.iter().filter_map(|field| Some((field, field.get_attribute("value")?)));
    KEY.with_borrow_mut(|kept| {
        for (field, key) in keys {
            let Some((fresh, form)) = key.split_once('.') else { continue };
            let kept = kept.get_or_insert_with(|| fresh.to_owned());
            if kept != fresh {
                let _ = field.set_attribute("value", &format!("{kept}.{form}"));
            }
        }
    });
}

/// Learns what the keys of this page's forms begin with.
pub(super) fn learn_keys() {
    let field = dom::document().and_then(|page| page.query_selector("input[name=key]").ok().flatten());
    let key = field.and_then(|field| field.get_attribute("value"));
    KEY.set(key.and_then(|key| key.split_once('.').map(|(fresh, _)| fresh.to_owned())));
}

/// A form was answered: its key is used up, and the next page brings new ones.
pub(super) fn forget_keys() {
    KEY.set(None);
}

/// What the focused element is a part of, from near to far: its item, its region.
fn around_focus(document: &Document) -> Vec<Element> {
    let active = document.active_element();
    let near = |selector: &str| active.as_ref()?.closest(selector).ok().flatten();
    ["[data-nav-item]", "[data-live]"].into_iter().filter_map(near).collect()
}

/// Where the focused button is gone, what it was a part of has the focus, so that the keyboard goes on from there.
fn keep_place(document: &Document, around: Vec<Element>) {
    if document.active_element().is_some_and(|active| active.tag_name() != "BODY") {
        return;
    }
    if let Some(place) = around.into_iter().find(|place| place.is_connected())
        && let Ok(place) = place.dyn_into::<HtmlElement>()
    {
        if !place.has_attribute("tabindex") {
            let _ = place.set_attribute("tabindex", "-1");
        }
        let quietly = FocusOptions::new();
        quietly.set_prevent_scroll(true);
        let _ = place.focus_with_options(&quietly);
    }
}

/// What an error page says: its heading and its sentences.
pub(super) fn error_of(answer: &Answer) -> Option<(String, String)> {
    let page = parse(&answer.html)?;
    let text = |selector: &str| {
        let texts: Vec<_> = dom::all(&page, selector).iter().filter_map(|one| one.text_content()).collect();
        texts.join(" ")
    };
    let what = text("main h1");
    (!what.is_empty()).then(|| (what, text("main h1 ~ p:not(:last-child)")))
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

/// The piece of `new` that `region` of this page becomes.
pub(super) fn counterpart(new: &Document, region: &Element) -> Option<Element> {
    let name = region.get_attribute("data-live")?;
    dom::all(new, "[data-live]")
        .into_iter()
        .find(|candidate| candidate.get_attribute("data-live").as_ref() == Some(&name))
}
