//! Responding to an incident: triage with its tree, actions, evidence, the postmortem.

pub mod actions;
pub mod confirm;
pub mod evidence;
pub mod frame;
pub mod model;
pub mod parts;
pub mod postmortem;
mod tree;
pub mod triage;
