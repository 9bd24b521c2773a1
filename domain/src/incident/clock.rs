//! By when somebody has to answer, and by when people hear more.

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

use super::calendar::Calendar;
use crate::preset::Severity;

/// What a severity means, in words.
pub const fn meaning(severity: Severity) -> &'static str {
    match severity {
        Severity::P1 => "complete outage",
        Severity::P2 => "degraded service",
        Severity::P3 => "minor impact",
        Severity::P4 => "no user impact",
    }
}

/// The first response that a severity asks for, in words.
pub const fn promise(severity: Severity) -> &'static str {
    match severity {
        Severity::P1 => "first response within 15 min",
        Severity::P2 => "first response within 1 h",
        Severity::P3 => "first response within 4 h",
        Severity::P4 => "first response on the next business day",
    }
}

/// When the first response to something of this severity is due that became so at `from`.
pub fn response_due(severity: Severity, from: DateTime<Utc>, calendar: &Calendar) -> DateTime<Utc> {
    match severity {
        Severity::P1 => from + TimeDelta::minutes(15),
        Severity::P2 => from + TimeDelta::hours(1),
        Severity::P3 => from + TimeDelta::hours(4),
        Severity::P4 => calendar.end_of_next_working_day(from),
    }
}

/// When people expect to hear more after an update at `from`.
pub fn update_due(severity: Severity, from: DateTime<Utc>, calendar: &Calendar) -> DateTime<Utc> {
    match severity {
        Severity::P1 => from + TimeDelta::minutes(30),
        Severity::P2 => from + TimeDelta::hours(1),
        Severity::P3 => from + TimeDelta::hours(4),
        Severity::P4 => calendar.end_of_next_working_day(from),
    }
}

/// The response clock of one severity.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Clock {
    /// The severity it is for.
    pub severity: Severity,
    /// When it began: the opening, or the change to this severity.
    pub started_at: DateTime<Utc>,
    /// When the answer is due.
    pub due_at: DateTime<Utc>,
    /// When somebody answered or the severity changed; none while it runs.
    pub stopped_at: Option<DateTime<Utc>>,
}

impl Clock {
    /// A clock that begins at `from`.
    pub fn start(severity: Severity, from: DateTime<Utc>, calendar: &Calendar) -> Self {
        Self { severity, started_at: from, due_at: response_due(severity, from, calendar), stopped_at: None }
    }

    /// Whether the answer is or was too late. A clock that was missed stays so, whatever comes after it.
    pub fn is_missed(&self, now: DateTime<Utc>) -> bool {
        self.stopped_at.unwrap_or(now) > self.due_at
    }
}

/// What became of a response clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// Nothing yet: it runs.
    NotYet,
    /// Somebody answered.
    Answered(DateTime<Utc>),
    /// Before anybody answered the severity became another one, and a clock for that began.
    SetAside {
        /// When.
        at: DateTime<Utc>,
        /// The other severity.
        to: Severity,
    },
}

/// The clocks of an incident, oldest first, each with what became of it. One that stopped in the moment in which the next
/// began was stopped by the change of severity, and by nobody's answer.
pub fn ended(clocks: &[Clock]) -> Vec<(&Clock, Ended)> {
    let next = clocks.iter().skip(1).map(Some).chain([None]);
    let with_end = clocks.iter().zip(next).map(|(clock, next)| {
        let ended = match (clock.stopped_at, next) {
            (None, _) => Ended::NotYet,
            (Some(at), Some(next)) if next.started_at == at => Ended::SetAside { at, to: next.severity },
            (Some(at), _) => Ended::Answered(at),
        };
        (clock, ended)
    });
    with_end.collect()
}

/// Something that is counted down.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Countdown {
    /// What is due: "First response", "Next update".
    pub what: &'static str,
    /// When.
    pub due_at: DateTime<Utc>,
    /// Whether that is over.
    pub overdue: bool,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_severity_has_its_own_time() {
        let from: DateTime<Utc> = "2026-11-20T10:00:00Z".parse().unwrap_or_default();
        let calendar = Calendar::default();
        let table = [
            (Severity::P1, "2026-11-20T10:15:00Z", "2026-11-20T10:30:00Z"),
            (Severity::P2, "2026-11-20T11:00:00Z", "2026-11-20T11:00:00Z"),
            (Severity::P3, "2026-11-20T14:00:00Z", "2026-11-20T14:00:00Z"),
            (Severity::P4, "2026-11-23T17:00:00Z", "2026-11-23T17:00:00Z"),
        ];
        for (severity, response, update) in table {
            let at = |text: &str| text.parse::<DateTime<Utc>>().unwrap_or_default();
            assert_eq!(response_due(severity, from, &calendar), at(response), "{severity}");
            assert_eq!(update_due(severity, from, &calendar), at(update), "{severity}");
        }
    }

    #[test]
    fn an_answer_at_the_last_moment_is_in_time_and_a_missed_clock_stays_missed() {
        let from: DateTime<Utc> = "2026-11-20T10:00:00Z".parse().unwrap_or_default();
        let mut clock = Clock::start(Severity::P1, from, &Calendar::default());
        assert!(!clock.is_missed(clock.due_at));
        assert!(clock.is_missed(clock.due_at + TimeDelta::seconds(1)));
        clock.stopped_at = Some(clock.due_at);
        assert!(!clock.is_missed(from + TimeDelta::days(1)));
        clock.stopped_at = Some(clock.due_at + TimeDelta::seconds(1));
        assert!(clock.is_missed(from));
    }
}
