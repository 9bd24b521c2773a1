//! Which thresholds a form of a plan leaves out.

use gantry_domain::preset::{Comparator, Severity, ThresholdSpec};

use super::*;

type Test = Result<(), Box<dyn std::error::Error>>;

fn threshold(key: &str) -> Result<Threshold, Box<dyn std::error::Error>> {
    Ok(Threshold::from(ThresholdSpec {
        key: key.parse()?,
        name: key.to_owned(),
        promql: "up".to_owned(),
        comparator: Comparator::Above,
        limit: 1.0,
        unit: "per minute".to_owned(),
        window_seconds: 60,
        for_seconds: 0,
        severity: Severity::P1,
    }))
}

type Keys = &'static [&'static str];

#[test]
fn what_was_offered_and_has_no_tick_is_left_out_and_all_else_stays_as_it_was() -> Test {
    let could = [threshold("api-down")?, threshold("late")?];
    // Offered, ticked, left out before: left out now.
    let table: [(&str, Keys, Keys, Keys); 9] = [
        ("api-down late", &["judges-api-down", "judges-late"], &[], &[]),
        ("api-down late", &["judges-api-down"], &[], &["late"]),
        ("api-down late", &[], &[], &["api-down", "late"]),
        ("api-down late", &["judges-api-down", "judges-late"], &["late"], &[]),
        // A form that does not know of the choice, or not of this threshold.
        ("", &[], &[], &[]),
        ("", &[], &["late"], &["late"]),
        ("api-down", &["judges-api-down"], &[], &[]),
        ("api-down", &[], &["late"], &["api-down", "late"]),
        // What is there no more is not kept.
        ("api-down late gone", &["judges-api-down", "judges-late"], &["gone"], &[]),
    ];
    for (offered, ticked, before, wanted) in table {
        let before = before.iter().map(|key| key.parse()).collect::<Result<Vec<ThresholdKey>, _>>()?;
        let found = left_out(&could, offered, |name| ticked.contains(&name), &before);
        let found: Vec<&str> = found.iter().map(ThresholdKey::as_str).collect();
        assert_eq!(found, wanted, "{offered:?} {ticked:?} {before:?}");
    }
    Ok(())
}
