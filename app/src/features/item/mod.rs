//! One item with its whole history.

pub mod model;
pub mod page;
