//! How long ago something was, in words, and exactly when, in UTC. The reader's own zone is the browser's business.

use chrono::{DateTime, TimeDelta, Utc};

/// How long before `now` the moment `at` was: "now", "4 s ago", "12 min ago", "2 h ago", "3 d ago"; "in 4 s" when it
/// is still to come.
pub fn ago(at: DateTime<Utc>, now: DateTime<Utc>) -> String {
    let elapsed = now.signed_duration_since(at);
    if elapsed < TimeDelta::zero() {
        let ahead = words(-elapsed);
        return if ahead == "0 s" { "now".to_owned() } else { format!("in {ahead}") };
    }
    let behind = words(elapsed);
    if behind == "0 s" { "now".to_owned() } else { format!("{behind} ago") }
}

/// A length of time in its largest fitting unit, rounded down: "4 s", "12 min", "2 h", "3 d".
pub fn words(length: TimeDelta) -> String {
    let seconds = length.num_seconds().max(0);
    match seconds {
        0..60 => format!("{seconds} s"),
        60..3600 => format!("{} min", seconds / 60),
        3600..86400 => format!("{} h", seconds / 3600),
        _ => format!("{} d", seconds / 86400),
    }
}

/// A countdown or stopwatch: "06:12", "1:06:12" from an hour on. Nothing below zero.
pub fn clock(length: TimeDelta) -> String {
    let seconds = length.num_seconds().max(0);
    let (hours, minutes, seconds) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    if hours > 0 {
        format!("{hours}:{minutes:02}:{seconds:02}")
    } else {
        format!("{minutes:02}:{seconds:02}")
    }
}

/// What is left of a time, or by how much it is over: "06:12", "overdue 04:07", "overdue 2 d" past a day.
pub fn due(left: TimeDelta) -> String {
    let day = TimeDelta::days(1);
    if left >= day {
        format!("in {}", words(left))
    } else if left >= TimeDelta::zero() {
        clock(left)
    } else if -left >= day {
        format!("overdue {}", words(-left))
    } else {
        format!("overdue {}", clock(-left))
    }
}

/// Exactly when: "2025-11-21 10:42:07 UTC".
pub fn exact(at: DateTime<Utc>) -> String {
    at.format("%Y-%m-%d %H:%M:%S UTC").to_string()
}

/// For the `datetime` attribute of a `time` element: "2025-11-21T10:42:07Z".
pub fn machine(at: DateTime<Utc>) -> String {
    at.format("%Y-%m-%dT%H:%M:%SZ").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_past_is_told_in_its_largest_unit() {
        let now = DateTime::from_timestamp(1_763_719_200, 0).unwrap_or_default();
        let table = [
            (0, "now"),
            (1, "1 s ago"),
            (59, "59 s ago"),
            (60, "1 min ago"),
            (3599, "59 min ago"),
            (3600, "1 h ago"),
            (86_399, "23 h ago"),
            (86_400, "1 d ago"),
            (-1, "in 1 s"),
            (-600, "in 10 min"),
        ];
        for (seconds, text) in table {
            assert_eq!(ago(now - TimeDelta::seconds(seconds), now), text);
        }
        assert_eq!(ago(now + TimeDelta::milliseconds(300), now), "now");
    }

    #[test]
    fn clocks_count_in_minutes_and_then_hours() {
        for (seconds, text) in [(-5, "00:00"), (0, "00:00"), (372, "06:12"), (3972, "1:06:12")] {
            assert_eq!(clock(TimeDelta::seconds(seconds)), text);
        }
    }

    #[test]
    fn what_is_due_counts_down_and_then_says_for_how_long_it_is_overdue() {
        let table = [
            (372, "06:12"),
            (0, "00:00"),
            (-1, "overdue 00:01"),
            (-247, "overdue 04:07"),
            (90_000, "in 1 d"),
            (-200_000, "overdue 2 d"),
        ];
        for (seconds, text) in table {
            assert_eq!(due(TimeDelta::seconds(seconds)), text);
        }
    }

    #[test]
    fn the_exact_time_names_its_zone() {
        let at = DateTime::from_timestamp(1_763_721_727, 0).unwrap_or_default();
        assert_eq!(exact(at), "2025-11-21 10:42:07 UTC");
        assert_eq!(machine(at), "2025-11-21T10:42:07Z");
    }
}
