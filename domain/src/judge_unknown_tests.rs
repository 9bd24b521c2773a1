//! Whom a threshold holds that nobody can measure.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use super::*;
use crate::threshold::tests::four;

/// What the first threshold, at this severity, comes to with this value, while all others are within their limits.
fn overall(severity: Severity, value: Result<f64, Problem>, for_seconds: u32) -> Overall {
    let now = DateTime::from_timestamp(1_800_000_000, 0).unwrap();
    let mut plan = Plan::default_for(four());
    plan.thresholds[0].spec.severity = severity;
    plan.thresholds[0].spec.for_seconds = for_seconds;
    let mut samples: Vec<Sample> = plan
        .thresholds
        .iter()
        .map(|threshold| Sample {
            key: threshold.key().to_owned(),
            version: threshold.version,
            value: Ok(0.0),
            warnings: Vec::new(),
            from_backup: false,
            taken_at: now,
        })
        .collect();
    samples[0].value = value;
    let judgement = judge_all(&plan, &samples, &OverSince::new(), TimeDelta::seconds(5), now);
    assert_eq!(judgement.readings.len(), 4, "every threshold is recorded");
    judgement.overall(&plan, &[])
}

#[test]
fn an_unknown_threshold_holds_only_where_a_breach_of_it_would_do_something() {
    let table = [(Severity::P1, true), (Severity::P2, true), (Severity::P3, false), (Severity::P4, false)];
    for (severity, holds) in table {
        for value in [Err(Problem::NoData), Err(Problem::Failed("timed out".into())), Ok(f64::NAN)] {
            let overall = overall(severity, value.clone(), 0);
            let held = matches!(&overall, Overall::Inconclusive(reading) if reading.key == "api-down");
            assert_eq!(held, holds, "{severity:?} {value:?}: {overall:?}");
            assert_eq!(overall == Overall::Pass, !holds, "{severity:?} {value:?}: {overall:?}");
        }
    }
}

#[test]
fn what_is_only_recorded_neither_waits_nor_breaks_anything_over_its_limit() {
    let table = [
        (Severity::P1, 30, false),
        (Severity::P2, 30, false),
        (Severity::P3, 30, true),
        (Severity::P4, 30, true),
        (Severity::P2, 0, false),
        (Severity::P3, 0, true),
    ];
    for (severity, for_seconds, passes) in table {
        let overall = overall(severity, Ok(99.0), for_seconds);
        assert_eq!(overall == Overall::Pass, passes, "{severity:?} {for_seconds}: {overall:?}");
    }
}
