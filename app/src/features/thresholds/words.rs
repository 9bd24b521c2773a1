//! Thresholds in words and shapes.

use gantry_domain::alert::{Rule, State};
use gantry_domain::preset::Severity;
use leptos::prelude::*;

use crate::ui::chart::number;
use crate::ui::html::{Html, Part};
use crate::ui::state::Tone;

/// How a state looks.
pub(super) const fn tone(state: State) -> Tone {
    match state {
        State::Ok => Tone::Good,
        State::Pending => Tone::Warning,
        State::Firing => Tone::Bad,
        State::Unknown => Tone::Unknown,
    }
}

/// A value with its unit.
pub(super) fn value(rule: &Rule, value: f64) -> String {
    let unit = &rule.spec.unit;
    let space = if unit.starts_with('%') { "" } else { " " };
    format!("{}{space}{unit}", number(value)).trim_end().to_owned()
}

/// A severity as a small label; P1 stands out by its frame and not only by its colour.
pub(super) fn severity(severity: Severity) -> Html {
    let class = if severity == Severity::P1 { "severity first" } else { "severity" };
    view! { <span class=class>{severity.label()}</span> }.part()
}

/// Who made a version.
pub(super) fn author(version: &gantry_domain::alert::Version) -> String {
    match (&version.by, &version.approved_by) {
        (Some(by), Some(second)) => format!("{} with {}", by.name, second.name),
        (Some(by), None) => by.name.clone(),
        (None, _) => "the preset".to_owned(),
    }
}

/// So many of something.
pub(super) fn count(count: usize, one: &str, many: &str) -> String {
    if count == 1 { format!("1 {one}") } else { format!("{count} {many}") }
}
