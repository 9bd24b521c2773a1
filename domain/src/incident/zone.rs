//! A time zone as a rule: the offset, and when it changes in the year. Read from the text that systems keep at the end of
//! each zone's file ("WET0WEST,M3.5.0/1,M10.5.0"); where that text comes from is not known here.

use chrono::{DateTime, Datelike, Days, FixedOffset, NaiveDate, NaiveDateTime, TimeDelta, Utc};

/// A time zone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Zone {
    standard: FixedOffset,
    summer: Option<Summer>,
}

/// When the offset is another one.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Summer {
    offset: FixedOffset,
    begins: Moment,
    ends: Moment,
}

/// The `week`th (5: last) `weekday` (0: Sunday) of `month`, and the seconds from its midnight.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Moment {
    month: u32,
    week: u32,
    weekday: u32,
    seconds: i64,
}

/// The text is no rule of a zone.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("it is not a rule such as WET0WEST,M3.5.0/1,M10.5.0")]
pub struct BadZone;

impl Zone {
    /// Universal time.
    pub fn utc() -> Self {
        Self { standard: fixed(0), summer: None }
    }

    /// Reads a rule.
    pub fn parse(text: &str) -> Result<Self, BadZone> {
        let mut parts = text.trim().split(',');
        let rest = after_name(parts.next().unwrap_or_default())?;
        let cut = rest.find(|c: char| c.is_ascii_alphabetic() || c == '<').unwrap_or(rest.len());
        let (hours, summer) = rest.split_at(cut);
        // The text says what has to be added to local time.
        let standard = -seconds(hours)?;
        if summer.is_empty() {
            return Ok(Self { standard: offset(standard)?, summer: None });
        }
        let named = after_name(summer)?;
        let ahead = if named.is_empty() { standard + 3600 } else { -seconds(named)? };
        let (begins, ends) = (parts.next().ok_or(BadZone)?, parts.next().ok_or(BadZone)?);
        if parts.next().is_some() {
            return Err(BadZone);
        }
        let summer = Summer { offset: offset(ahead)?, begins: moment(begins)?, ends: moment(ends)? };
        Ok(Self { standard: offset(standard)?, summer: Some(summer) })
    }

    /// What clocks there show at `at`.
    pub fn local(&self, at: DateTime<Utc>) -> NaiveDateTime {
        at.naive_utc() + self.offset_at(at)
    }

    /// When clocks there show `local`. A time that is left out in spring is the one after it, and of a time that comes twice
    /// in autumn it is the first.
    pub fn utc_of(&self, local: NaiveDateTime) -> DateTime<Utc> {
        let as_if = |offset: FixedOffset| (local - offset).and_utc();
        let Some(summer) = &self.summer else { return as_if(self.standard) };
        let early = as_if(summer.offset.max_by_ahead(self.standard));
        if self.local(early) == local { early } else { as_if(summer.offset.min_by_ahead(self.standard)) }
    }

    fn offset_at(&self, at: DateTime<Utc>) -> FixedOffset {
        let Some(summer) = &self.summer else { return self.standard };
        let year = (at.naive_utc() + self.standard).year();
        let (Some(begins), Some(ends)) = (summer.begins.of(year), summer.ends.of(year)) else {
            return self.standard;
        };
        let (begins, ends) = ((begins - self.standard).and_utc(), (ends - summer.offset).and_utc());
        // South of the equator summer spans the turn of the year.
        let is_summer = if begins < ends { at >= begins && at < ends } else { at >= begins || at < ends };
        if is_summer { summer.offset } else { self.standard }
    }
}

trait Ahead {
    fn max_by_ahead(self, other: Self) -> Self;
    fn min_by_ahead(self, other: Self) -> Self;
}

impl Ahead for FixedOffset {
    fn max_by_ahead(self, other: Self) -> Self {
        if self.local_minus_utc() >= other.local_minus_utc() { self } else { other }
    }

    fn min_by_ahead(self, other: Self) -> Self {
        if self.local_minus_utc() < other.local_minus_utc() { self } else { other }
    }
}

impl Moment {
    fn of(&self, year: i32) -> Option<NaiveDateTime> {
        let first = NaiveDate::from_ymd_opt(year, self.month, 1)?;
        let ahead = (7 + self.weekday - first.weekday().num_days_from_sunday()) % 7;
        let mut day = first.checked_add_days(Days::new(u64::from(ahead + 7 * (self.week - 1))))?;
        while day.month() != self.month {
            day = day.checked_sub_days(Days::new(7))?;
        }
        Some(day.and_hms_opt(0, 0, 0)? + TimeDelta::seconds(self.seconds))
    }
}

fn fixed(seconds: i32) -> FixedOffset {
    FixedOffset::east_opt(seconds).unwrap_or_else(|| Utc.fix_offset())
}

trait UtcOffset {
    fn fix_offset(&self) -> FixedOffset;
}

impl UtcOffset for Utc {
    fn fix_offset(&self) -> FixedOffset {
        chrono::Offset::fix(self)
    }
}

