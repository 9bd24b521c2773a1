//! What somebody is shown of a rule before it is saved or approved: what Prometheus says of it, and old against new.

use std::time::Duration;

use gantry_app::features::thresholds::model::Trial;
use gantry_domain::alert::Rule;
use gantry_domain::alert::doubts::{doubts, looked_at, marks, parted, were_shown};
use gantry_domain::preset::Workload;

use super::form::Posted;
use super::thresholds_view as view;
use super::visit::Visit;
use crate::outside::prometheus::PrometheusError;
use crate::services::thresholds::trial::{self, Back, Checked};

/// How long the past is waited for: with the query and its doubts less than an answer may take.
const PAST: Duration = Duration::from_millis(3750);
/// The most marks of what was shown before that a form brings along.
const MARKS: usize = 24;

/// What there is to look at first.
pub(super) struct Look {
    /// What trying the rule came to.
    pub(super) trial: Trial,
    /// What the next form carries, so that it is known what its sender was shown.
    pub(super) marks: String,
}

/// The replay that a form asks for, where it asks for one.
pub(super) fn wanted(posted: &Posted) -> Option<Back> {
    match posted.get("do") {
        "replay-24h" => Some(Back::Day),
        "replay-7d" => Some(Back::Week),
        _ => None,
    }
}

/// What is looked at before anything is done with `rule`: a replay that was asked for, or what whoever sent the form was not
/// shown yet: doubts, and the past where it judges otherwise than `before`. `goes` says whether it would be done otherwise: what
/// is refused anyway is refused first.
pub(super) async fn first(
    visit: &Visit,
    posted: &Posted,
    workload: &Workload,
    (before, rule): (&Rule, &Rule),
    checked: Checked,
    goes: bool,
) -> Option<Look> {
    let (warnings, notes) = parted(checked.warnings, &before.spec.query(workload, None));
    let doubts = doubts(before, rule, &warnings, checked.unasked.is_none() && !checked.unlooked);
    let wanted = wanted(posted);
    let held = wanted.is_none() && goes && !were_shown(rule, &doubts, posted.get("shown"));
    let back = wanted.or_else(|| held.then_some(Back::Day))?;
    let mut from_backup = checked.from_backup;
    let mut trial = Trial {
        value: checked.value,
        warnings: warnings.iter().map(ToString::to_string).collect(),
        notes: notes.iter().map(ToString::to_string).collect(),
        unasked: checked.unasked,
        compared: None,
        held,
    };
    if trial.unasked.is_none() {
        let prometheus = visit.app.around.prometheus.as_ref();
        let asked = trial::compare(prometheus, workload, before, rule, back, visit.now);
        let late = || PrometheusError::NoAnswer("it took longer than a page may".to_owned());
        match tokio::time::timeout(PAST, asked).await.unwrap_or_else(|_| Err(late())) {
            Ok(compared) => {
                from_backup |= compared.from_backup;
                trial.compared = Some(view::compared(compared));
            }
            Err(error) => trial.unasked = Some(error.to_string()),
        }
    }
    if checked.unlooked {
        trial.notes.push("Whether it could ever fire was not known in time.".to_owned());
    }
    if from_backup {
        trial.notes.push(
            "This is of the backup metrics, which may have begun later: what they lack may have fired all the same."
                .to_owned(),
        );
    }
    let past = held || trial.compared.is_some();
    // What was shown before stays known: a Prometheus that comes and goes holds nobody twice for the same.
    let now = marks(rule, &looked_at(doubts, past));
    let mut all: Vec<&str> = now.split_whitespace().collect();
    for known in posted.get("shown").split_whitespace().take(MARKS) {
        if !all.contains(&known) {
            all.push(known);
        }
    }
    let marks = all.join(" ");
    Some(Look { trial, marks })
}
