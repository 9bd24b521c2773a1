//! The first half of what a plain Deployment does in a canary, as measured on a real control plane: reaching a hold,
//! staying in it, and scaling under it. `release_tests` has the rest.

use serde_json::json;

use super::lab::{Lab, NEW, OLD};

#[test]
fn set_image_then_pause_leaves_eight_old_and_five_new() {
    let mut lab = Lab::usual();
    lab.set_image(NEW);
    lab.run_until(0, |_| true);
    lab.run_until(1, |lab| lab.count(NEW) == 5);
    lab.patch(&json!({ "spec": { "paused": true } }));
    lab.run(60);
    assert_eq!((lab.count(OLD), lab.count(NEW)), (8, 5));
}

#[test]
fn resume_then_pause_at_once_ends_with_all_new() {
    let mut lab = Lab::usual();
    lab.set_image(NEW);
    lab.run_until(1, |lab| lab.count(NEW) == 5);
    lab.patch(&json!({ "spec": { "paused": true } }));
    lab.run(10);
    lab.patch(&json!({ "spec": { "paused": null } }));
    // The controllers hear of the resume, and a moment later of the pause.
    lab.run(0);
    lab.patch(&json!({ "spec": { "paused": true } }));
    lab.run(60);
    assert_eq!((lab.count(OLD), lab.count(NEW)), (0, 10));
}

#[test]
fn a_hold_of_one_stays_at_nine_old_and_one_new_and_ready_never_falls_below_nine() {
    let mut lab = Lab::usual();
    lab.hold(&json!(0), &json!(1), NEW);
    let begun = lab.now;
    let first = lab.run_until(10, |lab| lab.ready_of(NEW) == 1);
    let took = (lab.now - begun).num_milliseconds();
    assert!((2000..=2200).contains(&took), "ready after {took} ms");
    let rest = lab.run(75);
    assert_eq!((lab.count(OLD), lab.count(NEW)), (9, 1));
    assert!(first.fewest_ready >= 9 && rest.fewest_ready >= 9, "{first:?} {rest:?}");
}

#[test]
fn holds_of_two_to_five_one_by_one_are_exact() {
    let mut lab = Lab::usual();
    for k in 1..=5_usize {
        lab.hold(&json!(0), &json!(k), NEW);
        let begun = lab.now;
        let way = lab.run_until(10, |lab| lab.ready_of(NEW) == k);
        let took = (lab.now - begun).num_milliseconds();
        assert!((2000..=2200).contains(&took), "hold({k}) ready after {took} ms");
        let rest = lab.run(30);
        assert_eq!((lab.count(OLD), lab.count(NEW)), (10 - k, k));
        assert!(way.fewest_ready >= 9 && rest.fewest_ready >= 9, "hold({k}): {way:?} {rest:?}");
    }
}

#[test]
fn a_hold_of_five_in_one_jump_from_one_dips_to_six_ready() {
    let mut lab = Lab::usual();
    lab.hold(&json!(0), &json!(1), NEW);
    lab.run(5);
    lab.hold(&json!(0), &json!(5), NEW);
    let seen = lab.run(10);
    assert_eq!((lab.count(OLD), lab.count(NEW)), (5, 5));
    assert_eq!(seen.fewest_ready, 6);
}

#[test]
fn surge_then_trim_is_exact_and_ready_never_falls_below_ten() {
    let mut lab = Lab::usual();
    lab.hold(&json!(5), &json!(0), NEW);
    let surge = lab.run(5);
    assert_eq!(lab.ready_of(NEW), 5);
    lab.hold(&json!(0), &json!(5), NEW);
    let trim = lab.run(30);
    assert_eq!((lab.count(OLD), lab.count(NEW)), (5, 5));
    assert!(surge.fewest_ready >= 10 && trim.fewest_ready >= 10, "{surge:?} {trim:?}");
    assert_eq!(surge.most_pods.max(trim.most_pods), 15);
}

#[test]
fn surge_then_trim_steps_from_one_hold_to_the_next() {
    let mut lab = Lab::usual();
    let mut before = 0;
    for k in [1, 3, 5, 10] {
        lab.hold(&json!(k - before), &json!(before), NEW);
        let surge = lab.run(5);
        assert_eq!(lab.ready_of(NEW), k, "new pods are ready before any old one goes");
        lab.hold(&json!(0), &json!(k), NEW);
        let trim = lab.run(10);
        assert_eq!((lab.count(OLD), lab.count(NEW)), (10 - k, k));
        assert!(surge.fewest_ready >= 10 && trim.fewest_ready >= 10, "step to {k}: {surge:?} {trim:?}");
        before = k;
    }
}

