//! What makes a server-rendered page live: it listens for changes, fetches the page again and patches what differs,
//! sends forms without leaving the page, keeps ages counting, and answers to keys.
//!
//! It holds no data and no rules of its own: whatever it shows came as HTML from the server through the ordinary,
//! authorised page. Nothing that a person is typing is ever replaced.

mod clock;
mod dom;
mod forms;
mod island;
mod keys;
mod morph;
mod page;
mod stream;

/// How the page stands with the server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Connection {
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
}

impl Connection {
    fn word(self) -> &'static str {
        match self {
            Connection::Connecting => "connecting",
            Connection::Live => "live",
            Connection::Lost => "lost",
            Connection::NotSent => "not-sent",
            Connection::SignedOut => "signed-out",
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
        }
    }
}

pub use island::Live;
