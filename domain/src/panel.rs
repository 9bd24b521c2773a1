//! How the panel itself is: each thing that it stands on or talks to, from what was last heard of it.
//!
//! Nothing is asked here. What was not heard of lately is unknown, and unknown is never up.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};

/// An answer that took longer than this is slow.
pub const SLOW: Duration = Duration::from_secs(1);

/// What was last heard of something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Beat {
    /// When.
    pub at: DateTime<Utc>,
    /// How long it took.
    pub took: Duration,
    /// Why there was no answer.
    pub failed: Option<String>,
}

/// Whether calls are held back after several failures in a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Breaker {
    /// Calls go through; so many failed in a row.
    Closed {
        /// Failures in a row.
        failures: u32,
    },
    /// Calls are held back, and one is tried after so long.
    Open {
        /// Until the next try.
        next_try: Duration,
    },
}

impl Breaker {
    /// In words.
    pub fn words(self) -> String {
        match self {
            Self::Closed { failures: 0 } => "closed".to_owned(),
            Self::Closed { failures: 1 } => "closed, 1 failure".to_owned(),
            Self::Closed { failures } => format!("closed, {failures} failures in a row"),
            Self::Open { next_try } => format!("open, tries again in {} s", next_try.as_secs().max(1)),
        }
    }
}

/// How something is. What is first is better.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum State {
    /// It answers.
    Up,
    /// It is not configured: nobody expects an answer.
    Absent,
    /// It answers, but late.
    Slow,
    /// Nobody has heard of it lately.
    Unknown,
    /// It does not answer.
    Down,
}

impl State {
    /// The word shown.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Up => "up",
            Self::Absent => "not configured",
            Self::Slow => "slow",
            Self::Unknown => "unknown",
            Self::Down => "down",
        }
    }
}

/// How something is that is heard of every `period`, from the last that was heard.
pub fn judge(beat: Option<&Beat>, period: Duration, now: DateTime<Utc>) -> State {
    let Some(beat) = beat else { return State::Unknown };
    let limit = TimeDelta::from_std(period * 2).unwrap_or(TimeDelta::MAX);
    if now.signed_duration_since(beat.at) > limit {
        State::Unknown
    } else if beat.failed.is_some() {
        State::Down
    } else if beat.took > SLOW {
        State::Slow
    } else {
        State::Up
    }
}

/// The whole in one sentence; `parts` are names with how each is.
pub fn sentence(parts: &[(String, State)]) -> String {
    let those = |wanted: State| -> Vec<&str> {
        parts.iter().filter(|(_, state)| *state == wanted).map(|(name, _)| name.as_str()).collect()
    };
    let lines: Vec<String> = [State::Down, State::Slow, State::Unknown]
        .into_iter()
        .filter_map(|state| {
            let names = those(state);
            let (last, before) = names.split_last()?;
            Some(match before {
                [] => format!("{last} is {}", state.word()),
                before => format!("{} and {last} are {}", before.join(", "), state.word()),
            })
        })
        .collect();
    if lines.is_empty() { "Everything that Gantry needs is up".to_owned() } else { lines.join("; ") }
}

/// How the whole is: as its worst part.
pub fn worst(parts: &[(String, State)]) -> State {
    parts
        .iter()
        .map(|(_, state)| *state)
        .filter(|state| *state != State::Absent)
        .max()
        .unwrap_or(State::Unknown)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixtures::at;

    #[test]
    fn what_was_not_heard_of_lately_is_unknown_and_never_up() {
        let period = Duration::from_secs(15);
        let beat = |took, failed: bool| Beat {
            at: at(0),
            took: Duration::from_millis(took),
            failed: failed.then(|| "connection refused".to_owned()),
        };
        let table = [
            (Some(beat(3, false)), 0, State::Up),
            (Some(beat(3, false)), 30, State::Up),
            (Some(beat(3, false)), 31, State::Unknown),
            (Some(beat(1000, false)), 1, State::Up),
            (Some(beat(1001, false)), 1, State::Slow),
            (Some(beat(3, true)), 1, State::Down),
            (Some(beat(3, true)), 31, State::Unknown),
            (None, 0, State::Unknown),
        ];
        for (beat, seconds, state) in table {
            assert_eq!(judge(beat.as_ref(), period, at(seconds)), state, "{beat:?} after {seconds} s");
        }
    }

    #[test]
    fn the_whole_is_as_its_worst_part_and_what_nobody_expects_is_no_worry() {
        let part = |name: &str, state| (name.to_owned(), state);
        let fine = [part("Postgres", State::Up), part("Slack", State::Absent)];
        assert_eq!(
            (worst(&fine), sentence(&fine).as_str()),
            (State::Up, "Everything that Gantry needs is up")
        );
        let poor =
            [part("Postgres", State::Up), part("Prometheus", State::Down), part("Cluster", State::Unknown)];
        assert_eq!(worst(&poor), State::Down);
        assert_eq!(sentence(&poor), "Prometheus is down; Cluster is unknown");
        let silent = ["Slack", "PagerDuty", "Cluster"].map(|name| part(name, State::Unknown));
        assert_eq!(sentence(&silent[..2]), "Slack and PagerDuty are unknown");
        assert_eq!(sentence(&silent), "Slack, PagerDuty and Cluster are unknown");
        assert_eq!(worst(&[]), State::Unknown);
    }

    #[test]
    fn a_breaker_says_when_it_tries_again() {
        assert_eq!(Breaker::Closed { failures: 0 }.words(), "closed");
        assert_eq!(Breaker::Closed { failures: 3 }.words(), "closed, 3 failures in a row");
        assert_eq!(Breaker::Open { next_try: Duration::from_secs(4) }.words(), "open, tries again in 4 s");
    }
}
