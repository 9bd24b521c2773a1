//! The island that keeps a page live, and the quiet light that says whether it is.
#![expect(unreachable_pub, reason = "the island macro makes public items that only the macro itself needs")]

use leptos::prelude::*;

/// The light, and behind it everything that keeps the page live. It has no props and no signals: what changes is the
/// page itself, and every kilobyte that a browser need not load is quicker at three in the morning.
#[island]
pub fn Live() -> impl IntoView {
    #[cfg(feature = "hydrate")]
    super::browser::start();
    view! { <p class="live-light" role="status" data-connection="connecting">"Connecting…"</p> }
}
