//! The states of a threshold: ok, pending, firing, unknown, and what a measurement makes of them.
//!
//! Without a value nothing is ever ok, and nothing that fires stops firing.

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

use super::rule::{NoData, Rule};
use crate::judge::Problem;
use crate::threshold::{number, with_source};

/// How a threshold stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum State {
    /// Its limit has been broken for long enough.
    Firing,
    /// Its limit is broken, though not for long enough.
    Pending,
    /// Nobody can tell.
    #[default]
    Unknown,
    /// Measured, and within the limit.
    Ok,
}

impl State {
    /// All four, the most urgent first.
    pub const ALL: [Self; 4] = [Self::Firing, Self::Pending, Self::Unknown, Self::Ok];

    /// The word shown and stored.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Firing => "firing",
            Self::Pending => "pending",
            Self::Unknown => "unknown",
            Self::Ok => "ok",
        }
    }
}

/// What one question to Prometheus came to.
#[derive(Clone, Debug, PartialEq)]
pub struct Measured {
    /// The value, which may be NaN or infinite; or why there is none.
    pub value: Result<f64, Problem>,
    /// What Prometheus warned of.
    pub warning: Option<String>,
    /// Whether the backup answered, because the first source did not.
    pub from_backup: bool,
    /// Before the question was asked.
    pub at: DateTime<Utc>,
}

impl Measured {
    /// What was seen, in words: "API down is 14 per minute, limit 10".
    pub fn sentence(&self, rule: &Rule) -> String {
        sentence(rule, &self.usable(), self.from_backup)
    }

    /// The value, if it can be relied on; else why not.
    fn usable(&self) -> Result<f64, String> {
        self.finite().map_err(|why| with_source(why, self.from_backup))
    }

    fn finite(&self) -> Result<f64, String> {
        let value = self.value.clone().map_err(|problem| problem.to_string())?;
        if value.is_nan() {
            return Err("not a number: there was nothing to measure".to_owned());
        }
        if value.is_infinite() {
            return Err("the value is infinite".to_owned());
        }
        match &self.warning {
            Some(warning) => Err(format!("Prometheus warns: {warning}")),
            None => Ok(value),
        }
    }
}

/// How a threshold stands since when.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Standing {
    /// The state.
    pub state: State,
    /// Since when it is in this state.
    pub since: DateTime<Utc>,
    /// The version that judged.
    pub version: u32,
    /// The last value that could be relied on.
    pub value: Option<f64>,
    /// When that was measured.
    pub value_at: Option<DateTime<Utc>>,
    /// Whether the backup gave it, because the first source did not answer.
    #[serde(default)]
    pub from_backup: bool,
    /// When it was last asked for, with whatever outcome.
    pub asked_at: DateTime<Utc>,
    /// Why there is no value, where there is none.
    pub why: Option<String>,
    /// Since when the limit is broken without a measurement that says otherwise.
    pub over_since: Option<DateTime<Utc>>,
    /// Since when it fires, whatever is shown meanwhile: what was not measured does not end it.
    pub fired_at: Option<DateTime<Utc>>,
}

impl Standing {
    /// Of a threshold that nobody has asked for yet.
    pub fn new(version: u32, now: DateTime<Utc>) -> Self {
        Self {
            state: State::Unknown,
            since: now,
            version,
            value: None,
            value_at: None,
            from_backup: false,
            asked_at: now,
            why: Some("not measured yet".to_owned()),
            over_since: None,
            fired_at: None,
        }
    }

    /// What was seen last, in words: "API down is 14 per minute, limit 10".
    pub fn sentence(&self, rule: &Rule) -> String {
        let last = match (&self.why, self.value) {
            (None, Some(value)) => Ok(value),
            (why, _) => Err(why.clone().unwrap_or_else(|| "not measured yet".to_owned())),
        };
        sentence(rule, &last, self.from_backup)
    }

