//! The kubectl lines that would do the same, to copy; where none does, why. Text only.

use super::phase::{Held, Phase};
use super::{Ask, Rollout};
use crate::canary::{Amount, Shape, Steering, Strategy, Template, restored};

/// How a person would do by hand what a button does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ByHand {
    /// A line to copy.
    Line(String),
    /// No line does the same; why, as sentences.
    NoLine(&'static str),
}

impl ByHand {
    /// The line or the sentences.
    pub fn into_text(self) -> String {
        match self {
            Self::Line(line) => line,
            Self::NoLine(why) => why.to_owned(),
        }
    }
}

/// What a person could type instead of pressing the button.
pub fn kubectl_for_ask(rollout: &Rollout, ask: &Ask) -> ByHand {
    match ask {
        Ask::Pause | Ask::Hold { .. } => ByHand::NoLine(holding(&rollout.phase)),
        Ask::Resume { .. } => ByHand::NoLine(resuming(&rollout.phase)),
        Ask::Continue { .. } => match going_on(&rollout.phase) {
            None => ByHand::Line(shape_line(rollout, &next_shape(rollout))),
            Some(why) => ByHand::NoLine(why),
        },
        Ask::RollBack { .. } => ByHand::Line(way_back(rollout)),
        Ask::Abandon { .. } => ByHand::NoLine(
            "The Deployment is gone: this ends Gantry's record, and kubectl has nothing to do.",
        ),
    }
}

/// The lines that return to the stable version. Whoever steers a rollout that is under way sees it, and leaves the Deployment
/// as it was; after its end nobody does, so the strategy is put back by hand as well: once all pods are back, and not before.
fn way_back(rollout: &Rollout) -> String {
    let back = shape_line(rollout, &rollout.way_back());
    if !rollout.phase.is_over() {
        return back;
    }
    let target = &rollout.target;
    let (namespace, deployment) = (quote(&target.namespace), quote(&target.deployment));
    let end = shape_line(rollout, &restored(Template::Stable, &rollout.originals));
    format!("{back} && \\\nkubectl -n {namespace} rollout status deployment/{deployment} && \\\n{end}")
}

/// A hold keeps Gantry from its next step; it never stops Kubernetes in the middle of one.
const fn holding(phase: &Phase) -> &'static str {
    match phase {
        Phase::Starting => "Nothing has been written to the Deployment yet: holding is Gantry's alone.",
        Phase::Surging { .. } | Phase::Trimming { .. } => {
            "Kubernetes finishes what it was told last and stops there by itself; holding back what comes next is \
             Gantry's alone. kubectl rollout pause would stop it in the middle of the step."
        }
        Phase::Soaking { .. } => {
            "Kubernetes stands still already during a soak; holding is Gantry's clock alone."
        }
        Phase::Finishing { .. } => {
            "Kubernetes goes on to all pods by itself; holding back what comes next is Gantry's alone. kubectl rollout \
             pause would stop its pods on the way."
        }
        Phase::RestoringStrategy { .. } | Phase::Verifying { .. } => {
            "All pods are where they belong already; holding is Gantry's clock alone."
        }
        Phase::Held { .. } => "Gantry waits already; waiting for a person instead is Gantry's alone.",
        Phase::RollingBack { .. } | Phase::RolledBack { .. } | Phase::Complete | Phase::Aborted { .. } => {
            "Nothing is left to hold."
        }
    }
}

/// Taking what others changed as given.
const ACCEPTING: &str =
    "Taking what others changed as given is Gantry's alone; kubectl could only put it back.";
/// A hold outside a soak.
const NEVER_STOPPED: &str = "Kubernetes was never stopped in this step; what goes on is Gantry's alone.";

