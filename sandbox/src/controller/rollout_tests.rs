//! What an ordinary Deployment does: rollouts, revisions, deadlines, history, Recreate, minReadySeconds.

use serde_json::json;

use super::lab::{Lab, NEW, OLD, THIRD};
use crate::world::object::annotation;

#[test]
fn a_rolling_update_stays_within_its_bounds_and_completes() {
    for (surge, unavailable, fewest, most) in [
        (json!("25%"), json!("25%"), 8, 13),
        (json!(1), json!(0), 10, 11),
        (json!(0), json!(1), 9, 10),
        (json!("100%"), json!(0), 10, 20),
    ] {
        let mut lab = Lab::new(10, &surge, &unavailable);
        lab.set_image(NEW);
        let seen = lab.run(60);
        assert_eq!((lab.count(OLD), lab.count(NEW), lab.ready()), (0, 10, 10), "{surge} {unavailable}");
        assert!(seen.fewest_ready >= fewest && seen.most_pods <= most, "{surge} {unavailable}: {seen:?}");
        assert_eq!(lab.reason("Progressing").as_deref(), Some("NewReplicaSetAvailable"));
        assert_eq!(lab.revision(), "2");
        for (field, count) in
            [("replicas", 10), ("updatedReplicas", 10), ("availableReplicas", 10), ("unavailableReplicas", 0)]
        {
            assert_eq!(lab.status(field), count, "{field}");
        }
    }
}

#[test]
fn min_ready_seconds_delay_availability_but_not_readiness() {
    let mut lab = Lab::new(4, &json!(4), &json!(0));
    lab.patch(&json!({ "spec": { "minReadySeconds": 10, "template": lab.template(NEW) } }));
    lab.run(5);
    assert_eq!(
        (lab.ready_of(NEW), lab.count(OLD)),
        (4, 4),
        "the old pods stay until the new ones are available"
    );
    lab.run(10);
    assert_eq!((lab.ready_of(NEW), lab.count(OLD)), (4, 0));
    assert_eq!(lab.status("availableReplicas"), 4);
}

#[test]
fn an_equal_template_is_the_same_revision_renumbered() {
    let mut lab = Lab::usual();
    lab.set_image(NEW);
    lab.run(20);
    lab.set_image(THIRD);
    lab.run(20);
    lab.set_image(OLD);
    lab.run(20);
    assert_eq!((lab.count(OLD), lab.sets().len()), (10, 3));
    assert_eq!(lab.revision(), "4");
    let sets = lab.sets();
    let back = sets.iter().find(|set| set["spec"]["template"]["spec"]["containers"][0]["image"] == OLD);
    let history = back.and_then(|set| annotation(set, "deployment.kubernetes.io/revision-history"));
    assert_eq!(history, Some("1"));
}

#[test]
fn empty_old_sets_beyond_the_history_limit_go() {
    let mut lab = Lab::usual();
    lab.patch(&json!({ "spec": { "revisionHistoryLimit": 1 } }));
    for image in [NEW, THIRD, "registry.example/app:v4"] {
        lab.set_image(image);
        lab.run(20);
    }
    let mut images: Vec<String> = lab
        .sets()
        .iter()
        .map(|set| set["spec"]["template"]["spec"]["containers"][0]["image"].to_string())
        .collect();
    images.sort();
    assert_eq!(images, [format!("\"{THIRD}\""), "\"registry.example/app:v4\"".to_owned()]);
}

