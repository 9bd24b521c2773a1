//! What is shown when a page cannot be.

pub mod model;
pub mod page;
