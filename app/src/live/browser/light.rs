//! The quiet light that says how the page stands with the server.

use std::cell::Cell;

use super::dom;

thread_local! {
    static NOW: Cell<Connection> = const { Cell::new(Connection::Connecting) };
}

/// How the page stands with the server now.
pub(super) fn get() -> Connection {
    NOW.get()
}

/// Shows how the page stands with the server from now on.
pub(super) fn set(connection: Connection) {
    NOW.set(connection);
    let Some(document) = dom::document() else { return };
    for light in dom::all(&document, ".live-light") {
        let _ = light.set_attribute("data-connection", connection.word());
        // Written only when it is another one: screen readers say every writing.
        if light.text_content().as_deref() != Some(connection.sentence()) {
            light.set_text_content(Some(connection.sentence()));
        }
    }
}

/// How the page stands with the server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Connection {
    /// Not yet heard from the server.
    Connecting,
    /// Changes arrive as they happen.
    Live,
    /// The stream broke; it is tried again, and what is shown may be old.
    Lost,
    /// The last form could not be sent; what was typed is still there.
    NotSent,
    /// The session has ended; the page must be signed in to again.
    SignedOut,
    /// The server answers, but no longer with this page: it is gone, not for this person, or drawn otherwise by now.
    Otherwise,
}

impl Connection {
    fn word(self) -> &'static str {
        match self {
            Connection::Connecting => "connecting",
            Connection::Live => "live",
            Connection::Lost => "lost",
            Connection::NotSent => "not-sent",
            Connection::SignedOut => "signed-out",
            Connection::Otherwise => "otherwise",
        }
    }

    fn sentence(self) -> &'static str {
        match self {
            Connection::Connecting => "Connecting…",
            Connection::Live => "Live",
            Connection::Lost => "Connection lost. Trying again; what you see may be old.",
            Connection::NotSent => {
                "Not saved: the server did not answer. What you typed is kept; send it again."
            }
            Connection::SignedOut => {
                "Your session has ended. Sign in again in another tab; what you typed stays here."
            }
            Connection::Otherwise => {
                "The server no longer shows this page as it stands here. Reload it; what you typed stays until then."
            }
        }
    }
}
