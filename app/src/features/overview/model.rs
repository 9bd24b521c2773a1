//! What the first page shows: the headline, and one card for each integration.

use chrono::{DateTime, Utc};
use gantry_domain::golive::Progress;
use gantry_domain::id::GoLiveId;
use gantry_domain::overview::{Headline, Work};
use gantry_domain::preset::Severity;

use crate::ui::lights::Light;
use crate::ui::state::Tone;

/// The page.
#[derive(Clone, Debug, PartialEq)]
pub struct Model {
    /// Whether anything needs the reader. Its places are those of `cards`.
    pub headline: Headline,
    /// One for each integration, in the order in which they were seen; the page puts the urgent ones first.
    pub cards: Vec<Card>,
    /// Whether the reader may open a go-live.
    pub may_create: bool,
}

/// One integration.
#[derive(Clone, Debug, PartialEq)]
pub struct Card {
    /// Its name.
    pub name: String,
    /// Its environment.
    pub environment: String,
    /// The three lights; none where there is no workload to look at.
    pub lights: Vec<Light>,
    /// What runs.
    pub version: Version,
    /// The rollout under way.
    pub rollout: Option<Rollout>,
    /// Incidents that are not resolved, the most severe first.
    pub incidents: Vec<Incident>,
    /// Its thresholds.
    pub alerts: Alerts,
    /// Go-lives that are not over, newest first.
    pub go_lives: Vec<GoLive>,
    /// How many are over.
    pub finished: usize,
}

/// The version that runs, as far as it is known.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Version {
    /// The version.
    pub version: Option<String>,
    /// How it is known: "as the cluster says", "since the last rollout".
    pub source: String,
    /// As of when; `None` where nobody can say.
    pub at: Option<DateTime<Utc>>,
    /// How often it is looked at, in seconds; zero for what does not grow old.
    pub period_seconds: u32,
    /// Why it cannot be read now.
    pub problem: Option<String>,
}

/// A rollout under way.
#[derive(Clone, Debug, PartialEq)]
pub struct Rollout {
    /// Of which go-live.
    pub go_live: GoLiveId,
    /// How it stands.
    pub tone: Tone,
    /// In a word.
    pub word: String,
    /// In a sentence.
    pub headline: String,
    /// The percentages of its steps, and how many of them are done.
    pub steps: Vec<u32>,
    /// The step that it is at, from 0.
    pub at: usize,
    /// When the cluster was last read for it, and how often that is done.
    pub observed: Option<(DateTime<Utc>, u32)>,
}

/// An incident that is not resolved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Incident {
    /// Its page.
    pub address: String,
    /// Its title.
    pub title: String,
    /// How bad.
    pub severity: Severity,
    /// Where it stands, in a word.
    pub state: String,
    /// Who leads.
    pub commander: Option<String>,
    /// Since when.
    pub opened_at: DateTime<Utc>,
    /// When the next word about it is due.
    pub update_due: Option<DateTime<Utc>>,
}

/// What the thresholds of an integration say.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Alerts {
    /// Where they are shown; none where there are none.
    pub address: Option<String>,
    /// Those that fire, the most severe first.
    pub firing: Vec<Firing>,
    /// How many are about to fire.
    pub pending: usize,
    /// How many cannot be told.
    pub unknown: usize,
    /// How many there are.
    pub all: usize,
    /// Why nothing can be told of any of them: nobody evaluates them.
    pub stopped: Option<String>,
}

/// A threshold that fires.
#[derive(Clone, Debug, PartialEq)]
pub struct Firing {
    /// Its page.
    pub address: String,
    /// Its name.
    pub name: String,
    /// How bad.
    pub severity: Severity,
    /// The value with its unit, where there is one.
    pub value: Option<String>,
    /// Since when.
    pub since: Option<DateTime<Utc>>,
}

/// A go-live that is not over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GoLive {
    /// Its id.
    pub id: GoLiveId,
    /// Its own name for the integration.
    pub integration: String,
    /// What runs before it.
    pub from: Option<String>,
    /// Where it stands for the reader, with what is open and theirs.
    pub work: Work,
    /// How far the checklist before the rollout is.
    pub progress: Progress,
}