#[test]
fn lowering_max_unavailable_again_moves_nothing() {
    let mut lab = Lab::half();
    lab.hold(&json!(0), &json!(1), NEW);
    let seen = lab.run(60);
    assert_eq!((lab.count(OLD), lab.count(NEW)), (5, 5));
    assert_eq!(seen.fewest_ready, 10);
}

#[test]
fn a_hold_outlives_a_stopped_controller_and_deleted_pods_of_either_side() {
    let mut lab = Lab::half();
    lab.cluster.with(|state| state.scenario.cluster.controllers_stopped = true);
    lab.delete_pods(OLD, 2);
    lab.delete_pods(NEW, 2);
    lab.run(5);
    assert_eq!(lab.pods().len(), 6, "nobody acts while the controllers are stopped");
    lab.cluster.with(|state| state.scenario.cluster.controllers_stopped = false);
    lab.run(30);
    assert_eq!((lab.count(OLD), lab.count(NEW)), (5, 5));
    lab.delete_pods(NEW, 5);
    lab.run(30);
    assert_eq!((lab.count(OLD), lab.count(NEW)), (5, 5));
}

#[test]
fn percent_follows_scaling_and_absolute_does_not() {
    for (unavailable, expected) in [(json!("50%"), (3, 3)), (json!(5), (1, 5))] {
        let mut lab = Lab::new(6, &json!("25%"), &json!("25%"));
        lab.hold(&json!(0), &unavailable, NEW);
        lab.run(10);
        assert_eq!((lab.count(OLD), lab.count(NEW)), expected, "{unavailable}");
    }
    let mut lab = Lab::usual();
    lab.hold(&json!(0), &json!("50%"), NEW);
    lab.run(10);
    assert_eq!((lab.count(OLD), lab.count(NEW)), (5, 5));
}

#[test]
fn doubling_at_once_adds_a_new_pod_and_one_by_one_does_not() {
    let mut lab = Lab::usual();
    lab.hold(&json!(0), &json!(1), NEW);
    lab.run(10);
    lab.scale(20);
    lab.run(10);
    assert_eq!((lab.count(OLD), lab.count(NEW)), (18, 2));
    for replicas in (10..20).rev() {
        lab.scale(replicas);
        lab.run(5);
    }
    assert_eq!((lab.count(OLD), lab.count(NEW)), (8, 2), "going back one by one takes only old pods");

    let mut lab = Lab::usual();
    lab.hold(&json!(0), &json!(1), NEW);
    lab.run(10);
    for replicas in 11..=20 {
        lab.scale(replicas);
        lab.run(10);
    }
    assert_eq!((lab.count(OLD), lab.count(NEW)), (19, 1));
}

#[test]
fn scaling_to_nothing_and_back_can_end_with_all_new() {
    for paused in [json!(null), json!(true)] {
        let mut lab = Lab::half();
        lab.patch(&json!({ "spec": { "paused": paused } }));
        lab.scale(0);
        lab.run(10);
        lab.scale(10);
        lab.run(10);
        assert_eq!((lab.count(OLD), lab.count(NEW)), (0, 10), "paused: {paused}");
    }
}

#[test]
fn scaling_to_one_unpaused_and_back_can_end_with_all_new() {
    let mut lab = Lab::half();
    lab.hold(&json!(0), &json!("50%"), NEW);
    lab.scale(1);
    lab.run(10);
    lab.scale(10);
    lab.run(10);
    assert_eq!((lab.count(OLD), lab.count(NEW)), (0, 10));
}

#[test]
fn scaling_to_two_and_back_keeps_the_halves() {
    for paused in [json!(null), json!(true)] {
        let mut lab = Lab::half();
        // An absolute number of five would let both of two pods be replaced.
        lab.hold(&json!(0), &json!("50%"), NEW);
        lab.patch(&json!({ "spec": { "paused": paused } }));
        lab.scale(2);
        lab.run(10);
        assert_eq!((lab.count(OLD), lab.count(NEW)), (1, 1));
        lab.scale(10);
        lab.run(10);
        assert_eq!((lab.count(OLD), lab.count(NEW)), (5, 5));
    }
}
