//! The panel's own health.

pub mod model;
pub mod page;