    /// How it may be shown: what was not asked for during two periods is unknown, whatever it was.
    pub fn shown(&self, period_seconds: u32, now: DateTime<Utc>) -> (State, Option<String>) {
        let age = now - self.asked_at;
        if age > TimeDelta::seconds(i64::from(period_seconds) * 2) {
            let why = format!("not evaluated for {}; it was {}", crate::age::words(age), self.state.word());
            return (State::Unknown, Some(why));
        }
        (self.state, self.why.clone())
    }
}

/// What follows from a measurement for others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Event {
    /// It begins to fire.
    Fired,
    /// It fires in another version than before.
    FiresAsChanged,
    /// It fired, and was measured within its limit.
    Cleared,
}

/// A change of state.
#[derive(Clone, Debug, PartialEq)]
pub struct Transition {
    /// From.
    pub from: State,
    /// To.
    pub to: State,
    /// In a sentence: "API down is 14 per minute, limit 10".
    pub sentence: String,
}

/// What a measurement comes to.
#[derive(Clone, Debug, PartialEq)]
pub struct Decision {
    /// How the threshold stands now.
    pub standing: Standing,
    /// The change, where there is one.
    pub transition: Option<Transition>,
    /// What others are told.
    pub event: Option<Event>,
}

/// What `measured` makes of a threshold in its version `version`.
pub fn advance(rule: &Rule, version: u32, before: &Standing, measured: &Measured) -> Decision {
    let now = measured.at;
    let mut after = Standing { asked_at: now, version, why: None, ..before.clone() };
    if before.version != version && before.fired_at.is_none() {
        // Another condition begins to be broken when it is first measured so.
        after.over_since = None;
    }
    let usable = measured.usable();
    let breached = match &usable {
        Ok(value) => {
            after.value = Some(*value);
            after.value_at = Some(now);
            after.from_backup = measured.from_backup;
            Some(rule.spec.comparator.breached(*value, rule.spec.limit))
        }
        Err(why) => {
            after.why = Some(why.clone());
            (rule.no_data == NoData::Alert).then_some(true)
        }
    };
    if breached.is_none() && before.fired_at.is_some() {
        // Nothing was judged by this version yet: what it comes to is told when it is.
        after.version = before.version;
    }
    after.state = match (breached, rule.no_data) {
        (Some(true), _) => over(rule, &mut after, now),
        (Some(false), _) => {
            after.over_since = None;
            State::Ok
        }
        // What was never known cannot be kept.
        (None, NoData::KeepLast) => before.state,
        (None, NoData::Unknown | NoData::Alert) => State::Unknown,
    };
    let event = match after.state {
        State::Firing if before.fired_at.is_none() => {
            after.fired_at = Some(now);
            Some(Event::Fired)
        }
        State::Firing if before.version != version && breached == Some(true) => Some(Event::FiresAsChanged),
        State::Ok if breached == Some(false) && before.fired_at.is_some() => {
            after.fired_at = None;
            Some(Event::Cleared)
        }
        State::Firing | State::Pending | State::Unknown | State::Ok => None,
    };
    let transition = (after.state != before.state).then(|| {
        after.since = now;
        Transition {
            from: before.state,
            to: after.state,
            sentence: sentence(rule, &usable, measured.from_backup),
        }
    });
    Decision { standing: after, transition, event }
}

fn over(rule: &Rule, after: &mut Standing, now: DateTime<Utc>) -> State {
    let since = *after.over_since.get_or_insert(now);
    let long_enough = now - since >= TimeDelta::seconds(i64::from(rule.spec.for_seconds));
    if long_enough || after.fired_at.is_some() { State::Firing } else { State::Pending }
}

/// Why there is no value says itself whom that is from.
fn sentence(rule: &Rule, usable: &Result<f64, String>, from_backup: bool) -> String {
    let spec = &rule.spec;
    match usable {
        Ok(value) => {
            let words =
                format!("{} is {} {}, limit {}", spec.name, number(*value), spec.unit, number(spec.limit));
            with_source(words, from_backup)
        }
        Err(why) => format!("{}: {why}", spec.name),
    }
}

#[cfg(test)]
#[path = "state_tests.rs"]
mod tests;
