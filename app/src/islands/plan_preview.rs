//! What the plan in the form comes to, with every keystroke: pods of each step, nonsense, warnings. And the buttons that
//! add and remove a step. It reads the form's own fields; what is saved is decided by the server.
#![expect(unreachable_pub, reason = "the island macro makes public items that only the macro itself needs")]

use gantry_domain::plan::{self, Basis, BreachAction, Plan, Warning};
use leptos::prelude::*;

use crate::plan_fields;

/// What the steps come to on so many pods.
#[island]
pub fn PlanPreview(
    /// The steps as the form has them: `10|10 min,50|5 min,100|`.
    rows: String,
    /// Replicas of the Deployment; 0 when they are not known.
    replicas: u32,
    /// Whether an autoscaler is attached.
    autoscaled: bool,
    /// Whether any threshold is judged.
    judged: bool,
) -> impl IntoView {
    let rows = RwSignal::new(rows);
    let shown = move || rows.with(|rows| preview(rows, replicas, autoscaled, judged));
    #[cfg(feature = "hydrate")]
    Effect::new(move |_| browser::follow(rows));
    view! {
        <div class="plan-preview" role="status">
            <ol class="achieved">{move || shown().steps.into_iter().map(|line| view! { <li>{line}</li> }).collect_view()}</ol>
            <ul class="findings">
                {move || {
                    shown()
                        .findings
                        .into_iter()
                        .map(|(class, line)| view! { <li class=class>{line}</li> })
                        .collect_view()
                }}
            </ul>
        </div>
    }
}

struct Preview {
    steps: Vec<String>,
    findings: Vec<(&'static str, String)>,
}

/// The preview in words. Rows are separated by commas, percent and soak by a bar.
fn preview(rows: &str, replicas: u32, autoscaled: bool, judged: bool) -> Preview {
    let read = plan_fields::steps(rows.split(',').filter_map(|row| row.split_once('|')));
    let steps = match read {
        Ok(steps) => steps,
        Err(wrong) => {
            let line = format!("{} {}", wrong.what, wrong.next_step());
            return Preview { steps: Vec::new(), findings: vec![("bad", line)] };
        }
    };
    let plan = Plan { steps, on_p1: BreachAction::Hold, on_p2: BreachAction::Hold, thresholds: Vec::new() };
    if replicas == 0 {
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

#[cfg(feature = "hydrate")]
mod browser;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_preview_shows_pods_of_each_step_and_what_a_coarse_step_comes_to() {
        let shown = preview("10|10 min,50|5 min,100|", 10, false, true);
        assert_eq!(shown.steps, ["10 % → 1 of 10 pods", "50 % → 5 of 10 pods", "100 % → 10 of 10 pods"]);
        assert!(shown.findings.is_empty());
        let coarse = preview("10|10 min,100|", 3, false, true);
        assert_eq!(coarse.steps[0], "10 % → 1 of 3 pods = 33 %");
        assert_eq!(coarse.findings.len(), 1);
    }

    #[test]
    fn nonsense_is_named_as_it_is_typed() {
        let shown = preview("50|5 min,10|5 min", 10, false, true);
        assert!(shown.findings.iter().all(|(class, _)| *class == "bad"));
        assert_eq!(shown.findings.len(), 2);
        assert_eq!(preview("50|a while", 10, false, true).findings.len(), 1);
        assert_eq!(preview("100|", 1, false, false).findings.len(), 3);
        assert_eq!(preview("100|", 0, false, false).findings[0].0, "unknown");
    }
}
