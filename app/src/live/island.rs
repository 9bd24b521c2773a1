//! The island that keeps a page live, and the quiet light that says whether it is.
#![expect(unreachable_pub, reason = "the island macro makes public items that only the macro itself needs")]

use leptos::prelude::*;

use super::{Connection, clock, forms, keys, stream};

/// The light, and behind it everything that keeps the page live.
#[island]
pub fn Live(
    /// Comma-separated topics to listen to.
    topics: String,
) -> impl IntoView {
    let connection = RwSignal::new(Connection::Connecting);
    Effect::new(move |_| {
        forms::listen(connection);
        keys::listen();
        clock::start();
        stream::listen(&topics, connection);
    });
    view! {
        <p class="live-light" role="status" data-connection=move || connection.get().word()>
            {move || connection.get().sentence()}
        </p>
    }
}
