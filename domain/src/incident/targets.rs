//! By when somebody has to answer an incident, and by when people hear more: what a preset asks for of each severity, or
//! an admin instead of it.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

use super::calendar::Calendar;
use crate::plan::{parse_soak, soak};
use crate::preset::Severity;
use crate::text::inert_line;

/// The longest time, in minutes: 30 days.
const LONGEST: u32 = 30 * 24 * 60;
const NEXT_BUSINESS_DAY: &str = "next business day";

/// How long there is for something.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Within {
    /// So many minutes, by day and by night.
    Minutes(u32),
    /// Until the end of the next business day.
    NextBusinessDay,
}

impl Within {
    /// When what began at `from` is due.
    pub fn after(self, from: DateTime<Utc>, calendar: &Calendar) -> DateTime<Utc> {
        match self {
            Self::Minutes(minutes) => from + TimeDelta::minutes(minutes.into()),
            Self::NextBusinessDay => calendar.end_of_next_working_day(from),
        }
    }

    /// A first response in this time, in words.
    pub fn promise(self) -> String {
        match self {
            Self::Minutes(_) => format!("first response within {self}"),
            Self::NextBusinessDay => format!("first response on the {self}"),
        }
    }
}

impl fmt::Display for Within {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Minutes(minutes) => f.write_str(&soak(minutes.saturating_mul(60))),
            Self::NextBusinessDay => f.write_str(NEXT_BUSINESS_DAY),
        }
    }
}

/// Why a text is no time to answer in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("has to be whole minutes or hours from 1 min to 720 h, such as 15 min, or {NEXT_BUSINESS_DAY}")]
pub struct NoTime;

impl FromStr for Within {
    type Err = NoTime;

    fn from_str(text: &str) -> Result<Self, NoTime> {
        let text = text.trim();
        if text.eq_ignore_ascii_case(NEXT_BUSINESS_DAY) {
            return Ok(Self::NextBusinessDay);
        }
        let seconds = parse_soak(text).filter(|seconds| seconds.is_multiple_of(60)).ok_or(NoTime)?;
        let minutes = seconds / 60;
        if (1..=LONGEST).contains(&minutes) { Ok(Self::Minutes(minutes)) } else { Err(NoTime) }
    }
}

/// A time for each severity.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Times {
    /// Of P1.
    pub p1: Within,
    /// Of P2.
    pub p2: Within,
    /// Of P3.
    pub p3: Within,
    /// Of P4.
    pub p4: Within,
}

impl Times {
    /// The one of a severity.
    pub const fn of(&self, severity: Severity) -> Within {
        match severity {
            Severity::P1 => self.p1,
            Severity::P2 => self.p2,
            Severity::P3 => self.p3,
            Severity::P4 => self.p4,
        }
    }

    /// The same, to say another one.
    pub fn of_mut(&mut self, severity: Severity) -> &mut Within {
        match severity {
            Severity::P1 => &mut self.p1,
            Severity::P2 => &mut self.p2,
            Severity::P3 => &mut self.p3,
            Severity::P4 => &mut self.p4,
        }
    }
}

impl fmt::Display for Times {
    /// `P1 15 min, P2 1 h, P3 4 h, P4 next business day`; reads back as itself.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let parts = Severity::ALL.map(|severity| format!("{} {}", severity.label(), self.of(severity)));
        f.write_str(&parts.join(", "))
    }
}

/// Why a text does not say a time for each severity.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoTimes {
    /// A part of it says nothing.
    #[error("“{0}” is not a severity with its time.")]
    Part(String),
    /// A severity that it does not name.
    #[error("{0} is missing.")]
    Missing(&'static str),
    /// A severity that it names more than once.
    #[error("{0} is there twice.")]
    Twice(&'static str),
}

impl FromStr for Times {
    type Err = NoTimes;

    fn from_str(text: &str) -> Result<Self, NoTimes> {
        let mut found = BTreeMap::new();
        for part in text.split(',').map(str::trim).filter(|part| !part.is_empty()) {
            let (severity, within) = one(part).ok_or_else(|| NoTimes::Part(inert_line(part, 60)))?;
            if found.insert(severity, within).is_some() {
                return Err(NoTimes::Twice(severity.label()));
            }
        }
        let of = |severity: Severity| found.get(&severity).copied().ok_or(NoTimes::Missing(severity.label()));
        Ok(Self {
            p1: of(Severity::P1)?,
            p2: of(Severity::P2)?,
            p3: of(Severity::P3)?,
            p4: of(Severity::P4)?,
        })
    }
}

/// `P1 15 min`.
fn one(part: &str) -> Option<(Severity, Within)> {
    let (word, time) = part.split_once(char::is_whitespace)?;
    let severity = Severity::ALL.into_iter().find(|severity| severity.label().eq_ignore_ascii_case(word))?;
    Some((severity, time.parse().ok()?))
}

/// What a preset asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Targets {
    /// How long the first response may take.
    pub respond: Times,
    /// How long people may hear nothing more.
    pub update_every: Times,
}

