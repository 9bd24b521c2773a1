//! The plan as its form writes it: percents and soaks as people type them. Shared by the page, the browser and the
//! server, so that all three read the same. Whether a plan makes sense is decided by `gantry_domain::plan`.

use gantry_domain::id::ThresholdKey;
use gantry_domain::plan::{BreachAction, Step, parse_percent, parse_soak};
use gantry_domain::threshold::Threshold;

/// The field that holds the keys of all thresholds that the form lets choose, with a space between them: what has no tick is
/// left out only where it stood there to be ticked.
pub const OFFERED: &str = "offered";

/// A row that cannot be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unreadable {
    /// The `name` of the field: `percent-2`, `soak-1`.
    pub field: String,
    /// What is wrong with it, as a sentence.
    pub what: &'static str,
}

impl Unreadable {
    /// What to do about it.
    pub fn next_step(&self) -> &'static str {
        if self.field.starts_with("soak") {
            "Write it like 10 min, 90 s or 1 h."
        } else {
            "Write it like 10 or 10 %."
        }
    }
}

/// Reads the rows of the form, each the text of its percent and of its soak. A row without a percent is no step.
pub fn steps<'a>(rows: impl IntoIterator<Item = (&'a str, &'a str)>) -> Result<Vec<Step>, Unreadable> {
    let mut steps = Vec::new();
    for (index, (percent, soak)) in rows.into_iter().enumerate() {
        let number = index + 1;
        if percent.trim().is_empty() {
            continue;
        }
        let percent = parse_percent(percent).ok_or_else(|| Unreadable {
            field: format!("percent-{number}"),
            what: "This is not a percentage.",
        })?;
        let soak_seconds = parse_soak(soak).ok_or_else(|| Unreadable {
            field: format!("soak-{number}"),
            what: "This is not a length of time.",
        })?;
        steps.push(Step { percent, soak_seconds });
    }
    Ok(steps)
}

/// The word of an action in the fields `on-p1` and `on-p2`.
pub fn action_word(action: BreachAction) -> &'static str {
    match action {
        BreachAction::Hold => "hold",
        BreachAction::RollBack => "roll-back",
    }
}

/// The action for a word of the form.
pub fn action(word: &str) -> Option<BreachAction> {
    [BreachAction::Hold, BreachAction::RollBack].into_iter().find(|action| action_word(*action) == word)
}

/// The tick by which a threshold judges.
pub fn judges(key: &ThresholdKey) -> String {
    format!("judges-{key}")
}

/// Whether the form offered this threshold; `offered` is what its field of that name holds.
fn is_offered(offered: &str, key: &ThresholdKey) -> bool {
    offered.split_whitespace().any(|one| one == key.as_str())
}

/// What a form leaves out of those that could judge. What it did not offer stays as it was `before`.
pub fn left_out(
    could_judge: &[Threshold],
    offered: &str,
    is_ticked: impl Fn(&str) -> bool,
    before: &[ThresholdKey],
) -> Vec<ThresholdKey> {
    let is_left_out = |key: &&ThresholdKey| {
        if is_offered(offered, key) { !is_ticked(&judges(key)) } else { before.contains(key) }
    };
    could_judge.iter().map(|threshold| &threshold.spec.key).filter(is_left_out).cloned().collect()
}

#[cfg(test)]
#[path = "plan_fields_tests.rs"]
mod left_out_tests;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_row_is_no_step_and_a_wrong_one_names_its_field() {
        let read = steps([("10 %", "10 min"), ("", ""), ("100", "")]);
        let wanted = [(10, 600), (100, 0)].map(|(percent, soak_seconds)| Step { percent, soak_seconds });
        assert_eq!(read, Ok(wanted.to_vec()));
        assert_eq!(steps([("ten", "")]).map_err(|wrong| wrong.field), Err("percent-1".to_owned()));
        assert_eq!(
            steps([("10", ""), ("50", "a while")]).map_err(|wrong| wrong.field),
            Err("soak-2".to_owned())
        );
    }
}
