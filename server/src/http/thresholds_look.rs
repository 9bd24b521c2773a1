//! What somebody is shown of a rule before it is saved or approved: what Prometheus says of it, and old against new.

use gantry_app::features::thresholds::model::Trial;
use gantry_domain::alert::Rule;
use gantry_domain::alert::doubts::{doubts, looked_at, marks, parted, were_shown};
use gantry_domain::preset::Workload;

use super::form::Posted;
use super::thresholds_view as view;
use super::visit::Visit;
use crate::services::thresholds::trial::{self, Back, Checked};

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
    let doubts = doubts(before, rule, &warnings, checked.unasked.is_none());
    let wanted = wanted(posted);
    let held = wanted.is_none() && goes && !were_shown(rule, &doubts, posted.get("shown"));
    let back = wanted.or_else(|| held.then_some(Back::Day))?;
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
        match trial::compare(prometheus, workload, before, rule, back, visit.now).await {
            Ok(compared) => trial.compared = Some(view::compared(compared)),
            Err(error) => trial.unasked = Some(error.to_string()),
        }
    }
    let past = held || trial.compared.is_some();
    Some(Look { trial, marks: marks(rule, &looked_at(doubts, past)) })
}
