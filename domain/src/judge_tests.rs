//! What one reading says, and what all of a plan come to.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use super::*;
use crate::threshold::tests::four;

fn at(second: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(1_800_000_000 + second, 0).unwrap()
}

fn threshold() -> Threshold {
    four().remove(0)
}

fn sample(value: f64) -> Sample {
    Sample {
        key: "api-down".into(),
        version: 1,
        value: Ok(value),
        warnings: vec![],
        from_backup: false,
        taken_at: at(0),
    }
}

fn verdict_of(sample: &Sample, now: i64) -> Verdict {
    judge(&threshold(), Some(sample), None, TimeDelta::seconds(5), at(now)).verdict
}

#[test]
fn within_the_limit_passes_and_the_limit_itself_is_within() {
    assert_eq!(verdict_of(&sample(10.0), 0), Verdict::Pass);
    assert_eq!(verdict_of(&sample(10.1), 0), Verdict::Breach);
}

#[test]
fn what_was_not_measured_is_inconclusive_and_says_why() {
    let failed = Problem::Failed("timed out".into());
    let cases = [
        (sample(f64::NAN), Inconclusive::NotANumber),
        (sample(f64::INFINITY), Inconclusive::Infinite),
        (Sample { value: Err(Problem::NoData), ..sample(0.0) }, Inconclusive::Problem(Problem::NoData)),
        (Sample { value: Err(failed.clone()), ..sample(0.0) }, Inconclusive::Problem(failed.clone())),
        (Sample { warnings: vec!["partial".into()], ..sample(0.0) }, Inconclusive::Warned("partial".into())),
        (Sample { version: 2, ..sample(0.0) }, Inconclusive::OtherVersion { read: 2, wanted: 1 }),
    ];
    for (sample, why) in cases {
        assert_eq!(verdict_of(&sample, 0), Verdict::Inconclusive(why));
    }
    let none = judge(&threshold(), None, None, TimeDelta::seconds(5), at(0));
    assert_eq!(none.verdict, Verdict::Inconclusive(Inconclusive::NotMeasured));
}

#[test]
fn a_reading_older_than_two_periods_is_inconclusive() {
    assert_eq!(verdict_of(&sample(0.0), 10), Verdict::Pass);
    assert_eq!(verdict_of(&sample(0.0), 11), Verdict::Inconclusive(Inconclusive::TooOld { age_seconds: 11 }));
}

#[test]
fn a_breach_must_last_as_long_as_the_threshold_asks() {
    let mut plan = Plan::default_for(vec![threshold()]);
    plan.thresholds[0].spec.for_seconds = 30;
    let period = TimeDelta::seconds(5);
    let mut since = OverSince::new();
    for second in [0, 10, 20, 30] {
        let sample = Sample { taken_at: at(second), ..sample(99.0) };
        let judgement = judge_all(&plan, &[sample], &since, period, at(second));
        let overall = judgement.overall(&plan, &[]);
        if second < 30 {
            assert_eq!(overall, Overall::Wait);
        } else {
            assert!(matches!(overall, Overall::Breach { action: BreachAction::RollBack, .. }));
        }
        since = judgement.over_since;
    }
    let calm = judge_all(&plan, &[Sample { taken_at: at(31), ..sample(0.0) }], &since, period, at(31));
    assert!(calm.over_since.is_empty());
}

#[test]
fn a_breach_outweighs_what_is_unknown_and_rolling_back_outweighs_holding() {
    let plan = Plan::default_for(four());
    let make = |key: &str, value| Sample { key: key.into(), ..sample(value) };
    let period = TimeDelta::seconds(5);
    let samples = [make("api-down", 50.0), make("rate-limited", 50.0), make("auth-failures", 0.0)];
    let judgement = judge_all(&plan, &samples, &OverSince::new(), period, at(0));
    let Overall::Breach { reading, action } = judgement.overall(&plan, &[]) else {
        panic!("expected a breach")
    };
    assert_eq!((reading.key.as_str(), action), ("api-down", BreachAction::RollBack));
    let waved = ["api-down".to_owned(), "rate-limited".to_owned()];
    assert!(matches!(judgement.overall(&plan, &waved), Overall::Inconclusive(r) if r.key == "high-latency"));
}

#[test]
fn what_the_backup_gave_is_judged_like_anything_else_and_says_so() {
    let by_backup = |value| Sample { value, from_backup: true, ..sample(0.0) };
    let table = [
        (sample(2.0), "API down is 2 per minute, limit 10"),
        (by_backup(Ok(2.0)), "API down is 2 per minute, limit 10 (backup metrics)"),
        (by_backup(Ok(14.0)), "API down is 14 per minute, limit 10 (backup metrics)"),
        (by_backup(Err(Problem::NoData)), "API down: no data (backup metrics)"),
    ];
    for (measured, words) in table {
        let reading = judge(&threshold(), Some(&measured), None, TimeDelta::seconds(5), at(0));
        assert_eq!(reading.words(), words);
        let plain = Sample { from_backup: false, ..measured };
        let same = judge(&threshold(), Some(&plain), None, TimeDelta::seconds(5), at(0)).verdict;
        assert_eq!(reading.verdict, same);
    }
}

#[test]
fn a_reading_that_was_stored_before_there_was_a_backup_is_not_from_it() {
    let reading = judge(&threshold(), Some(&sample(2.0)), None, TimeDelta::seconds(5), at(0));
    let mut stored = serde_json::to_value(&reading).unwrap();
    stored.as_object_mut().unwrap().remove("from_backup").unwrap();
    assert_eq!(serde_json::from_value::<Reading>(stored).unwrap(), reading);
}
