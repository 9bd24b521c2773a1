//! How the clocks of whoever reads stand: by how much they are ahead of universal time. Pages show and take times of day by
//! it, and always say which they mean.

use chrono::{DateTime, NaiveDateTime, TimeDelta, Utc};

/// The most that clocks are ahead or behind anywhere, in minutes.
const MOST: i32 = 15 * 60;

/// By how much the reader's clocks are ahead of universal time; universal time where nobody said.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct ReadersZone {
    minutes: i32,
}

impl ReadersZone {
    /// Reads the minutes that a browser gave; none where no clock on earth stands so.
    pub fn parse(minutes: &str) -> Option<Self> {
        let minutes = minutes.trim().parse().ok().filter(|minutes| (-MOST..=MOST).contains(minutes))?;
        Some(Self { minutes })
    }

    /// The minutes ahead of universal time.
    pub const fn minutes(self) -> i32 {
        self.minutes
    }

    /// What stands beside a time: "UTC", "UTC+01:00", "UTC-03:30".
    pub fn label(self) -> String {
        if self.minutes == 0 {
            return "UTC".to_owned();
        }
        let sign = if self.minutes < 0 { '-' } else { '+' };
        let minutes = self.minutes.unsigned_abs();
        format!("UTC{sign}{:02}:{:02}", minutes / 60, minutes % 60)
    }

    /// What the reader's clock showed at `at`.
    pub fn local(self, at: DateTime<Utc>) -> NaiveDateTime {
        at.naive_utc() + self.ahead()
    }

    /// When the reader's clock showed `local`.
    pub fn utc_of(self, local: NaiveDateTime) -> DateTime<Utc> {
        (local - self.ahead()).and_utc()
    }

    /// A moment as somebody types it, or as a browser's field for one sends it: on the reader's clock, unless it ends in `Z`.
    pub fn read(self, text: &str) -> Option<DateTime<Utc>> {
        let text = text.trim();
        let (text, zone) = text.strip_suffix(['Z', 'z']).map_or((text, self), |text| (text, Self::default()));
        let text = text.trim_end().replace('T', " ");
        ["%Y-%m-%d %H:%M:%S", "%Y-%m-%d %H:%M"]
            .iter()
            .find_map(|form| NaiveDateTime::parse_from_str(&text, form).ok())
            .map(|local| zone.utc_of(local))
    }

    /// A moment for the value of a browser's field, to the minute.
    pub fn write(self, at: DateTime<Utc>) -> String {
        self.local(at).format("%Y-%m-%dT%H:%M").to_string()
    }

    fn ahead(self) -> TimeDelta {
        TimeDelta::minutes(self.minutes.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_is_read_on_the_readers_clock_and_written_back_as_it_was_typed() {
        let table = [
            ("0", "UTC", "2026-11-21T14:05", "2026-11-21T14:05:00Z"),
            ("60", "UTC+01:00", "2026-11-21T14:05", "2026-11-21T13:05:00Z"),
            ("-300", "UTC-05:00", "2026-11-21T22:05", "2026-11-22T03:05:00Z"),
            ("345", "UTC+05:45", "2026-11-21T02:00", "2026-11-20T20:15:00Z"),
            ("-210", "UTC-03:30", "2026-11-21T00:00", "2026-11-21T03:30:00Z"),
        ];
        for (minutes, label, typed, utc) in table {
            let zone = ReadersZone::parse(minutes).unwrap_or_default();
            let expected = utc.parse().unwrap_or_default();
            assert_eq!(zone.label(), label);
            assert_eq!(zone.read(typed), Some(expected), "{label}");
            assert_eq!(zone.write(expected), typed, "{label}");
            assert_eq!(zone.read(utc), Some(expected), "what says that it is universal time is: {label}");
        }
    }

    #[test]
    fn people_may_type_it_with_a_blank_and_seconds_and_what_is_no_moment_is_none() {
        let zone = ReadersZone::default();
        let expected = "2026-11-21T14:05:00Z".parse().ok();
        for text in ["2026-11-21T14:05", "2026-11-21 14:05", " 2026-11-21 14:05:00 ", "2026-11-21 14:05 Z"] {
            assert_eq!(zone.read(text), expected, "{text}");
        }
        for text in ["", "yesterday", "14:05", "2026-13-01 10:00"] {
            assert_eq!(zone.read(text), None, "{text}");
        }
    }

    #[test]
    fn clocks_that_nobody_has_are_not_believed() {
        for text in ["", "x", "901", "-901", "1e3", "60; path=/"] {
            assert_eq!(ReadersZone::parse(text), None, "{text}");
        }
        assert_eq!(ReadersZone::parse("840").map(ReadersZone::minutes), Some(840));
    }
}
