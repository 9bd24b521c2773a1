//! Checks of the audit log, and what they came to.

use chrono::{DateTime, TimeDelta, Utc};

/// A check of the whole log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Check {
    /// Who asked for it.
    pub asked_by: String,
    /// When it began.
    pub started_at: DateTime<Utc>,
    /// When it ended; `None` while it runs.
    pub finished_at: Option<DateTime<Utc>>,
    /// How many entries there were, where all are as they were written.
    pub entries: Option<i64>,
    /// Where the log is broken.
    pub broken_at: Option<i64>,
    /// What is wrong, or why it could not be checked.
    pub why: Option<String>,
}

/// What a check came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It runs.
    Running,
    /// Whoever ran it is gone: it has neither ended nor may it still be under way.
    Lost,
    /// Every entry is there and as it was written.
    Intact(i64),
    /// It is not.
    Broken {
        /// Where.
        at: i64,
        /// What is wrong there.
        why: String,
    },
    /// Nobody can tell, and why.
    Unknown(String),
}

/// The longest that a check takes, however long the log is.
const LONGEST: TimeDelta = TimeDelta::minutes(15);

impl Check {
    /// What it came to, as of `now`.
    pub fn outcome(&self, now: DateTime<Utc>) -> Outcome {
        let why = || self.why.clone().unwrap_or_default();
        match (self.finished_at, self.entries, self.broken_at) {
            (None, ..) if now - self.started_at > LONGEST => Outcome::Lost,
            (None, ..) => Outcome::Running,
            (Some(_), Some(entries), _) => Outcome::Intact(entries),
            (Some(_), None, Some(at)) => Outcome::Broken { at, why: why() },
            (Some(_), None, None) => Outcome::Unknown(why()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_check_comes_to_something_runs_or_is_lost() {
        let began = DateTime::<Utc>::UNIX_EPOCH;
        let ended = Some(began + TimeDelta::minutes(1));
        let why = || "the entry is missing".to_owned();
        let table = [
            (None, None, None, None, 15, Outcome::Running),
            (None, None, None, None, 16, Outcome::Lost),
            (ended, Some(3), None, None, 16, Outcome::Intact(3)),
            (ended, None, Some(2), Some(why()), 16, Outcome::Broken { at: 2, why: why() }),
            (ended, None, None, Some(why()), 16, Outcome::Unknown(why())),
        ];
        for (finished_at, entries, broken_at, why, minutes, outcome) in table {
            let check =
                Check { asked_by: "Ana".to_owned(), started_at: began, finished_at, entries, broken_at, why };
            assert_eq!(check.outcome(began + TimeDelta::minutes(minutes)), outcome, "{check:?}");
        }
    }
}
