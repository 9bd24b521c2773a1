//! Medians and how figures are written. No measuring.

use std::time::Duration;

/// What a series of samples comes to. Empty series are zeros.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(crate) struct Stats {
    /// How many.
    pub(crate) count: usize,
    /// The smallest.
    pub(crate) min: f64,
    /// The middle one.
    pub(crate) p50: f64,
    /// Nineteen of twenty are not above it.
    pub(crate) p95: f64,
    /// The largest.
    pub(crate) max: f64,
}

impl Stats {
    /// Of any numbers.
    pub(crate) fn of(samples: &[f64]) -> Self {
        let mut sorted = samples.to_vec();
        sorted.sort_by(f64::total_cmp);
        let at = |percent: usize| {
            let rank = (sorted.len() * percent).div_ceil(100).saturating_sub(1);
            sorted.get(rank).copied().unwrap_or_default()
        };
        Self { count: sorted.len(), min: at(0), p50: at(50), p95: at(95), max: at(100) }
    }

    /// Of times, in milliseconds.
    pub(crate) fn of_times(samples: &[Duration]) -> Self {
        Self::of(&samples.iter().map(|time| millis(*time)).collect::<Vec<_>>())
    }

    /// Of one number of each.
    pub(crate) fn of_each<T>(all: &[T], number: impl Fn(&T) -> f64) -> Self {
        Self::of(&all.iter().map(number).collect::<Vec<_>>())
    }

    /// "p50 1.2 ms, p95 2.3 ms, worst 4.5 ms of 520".
    pub(crate) fn words(&self) -> String {
        format!("p50 {}, p95 {}, worst {} of {}", ms(self.p50), ms(self.p95), ms(self.max), self.count)
    }
}

/// Milliseconds.
pub(crate) fn millis(time: Duration) -> f64 {
    time.as_secs_f64() * 1000.0
}

/// A time given in milliseconds, with as many digits as mean something.
pub(crate) fn ms(millis: f64) -> String {
    match millis.abs() {
        value if value >= 10_000.0 => format!("{:.1} s", millis / 1000.0),
        value if value >= 100.0 => format!("{millis:.0} ms"),
        value if value >= 10.0 => format!("{millis:.1} ms"),
        _ => format!("{millis:.2} ms"),
    }
}

/// Bytes as people compare them: 1 KB is 1,000 bytes.
#[expect(clippy::cast_precision_loss, reason = "sizes of web pages")]
pub(crate) fn kb(bytes: usize) -> String {
    format!("{:.1} KB", bytes as f64 / 1000.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_is_a_sample_and_the_worst_is_the_last() {
        let stats = Stats::of(&[5.0, 1.0, 3.0, 2.0, 4.0]);
        assert_eq!(stats, Stats { count: 5, min: 1.0, p50: 3.0, p95: 5.0, max: 5.0 });
        assert_eq!(Stats::of(&[]), Stats::default());
    }

    #[test]
    fn times_are_written_with_the_digits_that_mean_something() {
        assert_eq!([0.514, 12.34, 123.4, 12_345.0].map(ms), ["0.51 ms", "12.3 ms", "123 ms", "12.3 s"]);
    }
}
