//! How the last days were, made from the incidents themselves.

use chrono::{DateTime, Days, NaiveDate, Utc};

use super::Incident;
use crate::preset::Severity;

/// How many days are looked back on.
pub const DAYS: u64 = 90;

/// From when to when something was wrong, and how bad it was.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Span {
    /// The worst it was.
    pub severity: Severity,
    /// From when.
    pub from: DateTime<Utc>,
    /// Until when; none while it is.
    pub until: Option<DateTime<Utc>>,
}

/// The worst that an incident was: as it stands, as its clocks ran, and as the changes of its severity on the timeline name
/// it. The clocks alone know only of the time until somebody answered.
pub fn worst(incident: &Incident, named: &[Severity]) -> Severity {
    let clocks = incident.clocks.iter().map(|clock| clock.severity);
    clocks.chain(named.iter().copied()).fold(incident.severity, Severity::min)
}

/// One day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Day {
    /// Which, in universal time.
    pub date: NaiveDate,
    /// The worst of it; none where nothing was wrong or nobody was watching yet.
    pub worst: Option<Severity>,
    /// How many incidents touched it.
    pub incidents: usize,
    /// Whether anybody was watching on that day.
    pub watched: bool,
}

/// The last [`DAYS`] days up to the day of `now`, oldest first. Before `watched_from` nothing is known.
pub fn days(spans: &[Span], watched_from: DateTime<Utc>, now: DateTime<Utc>) -> Vec<Day> {
    let today = now.date_naive();
    (0..DAYS)
        .rev()
        .filter_map(|back| today.checked_sub_days(Days::new(back)))
        .map(|date| {
            let touching = spans.iter().filter(|span| {
                span.from.date_naive() <= date && span.until.unwrap_or(now).date_naive() >= date
            });
            let severities: Vec<_> = touching.map(|span| span.severity).collect();
            Day {
                date,
                worst: severities.iter().copied().min(),
                incidents: severities.len(),
                watched: date >= watched_from.date_naive(),
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::super::targets::ServiceLevel;
    use super::super::{Clock, fixtures};
    use super::*;

    #[test]
    fn an_incident_counts_as_the_worst_it_was_whatever_it_became() {
        use Severity::{P1, P2, P3, P4};
        // As it stands, what its clocks ran for, what the changes on its timeline name; and the worst of it.
        let table = [
            (P3, vec![P3], vec![], P3),
            (P3, vec![P1, P3], vec![P1, P3], P1),
            // Somebody had answered: no further clock ran.
            (P3, vec![P3], vec![P3, P1, P1, P3], P1),
            (P4, vec![P2], vec![P2, P4], P2),
            (P1, vec![P4], vec![P4, P1], P1),
        ];
        for (now, clocks, named, expected) in table {
            let mut incident = fixtures::incident(now);
            let from = incident.opened_at;
            let clock = |severity| Clock::start(severity, from, &ServiceLevel::default());
            incident.clocks = clocks.iter().copied().map(clock).collect();
            assert_eq!(worst(&incident, &named), expected, "{now:?} {clocks:?} {named:?}");
        }
    }

    #[test]
    fn a_day_is_as_bad_as_the_worst_that_touched_it_and_unwatched_days_are_unknown() {
        let at = |text: &str| text.parse::<DateTime<Utc>>().unwrap_or_default();
        let spans = [
            Span {
                severity: Severity::P2,
                from: at("2026-11-18T23:00:00Z"),
                until: Some(at("2026-11-19T01:00:00Z")),
            },
            Span {
                severity: Severity::P1,
                from: at("2026-11-19T10:00:00Z"),
                until: Some(at("2026-11-19T10:05:00Z")),
            },
            Span { severity: Severity::P3, from: at("2026-11-21T10:00:00Z"), until: None },
        ];
        let days = days(&spans, at("2026-11-17T12:00:00Z"), at("2026-11-21T12:00:00Z"));
        assert_eq!(days.len(), 90);
        let last: Vec<_> = days[85..].iter().map(|day| (day.watched, day.worst, day.incidents)).collect();
        let expected = [
            (true, None, 0),
            (true, Some(Severity::P2), 1),
            (true, Some(Severity::P1), 2),
            (true, None, 0),
            (true, Some(Severity::P3), 1),
        ];
        assert_eq!(last, expected);
        assert!(days[..85].iter().all(|day| !day.watched && day.worst.is_none()));
    }
}
