//! What the status page shows: nothing that was not written for everybody.

use chrono::{DateTime, Utc};
use gantry_domain::incident::State;
use gantry_domain::incident::history::Day;
use gantry_domain::preset::Severity;
use serde::Serialize;

use crate::ui::lights::Light;

/// The status of everything.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Model {
    /// Every integration that is watched.
    pub integrations: Vec<Integration>,
    /// What is open, the worst first.
    pub open: Vec<Published>,
    /// How bad the open incidents are that nobody was told of yet; nothing of them is shown but that somebody looks.
    pub quiet: Vec<Severity>,
    /// What was resolved lately, the latest first.
    pub resolved: Vec<Published>,
    /// Scheme, host and port that browsers use.
    pub origin: String,
}

/// One integration.
#[derive(Clone, Debug, PartialEq)]
pub struct Integration {
    /// Its name.
    pub name: String,
    /// Where it runs.
    pub environment: String,
    /// The three lights.
    pub lights: Vec<Light>,
    /// The last days, oldest first.
    pub days: Vec<Day>,
}

/// An incident as everybody may read of it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Published {
    /// Its number.
    pub number: i64,
    /// What it is about: "PostHog, production".
    pub subject: String,
    /// How bad it is.
    pub severity: Severity,
    /// How far people are with it.
    pub state: State,
    /// Since when.
    pub opened_at: DateTime<Utc>,
    /// Until when.
    pub resolved_at: Option<DateTime<Utc>>,
    /// When more is said.
    pub next_update_at: Option<DateTime<Utc>>,
    /// When something was last written for everybody.
    pub updated_at: Option<DateTime<Utc>>,
    /// What was written for everybody, the latest first.
    pub entries: Vec<PublicEntry>,
}

/// Something written for everybody.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PublicEntry {
    /// Its id.
    pub id: String,
    /// When it happened.
    pub at: DateTime<Utc>,
    /// What.
    pub text: String,
}
