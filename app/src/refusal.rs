//! A form that was not accepted: what the page shows beside the field, with everything that was typed.
//!
//! It decides nothing; the server fills it from the typed refusal of the domain.

use std::collections::BTreeMap;

/// Why one form of a page was refused.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Refusal {
    /// The form's id on the page; see [`crate::forms`].
    pub form: String,
    /// The `name` of the field that the refusal belongs beside; empty when it concerns the whole form.
    pub field: String,
    /// What happened, as a sentence.
    pub what: String,
    /// What to do now, as a sentence; may be empty.
    pub next_step: String,
    /// Everything that was typed, by field name. Never a password.
    pub typed: BTreeMap<String, String>,
}

impl Refusal {
    /// What was typed into `field`.
    pub fn typed(&self, field: &str) -> &str {
        self.typed.get(field).map_or("", String::as_str)
    }
}
