//! Every line of the table of what a plain Deployment does in a canary, as measured on a real control plane.

use axum::http::StatusCode;
use serde_json::json;

use super::lab::{HOLD_DEADLINE, HOLD_READY, Lab, NEW, OLD, THIRD};

/// A hold of five new and five old pods, reached without a dip.
fn half() -> Lab {
    let mut lab = Lab::usual();
    lab.hold(&json!(5), &json!(0), NEW);
    lab.run(5);
    lab.hold(&json!(0), &json!(5), NEW);
    lab.run(5);
    assert_eq!(lab.split(), (5, 5));
    lab
}

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
    let mut lab = half();
    lab.hold(&json!(0), &json!(1), NEW);
    let seen = lab.run(60);
    assert_eq!((lab.count(OLD), lab.count(NEW)), (5, 5));
    assert_eq!(seen.fewest_ready, 10);
}

#[test]
fn a_hold_outlives_a_stopped_controller_and_deleted_pods_of_either_side() {
    let mut lab = half();
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
        let mut lab = half();
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
    let mut lab = half();
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
        let mut lab = half();
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

#[test]
fn changing_how_to_roll_makes_no_replica_set_and_no_revision() {
    let mut lab = Lab::usual();
    for change in [
        json!({ "strategy": { "rollingUpdate": { "maxSurge": 0, "maxUnavailable": 3 } } }),
        json!({ "minReadySeconds": 30 }),
        json!({ "progressDeadlineSeconds": 900 }),
    ] {
        lab.patch(&json!({ "spec": change }));
        lab.run(5);
    }
    assert_eq!(lab.sets().len(), 1);
    assert_eq!(lab.revision(), "1");
    assert_eq!(lab.count(OLD), 10);
}

#[test]
fn a_deadline_not_above_min_ready_seconds_is_refused() {
    let lab = Lab::usual();
    for (ready, deadline) in [(600, 600), (700, 600), (HOLD_READY, HOLD_READY)] {
        let change = json!({ "spec": { "minReadySeconds": ready, "progressDeadlineSeconds": deadline } });
        let (status, body) = lab.try_patch(&change);
        assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
        let message = body["message"].as_str().unwrap_or_default();
        assert!(message.contains("must be greater than minReadySeconds"), "{message}");
    }
    let (status, _) = lab.try_patch(&json!({ "spec": {
        "minReadySeconds": HOLD_READY, "progressDeadlineSeconds": HOLD_DEADLINE } }));
    assert_eq!(status, StatusCode::OK);
}

#[test]
fn neither_surge_nor_unavailable_is_refused() {
    let lab = Lab::usual();
    for none in [json!(0), json!("0%")] {
        let change = json!({ "spec": { "strategy": { "rollingUpdate": { "maxSurge": none, "maxUnavailable": none } } } });
        let (status, body) = lab.try_patch(&change);
        assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(
            body["message"].as_str().is_some_and(|text| text.contains("may not be 0 when `maxSurge` is 0"))
        );
    }
}

#[test]
fn with_the_largest_deadline_there_is_no_progressing_condition() {
    let lab = half();
    assert_eq!(lab.reason("Progressing"), None);
    assert!(lab.reason("Available").is_some());
}

#[test]
fn finishing_restores_the_strategy_and_rolls_to_the_end() {
    for (surge, unavailable, fewest) in [(json!("25%"), json!("25%"), 8), (json!("25%"), json!(0), 10)] {
        let mut lab = half();
        lab.patch(&json!({ "spec": {
            "strategy": { "rollingUpdate": { "maxSurge": surge, "maxUnavailable": unavailable } },
            "minReadySeconds": null,
            "progressDeadlineSeconds": 600,
        } }));
        let seen = lab.run(20);
        assert_eq!((lab.count(OLD), lab.count(NEW)), (0, 10));
        assert_eq!(lab.status("availableReplicas"), 10);
        assert!(seen.fewest_ready >= fewest, "{surge}/{unavailable}: {seen:?}");
        assert_eq!(lab.reason("Progressing").as_deref(), Some("NewReplicaSetAvailable"));
    }
}

#[test]
fn rolling_back_with_full_surge_never_falls_below_ten() {
    for paused in [json!(null), json!(true)] {
        let mut lab = half();
        lab.patch(&json!({ "spec": { "paused": paused } }));
        lab.run(2);
        lab.patch(&json!({ "spec": {
            "paused": null,
            "template": lab.template(OLD),
            "minReadySeconds": 0,
            "progressDeadlineSeconds": 600,
            "strategy": { "rollingUpdate": { "maxSurge": "100%", "maxUnavailable": 0 } },
        } }));
        let begun = lab.now;
        let way = lab.run_until(20, |lab| lab.ready_of(OLD) == 10);
        let took = (lab.now - begun).num_milliseconds();
        assert!((2000..=2200).contains(&took), "all old ready after {took} ms");
        let rest = lab.run(20);
        assert_eq!((lab.count(OLD), lab.count(NEW)), (10, 0));
        assert!(way.fewest_ready >= 10 && rest.fewest_ready >= 10, "{way:?} {rest:?}");
        assert_eq!(lab.sets().len(), 2, "it returns to the ReplicaSet that was there");
        assert_eq!(lab.revision(), "3", "under a new number");
        lab.patch(&json!({ "spec": { "strategy": { "rollingUpdate": { "maxSurge": "25%", "maxUnavailable": "25%" } } } }));
        lab.run(20);
        assert_eq!(lab.count(OLD), 10);
    }
}

#[test]
fn rolling_back_the_template_alone_stalls_in_the_hold() {
    let mut lab = half();
    lab.set_image(OLD);
    lab.run(120);
    assert_eq!((lab.count(OLD), lab.count(NEW)), (5, 5));
}

#[test]
fn a_template_patch_while_paused_rolls_nothing() {
    let mut lab = Lab::usual();
    lab.patch(&json!({ "spec": { "paused": true } }));
    lab.set_image(NEW);
    lab.run(60);
    assert_eq!((lab.count(OLD), lab.count(NEW)), (10, 0));
    assert_eq!(lab.sets().len(), 1);
}

#[test]
fn a_manifest_that_states_a_strategy_runs_to_the_end_unless_paused() {
    let manifest = |paused: bool| {
        let mut spec = json!({
            "strategy": { "type": "RollingUpdate", "rollingUpdate": { "maxSurge": "25%", "maxUnavailable": "25%" } },
            "minReadySeconds": 0,
            "progressDeadlineSeconds": 600,
        });
        if paused {
            spec["paused"] = json!(false);
        }
        json!({ "spec": spec })
    };
    let mut lab = half();
    lab.patch(&manifest(false));
    lab.run(8);
    assert_eq!((lab.count(OLD), lab.count(NEW)), (0, 10), "after {} s", lab.elapsed());

    let mut lab = half();
    lab.patch(&json!({ "spec": { "paused": true } }));
    lab.patch(&manifest(false));
    lab.run(60);
    // Proportional scaling adds the surge that the manifest allows, to both sides; nothing old goes.
    assert!(lab.count(OLD) >= 5 && lab.count(NEW) < 10 && lab.pods().len() <= 13, "our pause guards it");
    lab.patch(&manifest(true));
    lab.run(8);
    assert_eq!(
        (lab.count(OLD), lab.count(NEW)),
        (0, 10),
        "a manifest that says paused: false lifts the guard"
    );
}

#[test]
fn a_manifest_that_only_states_the_strategy_still_waits_for_no_available_pod() {
    // What client-side apply of a manifest without minReadySeconds does to a hold.
    let mut lab = half();
    lab.patch(&json!({ "spec": { "strategy": { "rollingUpdate": { "maxSurge": "25%", "maxUnavailable": "25%" } } } }));
    let seen = lab.run(30);
    assert!(lab.count(NEW) >= 5);
    assert!(seen.most_pods <= 13);
}

#[test]
fn a_third_image_in_a_hold_is_held_too() {
    let mut lab = half();
    lab.set_image(THIRD);
    lab.run(60);
    assert_eq!((lab.count(OLD), lab.count(NEW), lab.count(THIRD)), (5, 0, 5));
}

#[test]
fn a_paused_hold_steps_exactly() {
    let mut lab = Lab::usual();
    lab.hold(&json!(0), &json!(1), NEW);
    lab.run(5);
    lab.patch(&json!({ "spec": { "paused": true } }));
    lab.run(5);
    for k in [2, 3, 5, 8] {
        lab.patch(
            &json!({ "spec": { "paused": null, "strategy": { "rollingUpdate": { "maxUnavailable": k } } } }),
        );
        lab.run(5);
        lab.patch(&json!({ "spec": { "paused": true } }));
        lab.run(20);
        assert_eq!((lab.count(OLD), lab.count(NEW)), (10 - k, k));
    }
}

#[test]
fn in_a_hold_the_status_counts_updated_pods_but_not_available_ones() {
    let lab = half();
    assert_eq!(lab.status("updatedReplicas"), 5);
    assert_eq!(lab.status("readyReplicas"), 10);
    assert_eq!(lab.status("availableReplicas"), 5);
    assert_eq!(
        lab.status("observedGeneration"),
        lab.deployment()["metadata"]["generation"].as_i64().unwrap_or(-1)
    );
}

#[test]
fn twenty_seconds_of_min_ready_move_one_pod_every_twenty_seconds() {
    let mut lab = Lab::usual();
    lab.patch(&json!({ "spec": {
        "strategy": { "rollingUpdate": { "maxSurge": 0, "maxUnavailable": 1 } },
        "minReadySeconds": 20,
        "template": lab.template(NEW),
    } }));
    lab.run(10);
    assert_eq!(lab.count(NEW), 1);
    lab.run(20);
    assert_eq!(lab.count(NEW), 2);
    lab.run(22);
    assert_eq!(lab.count(NEW), 3);
}
