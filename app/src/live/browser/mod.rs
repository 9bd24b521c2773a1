//! Everything that runs only in the browser: it listens, fetches the page again, patches what differs, sends forms,
//! keeps ages counting, and answers to keys.

mod clock;
mod commands;
mod dom;
mod forms;
mod keys;
mod light;
mod morph;
mod page;
mod pairs;
mod plan;
mod stream;

/// Begins; called once, when the island is hydrated.
pub(super) fn start() {
    forms::listen();
    keys::listen();
    plan::listen();
    commands::listen();
    page::learn_keys();
    clock::start();
    stream::listen();
}
