//! Incidents: the list, the form for a new one, the page of one, what goes out about it.

mod act;
mod entry;
mod head;
mod list;
mod messages;
pub mod model;
pub mod page;
pub mod response;
mod timeline;
mod update;
pub mod words;

pub use list::{render_list, render_new};
pub use update::{proposed as update_proposed, render_update, values as update_values};
