//! How the pieces of a go-live stand, as tone and words. Pure; decides nothing that the domain decides.

use gantry_domain::checklist::Standing;
use gantry_domain::gate::Gate;
use gantry_domain::judge::{Inconclusive, Reading, Verdict as ReadingVerdict};
use gantry_domain::plan;
use gantry_domain::preflight::{self, Outcome};
use gantry_domain::probe::Verdict;
use gantry_domain::release::ImageRef;
use gantry_domain::rollout::{Held, Phase, Rollout};
use gantry_domain::text::inert_line;

use super::model::Model;
use crate::ui::state::Tone;

/// The gate in the head of the page.
pub fn gate(gate: &Gate) -> (Tone, String) {
    match gate {
        Gate::Open { overridden: None } => (Tone::Good, "gate open".to_owned()),
        Gate::Open { overridden: Some(_) } => (Tone::Warning, "gate overridden".to_owned()),
        Gate::Closed { .. } => (Tone::Quiet, "gate closed".to_owned()),
    }
}

/// Where an item stands: its class, which also gives the box its shape, and the words.
pub fn standing(standing: &Standing) -> (&'static str, &'static str) {
    let class = match standing {
        Standing::Open => "open",
        Standing::Ticked { .. } => "ticked",
        Standing::AwaitingSecond { .. } => "awaiting",
        Standing::Done { .. } => "done",
        Standing::NotApplicable { .. } => "not-applicable",
        Standing::Stale { .. } => "stale",
    };
    let word = match standing {
        Standing::AwaitingSecond { not_applicable: false, .. } => "1 of 2 signed",
        Standing::AwaitingSecond { not_applicable: true, .. } => "not applicable, 1 of 2",
        other => other.label(),
    };
    (class, word)
}

/// What a probe came to.
pub fn finding(verdict: Verdict) -> Tone {
    match verdict {
        Verdict::Pass => Tone::Good,
        Verdict::Fail => Tone::Bad,
        Verdict::Unknown => Tone::Unknown,
    }
}

/// What a check before the start came to.
pub fn check(finding: &preflight::Finding) -> (Tone, &'static str) {
    match finding.outcome {
        Outcome::Pass => (Tone::Good, "pass"),
        Outcome::Fail => (Tone::Bad, "fail"),
        Outcome::Unknown => (Tone::Unknown, "unknown"),
    }
}

/// What a reading says.
pub fn reading(reading: &Reading) -> (Tone, &'static str) {
    match &reading.verdict {
        ReadingVerdict::Pass => (Tone::Good, "pass"),
        ReadingVerdict::Breach => (Tone::Bad, "breach"),
        ReadingVerdict::Inconclusive(Inconclusive::Pending { .. }) => (Tone::Warning, "over the limit"),
        ReadingVerdict::Inconclusive(_) => (Tone::Unknown, "unknown"),
    }
}

/// Where a rollout stands.
pub fn phase(phase: &Phase) -> (Tone, String) {
    let tone = match phase {
        Phase::Held { why: Held::Breach { .. }, .. } | Phase::Aborted { .. } => Tone::Bad,
        Phase::Held { .. } | Phase::RollingBack { .. } | Phase::RolledBack { .. } => Tone::Warning,
        Phase::Complete => Tone::Good,
        Phase::RestoringStrategy { .. } if phase.is_returning() => Tone::Warning,
        Phase::Starting
        | Phase::Surging { .. }
        | Phase::Trimming { .. }
        | Phase::Soaking { .. }
        | Phase::Finishing { .. }
        | Phase::RestoringStrategy { .. }
        | Phase::Verifying { .. } => Tone::Quiet,
    };
    (tone, phase.label().to_owned())
}

/// The version that people call an image by.
pub fn version(image: &str) -> String {
    match image.parse::<ImageRef>() {
        Ok(image) => image.version(),
        Err(_) => inert_line(image, 80),
    }
}

