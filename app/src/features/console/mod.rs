//! The launch console: checklist, gate, rollout.

mod act;
mod checklist;
mod curve;
mod gate;
mod head;
mod item;
mod item_forms;
pub mod model;
pub mod page;
mod plan;
mod pods;
mod preflight;
mod readings;
mod rollout;
mod start;
pub mod state;
mod track;
