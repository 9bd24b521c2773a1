//! The list of go-lives, a new one, and the import of a checklist.

pub mod model;
pub mod page;
