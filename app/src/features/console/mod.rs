//! The launch console: checklist, gate, rollout.

pub mod model;
pub mod page;
