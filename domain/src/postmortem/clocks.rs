//! The clocks of an incident as its postmortem tells of them: kept, missed, or set aside before anybody had to keep them.

use chrono::{DateTime, Utc};

use crate::age;
use crate::incident::Incident;
use crate::incident::clock::{self, Ended};
use crate::incident::entry::Entry;
use crate::incident::promises::{Promise, promises};

/// A clock that ran: the first response, an update.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Clock {
    /// What was due.
    pub what: String,
    /// By when.
    pub due: DateTime<Utc>,
    /// What became of it.
    pub end: End,
}

/// What became of a clock.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum End {
    /// Nothing yet.
    Running,
    /// What was due was done.
    Done(DateTime<Utc>),
    /// Nobody did it, and then nobody had to any more.
    SetAside {
        /// When.
        at: DateTime<Utc>,
        /// By what: "the change to P1".
        by: String,
    },
}

/// Whether a clock was kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kept {
    /// It still runs, and nothing is late.
    Running,
    /// Done in time.
    Kept,
    /// Done too late, or not at all.
    Missed,
    /// Set aside before it was due.
    SetAside,
}

impl Kept {
    /// In a word.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Running => "still running",
            Self::Kept => "kept",
            Self::Missed => "missed",
            Self::SetAside => "set aside",
        }
    }
}

impl Clock {
    /// Whether it was kept. One that was late already when it was set aside was missed.
    pub fn kept(&self, now: DateTime<Utc>) -> Kept {
        let (until, in_time) = match &self.end {
            End::Running => (now, Kept::Running),
            End::Done(at) => (*at, Kept::Kept),
            End::SetAside { at, .. } => (*at, Kept::SetAside),
        };
        if until > self.due { Kept::Missed } else { in_time }
    }

    /// When it was due and what became of it: "due …, done …". In UTC.
    pub fn particulars(&self) -> String {
        let due = age::exact(self.due);
        match &self.end {
            End::Running => format!("due {due}"),
            End::Done(at) => format!("due {due}, done {}", age::exact(*at)),
            End::SetAside { at, by } => format!("due {due}, set aside by {by} at {}", age::exact(*at)),
        }
    }
}

/// The clocks that ran for an incident: its first responses, and the updates that people were promised, each oldest first.
pub fn clocks(incident: &Incident, timeline: &[Entry]) -> Vec<Clock> {
    let response = |(clock, ended): (&clock::Clock, Ended)| Clock {
        what: format!("First response, {}", clock.severity.label()),
        due: clock.due_at,
        end: match ended {
            Ended::NotYet => End::Running,
            Ended::Answered(at) => End::Done(at),
            Ended::SetAside { at, to } => End::SetAside { at, by: format!("the change to {}", to.label()) },
        },
    };
    let update = |promise: Promise| Clock {
        what: "Update".to_owned(),
        due: promise.due_at,
        end: promise.heard_at.map_or(End::Running, End::Done),
    };
    let responses = clock::ended(&incident.clocks).into_iter().map(response);
    responses.chain(promises(incident, timeline).into_iter().map(update)).collect()
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use chrono::TimeDelta;

    use super::*;
    use crate::actor::Role;
    use crate::id::IncidentId;
    use crate::incident::fixtures::{self, written};
    use crate::incident::targets::ServiceLevel;
    use crate::incident::{Command, State, decide, opening};
    use crate::preset::Severity;

    #[test]
    fn a_clock_that_a_change_of_severity_stopped_was_kept_by_nobody_and_may_have_been_missed_before() {
        use Severity::{P1, P2, P3};
        let ana = fixtures::actor(1, "Ana", Role::ReleaseManager);
        let does = |incident: &Incident, command: Command, minute: i64| {
            let now = incident.opened_at + TimeDelta::minutes(minute);
            decide(incident, &command, &ana, incident.version, &ServiceLevel::default(), now).unwrap().next
        };
        let to = |to: Severity| Command::Severity { to, reason: "we know more".into() };
        // Opened as, changed to in that minute, answered in that minute; and what is said of both clocks.
        let table = [
            (P3, P1, 10, Some(12), ["set aside", "kept"]),
            (P3, P1, 10, Some(26), ["set aside", "missed"]),
            (P1, P3, 16, Some(20), ["missed", "kept"]),
            (P1, P3, 15, None, ["set aside", "still running"]),
            (P1, P2, 90, None, ["missed", "still running"]),
        ];
        for (opened, changed, at, answered, expected) in table {
            let case = format!("{opened:?} → {changed:?} at {at}, answered at {answered:?}");
            let mut incident = does(&fixtures::incident(opened), to(changed), at);
            if let Some(minute) = answered {
                incident = does(&incident, Command::Acknowledge, minute);
            }
            let now = incident.opened_at + TimeDelta::minutes(answered.unwrap_or(at) + 1);
            let all = clocks(&incident, &[]);
            let [first, second, ..] = all.as_slice() else { panic!("{case}: {all:?}") };
            assert_eq!([first, second].map(|clock| clock.kept(now).word()), expected, "{case}");
            let said = first.particulars();
            assert!(said.contains(&format!("set aside by the change to {}", changed.label())), "{said}");
            assert!(!said.contains("done"), "{said}");
        }
    }

    #[test]
    fn updates_that_were_promised_are_clocks_of_the_record() {
        let ana = fixtures::actor(1, "Ana", Role::ReleaseManager);
        let level = ServiceLevel::default();
        let at = |minute| fixtures::at("2026-11-20T10:00:00Z") + TimeDelta::minutes(minute);
        let cause = fixtures::cause(Severity::P1);
        let mut change =
            opening::open(IncidentId(uuid::Uuid::nil()), 12, &cause, None, &level, at(0)).unwrap();
        let mut timeline = change.entries.clone();
        let resolve = Command::Become { to: State::Resolved, note: String::new() };
        for (command, minute) in [(Command::Acknowledge, 10), (resolve, 75)] {
            let before = change.next;
            change = decide(&before, &command, &ana, before.version, &level, at(minute)).unwrap();
            timeline.extend(change.entries.clone());
        }
        let timeline: Vec<_> = timeline.into_iter().map(written).collect();
        let all = clocks(&change.next, &timeline);
        let words: Vec<_> =
            all.iter().map(|clock| format!("{}: {}", clock.what, clock.kept(at(500)).word())).collect();
        assert_eq!(words, ["First response, P1: kept", "Update: kept", "Update: missed"]);
        let last = all.last().map(Clock::particulars).unwrap_or_default();
        assert_eq!(last, "due 2026-11-20 10:40:00 UTC, done 2026-11-20 11:15:00 UTC");
    }
}
