//! The second half of what a plain Deployment does in a canary, as measured on a real control plane: what is refused,
//! finishing, rolling back, pausing, and what others do to a hold.

use axum::http::StatusCode;
use serde_json::json;

use super::lab::{HOLD_DEADLINE, HOLD_READY, Lab, NEW, OLD, THIRD};

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
    let lab = Lab::half();
    assert_eq!(lab.reason("Progressing"), None);
    assert!(lab.reason("Available").is_some());
}

#[test]
fn finishing_restores_the_strategy_and_rolls_to_the_end() {
    for (surge, unavailable, fewest) in [(json!("25%"), json!("25%"), 8), (json!("25%"), json!(0), 10)] {
        let mut lab = Lab::half();
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
        let mut lab = Lab::half();
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
    let mut lab = Lab::half();
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
    let mut lab = Lab::half();
    lab.patch(&manifest(false));
    lab.run(8);
    assert_eq!((lab.count(OLD), lab.count(NEW)), (0, 10), "after {} s", lab.elapsed());

    let mut lab = Lab::half();
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
    let mut lab = Lab::half();
    lab.patch(&json!({ "spec": { "strategy": { "rollingUpdate": { "maxSurge": "25%", "maxUnavailable": "25%" } } } }));
    let seen = lab.run(30);
    assert!(lab.count(NEW) >= 5);
    assert!(seen.most_pods <= 13);
}

#[test]
fn a_third_image_in_a_hold_is_held_too() {
    let mut lab = Lab::half();
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
    let lab = Lab::half();
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
