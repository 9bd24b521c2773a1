//! Alert thresholds: the table of all, one with its form, replay and versions, and the import of rule files.

mod detail;
mod edit;
mod history;
mod import;
pub mod model;
pub mod page;
mod replay;
mod row;
mod words;

pub use detail::render as render_one;
pub use import::render as render_import;
