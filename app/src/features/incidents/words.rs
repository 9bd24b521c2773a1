//! How what an incident is looks and reads. Decides nothing.

use gantry_domain::incident::{Incident, State};
use gantry_domain::preset::Severity;

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

/// "3 times" where something happened more than once.
pub fn fired(incident: &Incident) -> Option<String> {
    (incident.fired > 1).then(|| format!("fired {} times", incident.fired))
}
