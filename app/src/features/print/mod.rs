//! The record of a go-live, as a document to print and sign.

pub mod model;
pub mod page;
