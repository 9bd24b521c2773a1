//! The nouns of Gantry and their rules: pure functions from what is known to what follows.
//!
//! No input or output, no clock, no randomness, no async: `now` is a parameter everywhere.

pub mod actor;
pub mod age;
pub mod alert;
pub mod audit_check;
pub mod canary;
pub mod checklist;
pub mod csv;
pub mod cut;
pub mod digest;
pub mod evidence;
pub mod export;
#[cfg(test)]
mod fixtures;
pub mod gate;
pub mod golive;
pub mod id;
pub mod import;
pub mod incident;
pub mod judge;
pub mod light;
pub mod mitigation;
pub mod opened;
pub mod overview;
pub mod panel;
pub mod people;
pub mod plan;
pub mod postmortem;
pub mod preflight;
pub mod preset;
pub mod probe;
pub mod readers_zone;
pub mod release;
pub mod rollout;
pub mod text;
pub mod threshold;
pub mod tour;
pub mod triage;
