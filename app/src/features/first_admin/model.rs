//! What the one-time page for the first admin shows.

use crate::refusal::Refusal;

/// The page that makes the first admin.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Model {
    /// The one-time token of the link, given back with the form.
    pub token: String,
    /// The name that was typed.
    pub name: String,
    /// Why the last attempt was refused; its form is `first-admin`, fields `name`, `password`, `again`.
    pub refusal: Option<Refusal>,
}
