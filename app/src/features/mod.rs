//! The pages, one folder per noun: `model` is what the server fills, `page` is how it looks.

pub mod admin;
pub mod console;
pub mod error;
pub mod first_admin;
pub mod golives;
pub mod incidents;
pub mod item;
pub mod overview;
pub mod panel;
pub mod print;
pub mod response;
pub mod sign_in;
pub mod status;
pub mod thresholds;
