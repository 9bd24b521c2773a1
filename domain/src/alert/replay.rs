//! What a threshold would have done with values of the past: how often and when it would have fired.

use chrono::{DateTime, Utc};

use super::rule::Rule;
use super::state::{Measured, Standing, State, advance};
use crate::judge::Problem;

/// A time in which a threshold would have fired.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Span {
    /// From.
    pub from: DateTime<Utc>,
    /// To; the end of the replay where it would still be firing.
    pub to: DateTime<Utc>,
    /// The worst value in it; none where it would have fired for lack of data.
    pub worst: Option<f64>,
}

/// What would have happened.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Replay {
    /// When it would have fired.
    pub fired: Vec<Span>,
    /// How many moments had no value.
    pub without_data: usize,
    /// How many moments there were.
    pub moments: usize,
}

impl Replay {
    /// How long it would have fired in all, in seconds.
    pub fn seconds(&self) -> i64 {
        self.fired.iter().map(|span| (span.to - span.from).num_seconds()).sum()
    }
}

/// Replays `points` (a moment and its value, `None` where there was none), in order of time.
pub fn replay(rule: &Rule, points: &[(DateTime<Utc>, Option<f64>)]) -> Replay {
    let mut out = Replay { moments: points.len(), ..Replay::default() };
    let Some((first, _)) = points.first() else { return out };
    let mut standing = Standing::new(1, *first);
    let mut open: Option<Span> = None;
    for (at, value) in points {
        out.without_data += usize::from(!value.is_some_and(f64::is_finite));
        let measured =
            Measured { value: value.ok_or(Problem::NoData), warning: None, from_backup: false, at: *at };
        standing = advance(rule, 1, &standing, &measured).standing;
        // What is unknown after it fired has not ended.
        let fires = standing.fired_at.is_some() && standing.state != State::Ok;
        open = match (open, fires) {
            (None, true) => Some(Span { from: *at, to: *at, worst: value.filter(|v| v.is_finite()) }),
            (Some(span), true) => Some(Span { to: *at, worst: worse(rule, span.worst, *value), ..span }),
            (Some(span), false) => {
                out.fired.push(Span { to: *at, ..span });
                None
            }
            (None, false) => None,
        };
    }
    out.fired.extend(open);
    out
}

fn worse(rule: &Rule, a: Option<f64>, b: Option<f64>) -> Option<f64> {
    let b = b.filter(|b| b.is_finite());
    match (a, b) {
        (Some(a), Some(b)) => Some(if rule.spec.comparator.breached(b, a) { b } else { a }),
        (a, b) => a.or(b),
    }
}

#[cfg(test)]
mod tests {
    use super::super::rule::NoData;
    use super::super::rule::tests::rule;
    use super::*;

    fn minutes(values: &[Option<f64>]) -> Vec<(DateTime<Utc>, Option<f64>)> {
        values
            .iter()
            .zip(0_i64..)
            .map(|(value, minute)| (DateTime::from_timestamp(minute * 60, 0).unwrap_or_default(), *value))
            .collect()
    }

    #[test]
    fn old_and_new_are_told_apart_by_how_often_and_when_they_would_have_fired() {
        let points =
            minutes(&[Some(1.0), Some(12.0), Some(30.0), Some(1.0), Some(1.0), Some(11.0), Some(1.0)]);
        let old = replay(&rule(), &points);
        assert_eq!(old.fired.len(), 2);
        assert_eq!(
            (old.fired[0].from, old.fired[0].to, old.fired[0].worst),
            (points[1].0, points[3].0, Some(30.0))
        );
        assert_eq!(old.seconds(), 180);
        let mut stricter = rule();
        stricter.spec.limit = 20.0;
        assert_eq!(replay(&stricter, &points).fired.len(), 1);
        let mut patient = rule();
        patient.spec.for_seconds = 120;
        assert_eq!(replay(&patient, &points).fired, []);
    }

    #[test]
    fn what_still_fires_at_the_end_and_what_has_no_data_is_counted() {
        let points = minutes(&[Some(1.0), None, Some(f64::NAN), Some(99.0)]);
        let replayed = replay(&rule(), &points);
        assert_eq!((replayed.fired.len(), replayed.without_data, replayed.moments), (1, 2, 4));
        let mut alert = rule();
        alert.no_data = NoData::Alert;
        let replayed = replay(&alert, &points);
        assert_eq!((replayed.fired.len(), replayed.fired[0].from), (1, points[1].0));
        assert_eq!(replay(&rule(), &[]), Replay::default());
    }
}
