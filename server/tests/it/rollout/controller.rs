//! What a rollout counts on in the deployment controller: one table for the sandbox' controller and, with
//! `make test-cluster`, for the real one. The numbers are those of Kubernetes. None depends on which of two ReplicaSets of
//! one size is changed first: where both were made in the same second, that is chance.

use std::time::Duration;

use serde_json::{Value, json};

use super::stage::{Ground, NAME, NEW, OLD, WITHIN, desired, ready, request};
use crate::world::eventually;

/// Seconds for which a pod has to be ready until it counts as available: for ever.
const EVER: u32 = 2_147_483_646;
/// For so long what has come to rest has to stay as it is.
const STILL: Duration = Duration::from_millis(1500);

/// Pods of the old and of the new version.
type Pods = (u32, u32);

/// Replaces so many and stops by itself: what is new serves, and never counts as available.
fn hold(surge: Value, unavailable: Value) -> Value {
    json!({
        "minReadySeconds": EVER,
        "progressDeadlineSeconds": EVER + 1,
        "paused": null,
        "strategy": { "type": "RollingUpdate",
            "rollingUpdate": { "maxSurge": surge, "maxUnavailable": unavailable } },
    })
}

/// The same with another image.
fn hold_with(image: &str, surge: Value, unavailable: Value) -> Value {
    let mut spec = hold(surge, unavailable);
    spec["template"] = template(image);
    spec
}

fn template(image: &str) -> Value {
    json!({ "spec": { "containers": [{ "name": "app", "image": image }] } })
}

/// Everything back in one write.
fn back() -> Value {
    json!({
        "template": template(OLD), "paused": null, "minReadySeconds": 0, "progressDeadlineSeconds": 600,
        "strategy": { "rollingUpdate": { "maxSurge": "100%", "maxUnavailable": 0 } },
    })
}

fn replicas(count: u32) -> Value {
    json!({ "replicas": count })
}

/// One change after another to a Deployment of `replicas` ready pods, each with the pods at which it comes to rest.
async fn comes_to_rest(replicas: u32, changes: &[(Value, Pods)]) {
    let ground = Ground::of_choice(replicas).await;
    let path = format!("/apis/apps/v1/namespaces/{}/deployments/{NAME}", ground.namespace);
    let pods = || async {
        let snapshot = ground.cluster.read(&ground.namespace, NAME).await.unwrap().unwrap();
        let seen = snapshot.deployment.pointer("/status/observedGeneration")
            == snapshot.deployment.pointer("/metadata/generation");
        let is_new = |pod: &Value| pod.pointer("/spec/containers/0/image") == Some(&json!(NEW));
        let (new, old): (Vec<Value>, Vec<Value>) = snapshot.pods.into_iter().partition(is_new);
        let pods = (ready(&old), ready(&new));
        (seen && pods == desired(&snapshot.replica_sets)).then_some(pods)
    };
    eventually("it runs", WITHIN, || async { pods().await == Some((replicas, 0)) }).await;
    for (change, rest) in changes {
        let spec = json!({ "spec": change });
        request(&ground.kube, "PATCH", &path, "application/strategic-merge-patch+json", &spec).await;
        eventually(&format!("{rest:?} after {change}"), WITHIN, || async { pods().await == Some(*rest) })
            .await;
        // At rest means that nothing follows: that takes a look for as long as something could.
        let since = tokio::time::Instant::now();
        while since.elapsed() < STILL {
            assert_eq!(pods().await, Some(*rest), "it did not stay, after {change}");
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hold_replaces_exactly_as_many_as_it_says_and_a_larger_one_goes_on_from_there() {
    comes_to_rest(
        10,
        &[
            (hold_with(NEW, json!(0), json!(1)), (9, 1)),
            (hold(json!(0), json!(2)), (8, 2)),
            (hold(json!(0), json!(5)), (5, 5)),
            (back(), (10, 0)),
        ],
    )
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_surge_adds_its_pods_first_and_the_trim_takes_as_many_old_ones() {
    comes_to_rest(
        10,
        &[
            (hold_with(NEW, json!(1), json!(0)), (10, 1)),
            (hold(json!(0), json!(1)), (9, 1)),
            (hold(json!(4), json!(1)), (9, 5)),
            (hold(json!(0), json!(5)), (5, 5)),
            (json!({ "paused": true }), (5, 5)),
            (back(), (10, 0)),
        ],
    )
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn both_versions_follow_when_the_count_changes_in_a_hold() {
    let one = || hold_with(NEW, json!(0), json!(1));
    comes_to_rest(10, &[(one(), (9, 1)), (replicas(20), (18, 2)), (replicas(10), (9, 1))]).await;
    let paused = (json!({ "paused": true }), (9, 1));
    comes_to_rest(10, &[(one(), (9, 1)), paused, (replicas(20), (18, 2)), (replicas(10), (9, 1))]).await;
    let half = hold_with(NEW, json!(0), json!("50%"));
    comes_to_rest(6, &[(half, (3, 3)), (replicas(10), (5, 5)), (replicas(4), (2, 2))]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hold_does_not_outlive_a_count_below_it() {
    let three = || hold_with(NEW, json!(0), json!(3));
    comes_to_rest(10, &[(three(), (7, 3)), (replicas(2), (0, 2)), (replicas(10), (0, 10))]).await;
    comes_to_rest(10, &[(three(), (7, 3)), (replicas(0), (0, 0)), (replicas(10), (0, 10))]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_paused_deployment_rolls_nothing_and_is_scaled_all_the_same() {
    let four = hold_with(NEW, json!(0), json!(4));
    let paused = (json!({ "paused": true }), (6, 4));
    let third = json!({ "template": template("registry.example/checkout:v3") });
    comes_to_rest(
        10,
        &[
            (four, (6, 4)),
            paused,
            (replicas(7), (4, 3)),
            (replicas(20), (11, 9)),
            (json!({ "template": template(OLD) }), (11, 9)),
        ],
    )
    .await;
    let paused = (json!({ "paused": true }), (4, 0));
    comes_to_rest(4, &[paused, (third, (4, 0)), (replicas(6), (6, 0))]).await;
}
