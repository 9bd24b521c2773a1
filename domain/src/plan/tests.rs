//! What plans come to in pods, and which are refused or warned about.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use proptest::prelude::*;

use super::*;
use crate::threshold::tests::four;

fn plan() -> Plan {
    Plan::default_for(four())
}

fn steps(percents: &[u32]) -> Plan {
    let steps = percents.iter().map(|&percent| Step { percent, soak_seconds: 300 }).collect();
    Plan { steps, ..plan() }
}

fn pods(replicas: u32) -> Vec<u32> {
    achievable(&plan(), replicas).iter().map(|s| s.new_pods).collect()
}

#[test]
fn the_usual_plan_watches_a_tenth_for_ten_minutes_and_half_for_five() {
    let usual = [(10, 600), (50, 300), (100, 0)];
    let usual = usual.map(|(percent, soak_seconds)| Step { percent, soak_seconds });
    assert_eq!(Plan::default_steps(), usual);
    assert_eq!(plan().steps, usual);
}

#[test]
fn ten_replicas_come_to_one_five_and_ten_pods() {
    assert_eq!(pods(10), [1, 5, 10]);
}

#[test]
fn ten_percent_of_three_replicas_is_a_third() {
    assert_eq!(pods(3), [1, 2, 3]);
    assert_eq!(achievable(&plan(), 3)[0].achieved_percent, 33);
    let warnings = check(&plan(), 3, false).unwrap();
    assert!(warnings.contains(&Warning::CoarserThanAsked { step: 1, percent: 10, achieved: 33 }));
}

#[test]
fn one_replica_is_warned_about() {
    assert!(check(&plan(), 1, false).unwrap().contains(&Warning::OneReplica));
}

#[test]
fn two_steps_of_the_same_pods_are_warned_about() {
    let warnings = check(&steps(&[10, 20, 100]), 3, false).unwrap();
    assert!(warnings.contains(&Warning::SamePods { first: 1, second: 2, pods: 1 }));
}

#[test]
fn nonsense_is_refused_with_every_reason() {
    let cases: [(Plan, u32, Nonsense); 7] = [
        (steps(&[]), 10, Nonsense::NoSteps),
        (steps(&[50, 10, 100]), 10, Nonsense::NotRising { step: 2, percent: 10, before: 50 }),
        (steps(&[10, 10, 100]), 10, Nonsense::NotRising { step: 2, percent: 10, before: 10 }),
        (steps(&[10, 50]), 10, Nonsense::DoesNotFinish(50)),
        (steps(&[0, 100]), 10, Nonsense::PercentOutOfRange { step: 1, percent: 0 }),
        (steps(&[10, 101]), 10, Nonsense::PercentOutOfRange { step: 2, percent: 101 }),
        (plan(), 0, Nonsense::NoReplicas),
    ];
    for (plan, replicas, expected) in cases {
        let refused = check(&plan, replicas, false).unwrap_err();
        assert!(refused.contains(&expected), "{refused:?} lacks {expected:?}");
    }
    let mut long = plan();
    long.steps[0].soak_seconds = LONGEST_SOAK_SECONDS + 1;
    assert_eq!(check(&long, 10, false), Err(vec![Nonsense::SoakTooLong { step: 1 }]));
}

#[test]
fn with_an_autoscaler_steps_round_down_as_kubernetes_does() {
    let pods: Vec<_> = achievable_on(&plan(), 6, Basis::Percent).iter().map(|s| s.new_pods).collect();
    assert_eq!(pods, [1, 3, 6]);
    assert!(check(&plan(), 6, true).unwrap().contains(&Warning::Autoscaled));
}

#[test]
fn a_plan_is_judged_by_what_it_does_not_leave_out_whatever_it_was_judged_by_before() {
    let table: [(&[&str], &[&str]); 4] = [
        (&[], &["api-down", "high-latency", "rate-limited", "auth-failures"]),
        (&["rate-limited"], &["api-down", "high-latency", "auth-failures"]),
        (&["rate-limited", "no-such"], &["api-down", "high-latency", "auth-failures"]),
        (&["auth-failures", "rate-limited", "high-latency", "api-down"], &[]),
    ];
    for (left_out, wanted) in table {
        let left_out = left_out.iter().map(|key| key.parse().unwrap()).collect();
        let plan = Plan { left_out, ..Plan::default_for(four().split_off(3)) }.judged_by(four());
        let judges: Vec<&str> = plan.thresholds.iter().map(Threshold::key).collect();
        assert_eq!(judges, wanted);
        assert_eq!(judges.len() + plan.left_out.len(), 4, "{:?}", plan.left_out);
        assert_eq!(check(&plan, 10, false).unwrap().contains(&Warning::NothingJudged), wanted.is_empty());
        let text = serde_json::to_string(&plan).unwrap();
        assert_eq!(serde_json::from_str::<Plan>(&text).unwrap(), plan);
    }
}

#[test]
fn a_plan_from_before_anything_could_be_left_out_leaves_nothing_out() {
    let text = serde_json::to_string(&plan()).unwrap();
    assert!(!text.contains("left_out"), "{text}");
    assert_eq!(serde_json::from_str::<Plan>(&text).unwrap(), plan());
}

proptest! {
    #[test]
    fn steps_never_go_down_never_vanish_and_end_at_all(replicas in 1_u32..5000, a in 1_u32..99, b in 1_u32..99) {
        let (low, high) = (a.min(b), a.max(b));
        for basis in [Basis::Pods, Basis::Percent] {
            let (l, h) = (pods_for(low, replicas, basis), pods_for(high, replicas, basis));
            prop_assert!(1 <= l && l <= h && h <= replicas);
            prop_assert!(replicas == 1 || h < replicas);
            prop_assert_eq!(pods_for(100, replicas, basis), replicas);
        }
    }
}
