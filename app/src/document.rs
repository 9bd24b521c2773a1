//! The HTML document around a page, and the one place that renders views to text.

use std::sync::Arc;

use leptos::prelude::*;

use crate::frame::{Assets, Frame};
use crate::live::Live;
use crate::ui::layout::Place;

/// Stands where each response's own CSP nonce belongs, so that rendered pages can be kept and reused.
pub const NONCE_PLACEHOLDER: &str = "gantry-nonce-placeholder";

/// Renders a whole document: head, frame and the page's own `body`.
///
/// The result still holds [`NONCE_PLACEHOLDER`]; the server replaces it for each response.
pub fn document<V: IntoView + 'static>(frame: &Frame, title: &str, body: impl FnOnce() -> V) -> String {
    document_in(frame, &Place::default(), title, body)
}

/// Renders a whole document of a page that is about one place: an integration in an environment.
pub fn document_in<V: IntoView + 'static>(
    frame: &Frame,
    place: &Place,
    title: &str,
    body: impl FnOnce() -> V,
) -> String {
    let owner = Owner::new_root(Some(Arc::new(hydration_context::SsrSharedContext::new_islands())));
    let html = owner.with(|| {
        let frame = frame.clone();
        let title = format!("{title} · Gantry");
        let now = frame.now.to_rfc3339();
        let zone = frame.zone.minutes().to_string();
        let topics = frame.topics.join(",");
        let live = !topics.is_empty();
        view! {
            <html lang="en">
                <head>
                    <meta charset="utf-8"/>
                    <meta name="viewport" content="width=device-width, initial-scale=1"/>
                    <meta name="color-scheme" content="light dark"/>
                    <meta name="gantry-now" content=now/>
                    <meta name="gantry-zone" content=zone/>
                    {live.then(|| view! { <meta name="gantry-topics" content=topics data-seen=frame.seen.clone()/> })}
                    <title>{title}</title>
                    <link rel="icon" href="data:,"/>
                    <link rel="stylesheet" href=frame.assets.css.clone()/>
                    {boot(&frame.assets)}
                </head>
                <body>
                    {crate::ui::layout::layout(&frame, place, body())}
                    {live.then(|| view! { <Live/> })}
                </body>
            </html>
        }
        .to_html()
    });
    owner.unset_with_forced_cleanup();
    format!("<!DOCTYPE html>{html}")
}

/// Loads the module and hydrates each island that the page holds. Without it the page still works.
fn boot(assets: &Assets) -> impl IntoView + use<> {
    let script = format!(
        "import init,* as m from '{}';await init({{module_or_path:'{}'}});m.hydrate();\
         window.gantryHydrate=e=>m[e.dataset.component]?.(e);\
         document.querySelectorAll('leptos-island').forEach(window.gantryHydrate);",
        assets.js, assets.wasm
    );
    let (js, wasm) = (assets.js.clone(), assets.wasm.clone());
    (!assets.js.is_empty()).then(|| {
        view! {
            <link rel="modulepreload" href=js nonce=NONCE_PLACEHOLDER/>
            <link rel="preload" href=wasm r#as="fetch" r#type="application/wasm" crossorigin="anonymous"/>
            <script type="module" nonce=NONCE_PLACEHOLDER inner_html=script></script>
        }
    })
}
