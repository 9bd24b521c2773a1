//! What the launch console shows: one go-live with everything around it.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use gantry_domain::actor::Person;
use gantry_domain::gate::Gate;
use gantry_domain::golive::GoLive;
use gantry_domain::id::ItemKey;
use gantry_domain::plan::Plan;
use gantry_domain::preflight;
use gantry_domain::probe::Finding;
use gantry_domain::rollout::{LogLine, Rollout};
use gantry_domain::threshold::Threshold;

use crate::refusal::Refusal;
use crate::ui::lights::Light;

/// The launch console.
#[derive(Clone, Debug, PartialEq)]
pub struct Model {
    /// The go-live.
    pub go_live: GoLive,
    /// The configuration that its image runs with, as somebody typed it.
    pub configuration: String,
    /// Its gate.
    pub gate: Gate,
    /// What machines found out, by item.
    pub probes: BTreeMap<ItemKey, Finding>,
    /// The three lights: vendor, our integration, our infrastructure. Empty where nobody looks.
    pub lights: Vec<Light>,
    /// Who is on this page.
    pub present: Vec<Person>,
    /// Which items are shown.
    pub show: Show,
    /// Why the last form was refused.
    pub refusal: Option<Refusal>,
    /// Something that just happened, said once.
    pub notice: Option<String>,
    /// The Deployment as last read.
    pub cluster: ClusterView,
    /// The plan of the next rollout (a running one has its own).
    pub plan: Plan,
    /// What it chooses its thresholds from.
    pub could_judge: Vec<Threshold>,
    /// The checks before the start.
    pub preflight: PreflightView,
    /// The latest rollout, running or over.
    pub rollout: Option<RolloutView>,
}

/// Which items the checklist shows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Show {
    /// All.
    #[default]
    All,
    /// Those that are not settled.
    Open,
    /// Those that are open and that the person can do something about.
    Mine,
}

impl Show {
    /// The word in the address: `?show=open`.
    pub fn word(self) -> &'static str {
        match self {
            Self::All => "all",
            Self::Open => "open",
            Self::Mine => "mine",
        }
    }

    /// The choice for a word of an address; anything unknown shows all.
    pub fn from_word(word: &str) -> Self {
        [Self::Open, Self::Mine].into_iter().find(|show| show.word() == word).unwrap_or_default()
    }
}

/// The Deployment as last read, for the plan and its warnings.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ClusterView {
    /// Its replicas; `None` when it could not be read.
    pub replicas: Option<u32>,
    /// Name of the autoscaler attached to it.
    pub autoscaler: Option<String>,
    /// Why it could not be read or written, and what to do: "The cluster refuses `patch deployments` …".
    pub problem: Option<String>,
    /// When it was last read.
    pub observed_at: Option<DateTime<Utc>>,
    /// How often it is read, in seconds.
    pub period_seconds: u32,
}

/// The checks before the start.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PreflightView {
    /// What was found; empty before anybody looked. A check that is missing is shown as not looked at.
    pub findings: Vec<preflight::Finding>,
    /// When; `None` before anybody looked.
    pub taken_at: Option<DateTime<Utc>>,
    /// How often it is looked at, in seconds.
    pub period_seconds: u32,
    /// The admins' overrides for this release, the first one first.
    pub overridden: Vec<preflight::Override>,
}

/// A rollout with what the page shows around it.
#[derive(Clone, Debug, PartialEq)]
pub struct RolloutView {
    /// The rollout's row: phase, plan, readings, pods as last seen.
    pub rollout: Rollout,
    /// When the cluster was last read for it; its pods and steps are as old as this.
    pub observed_at: Option<DateTime<Utc>>,
    /// How often the cluster is read, in seconds.
    pub observe_period_seconds: u32,
    /// One curve per threshold, in the plan's order.
    pub curves: Vec<Curve>,
    /// The decisions with their reasons, newest first.
    pub log: Vec<LogLine>,
    /// How many older ones are not among them.
    pub left_out: usize,
    /// What keeps the engine from its work at present, in words: "The cluster refuses patch on deployments; …".
    pub problem: Option<String>,
}

/// A curve of the rollout: one threshold's values over time.
#[derive(Clone, Debug, PartialEq)]
pub struct Curve {
    /// The threshold's key; finds its reading.
    pub key: String,
    /// The threshold's name.
    pub name: String,
    /// Unit of values and limit.
    pub unit: String,
    /// The limit.
    pub limit: f64,
    /// Whether a value above the limit is the breach; otherwise one below.
    pub breach_above: bool,
    /// First moment shown, in unix seconds.
    pub from: i64,
    /// Last moment shown, in unix seconds.
    pub to: i64,
    /// Moment in unix seconds and value; a gap (no data, NaN) is `None`. Rising in time.
    pub points: Vec<(i64, Option<f64>)>,
    /// When steps began.
    pub marks: Vec<Mark>,
}

/// A moment marked on a curve.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mark {
    /// Unix seconds.
    pub at: i64,
    /// A few characters: "50 %".
    pub label: String,
}
