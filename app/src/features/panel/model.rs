//! What the page about the panel's own health shows.

use chrono::{DateTime, Utc};
use gantry_domain::panel::State;

/// The page.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Model {
    /// The whole in one sentence.
    pub sentence: String,
    /// How the whole is.
    pub state: Option<State>,
    /// Its parts, by what they are for.
    pub groups: Vec<Group>,
    /// Facts about the program: name and value.
    pub facts: Vec<(String, String)>,
}

/// Parts that belong together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Group {
    /// What they are for.
    pub title: &'static str,
    /// The parts.
    pub parts: Vec<Part>,
}

/// One thing that the panel stands on, talks to or does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// Its name.
    pub name: String,
    /// How it is.
    pub state: State,
    /// What was found, in a sentence.
    pub sentence: String,
    /// When; `None` where nobody has heard of it.
    pub at: Option<DateTime<Utc>>,
    /// How often it is heard of, in seconds; zero for what does not grow old.
    pub period_seconds: u32,
    /// How long the last answer took, in milliseconds.
    pub took_ms: Option<u64>,
    /// Its breaker, in words, and whether it holds calls back.
    pub breaker: Option<(String, bool)>,
}
