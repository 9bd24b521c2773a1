//! The list of go-lives, a new one, and the import of a checklist.

mod fields;
mod import;
pub mod model;
pub mod page;

pub use import::render as render_import;
