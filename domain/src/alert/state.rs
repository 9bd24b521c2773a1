//! The states of a threshold: ok, pending, firing, unknown, and what a measurement makes of them.
//!
//! Without a value nothing is ever ok, and nothing that fires stops firing.

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

use super::rule::{NoData, Rule};
use crate::judge::Problem;
use crate::threshold::number;

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
    /// Before the question was asked.
    pub at: DateTime<Utc>,
}

impl Measured {
    /// What was seen, in words: "API down is 14 per minute, limit 10".
    pub fn sentence(&self, rule: &Rule) -> String {
        sentence(rule, &self.usable())
    }

    /// The value, if it can be relied on; else why not.
    fn usable(&self) -> Result<f64, String> {
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
        sentence(rule, &last)
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
        Transition { from: before.state, to: after.state, sentence: sentence(rule, &usable) }
    });
    Decision { standing: after, transition, event }
}

fn over(rule: &Rule, after: &mut Standing, now: DateTime<Utc>) -> State {
    let since = *after.over_since.get_or_insert(now);
    let long_enough = now - since >= TimeDelta::seconds(i64::from(rule.spec.for_seconds));
    if long_enough || after.fired_at.is_some() { State::Firing } else { State::Pending }
}

fn sentence(rule: &Rule, usable: &Result<f64, String>) -> String {
    let spec = &rule.spec;
    match usable {
        Ok(value) => {
            format!("{} is {} {}, limit {}", spec.name, number(*value), spec.unit, number(spec.limit))
        }
        Err(why) => format!("{}: {why}", spec.name),
    }
}

#[cfg(test)]
mod tests {
    use super::super::rule::tests::rule;
    use super::*;

    const OVER: Result<f64, Problem> = Ok(14.0);
    const FINE: Result<f64, Problem> = Ok(2.0);
    const NONE: Result<f64, Problem> = Err(Problem::NoData);

    fn at(second: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(1_800_000_000 + second, 0).unwrap_or_default()
    }

    type Values = Vec<Result<f64, Problem>>;
    type Steps = Vec<(State, Option<Event>)>;

    /// States and events of measurements, one every 15 s.
    fn walk(rule: &Rule, values: &[Result<f64, Problem>]) -> Steps {
        let mut standing = Standing::new(1, at(0));
        let mut seen = Vec::new();
        for (index, value) in values.iter().enumerate() {
            let second = 15 * i64::try_from(index).unwrap_or_default();
            let measured = Measured { value: value.clone(), warning: None, at: at(second) };
            let decision = advance(rule, 1, &standing, &measured);
            assert_eq!(decision.transition.is_some(), decision.standing.state != standing.state);
            standing = decision.standing;
            seen.push((standing.state, decision.event));
        }
        seen
    }

    fn with(for_seconds: u32, no_data: NoData) -> Rule {
        let mut rule = rule();
        rule.spec.for_seconds = for_seconds;
        rule.no_data = no_data;
        rule
    }

    #[test]
    fn measurements_move_a_threshold_as_the_table_says() {
        use Event::{Cleared, Fired};
        use State::{Firing, Ok, Pending, Unknown};
        let table: Vec<(Rule, Values, Steps)> = vec![
            // At once without "for", and told once.
            (
                with(0, NoData::Unknown),
                vec![FINE, OVER, OVER, FINE],
                vec![(Ok, None), (Firing, Some(Fired)), (Firing, None), (Ok, Some(Cleared))],
            ),
            // Only after "for", and a dip begins it anew.
            (
                with(30, NoData::Unknown),
                vec![OVER, OVER, FINE, OVER, OVER, OVER],
                vec![
                    (Pending, None),
                    (Pending, None),
                    (Ok, None),
                    (Pending, None),
                    (Pending, None),
                    (Firing, Some(Fired)),
                ],
            ),
            // No data: unknown, never ok; and what fires is neither cleared by it nor told of again.
            (
                with(0, NoData::Unknown),
                vec![NONE, OVER, NONE, OVER, NONE, FINE],
                vec![
                    (Unknown, None),
                    (Firing, Some(Fired)),
                    (Unknown, None),
                    (Firing, None),
                    (Unknown, None),
                    (Ok, Some(Cleared)),
                ],
            ),
            // No data counts as a breach, and lasts as long as one.
            (
                with(30, NoData::Alert),
                vec![FINE, NONE, NONE, NONE, FINE],
                vec![
                    (Ok, None),
                    (Pending, None),
                    (Pending, None),
                    (Firing, Some(Fired)),
                    (Ok, Some(Cleared)),
                ],
            ),
            // The last state is kept; one that was never known cannot be.
            (
                with(0, NoData::KeepLast),
                vec![NONE, FINE, NONE, OVER, NONE, FINE],
                vec![
                    (Unknown, None),
                    (Ok, None),
                    (Ok, None),
                    (Firing, Some(Fired)),
                    (Firing, None),
                    (Ok, Some(Cleared)),
                ],
            ),
            // What is pending and kept does not ripen without a value.
            (with(30, NoData::KeepLast), vec![OVER, NONE, NONE, NONE], vec![(Pending, None); 4]),
        ];
        for (rule, values, expected) in table {
            assert_eq!(walk(&rule, &values), expected, "{:?} for {} s", rule.no_data, rule.spec.for_seconds);
        }
    }

