//! Where the deployment controller comes to rest after each write of a rollout, and after what others do meanwhile: one table
//! for the sandbox' controller and, with `make test-cluster`, for the real one. The numbers are those of Kubernetes. None
//! depends on which of two ReplicaSets of one size is changed first: where both were made in the same second, that is chance.

use std::time::Duration;

use gantry_domain::canary::{
    Amount, DEFAULT_PROGRESS_DEADLINE_SECONDS, Originals, Shape, Strategy, Template, finish, guard,
    roll_back, surge, trim,
};
use serde_json::{Value, json};

use super::stage::{Ground, NAME, NEW, OLD, WITHIN, desired, ready, request};
use crate::world::eventually;

/// For so long what has come to rest has to stay as it is.
const STILL: Duration = Duration::from_millis(1500);

/// Pods of the old and of the new version.
type Pods = (u32, u32);

/// How the Deployment was steered before.
const ORIGINALS: Originals = Originals {
    strategy: Strategy::DEFAULT,
    min_ready_seconds: 0,
    progress_deadline_seconds: DEFAULT_PROGRESS_DEADLINE_SECONDS,
    paused: false,
};

/// What is written, as a strategic merge of the spec.
fn shaped(shape: Shape) -> Value {
    let Strategy::RollingUpdate { max_surge, max_unavailable } = shape.steering.strategy else {
        panic!("a rollout writes no other strategy")
    };
    let amount = |amount| match amount {
        Amount::Pods(pods) => json!(pods),
        Amount::Percent(percent) => json!(format!("{percent}%")),
    };
    json!({
        "template": image(if shape.template == Template::New { NEW } else { OLD }),
        "minReadySeconds": shape.steering.min_ready_seconds,
        "progressDeadlineSeconds": shape.steering.progress_deadline_seconds,
        "paused": shape.steering.paused,
        "strategy": { "rollingUpdate": { "maxSurge": amount(max_surge), "maxUnavailable": amount(max_unavailable) } },
    })
}

fn held(pods: u32) -> Value {
    shaped(trim(Amount::Pods(pods)))
}

fn guarded(pods: u32) -> Value {
    shaped(guard(Amount::Pods(pods)))
}

fn image(image: &str) -> Value {
    json!({ "spec": { "containers": [{ "name": "app", "image": image }] } })
}

fn replicas(count: u32) -> Value {
    json!({ "replicas": count })
}

/// One change after another to a Deployment of `replicas` ready pods, each with the pods at which it comes to rest.
async fn comes_to_rest(replicas: u32, changes: &[(Value, Pods)]) {
    let ground = Ground::of_choice(replicas).await;
    let path = format!("/apis/apps/v1/namespaces/{}/deployments/{NAME}", ground.namespace);
    // The ready pods, while nothing is under way any more; a cluster that does not answer says nothing.
    let rests = || async {
        let snapshot = ground.cluster.read(&ground.namespace, NAME).await.ok().flatten()?;
        let seen = snapshot.deployment.pointer("/status/observedGeneration")
            == snapshot.deployment.pointer("/metadata/generation");
        let is_new = |pod: &Value| pod.pointer("/spec/containers/0/image") == Some(&json!(NEW));
        let (new, old): (Vec<Value>, Vec<Value>) = snapshot.pods.into_iter().partition(is_new);
        let pods = (ready(&old), ready(&new));
        Some((pods, seen && pods == desired(&snapshot.replica_sets)))
    };
    eventually("it runs", WITHIN, || async { rests().await == Some(((replicas, 0), true)) }).await;
    for (change, rest) in changes {
        let spec = json!({ "spec": change });
        request(&ground.kube, "PATCH", &path, "application/strategic-merge-patch+json", &spec).await;
        let there = Some((*rest, true));
        eventually(&format!("{rest:?} after {change}"), WITHIN, || async { rests().await == there }).await;
        // At rest means that nothing follows: that takes a look for as long as something could.
        let since = tokio::time::Instant::now();
        while since.elapsed() < STILL {
            let now = rests().await;
            assert!(now.is_none() || now == there, "it did not stay at {rest:?}, after {change}: {now:?}");
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hold_replaces_exactly_as_many_as_it_says_and_a_larger_one_goes_on_from_there() {
    let back = shaped(roll_back(&ORIGINALS, 0));
    comes_to_rest(10, &[(held(1), (9, 1)), (held(2), (8, 2)), (held(5), (5, 5)), (back, (10, 0))]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_surge_adds_its_pods_first_and_the_trim_takes_as_many_old_ones() {
    comes_to_rest(
        10,
        &[
            (shaped(surge(0, 1)), (10, 1)),
            (held(1), (9, 1)),
            (guarded(1), (9, 1)),
            (shaped(surge(1, 5)), (9, 5)),
            (held(5), (5, 5)),
            (guarded(5), (5, 5)),
            (shaped(finish(&ORIGINALS)), (0, 10)),
            (shaped(roll_back(&ORIGINALS, 0)), (10, 0)),
        ],
    )
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn both_versions_follow_when_the_count_changes_in_a_hold() {
    comes_to_rest(10, &[(held(1), (9, 1)), (replicas(20), (18, 2)), (replicas(10), (9, 1))]).await;
    let guarded = (guarded(1), (9, 1));
    comes_to_rest(10, &[(held(1), (9, 1)), guarded, (replicas(20), (18, 2)), (replicas(10), (9, 1))]).await;
    let half = shaped(trim(Amount::Percent(50)));
    comes_to_rest(6, &[(half, (3, 3)), (replicas(10), (5, 5)), (replicas(4), (2, 2))]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hold_does_not_outlive_a_count_below_it() {
    comes_to_rest(10, &[(held(3), (7, 3)), (replicas(2), (0, 2)), (replicas(10), (0, 10))]).await;
    comes_to_rest(10, &[(held(3), (7, 3)), (replicas(0), (0, 0)), (replicas(10), (0, 10))]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_guarded_deployment_rolls_nothing_and_is_scaled_all_the_same() {
    let another = |name: &str| json!({ "template": image(name) });
    comes_to_rest(
        10,
        &[
            (held(4), (6, 4)),
            (guarded(4), (6, 4)),
            (replicas(7), (4, 3)),
            (replicas(20), (11, 9)),
            (another(OLD), (11, 9)),
            (another("registry.example/checkout:v3"), (11, 9)),
        ],
    )
    .await;
}
