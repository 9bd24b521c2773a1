//! The one sentence that everybody may read about how things stand.
//!
//! It is never better than what is known, and tells nothing that was not written for everybody: of an incident that nobody
//! announced yet it says that somebody looks, and neither what at nor how bad it is.

use super::clock;
use crate::light::State;
use crate::preset::Severity;

/// How everything stands, for everybody.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Overall {
    /// Incidents are open, and everybody was told.
    Announced {
        /// How many.
        open: usize,
        /// The worst of them.
        worst: Severity,
        /// Whether something worse is open that nobody was told of yet.
        more: bool,
        /// Whether a light is red that what was told does not account for.
        down: bool,
    },
    /// A light is not green, and nobody was told of an incident.
    Seen {
        /// Nothing works, or only some of it.
        down: bool,
        /// Whether somebody is at it.
        looked_into: bool,
    },
    /// No light is known to be other than green, and people are at something that users may feel.
    LookedInto,
    /// Nothing is known to be wrong, and not everything could be looked at.
    Unknown,
    /// The lights are green, and people are at something small.
    Small,
    /// All is well.
    Operational,
}

/// How everything stands: `announced` and `quiet` are the open incidents that everybody was told of and those that nobody was,
/// `lights` are all lights as they may be shown, so too old is unknown.
pub fn overall(announced: &[Severity], quiet: &[Severity], lights: &[State]) -> Overall {
    let has = |state| lights.contains(&state);
    let worst_quiet = quiet.iter().min().copied();
    let is_at = |least| worst_quiet.is_some_and(|worst| worst <= least);
    let looked_into = is_at(Severity::P2);
    if let Some(worst) = announced.iter().min().copied() {
        let more = looked_into && worst_quiet.is_some_and(|quiet| quiet < worst);
        let down = has(State::Down) && worst > Severity::P1;
        return Overall::Announced { open: announced.len(), worst, more, down };
    }
    if has(State::Down) || has(State::Degraded) {
        Overall::Seen { down: has(State::Down), looked_into: is_at(Severity::P3) }
    } else if looked_into {
        Overall::LookedInto
    } else if lights.is_empty() || has(State::Unknown) {
        Overall::Unknown
    } else if is_at(Severity::P3) {
        Overall::Small
    } else {
        // The least of them is felt by nobody but us.
        Overall::Operational
    }
}

impl Overall {
    /// The sentence, without its full stop.
    pub fn sentence(self) -> String {
        match self {
            Self::Announced { open, worst, more, down } => {
                let incidents = if open == 1 {
                    "1 incident is open".to_owned()
                } else {
                    format!("{open} incidents are open")
                };
                let more = if more { "; we are looking into something else, too" } else { "" };
                let down = if down { "; something is down" } else { "" };
                format!("{incidents}: {}{down}{more}", clock::meaning(worst))
            }
            Self::Seen { down, looked_into } => {
                let what = if down { "Something is down" } else { "Something is degraded" };
                let then =
                    if looked_into { "we are looking into it" } else { "no incident is announced yet" };
                format!("{what}; {then}")
            }
            Self::LookedInto => "We are looking into something; no incident is announced yet".to_owned(),
            Self::Unknown => "No incident is announced; not everything could be looked at".to_owned(),
            Self::Small => {
                "Everything essential is operational; we are looking into something small".to_owned()
            }
            Self::Operational => "Everything is operational".to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use Severity::{P1, P2, P3, P4};
    use State::{Degraded, Down, Healthy, Unknown};

    /// What was announced, what was not, the lights, and the sentence that follows.
    type Row = (&'static [Severity], &'static [Severity], &'static [State], &'static str);

    #[test]
    fn the_sentence_is_never_better_than_what_is_known_and_never_says_what_was_not_announced() {
        const GREEN: &[State] = &[Healthy, Healthy, Healthy];
        let table: [Row; 21] = [
            (&[], &[], GREEN, "Everything is operational"),
            (&[], &[P4], GREEN, "Everything is operational"),
            (&[], &[P3], GREEN, "Everything essential is operational; we are looking into something small"),
            (&[], &[P2], GREEN, "We are looking into something; no incident is announced yet"),
            // How bad it is said to be stays inside.
            (&[], &[P1, P3], GREEN, "We are looking into something; no incident is announced yet"),
            (&[], &[], &[Healthy, Degraded], "Something is degraded; no incident is announced yet"),
            (&[], &[P3], &[Healthy, Degraded], "Something is degraded; we are looking into it"),
            (&[], &[], &[Down, Degraded], "Something is down; no incident is announced yet"),
            (&[], &[P1], &[Down, Degraded], "Something is down; we are looking into it"),
            (&[], &[], &[], "No incident is announced; not everything could be looked at"),
            (&[], &[], &[Healthy, Unknown], "No incident is announced; not everything could be looked at"),
            (&[], &[P1], &[Unknown], "We are looking into something; no incident is announced yet"),
            (&[], &[P3], &[Unknown], "No incident is announced; not everything could be looked at"),
            (&[], &[], &[Unknown, Down], "Something is down; no incident is announced yet"),
            (&[P2], &[], GREEN, "1 incident is open: degraded service"),
            (&[P3, P1], &[], &[Down], "2 incidents are open: complete outage"),
            (
                &[P3],
                &[P1],
                GREEN,
                "1 incident is open: minor impact; we are looking into something else, too",
            ),
            (&[P1], &[P2], GREEN, "1 incident is open: complete outage"),
            (&[P4], &[P3], GREEN, "1 incident is open: no user impact"),
            (&[P4], &[], &[Healthy, Down], "1 incident is open: no user impact; something is down"),
            (
                &[P2],
                &[P1],
                &[Down],
                "1 incident is open: degraded service; something is down; we are looking into something else, too",
            ),
        ];
        for (announced, quiet, lights, sentence) in table {
            assert_eq!(
                overall(announced, quiet, lights).sentence(),
                sentence,
                "{announced:?} {quiet:?} {lights:?}"
            );
        }
    }
}
