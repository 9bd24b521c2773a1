//! What the pages about thresholds show.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use gantry_domain::actor::Person;
use gantry_domain::alert::change::Loosening;
use gantry_domain::alert::rules_file::Left;
use gantry_domain::alert::{Replay, Rule, State, Version};
use gantry_domain::id::{IntegrationId, ThresholdId};

use crate::refusal::Refusal;
use crate::ui::state::Tone;

/// How the evaluator is.
#[derive(Clone, Debug, PartialEq)]
pub struct Evaluator {
    /// How it stands.
    pub tone: Tone,
    /// In a word: "running", "stopped", "without answers".
    pub word: &'static str,
    /// One sentence: what the last round did.
    pub sentence: String,
    /// When that began; none where there was none.
    pub taken_at: Option<DateTime<Utc>>,
    /// How often one begins, in seconds.
    pub period_seconds: u32,
    /// Whether it has stopped, so that everything is unknown.
    pub stopped: bool,
}

/// One threshold as it stands.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    /// Which.
    pub id: ThresholdId,
    /// The version in use.
    pub version: Version,
    /// How it stands now; what was not evaluated lately is unknown.
    pub state: State,
    /// Why there is no value, where there is none.
    pub why: Option<String>,
    /// Since when it is in this state.
    pub since: Option<DateTime<Utc>>,
    /// When it was last asked for, with whatever outcome: what its state rests on. None where it never was.
    pub asked_at: Option<DateTime<Utc>>,
    /// The last value.
    pub value: Option<f64>,
    /// When that was measured.
    pub value_at: Option<DateTime<Utc>>,
    /// Whether the backup gave it, because the first source of metrics did not answer.
    pub from_backup: bool,
    /// How often it is measured, in seconds.
    pub period_seconds: u32,
    /// The last six hours: unix seconds and the worst value around them.
    pub curve: Vec<(i64, Option<f64>)>,
    /// Whether a change of it waits for a second person.
    pub proposed: bool,
}

/// An integration with its thresholds.
#[derive(Clone, Debug, PartialEq)]
pub struct Group {
    /// Which.
    pub integration: IntegrationId,
    /// Its name.
    pub name: String,
    /// Its environment.
    pub environment: String,
    /// Its thresholds.
    pub rows: Vec<Row>,
}

/// The table of all thresholds.
#[derive(Clone, Debug, PartialEq)]
pub struct Model {
    /// How the evaluator is.
    pub evaluator: Evaluator,
    /// Thresholds by integration; only those that are to be shown.
    pub groups: Vec<Group>,
    /// How many are in each state, whether shown or not.
    pub counts: BTreeMap<State, usize>,
    /// The one state that is shown, where not all are.
    pub show: Option<State>,
    /// Whether this person may edit.
    pub may_edit: bool,
    /// What was just done.
    pub notice: Option<String>,
}

/// A change that waits for another admin.
#[derive(Clone, Debug, PartialEq)]
pub struct Proposal {
    /// Its id.
    pub id: String,
    /// The version that it was made on.
    pub base_version: u32,
    /// What it would become.
    pub rule: Rule,
    /// When it was proposed.
    pub at: DateTime<Utc>,
    /// By whom.
    pub by: Person,
    /// Why.
    pub why: String,
    /// How it loosens the threshold.
    pub loosenings: Vec<Loosening>,
    /// What trying it came to, where somebody did.
    pub trial: Option<Trial>,
    /// What goes with the next form, so that it is known what its sender was shown.
    pub shown: String,
}

/// An earlier version that is to be brought back, once somebody has looked at what that comes to.
#[derive(Clone, Debug, PartialEq)]
pub struct Restoring {
    /// Which.
    pub version: Version,
    /// The reason that was typed.
    pub why: String,
    /// What trying it came to.
    pub trial: Trial,
    /// What goes with the next form, so that it is known what its sender was shown.
    pub shown: String,
}

/// A change of state.
#[derive(Clone, Debug, PartialEq)]
pub struct Transition {
    /// When.
    pub at: DateTime<Utc>,
    /// From.
    pub from: String,
    /// To.
    pub to: String,
    /// The version that judged.
    pub version: u32,
    /// In a sentence.
    pub sentence: String,
}

/// One rule tried on the past.
#[derive(Clone, Debug, PartialEq)]
pub struct Tried {
    /// The rule.
    pub rule: Rule,
    /// Unix seconds and values.
    pub points: Vec<(i64, Option<f64>)>,
    /// What it would have done.
    pub replay: Replay,
}

