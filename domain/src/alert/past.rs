//! What a threshold measured before anybody watched it, in the pieces of time that its small curve is made of.

use chrono::{DateTime, Utc};

use crate::preset::Comparator;

/// The worst value of each whole piece of `seconds` before `until`, oldest first. A piece without a number is left out, and so
/// is the piece that still runs: whoever watches now keeps that.
pub fn worst(
    points: &[(DateTime<Utc>, Option<f64>)],
    comparator: Comparator,
    seconds: i64,
    until: DateTime<Utc>,
) -> Vec<(DateTime<Utc>, f64)> {
    let mut out: Vec<(DateTime<Utc>, f64)> = Vec::new();
    for (at, value) in points {
        let Some(value) = value.filter(|value| value.is_finite()) else { continue };
        let begins = at.timestamp() - at.timestamp().rem_euclid(seconds.max(1));
        let Some(piece) = DateTime::from_timestamp(begins, 0).filter(|piece| *piece < until) else {
            continue;
        };
        match out.last_mut() {
            Some((last, worst)) if *last == piece => {
                if comparator.breached(value, *worst) {
                    *worst = value;
                }
            }
            Some(_) | None => out.push((piece, value)),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_piece_of_time_is_as_bad_as_its_worst_number_and_the_one_that_runs_is_left_out() {
        let at = |minute: i64| DateTime::from_timestamp(minute * 60, 0).unwrap_or_default();
        let points: Vec<_> = [
            (0, Some(1.0)),
            (5, Some(7.0)),
            (9, Some(3.0)),
            (10, None),
            (15, Some(f64::NAN)),
            (20, Some(2.0)),
            (25, Some(f64::INFINITY)),
            (30, Some(9.0)),
        ]
        .into_iter()
        .map(|(minute, value)| (at(minute), value))
        .collect();
        let of = |comparator| worst(&points, comparator, 600, at(30));
        assert_eq!(of(Comparator::Above), [(at(0), 7.0), (at(20), 2.0)]);
        assert_eq!(of(Comparator::Below), [(at(0), 1.0), (at(20), 2.0)]);
        assert!(worst(&[], Comparator::Above, 600, at(30)).is_empty());
    }
}
