//! The web pages: Leptos, rendered on the server from plain data, brought to life by a few islands in WebAssembly.
//!
//! Nothing here loads or decides anything: a page is a function from a model (mostly `gantry_domain` types) to HTML,
//! and the islands fetch that same HTML again when something has changed.

#[cfg(feature = "ssr")]
pub mod document;
#[cfg(feature = "ssr")]
pub mod features;
pub mod forms;
pub mod frame;

pub mod live;
pub mod plan_fields;
pub mod plan_words;
pub mod refusal;
#[cfg(feature = "ssr")]
pub mod ui;

/// Called by the page's boot script once the module is loaded, before any island is hydrated.
#[cfg(feature = "hydrate")]
#[wasm_bindgen::prelude::wasm_bindgen]
pub fn hydrate() {
    leptos::mount::hydrate_islands();
}