    #[test]
    fn what_is_no_number_or_came_with_a_warning_is_no_value() {
        let before = Standing::new(1, at(0));
        let table = [
            (Ok(f64::NAN), None, "not a number"),
            (Ok(f64::INFINITY), None, "infinite"),
            (Ok(2.0), Some("partial".to_owned()), "Prometheus warns: partial"),
            (Err(Problem::ManyValues(3)), None, "3 values"),
        ];
        for (value, warning, why) in table {
            let decision = advance(&rule(), 1, &before, &Measured { value, warning, at: at(15) });
            assert_eq!(decision.standing.state, State::Unknown);
            assert!(decision.standing.why.as_deref().is_some_and(|said| said.contains(why)), "{decision:?}");
        }
    }

    #[test]
    fn another_version_begins_its_wait_anew_and_what_fires_goes_on_and_is_told_of_once() {
        let rule = with(30, NoData::Unknown);
        let over = |at| Measured { value: OVER, warning: None, at };
        let pending = advance(&rule, 1, &Standing::new(1, at(0)), &over(at(0))).standing;
        let next = advance(&rule, 2, &pending, &over(at(40))).standing;
        assert_eq!((next.state, next.over_since, next.version), (State::Pending, Some(at(40)), 2));
        let firing = advance(&rule, 1, &pending, &over(at(40))).standing;
        let next = advance(&rule, 2, &firing, &over(at(55)));
        assert_eq!((next.standing.state, next.event), (State::Firing, Some(Event::FiresAsChanged)));
        assert_eq!(advance(&rule, 2, &next.standing, &over(at(70))).event, None, "told of again");
        // Nor is it lost or told too early when nothing could be measured at first.
        for no_data in [NoData::Unknown, NoData::KeepLast] {
            let rule = with(30, no_data);
            let blind = advance(&rule, 2, &firing, &Measured { value: NONE, warning: None, at: at(55) });
            assert_eq!(blind.event, None, "{no_data:?}");
            let seen = advance(&rule, 2, &blind.standing, &over(at(70)));
            assert_eq!(seen.event, Some(Event::FiresAsChanged), "{no_data:?}");
        }
    }

    #[test]
    fn a_threshold_that_is_no_longer_evaluated_is_unknown_whatever_it_was() {
        let fine = Measured { value: FINE, warning: None, at: at(0) };
        let standing = advance(&rule(), 1, &Standing::new(1, at(0)), &fine).standing;
        assert_eq!(standing.shown(15, at(30)).0, State::Ok);
        let (state, why) = standing.shown(15, at(31));
        assert_eq!(state, State::Unknown);
        assert_eq!(why.as_deref(), Some("not evaluated for 31 s; it was ok"));
    }

    #[test]
    fn a_change_is_told_in_a_sentence_with_value_and_limit() {
        let over = Measured { value: OVER, warning: None, at: at(0) };
        let transition = advance(&rule(), 1, &Standing::new(1, at(0)), &over).transition;
        assert_eq!(transition.map(|t| t.sentence).as_deref(), Some("API down is 14 per minute, limit 10"));
    }
}
