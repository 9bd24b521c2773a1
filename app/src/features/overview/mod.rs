//! The first page after signing in: one look at everything.

mod card;
pub mod model;
pub mod page;