fn resuming(phase: &Phase) -> &'static str {
    match phase {
        Phase::Held { why: Held::Drift { .. }, .. } => ACCEPTING,
        Phase::Held { from, .. } if matches!(**from, Phase::Soaking { .. }) => {
            "The clock and the judging are Gantry's alone. kubectl rollout resume would lift the pause that guards the \
             step, and Gantry would hold for that."
        }
        Phase::Held { from, .. } if matches!(**from, Phase::Verifying { .. }) => {
            "All pods are where they belong already; the clock and the judging are Gantry's alone."
        }
        Phase::Held { .. } => NEVER_STOPPED,
        _ => "It is not held.",
    }
}

/// Why no line goes on; `None` where one does.
fn going_on(phase: &Phase) -> Option<&'static str> {
    match phase {
        Phase::Held { why: Held::Drift { .. }, .. } => Some(ACCEPTING),
        Phase::Held { from, .. } if matches!(**from, Phase::Soaking { .. } | Phase::Verifying { .. }) => {
            going_on(from)
        }
        Phase::Held { .. } => Some(NEVER_STOPPED),
        Phase::Soaking { .. } => None,
        Phase::Verifying { .. } => {
            Some("All pods run the new version already; ending the watch over them is Gantry's alone.")
        }
        _ => Some("There is no soak to cut short."),
    }
}

/// The shape that follows the step it stands at.
fn next_shape(rollout: &Rollout) -> Shape {
    let next = rollout.phase.step().map_or(usize::MAX, |step| step.saturating_add(1));
    match rollout.plan.steps.get(next) {
        Some(step) if step.percent < 100 => {
            let from = rollout.seen.tally(super::Side::New).desired;
            let to = crate::plan::pods_for(step.percent, rollout.replicas, rollout.basis).max(from);
            if to > from { crate::canary::surge(from, to) } else { crate::canary::trim(Amount::Pods(to)) }
        }
        _ => crate::canary::finish(&rollout.originals),
    }
}

fn shape_line(rollout: &Rollout, shape: &Shape) -> String {
    let target = &rollout.target;
    let image = match shape.template {
        Template::New => &rollout.new_image,
        Template::Stable => &rollout.stable.image,
    };
    // By name, so that a strategic merge changes this container and no other.
    let template = format!(
        r#""template":{{"spec":{{"containers":[{{"name":{},"image":{}}}]}}}}"#,
        json(&target.container),
        json(image)
    );
    let patch = format!(r#"{{"spec":{{{},{template}}}}}"#, steering(&shape.steering));
    format!(
        "kubectl -n {} patch deployment/{} --patch {}",
        quote(&target.namespace),
        quote(&target.deployment),
        quote(&patch)
    )
}

fn steering(steering: &Steering) -> String {
    let strategy = match steering.strategy {
        Strategy::Recreate => r#"{"type":"Recreate","rollingUpdate":null}"#.to_owned(),
        Strategy::RollingUpdate { max_surge, max_unavailable } => format!(
            r#"{{"type":"RollingUpdate","rollingUpdate":{{"maxSurge":{},"maxUnavailable":{}}}}}"#,
            amount(max_surge),
            amount(max_unavailable)
        ),
    };
    format!(
        r#""paused":{},"strategy":{strategy},"minReadySeconds":{},"progressDeadlineSeconds":{}"#,
        steering.paused, steering.min_ready_seconds, steering.progress_deadline_seconds
    )
}

fn amount(amount: Amount) -> String {
    match amount {
        Amount::Pods(pods) => pods.to_string(),
        Amount::Percent(percent) => format!("\"{percent}%\""),
    }
}

/// A JSON string. No name in Kubernetes holds a control character.
fn json(text: &str) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        match c {
            '"' | '\\' => out.extend(['\\', c]),
            c if c.is_control() => out.push('?'),
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

/// A word for a POSIX shell.
fn quote(text: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | '/' | ':' | '@');
    if !text.is_empty() && text.chars().all(plain) {
        return text.to_owned();
    }
    format!("'{}'", text.replace('\'', r"'\''"))
}
