//! What makes a server-rendered page live: it listens for changes, fetches the page again and patches what differs,
//! sends forms without leaving the page, keeps ages counting, and answers to keys.
//!
//! It holds no data and no rules of its own: whatever it shows came as HTML from the server through the ordinary,
//! authorised page. Nothing that a person is typing is ever replaced.

#[cfg(feature = "hydrate")]
mod browser;
mod island;

pub use island::Live;
