//! When people work: days, hours, holidays and the zone that they are meant in.

use std::collections::BTreeSet;

use chrono::{DateTime, Datelike, Days, NaiveDate, NaiveTime, Utc, Weekday};

use super::zone::Zone;

/// The working days of the people who answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Calendar {
    /// Where they are.
    pub zone: Zone,
    /// When the working day ends there.
    pub closes: NaiveTime,
    /// Days on which nobody works although it is not the weekend.
    pub holidays: BTreeSet<NaiveDate>,
}

/// However many holidays somebody writes down: a year without a working day is a mistake.
const LONGEST: u64 = 400;

impl Default for Calendar {
    /// Monday to Friday until five, universal time.
    fn default() -> Self {
        let closes = NaiveTime::from_hms_opt(17, 0, 0).unwrap_or(NaiveTime::MIN);
        Self { zone: Zone::utc(), closes, holidays: BTreeSet::new() }
    }
}

impl Calendar {
    /// Whether people work on that day.
    pub fn is_working_day(&self, day: NaiveDate) -> bool {
        !matches!(day.weekday(), Weekday::Sat | Weekday::Sun) && !self.holidays.contains(&day)
    }

    /// The end of the next working day after the day of `from`, there.
    pub fn end_of_next_working_day(&self, from: DateTime<Utc>) -> DateTime<Utc> {
        let today = self.zone.local(from).date();
        let next = (1..=LONGEST)
            .filter_map(|ahead| today.checked_add_days(Days::new(ahead)))
            .find(|day| self.is_working_day(*day))
            .unwrap_or(today);
        self.zone.utc_of(next.and_time(self.closes))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_next_working_day_skips_weekends_and_holidays_in_its_own_zone() {
        let holiday = |text: &str| text.parse::<NaiveDate>().unwrap_or_default();
        let calendar = Calendar {
            zone: Zone::parse("CET-1CEST,M3.5.0,M10.5.0/3").unwrap_or_else(|_| Zone::utc()),
            holidays: [holiday("2026-12-25"), holiday("2027-01-01")].into(),
            ..Calendar::default()
        };
        let table = [
            // A Monday.
            ("2026-11-23T09:00:00Z", "2026-11-24T16:00:00Z"),
            // A Friday, and the weekend after it.
            ("2026-11-20T09:00:00Z", "2026-11-23T16:00:00Z"),
            ("2026-11-21T09:00:00Z", "2026-11-23T16:00:00Z"),
            ("2026-11-22T09:00:00Z", "2026-11-23T16:00:00Z"),
            // Late on Sunday in London it is Monday there.
            ("2026-11-22T23:30:00Z", "2026-11-24T16:00:00Z"),
            // Thursday before Christmas on a Friday.
            ("2026-12-24T09:00:00Z", "2026-12-28T16:00:00Z"),
            // In summer five o'clock is another moment.
            ("2026-07-01T09:00:00Z", "2026-07-02T15:00:00Z"),
        ];
        for (from, due) in table {
            let found = calendar.end_of_next_working_day(from.parse().unwrap_or_default());
            assert_eq!(found, due.parse::<DateTime<Utc>>().unwrap_or_default(), "{from}");
        }
    }

    #[test]
    fn a_calendar_without_working_days_ends_today_and_not_never() {
        let from: DateTime<Utc> = "2026-11-23T09:00:00Z".parse().unwrap_or_default();
        let holidays =
            (0..500).filter_map(|day| from.date_naive().checked_add_days(Days::new(day))).collect();
        let calendar = Calendar { holidays, ..Calendar::default() };
        assert_eq!(calendar.end_of_next_working_day(from).date_naive(), from.date_naive());
    }
}
