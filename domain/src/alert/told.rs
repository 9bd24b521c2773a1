//! What the timeline of an incident is told of the readings of what opened it: that it got much worse, that nobody can tell
//! any more, that it can be told again. Seldom enough to be read.

use chrono::{DateTime, TimeDelta, Utc};

use super::rule::Rule;
use super::state::{Decision, Event, State};

/// Blindness is told of once in this time, however often it comes and goes.
const SELDOM: TimeDelta = TimeDelta::minutes(5);

/// A reading that people should know of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reading {
    /// It is twice as far beyond the limit as when it was last told of.
    Worse,
    /// There is none any more: whether it still fires is unknown.
    Gone,
    /// There is one again, and it still fires.
    Back,
}

impl Reading {
    /// The entry, from what was seen.
    pub fn text(self, sentence: &str) -> String {
        match self {
            Self::Worse => format!("Worse: {sentence}"),
            Self::Gone => format!("No reading, so whether it still fires is unknown. {sentence}"),
            Self::Back => format!("There are readings again: {sentence}"),
        }
    }
}

/// What was told of while it fires; nothing is kept of what does not fire.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Told {
    /// The worst value that was told of.
    worst: Option<f64>,
    /// When it was last told that there is none.
    gone_at: Option<DateTime<Utc>>,
    /// Whether that is what was told last.
    blind: bool,
}

impl Told {
    /// What to tell after a decision, and what was told then.
    pub fn next(self, rule: &Rule, decision: &Decision) -> (Self, Option<Reading>) {
        let standing = &decision.standing;
        if standing.fired_at.is_none() {
            return (Self::default(), None);
        }
        let value = standing.value.filter(|_| standing.why.is_none());
        if matches!(decision.event, Some(Event::Fired | Event::FiresAsChanged)) {
            return (Self { worst: value, ..Self::default() }, None);
        }
        let now = standing.asked_at;
        if value.is_none() && standing.state == State::Unknown {
            let lately = self.gone_at.is_some_and(|at| now - at < SELDOM);
            if self.blind || lately {
                return (self, None);
            }
            return (Self { gone_at: Some(now), blind: true, ..self }, Some(Reading::Gone));
        }
        let Some(value) = value.filter(|_| standing.state == State::Firing) else { return (self, None) };
        let next = Self { blind: false, ..self };
        let beyond = |value: f64| (value - rule.spec.limit).abs();
        match self.worst {
            Some(worst) if beyond(value) >= 2.0 * beyond(worst) && value.to_bits() != worst.to_bits() => {
                (Self { worst: Some(value), ..next }, Some(Reading::Worse))
            }
            Some(_) if self.blind => (next, Some(Reading::Back)),
            Some(_) => (next, None),
            // Since a replica took over nobody knows what was told before.
            None => (Self { worst: Some(value), ..next }, self.blind.then_some(Reading::Back)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::rule::NoData;
    use super::super::rule::tests::rule;
    use super::super::state::{Measured, Standing, advance};
    use super::*;
    use crate::judge::Problem;
    use crate::preset::Comparator;

    #[test]
    fn readings_are_told_when_they_double_when_they_are_gone_and_when_they_are_back_and_else_never() {
        use Reading::{Back, Gone, Worse};
        let mut rule = rule();
        (rule.spec.for_seconds, rule.spec.comparator) = (0, Comparator::Above);
        rule.no_data = NoData::Unknown;
        let limit = rule.spec.limit;
        let at = |second: i64| DateTime::from_timestamp(1_800_000_000 + second, 0).unwrap_or_default();
        let none = || Err(Problem::NoData);
        let steps = [
            (0, Ok(limit - 1.0), None),
            // Told of by the opening itself.
            (15, Ok(limit + 4.0), None),
            (30, Ok(limit + 7.0), None),
            (45, Ok(limit + 8.0), Some(Worse)),
            (60, Ok(limit + 15.0), None),
            (75, none(), Some(Gone)),
            (90, none(), None),
            (105, Ok(limit + 8.0), Some(Back)),
            // Comes and goes: not told again at once.
            (120, none(), None),
            (135, Ok(limit + 8.0), None),
            (400, none(), Some(Gone)),
            (415, Ok(limit + 16.0), Some(Worse)),
            (430, Ok(limit - 1.0), None),
            (445, none(), None),
            (460, Ok(limit + 1.0), None),
            (475, Ok(limit + 2.0), Some(Worse)),
        ];
        let (mut standing, mut told) = (Standing::new(1, at(0)), Told::default());
        for (second, value, expected) in steps {
            let measured = Measured { value, warning: None, from_backup: false, at: at(second) };
            let decision = advance(&rule, 1, &standing, &measured);
            let (next, reading) = told.next(&rule, &decision);
            assert_eq!(reading, expected, "after {second} s");
            (standing, told) = (decision.standing, next);
        }
    }

    #[test]
    fn a_replica_that_took_over_tells_of_nothing_that_it_did_not_see() {
        let rule = rule();
        let at = DateTime::from_timestamp(1_800_000_000, 0).unwrap_or_default();
        let mut standing = Standing::new(1, at);
        standing.fired_at = Some(at);
        let measured = Measured { value: Ok(rule.spec.limit + 50.0), warning: None, from_backup: false, at };
        let decision = advance(&rule, 1, &standing, &measured);
        let (told, reading) = Told::default().next(&rule, &decision);
        assert_eq!((reading, told.worst), (None, Some(rule.spec.limit + 50.0)));
    }
}
