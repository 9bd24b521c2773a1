//! What the pages of responding show.

use chrono::{DateTime, Utc};
use gantry_domain::evidence::{Part, Standing};
use gantry_domain::id::{BundleId, GoLiveId, IncidentId};
use gantry_domain::mitigation::{Marked, Mitigation, Offer};
use gantry_domain::postmortem::{ActionItem, Record, Section, Written};
use gantry_domain::preset::Severity;
use gantry_domain::triage::{Findings, Overrule, Walk};

use crate::refusal::Refusal;

/// Which incident a page belongs to.
#[derive(Clone, Debug, PartialEq)]
pub struct Head {
    /// Its id.
    pub id: IncidentId,
    /// The number that people say.
    pub number: i64,
    /// What is wrong, in one line.
    pub title: String,
    /// P1 to P4.
    pub severity: Severity,
    /// How far people are with it.
    pub state: String,
    /// Whether it still needs somebody.
    pub open: bool,
    /// Name of the integration.
    pub integration: String,
    /// Where it runs.
    pub environment: String,
}

/// One triage with its walk.
#[derive(Clone, Debug, PartialEq)]
pub struct Taken {
    /// When.
    pub at: DateTime<Utc>,
    /// Who looked.
    pub by: String,
    /// What was found.
    pub findings: Findings,
    /// Who overruled what.
    pub overruled: Vec<Overrule>,
    /// The walk that follows.
    pub walk: Walk,
}

/// The page of the triage.
#[derive(Clone, Debug, PartialEq)]
pub struct Triage {
    /// Which incident.
    pub head: Head,
    /// Triages, newest first.
    pub taken: Vec<Taken>,
    /// What can be done.
    pub offers: Vec<Offered>,
    /// A form that was refused.
    pub refusal: Option<Refusal>,
}

/// An action as it is offered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Offered {
    /// Which.
    pub offer: Offer,
    /// Whether it helps against the errors that there are.
    pub helps: bool,
    /// Why it cannot be done now.
    pub not_now: Option<String>,
    /// What exactly.
    pub what: Option<String>,
}

/// One key of the workload.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Key {
    /// The variables that carry it.
    pub variables: Vec<String>,
    /// The Secret.
    pub secret: String,
    /// The key within it.
    pub key: String,
    /// The beginning of its SHA-256.
    pub fingerprint: Option<String>,
    /// When it was last written.
    pub written_at: Option<DateTime<Utc>>,
    /// Who wrote it, as Kubernetes names them.
    pub manager: Option<String>,
    /// Why it cannot be known.
    pub problem: Option<String>,
    /// Whether that is because the cluster denies it.
    pub denied: bool,
}

/// The page of the actions.
#[derive(Clone, Debug, PartialEq)]
pub struct Actions {
    /// Which incident.
    pub head: Head,
    /// What can be done.
    pub offers: Vec<Offered>,
    /// Switches that are marked as set, with how each stands now.
    pub standing: Vec<Marked>,
    /// Every action, newest first.
    pub all: Vec<Mitigation>,
    /// The workload's keys; or why they cannot be known.
    pub keys: Result<Vec<Key>, String>,
    /// When they were read.
    pub keys_at: DateTime<Utc>,
    /// The last rollout's go-live, where a rollback is under way or done.
    pub go_live: Option<GoLiveId>,
    /// A form that was refused.
    pub refusal: Option<Refusal>,
}

/// One line of the exact change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// Where.
    pub path: String,
    /// What stands there.
    pub before: Option<String>,
    /// What shall stand there.
    pub after: Option<String>,
}

/// An action as it would go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rehearsed {
    /// In a few words.
    pub title: String,
    /// What was and what will be.
    pub change: String,
    /// The exact change.
    pub lines: Vec<Line>,
    /// What a person could type instead.
    pub kubectl: String,
    /// Pods that are replaced.
    pub pods: u32,
    /// The key that is replaced, where one is.
    pub key: Option<Key>,
    /// What else to know.
    pub notes: Vec<String>,
    /// Stands for exactly this change.
    pub mark: String,
}

/// The page before an action.
#[derive(Clone, Debug, PartialEq)]
pub struct Confirm {
    /// Which incident.
    pub head: Head,
    /// Where the form posts to.
    pub action: String,
    /// What the page is about: "Replace the key".
    pub name: String,
    /// What it does, in a sentence.
    pub what: String,
    /// The rehearsal; or why there is none.
    pub rehearsed: Result<Rehearsed, NotRehearsed>,
    /// Where there is none for want of a permission in the cluster: who is asked for it.
    pub ask: Option<AskAdmin>,
    /// A form that was refused.
    pub refusal: Option<Refusal>,
}

/// Why an action was not rehearsed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NotRehearsed {
    /// What happened.
    pub what: String,
    /// What to do.
    pub next_step: String,
    /// The kubectl line that does the same, where it is only the panel that does not get through to the cluster.
    pub by_hand: Option<String>,
}

/// A permission that an admin of the cluster can be asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AskAdmin {
    /// What it is wanted for, as the form says it.
    pub wish: String,
    /// Who asked for it already, and when.
    pub asked: Option<(String, DateTime<Utc>)>,
}

/// One collecting of evidence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bundle {
    /// Its id.
    pub id: BundleId,
    /// When it was asked for.
    pub asked_at: DateTime<Utc>,
    /// By whom.
    pub by: String,
    /// When it was complete.
    pub finished_at: Option<DateTime<Utc>>,
    /// Its parts as far as they are settled.
    pub parts: Vec<(Part, Standing)>,
}

/// The page of the evidence.
#[derive(Clone, Debug, PartialEq)]
pub struct Evidence {
    /// Which incident.
    pub head: Head,
    /// Bundles, newest first.
    pub bundles: Vec<Bundle>,
    /// A form that was refused.
    pub refusal: Option<Refusal>,
}

/// The page of the postmortem.
#[derive(Clone, Debug, PartialEq)]
pub struct Postmortem {
    /// Which incident.
    pub head: Head,
    /// What the record says.
    pub record: Record,
    /// What people wrote.
    pub sections: Vec<Written>,
    /// What is to be done.
    pub items: Vec<ActionItem>,
    /// The version of the incident that can be reviewed now; none while it is open, and none once that was done.
    pub review: Option<i64>,
    /// A section that somebody else saved while this person typed: theirs stands in `sections`.
    pub conflict: Option<Section>,
    /// A form that was refused.
    pub refusal: Option<Refusal>,
}
