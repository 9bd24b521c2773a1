//! A threshold in use: what the preset or an admin states, in the version that judges.
//!
//! It is data. Asking Prometheus and judging the value (that is `judge`) are not done here.

use serde::{Deserialize, Serialize};

use crate::preset::ThresholdSpec;

/// One alert condition, in the version that judges.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Threshold {
    /// The condition.
    #[serde(flatten)]
    pub spec: ThresholdSpec,
    /// Raised by one with every edit; readings and rollouts name the version that judged.
    pub version: u32,
}

impl Threshold {
    /// The key as text.
    pub fn key(&self) -> &str {
        self.spec.key.as_str()
    }
}

impl From<ThresholdSpec> for Threshold {
    /// The first version, as a preset ships it.
    fn from(spec: ThresholdSpec) -> Self {
        Self { spec, version: 1 }
    }
}

/// A number without a trailing `.0`, for people.
pub fn number(value: f64) -> String {
    if value.fract() == 0.0 && value.abs() < 1e15 { format!("{value:.0}") } else { format!("{value:.2}") }
}

/// What stands beside a value that the backup gave, because the first source of metrics did not answer.
pub const BACKUP: &str = "backup metrics";

/// What was measured, in words, with where it comes from: `API down is 2 per minute, limit 10 (backup metrics)`.
pub(crate) fn with_source(words: String, from_backup: bool) -> String {
    if from_backup { format!("{words} ({BACKUP})") } else { words }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test fails by panicking")]
pub(crate) mod tests {
    use super::*;
    use crate::preset::{Comparator, Severity};

    /// The four conditions of an integration.
    pub(crate) fn four() -> Vec<Threshold> {
        let make = |key: &str, name: &str, limit, unit: &str, severity| {
            Threshold::from(ThresholdSpec {
                key: key.parse().unwrap(),
                name: name.into(),
                promql: "metric{ {{selector}} }".into(),
                comparator: Comparator::Above,
                limit,
                unit: unit.into(),
                window_seconds: 60,
                for_seconds: 0,
                severity,
            })
        };
        vec![
            make("api-down", "API down", 10.0, "per minute", Severity::P1),
            make("high-latency", "High latency", 5000.0, "ms", Severity::P2),
            make("rate-limited", "Rate limited", 5.0, "per minute", Severity::P2),
            make("auth-failures", "Auth failures", 0.0, "per minute", Severity::P1),
        ]
    }

    #[test]
    fn a_threshold_is_stored_flat_and_read_back() {
        for threshold in four() {
            let text = serde_json::to_string(&threshold).unwrap();
            assert_eq!(serde_json::from_str::<Threshold>(&text).unwrap(), threshold);
            assert!(text.contains("\"limit\":"));
        }
    }

    #[test]
    fn numbers_are_written_as_people_write_them() {
        assert_eq!(
            (number(10.0), number(0.126), number(5000.0)),
            ("10".into(), "0.13".into(), "5000".into())
        );
    }
}
