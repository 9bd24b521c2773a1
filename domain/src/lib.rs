//! The nouns of Gantry and their rules: pure functions from what is known to what follows.
//!
//! No input or output, no clock, no randomness, no async: `now` is a parameter everywhere.

pub mod actor;
pub mod age;
pub mod checklist;
pub mod export;
pub mod gate;
pub mod golive;
pub mod id;
pub mod import;
pub mod preset;
pub mod probe;
pub mod release;
pub mod text;
