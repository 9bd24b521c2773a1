//! What a page shows that could not be shown.

/// An error page.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Model {
    /// The HTTP status.
    pub status: u16,
    /// What it is, in two or three words: "No such page".
    pub title: String,
    /// What happened, as a sentence.
    pub what: String,
    /// What to do now, as a sentence.
    pub next_step: String,
    /// A number to find the entry in the log by, where there is one.
    pub reference: Option<String>,
}
