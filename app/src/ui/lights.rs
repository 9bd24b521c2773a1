//! The three lights: the vendor, our integration, our infrastructure.

use chrono::{DateTime, Utc};

use super::state::Tone;

/// One of the three lights.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Light {
    /// What it is about: "PostHog", "Our integration", "Our infrastructure".
    pub name: String,
    /// How it stands.
    pub tone: Tone,
    /// In a word: "operational", "degraded", "down", "unknown".
    pub word: String,
    /// One sentence: what was found.
    pub sentence: String,
    /// When; `None` when nobody has looked yet.
    pub taken_at: Option<DateTime<Utc>>,
    /// How often it is looked at, in seconds.
    pub period_seconds: u32,
}
