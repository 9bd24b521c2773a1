//! The pages as HTML: what they must show, what they must not, and to whom.

mod console;
mod fixtures;
mod others;
