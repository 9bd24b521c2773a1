//! How what an incident is looks and reads. Decides nothing.

use gantry_domain::incident::{Incident, State};
use gantry_domain::preset::Severity;

use super::model::Names;
use crate::ui::state::Tone;

/// How a severity looks.
pub const fn severity(severity: Severity) -> Tone {
    match severity {
        Severity::P1 => Tone::Bad,
        Severity::P2 => Tone::Warning,
        Severity::P3 | Severity::P4 => Tone::Quiet,
    }
}

/// How a state looks.
pub const fn state(state: State) -> Tone {
    match state {
        State::Open => Tone::Bad,
        State::Investigating | State::Identified => Tone::Warning,
        State::Monitoring => Tone::Quiet,
        State::Resolved | State::Reviewed => Tone::Good,
    }
}

/// What the integration is called; its key where no preset of it ships any more.
pub fn name(names: &Names, incident: &Incident) -> String {
    let key = incident.subject.preset.to_string();
    names.get(&key).cloned().unwrap_or(key)
}

/// "3 times" where something happened more than once.
pub fn fired(incident: &Incident) -> Option<String> {
    (incident.fired > 1).then(|| format!("fired {} times", incident.fired))
}
