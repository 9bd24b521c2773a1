//! Signing in.

pub mod model;
pub mod page;
