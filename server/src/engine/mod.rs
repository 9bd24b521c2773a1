//! Loops that work by themselves. Idempotent, without input; they run on a period and on a signal. No rules here.

pub mod alerts;
pub mod clocks;
pub mod evidence;
pub mod first_looks;
pub mod mitigations;
pub mod outbox;
pub mod panel;
pub mod pasts;
pub mod probes;
pub mod rollout;
