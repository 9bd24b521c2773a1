//! The status page that everybody may read, as a page and as a feed.

pub mod atom;
pub mod model;
pub mod page;
