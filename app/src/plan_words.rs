//! What a plan comes to, in words: pods of each step, nonsense, warnings. The same on the server and, with every
//! keystroke, in the browser; what is saved is decided by the server.

use gantry_domain::plan::{self, Basis, Plan, Warning};

use crate::plan_fields;

/// What a plan comes to, in words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Preview {
    /// One line per step.
    pub steps: Vec<String>,
    /// What is wrong or worth knowing: a class and a sentence.
    pub findings: Vec<(&'static str, String)>,
}

/// Replicas enough for any plan that makes sense.
const SOME: u32 = 100;

/// What the rows of the form come to on so many replicas; 0 when their number is not known.
pub fn preview<'a>(
    rows: impl IntoIterator<Item = (&'a str, &'a str)>,
    replicas: u32,
    autoscaled: bool,
    judged: bool,
) -> Preview {
    let read = plan_fields::steps(rows);
    let steps = match read {
        Ok(steps) => steps,
        Err(wrong) => {
            let line = format!("{} {}", wrong.what, wrong.next_step());
            return Preview { steps: Vec::new(), findings: vec![("bad", line)] };
        }
    };
    let plan = Plan { steps, ..Plan::default_for(Vec::new()) };
    if replicas == 0 {
        // Whatever their number turns out to be, some plans make no sense.
        if let Err(nonsense) = plan::check(&plan, SOME, false) {
            let findings = nonsense.iter().map(|found| ("bad", sentence(&found.to_string()))).collect();
            return Preview { steps: Vec::new(), findings };
        }
        return Preview {
            steps: Vec::new(),
            findings: vec![(
                "unknown",
                "How many pods there are is not known, so neither is what the steps come to.".into(),
            )],
        };
    }
    let basis = if autoscaled { Basis::Percent } else { Basis::Pods };
    let achieved = plan::achievable_on(&plan, replicas, basis);
    let findings = match plan::check(&plan, replicas, autoscaled) {
        Err(nonsense) => nonsense.iter().map(|found| ("bad", sentence(&found.to_string()))).collect(),
        Ok(warnings) => warnings
            .iter()
            .filter(|warning| !(judged && **warning == Warning::NothingJudged))
            .map(|warning| ("warning", sentence(&warning.to_string())))
            .collect(),
    };
    let steps = achieved
        .iter()
        .map(|step| {
            let soft = if step.achieved_percent == step.percent { "" } else { " = " };
            let achieved =
                if soft.is_empty() { String::new() } else { format!("{soft}{} %", step.achieved_percent) };
            format!("{} % → {} of {replicas} pods{achieved}", step.percent, step.new_pods)
        })
        .collect();
    Preview { steps, findings }
}

fn sentence(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map_or_else(String::new, |first| format!("{}{}.", first.to_uppercase(), chars.as_str()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_preview_shows_pods_of_each_step_and_what_a_coarse_step_comes_to() {
        let shown = preview([("10", "10 min"), ("50", "5 min"), ("100", "")], 10, false, true);
        assert_eq!(shown.steps, ["10 % → 1 of 10 pods", "50 % → 5 of 10 pods", "100 % → 10 of 10 pods"]);
        assert!(shown.findings.is_empty());
        let coarse = preview([("10", "10 min"), ("100", "")], 3, false, true);
        assert_eq!(coarse.steps[0], "10 % → 1 of 3 pods = 33 %");
        assert_eq!(coarse.findings.len(), 1);
    }

    #[test]
    fn with_an_autoscaler_steps_are_rounded_down_and_that_is_said() {
        let rows = [("10", "10 min"), ("50", "5 min"), ("100", "")];
        let (fixed, scaled) = (preview(rows, 5, false, true), preview(rows, 5, true, true));
        let said =
            |shown: &Preview| shown.findings.iter().any(|(_, line)| line.starts_with("An autoscaler "));
        assert_eq!(fixed.steps[1], "50 % → 3 of 5 pods = 60 %");
        assert_eq!(
            scaled.steps,
            ["10 % → 1 of 5 pods = 20 %", "50 % → 2 of 5 pods = 40 %", "100 % → 5 of 5 pods"]
        );
        assert!(said(&scaled) && !said(&fixed), "{scaled:?}");
    }

    #[test]
    fn nonsense_is_named_as_it_is_typed() {
        let shown = preview([("50", "5 min"), ("10", "5 min")], 10, false, true);
        assert!(shown.findings.iter().all(|(class, _)| *class == "bad"));
        assert_eq!(shown.findings.len(), 2);
        assert_eq!(preview([("50", "a while")], 10, false, true).findings.len(), 1);
        assert_eq!(preview([("100", "")], 1, false, false).findings.len(), 3);
        assert_eq!(preview([("100", "")], 0, false, false).findings[0].0, "unknown");
    }
}