/// Old against new.
#[derive(Clone, Debug, PartialEq)]
pub struct Compared {
    /// From, in unix seconds.
    pub from: i64,
    /// To, in unix seconds.
    pub to: i64,
    /// "24 h" or "7 d".
    pub back: &'static str,
    /// The present version.
    pub old: Tried,
    /// What is wanted.
    pub new: Tried,
}

/// What trying a change came to.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Trial {
    /// The value that the wanted query has now, or why there is none.
    pub value: Option<Result<f64, String>>,
    /// Reasons why it may never fire.
    pub warnings: Vec<String>,
    /// What is good to know and keeps nobody from going on.
    pub notes: Vec<String>,
    /// Why Prometheus could not be asked.
    pub unasked: Option<String>,
    /// The replay.
    pub compared: Option<Compared>,
    /// Whether something was to be done that waits until whoever asked has seen this.
    pub held: bool,
}

impl Trial {
    /// Whether there is anything that somebody has to know before going on.
    pub fn has_doubts(&self) -> bool {
        self.unasked.is_some() || !self.warnings.is_empty()
    }
}

/// The form, for admins.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Edit {
    /// What was typed, by field; nothing: the version in use.
    pub typed: BTreeMap<String, String>,
    /// What is wrong with it.
    pub refusals: Vec<Refusal>,
    /// What trying it came to.
    pub trial: Option<Trial>,
}

/// One threshold with everything about it.
#[derive(Clone, Debug, PartialEq)]
pub struct OneModel {
    /// How the evaluator is.
    pub evaluator: Evaluator,
    /// The threshold.
    pub row: Row,
    /// The name of its integration.
    pub integration: String,
    /// Its environment.
    pub environment: String,
    /// The query as it is asked.
    pub query: String,
    /// All versions, newest first.
    pub versions: Vec<Version>,
    /// A change that waits.
    pub proposal: Option<Proposal>,
    /// An earlier version that somebody is about to bring back.
    pub restoring: Option<Restoring>,
    /// Its last changes of state, newest first.
    pub transitions: Vec<Transition>,
    /// The form; none for those who may not edit.
    pub edit: Option<Edit>,
    /// Why another form of the page was refused.
    pub refusal: Option<Refusal>,
}

/// The page for importing a rule file.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ImportModel {
    /// Integrations to choose from, with their names.
    pub integrations: Vec<(IntegrationId, String)>,
    /// The one that was chosen.
    pub chosen: Option<IntegrationId>,
    /// The text.
    pub text: String,
    /// The reason.
    pub why: String,
    /// What the text came to.
    pub preview: Option<Preview>,
    /// What is wrong.
    pub refusal: Option<Refusal>,
}

/// What a file would do.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Preview {
    /// Each rule, and what becomes of it.
    pub rules: Vec<Wanted>,
    /// What is not taken.
    pub left: Vec<Left>,
}

impl Preview {
    /// The rules that cannot be taken because Prometheus refuses their queries, each with its words.
    pub fn refused(&self) -> impl Iterator<Item = (&Wanted, &str)> {
        self.rules.iter().filter_map(|rule| match &rule.query {
            Query::Refused(why) => Some((rule, why.as_str())),
            Query::Kept | Query::Taken | Query::Unasked(_) => None,
        })
    }

    /// Whether there is anything to take, and nothing in the way of it.
    pub fn may_be_taken(&self) -> bool {
        self.rules.iter().any(|rule| rule.fate != Fate::Same) && self.refused().next().is_none()
    }
}

/// One rule of a file.
#[derive(Clone, Debug, PartialEq)]
pub struct Wanted {
    /// Its name.
    pub name: String,
    /// Its condition in words.
    pub condition: String,
    /// What becomes of it.
    pub fate: Fate,
    /// What Prometheus says of its query.
    pub query: Query,
}

/// What Prometheus says of a query of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Query {
    /// It was not asked: the threshold is just so already.
    Kept,
    /// It takes it.
    Taken,
    /// It refuses it, in these words.
    Refused(String),
    /// It could not be asked, and why.
    Unasked(String),
}

/// What becomes of a rule of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// A threshold that was not there.
    New,
    /// A new version of one that was.
    Changed,
    /// It waits for another admin.
    Proposed,
    /// It is just so already.
    Same,
}
