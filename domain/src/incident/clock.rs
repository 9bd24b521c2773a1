//! By when somebody has to answer, and by when people hear more.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::targets::{ServiceLevel, Targets, Within};
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

/// The response clock of one severity.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Clock {
    /// The severity it is for.
    pub severity: Severity,
    /// When it began: the opening, or the change to this severity.
    pub started_at: DateTime<Utc>,
    /// When the answer is due.
    pub due_at: DateTime<Utc>,
    /// How long there was for it when it began; none in records from before that could be changed.
    #[serde(default)]
    pub within: Option<Within>,
    /// When somebody answered or the severity changed; none while it runs.
    pub stopped_at: Option<DateTime<Utc>>,
}

impl Clock {
    /// A clock that begins at `from`. It keeps what is asked for now, whatever is asked for later.
    pub fn start(severity: Severity, from: DateTime<Utc>, level: &ServiceLevel) -> Self {
        Self {
            severity,
            started_at: from,
            due_at: level.response_due(severity, from),
            within: Some(level.targets.respond.of(severity)),
            stopped_at: None,
        }
    }

    /// What was promised when it began, in words.
    pub fn promise(&self) -> String {
        self.within.unwrap_or_else(|| Targets::default().respond.of(self.severity)).promise()
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
    use chrono::TimeDelta;

    use super::*;

    #[test]
    fn a_clock_keeps_the_words_of_what_was_promised_when_it_began() {
        let from: DateTime<Utc> = "2026-11-20T10:00:00Z".parse().unwrap_or_default();
        let mut level = ServiceLevel::default();
        *level.targets.respond.of_mut(Severity::P1) = Within::Minutes(5);
        let clock = Clock::start(Severity::P1, from, &level);
        assert_eq!(clock.due_at, from + TimeDelta::minutes(5));
        let read = |value| serde_json::from_value::<Clock>(value).map(|clock| clock.promise()).ok();
        let mut kept = serde_json::to_value(&clock).unwrap_or_default();
        assert_eq!(read(kept.clone()).as_deref(), Some("first response within 5 min"));
        // As it was kept before there was a choice.
        if let Some(fields) = kept.as_object_mut() {
            fields.remove("within");
        }
        assert_eq!(read(kept).as_deref(), Some("first response within 15 min"));
    }

    #[test]
    fn an_answer_at_the_last_moment_is_in_time_and_a_missed_clock_stays_missed() {
        let from: DateTime<Utc> = "2026-11-20T10:00:00Z".parse().unwrap_or_default();
        let mut clock = Clock::start(Severity::P1, from, &ServiceLevel::default());
        assert!(!clock.is_missed(clock.due_at));
        assert!(clock.is_missed(clock.due_at + TimeDelta::seconds(1)));
        clock.stopped_at = Some(clock.due_at);
        assert!(!clock.is_missed(from + TimeDelta::days(1)));
        clock.stopped_at = Some(clock.due_at + TimeDelta::seconds(1));
        assert!(clock.is_missed(from));
    }
}
