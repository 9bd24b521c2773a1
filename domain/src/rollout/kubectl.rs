//! The kubectl lines that would do the same, to copy. Text only.

use super::phase::Phase;
use super::{Ask, Rollout};
use crate::canary::{Amount, Shape, Steering, Strategy, Template};

/// What a person could type instead of pressing the button.
pub fn kubectl_for_ask(rollout: &Rollout, ask: &Ask) -> String {
    let at = |verb: &str| {
        let target = &rollout.target;
        format!(
            "kubectl -n {} rollout {verb} deployment/{}",
            quote(&target.namespace),
            quote(&target.deployment)
        )
    };
    match ask {
        Ask::Pause | Ask::Hold { .. } => at("pause"),
        Ask::Resume => match &rollout.phase {
            // Lifting the pause of a hold moves nothing: the hold itself still stops Kubernetes.
            Phase::Held { .. } => at("resume"),
            _ => at("status"),
        },
        Ask::Continue { .. } => shape_line(rollout, &next_shape(rollout)),
        Ask::RollBack { .. } => shape_line(rollout, &crate::canary::roll_back(&rollout.originals)),
        Ask::Abandon { .. } => at("status"),
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