impl Default for Targets {
    /// What counts where a preset does not say otherwise.
    fn default() -> Self {
        use Within::{Minutes, NextBusinessDay};
        Self {
            respond: Times { p1: Minutes(15), p2: Minutes(60), p3: Minutes(240), p4: NextBusinessDay },
            update_every: Times { p1: Minutes(30), p2: Minutes(60), p3: Minutes(240), p4: NextBusinessDay },
        }
    }
}

/// What due times follow from: what is asked for, and when people work.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ServiceLevel {
    /// What is asked for.
    pub targets: Targets,
    /// When people work.
    pub calendar: Calendar,
}

impl ServiceLevel {
    /// When the first response to something of this severity is due that became so at `from`.
    pub fn response_due(&self, severity: Severity, from: DateTime<Utc>) -> DateTime<Utc> {
        self.targets.respond.of(severity).after(from, &self.calendar)
    }

    /// When people expect to hear more after an update at `from`.
    pub fn update_due(&self, severity: Severity, from: DateTime<Utc>) -> DateTime<Utc> {
        self.targets.update_every.of(severity).after(from, &self.calendar)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().unwrap_or_default()
    }

    #[test]
    fn each_severity_has_its_own_time() {
        let from = at("2026-11-20T10:00:00Z");
        let usual = ServiceLevel::default();
        let mut stricter = ServiceLevel::default();
        *stricter.targets.respond.of_mut(Severity::P1) = Within::Minutes(5);
        *stricter.targets.update_every.of_mut(Severity::P4) = Within::Minutes(90);
        let table = [
            (&usual, Severity::P1, "2026-11-20T10:15:00Z", "2026-11-20T10:30:00Z"),
            (&usual, Severity::P2, "2026-11-20T11:00:00Z", "2026-11-20T11:00:00Z"),
            (&usual, Severity::P3, "2026-11-20T14:00:00Z", "2026-11-20T14:00:00Z"),
            (&usual, Severity::P4, "2026-11-23T17:00:00Z", "2026-11-23T17:00:00Z"),
            (&stricter, Severity::P1, "2026-11-20T10:05:00Z", "2026-11-20T10:30:00Z"),
            (&stricter, Severity::P2, "2026-11-20T11:00:00Z", "2026-11-20T11:00:00Z"),
            (&stricter, Severity::P4, "2026-11-23T17:00:00Z", "2026-11-20T11:30:00Z"),
        ];
        for (level, severity, response, update) in table {
            assert_eq!(level.response_due(severity, from), at(response), "{severity}");
            assert_eq!(level.update_due(severity, from), at(update), "{severity}");
        }
    }

    #[test]
    fn times_are_read_as_people_write_them_and_promised_in_those_words() {
        use Within::{Minutes, NextBusinessDay};
        let table = [
            ("5 min", Ok(Minutes(5)), "first response within 5 min"),
            ("90", Ok(Minutes(90)), "first response within 90 min"),
            (" 1h ", Ok(Minutes(60)), "first response within 1 h"),
            ("720 h", Ok(Minutes(LONGEST)), "first response within 720 h"),
            ("Next business day", Ok(NextBusinessDay), "first response on the next business day"),
            ("", Err(NoTime), ""),
            ("0 min", Err(NoTime), ""),
            ("90 s", Err(NoTime), ""),
            ("721 h", Err(NoTime), ""),
            ("soon", Err(NoTime), ""),
        ];
        for (text, read, promise) in table {
            assert_eq!(text.parse::<Within>(), read, "{text}");
            if let Ok(within) = read {
                assert_eq!(within.promise(), promise);
                assert_eq!(within.to_string().parse::<Within>(), read, "{text}");
            }
        }
    }

    #[test]
    fn a_line_names_each_severity_once() {
        let usual = Targets::default().respond;
        assert_eq!(usual.to_string(), "P1 15 min, P2 1 h, P3 4 h, P4 next business day");
        assert_eq!(usual.to_string().parse::<Times>(), Ok(usual));
        let table = [
            ("P1 5 min, P2 1 h, P4 1 h", NoTimes::Missing("P3")),
            ("P1 5 min, P2 1 h, P1 6 min, P3 1 h, P4 1 h", NoTimes::Twice("P1")),
            ("P0 5 min, P2 1 h, P3 1 h, P4 1 h", NoTimes::Part("P0 5 min".into())),
            ("P1 soon, P2 1 h, P3 1 h, P4 1 h", NoTimes::Part("P1 soon".into())),
            ("P1", NoTimes::Part("P1".into())),
            ("", NoTimes::Missing("P1")),
        ];
        for (text, why) in table {
            assert_eq!(text.parse::<Times>(), Err(why), "{text}");
        }
    }
}
