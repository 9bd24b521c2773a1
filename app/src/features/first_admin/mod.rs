//! Making the first admin.

pub mod model;
pub mod page;