/// The headline of a running or finished rollout.
pub fn headline(rollout: &Rollout) -> String {
    let step = |step: usize| {
        let percent = rollout.plan.steps.get(step).map_or(100, |step| step.percent);
        format!("step {} of {}, {percent}\u{a0}%", step + 1, rollout.plan.steps.len())
    };
    let (new, old) = (version(&rollout.new_image), version(&rollout.stable.image));
    match &rollout.phase {
        Phase::Starting => format!("Starting {new}"),
        Phase::Surging { step: at, .. } => format!("Adding pods for {}", step(*at)),
        Phase::Trimming { step: at, .. } => format!("Removing old pods for {}", step(*at)),
        Phase::Soaking { step: at, .. } => format!("Soaking at {}", step(*at)),
        Phase::Finishing { .. } => format!("Moving every pod to {new}"),
        Phase::RestoringStrategy { .. } => "Putting the original strategy back".to_owned(),
        Phase::Verifying { .. } => format!("Everything runs {new}; watching it"),
        Phase::RollingBack { .. } => format!("Rolling back to {old}"),
        Phase::Held { from, .. } => match from.step() {
            Some(at) => format!("Held at {}", step(at)),
            None => format!("Held while {}", from.label()),
        },
        Phase::RolledBack { .. } => format!("Rolled back to {old}"),
        Phase::Complete => format!("{new} is everywhere"),
        Phase::Aborted { .. } => "Ended without a way on".to_owned(),
    }
}

/// The sentence under the headline: why it stands as it does. Empty where the headline says it all.
pub fn reason(rollout: &Rollout) -> String {
    match &rollout.phase {
        Phase::Held { why, .. } => sentence(&why.words()),
        Phase::RollingBack { why, .. } | Phase::RolledBack { why } => sentence(&why.words()),
        Phase::Aborted { why } => sentence(why),
        Phase::Starting
        | Phase::Surging { .. }
        | Phase::Trimming { .. }
        | Phase::Soaking { .. }
        | Phase::Finishing { .. }
        | Phase::RestoringStrategy { .. }
        | Phase::Verifying { .. }
        | Phase::Complete => String::new(),
    }
}

/// Everything that stands between this page and a start, in words. The server has the last word.
pub fn start_blockers(model: &Model) -> Vec<String> {
    let mut blockers = Vec::new();
    if let Gate::Closed { open } = &model.gate {
        blockers.push(match open.len() {
            1 => "the gate is closed: 1 item is open".to_owned(),
            many => format!("the gate is closed: {many} items are open"),
        });
    }
    match model.cluster.replicas {
        None => blockers.push("the Deployment could not be read".to_owned()),
        Some(replicas) => {
            if let Err(nonsense) = plan::check(&model.plan, replicas, model.cluster.autoscaler.is_some()) {
                blockers.extend(nonsense.iter().map(|found| format!("the plan: {found}")));
            }
        }
    }
    if model.preflight.findings.is_empty() {
        blockers.push("the pre-flight checks have not run yet".to_owned());
    } else if let Err(blocked) = preflight::may_start(&model.preflight.findings, &model.preflight.overridden)
    {
        // The gate has its own line.
        let others = blocked.0.iter().filter(|found| found.check != preflight::Check::Gate);
        blockers.extend(others.map(|found| format!("pre-flight: {}", lower_first(found.check.label()))));
    }
    blockers
}

/// For use within a sentence; words such as "Prometheus" keep their capital.
fn lower_first(text: &str) -> String {
    match text.split_once(' ') {
        Some((first @ ("The" | "There" | "Staging"), rest)) => format!("{} {rest}", first.to_lowercase()),
        Some(_) | None => text.to_owned(),
    }
}

/// Words as a sentence: a capital before, a full stop after.
pub fn sentence(words: &str) -> String {
    let mut chars = words.chars();
    let Some(first) = chars.next() else { return String::new() };
    let stop = if words.ends_with(['.', '!', '?', '…']) { "" } else { "." };
    format!("{}{}{stop}", first.to_uppercase(), chars.as_str())
}

/// "1 pod", "3 pods".
pub fn pods(count: u32) -> String {
    if count == 1 { "1 pod".to_owned() } else { format!("{count} pods") }
}

#[cfg(test)]
#[path = "state_tests.rs"]
mod tests;