fn offset(seconds: i64) -> Result<FixedOffset, BadZone> {
    i32::try_from(seconds).ok().and_then(FixedOffset::east_opt).ok_or(BadZone)
}

/// What follows the name of a zone: letters, or anything between angle brackets.
fn after_name(text: &str) -> Result<&str, BadZone> {
    if let Some(rest) = text.strip_prefix('<') {
        return rest.split_once('>').map(|(_, rest)| rest).ok_or(BadZone);
    }
    let length = text.bytes().take_while(u8::is_ascii_alphabetic).count();
    if length < 3 { Err(BadZone) } else { Ok(&text[length..]) }
}

/// `[+-]hh[:mm[:ss]]` in seconds.
fn seconds(text: &str) -> Result<i64, BadZone> {
    let (sign, text) = match text.strip_prefix('-') {
        Some(rest) => (-1, rest),
        None => (1, text.strip_prefix('+').unwrap_or(text)),
    };
    let mut total = 0;
    let mut unit = 3600;
    for part in text.split(':') {
        if unit == 0 {
            return Err(BadZone);
        }
        let number: u16 = part.parse().map_err(|_| BadZone)?;
        total += i64::from(number) * unit;
        unit /= 60;
    }
    if total > 167 * 3600 { Err(BadZone) } else { Ok(sign * total) }
}

/// `Mm.w.d[/time]`.
fn moment(text: &str) -> Result<Moment, BadZone> {
    let (day, time) = text.split_once('/').unwrap_or((text, "2"));
    let mut numbers = day.strip_prefix('M').ok_or(BadZone)?.split('.').map(str::parse::<u32>);
    let mut number = |least: u32, most: u32| match numbers.next() {
        Some(Ok(number)) if (least..=most).contains(&number) => Ok(number),
        Some(_) | None => Err(BadZone),
    };
    Ok(Moment { month: number(1, 12)?, week: number(1, 5)?, weekday: number(0, 6)?, seconds: seconds(time)? })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().unwrap_or_default()
    }

    #[test]
    fn clocks_change_on_the_day_that_the_rule_says() -> Result<(), BadZone> {
        let lisbon = Zone::parse("WET0WEST,M3.5.0/1,M10.5.0")?;
        let new_york = Zone::parse("EST5EDT,M3.2.0,M11.1.0")?;
        let sydney = Zone::parse("AEST-10AEDT,M10.1.0,M4.1.0/3")?;
        let kathmandu = Zone::parse("<+0545>-5:45")?;
        let table = [
            (&lisbon, "2026-03-29T00:59:59Z", "2026-03-29T00:59:59"),
            (&lisbon, "2026-03-29T01:00:00Z", "2026-03-29T02:00:00"),
            (&lisbon, "2026-10-25T00:59:59Z", "2026-10-25T01:59:59"),
            (&lisbon, "2026-10-25T01:00:00Z", "2026-10-25T01:00:00"),
            (&new_york, "2026-11-21T14:00:00Z", "2026-11-21T09:00:00"),
            (&new_york, "2026-07-01T14:00:00Z", "2026-07-01T10:00:00"),
            (&sydney, "2026-01-01T00:00:00Z", "2026-01-01T11:00:00"),
            (&sydney, "2026-07-01T00:00:00Z", "2026-07-01T10:00:00"),
            (&kathmandu, "2026-07-01T00:00:00Z", "2026-07-01T05:45:00"),
            (&Zone::utc(), "2026-07-01T00:00:00Z", "2026-07-01T00:00:00"),
        ];
        for (zone, utc, local) in table {
            let found = zone.local(at(utc));
            assert_eq!(found.format("%Y-%m-%dT%H:%M:%S").to_string(), local, "{utc}");
        }
        Ok(())
    }

    #[test]
    fn local_times_become_moments_also_where_they_are_missing_or_come_twice() -> Result<(), BadZone> {
        let berlin = Zone::parse("CET-1CEST,M3.5.0,M10.5.0/3")?;
        let table = [
            ("2026-11-23T17:00:00", "2026-11-23T16:00:00Z"),
            ("2026-07-23T17:00:00", "2026-07-23T15:00:00Z"),
            // Left out in spring; twice in autumn.
            ("2026-03-29T02:30:00", "2026-03-29T01:30:00Z"),
            ("2026-10-25T02:30:00", "2026-10-25T00:30:00Z"),
        ];
        for (local, utc) in table {
            let local: NaiveDateTime = local.parse().unwrap_or_default();
            assert_eq!(berlin.utc_of(local), at(utc), "{local}");
        }
        Ok(())
    }

    #[test]
    fn what_is_no_rule_is_refused() {
        for text in [
            "",
            "X",
            "UTC",
            "CET-1CEST",
            "CET-1CEST,M3.5.0",
            "CET-1CEST,M13.5.0,M10.5.0",
            "CET-1:2:3:4",
            "Europe/Lisbon",
        ] {
            assert_eq!(Zone::parse(text), Err(BadZone), "{text}");
        }
        assert_eq!(Zone::parse("UTC0"), Ok(Zone::utc()));
    }
}
