//! Responding to an incident against the sandbox: each branch of the triage, each action, whatever goes wrong on the way.

mod actions;
mod ask_admin;
mod bound;
mod by_hand;
mod evidence;
mod keys;
mod login;
mod logs;
mod marks;
mod postmortem;
mod scenarios;
pub(crate) mod stage;
mod triage;
