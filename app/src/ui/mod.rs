//! Parts that every page uses. They know no noun of the product and make no request.

pub mod account;
pub mod chart;
pub mod form;
pub mod html;
pub mod layout;
pub mod lights;
pub mod link;
pub mod state;
pub mod time;
pub mod tour;
mod tour_words;
pub mod ways;