#[test]
fn a_crashing_version_misses_its_deadline_and_leaves_enough_old_pods() {
    let mut lab = Lab::usual();
    lab.cluster.with(|state| state.scenario.new_version.crash_looping = true);
    lab.patch(&json!({ "spec": { "progressDeadlineSeconds": 30 } }));
    lab.set_image(NEW);
    let seen = lab.run(20);
    assert_eq!((lab.count(OLD), lab.count(NEW), lab.ready_of(NEW)), (8, 5, 0));
    assert_eq!(lab.reason("Progressing").as_deref(), Some("ReplicaSetUpdated"));
    assert_eq!(seen.fewest_ready, 8);
    lab.run(20);
    assert_eq!(lab.reason("Progressing").as_deref(), Some("ProgressDeadlineExceeded"));
    assert_eq!(lab.reason("Available").as_deref(), Some("MinimumReplicasAvailable"));
    // Going back removes the crashing pods first.
    lab.set_image(OLD);
    let seen = lab.run(20);
    assert_eq!((lab.count(OLD), lab.count(NEW), lab.ready()), (10, 0, 10));
    assert_eq!(seen.fewest_ready, 8);
}

#[test]
fn paused_time_is_no_lack_of_progress() {
    let mut lab = Lab::usual();
    lab.patch(&json!({ "spec": { "progressDeadlineSeconds": 10 } }));
    lab.set_image(NEW);
    lab.run(1);
    lab.patch(&json!({ "spec": { "paused": true } }));
    lab.run(60);
    assert_eq!(lab.reason("Progressing").as_deref(), Some("DeploymentPaused"));
    lab.patch(&json!({ "spec": { "paused": null } }));
    lab.run(30);
    assert_eq!(lab.reason("Progressing").as_deref(), Some("NewReplicaSetAvailable"));
}

#[test]
fn recreate_starts_new_pods_only_when_every_old_one_is_gone() {
    let mut lab = Lab::usual();
    lab.patch(&json!({ "spec": { "strategy": { "type": "Recreate", "rollingUpdate": null } } }));
    lab.set_image(NEW);
    lab.run_until(10, |lab| lab.count(NEW) > 0);
    assert_eq!((lab.count(OLD), lab.count(NEW)), (0, 10));
    let terminating = lab.cluster.with(|state| state.world.list(&crate::world::kinds::PODS, None).len());
    assert_eq!(terminating, 10, "the old pods were gone before");
    lab.run(10);
    assert_eq!(lab.reason("Progressing").as_deref(), Some("NewReplicaSetAvailable"));
}

#[test]
fn deleted_pods_are_replaced_and_the_least_useful_ones_go_first_when_shrinking() {
    let mut lab = Lab::usual();
    lab.delete_pods(OLD, 3);
    lab.run(1);
    assert_eq!((lab.pods().len(), lab.ready()), (10, 7));
    lab.scale(7);
    let seen = lab.run(5);
    assert_eq!((lab.pods().len(), lab.ready()), (7, 7));
    assert_eq!(seen.fewest_ready, 7, "the pods that were not ready yet went first");
}

#[test]
fn scaling_while_paused_works() {
    let mut lab = Lab::usual();
    lab.patch(&json!({ "spec": { "paused": true } }));
    for replicas in [3, 12, 0, 10] {
        lab.scale(replicas);
        lab.run(10);
        assert_eq!(i64::try_from(lab.ready()).unwrap_or(-1), replicas);
    }
}

#[test]
fn a_change_cause_is_kept_with_its_revision() {
    let mut lab = Lab::usual();
    lab.patch(&json!({
        "metadata": { "annotations": { "kubernetes.io/change-cause": "second" } },
        "spec": { "template": lab.template(NEW) },
    }));
    lab.run(20);
    let mut causes: Vec<_> = lab
        .sets()
        .iter()
        .map(|set| annotation(set, "kubernetes.io/change-cause").unwrap_or_default().to_owned())
        .collect();
    causes.sort();
    assert_eq!(causes, [format!("first release, {OLD}"), "second".to_owned()]);
}

#[test]
fn nothing_happens_to_a_deployment_at_rest() {
    let mut lab = Lab::usual();
    lab.run(10);
    let before = lab.cluster.with(|state| state.world.version());
    lab.run(3600);
    assert_eq!(lab.cluster.with(|state| state.world.version()), before);
}
