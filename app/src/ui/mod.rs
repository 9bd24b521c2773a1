//! Parts that every page uses. They know no noun of the product and make no request.

pub mod layout;
pub mod lights;
pub mod state;
