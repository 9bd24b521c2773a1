//! What the Kubernetes API does when it is told to misbehave.

use std::time::{Duration, Instant};

use serde_json::json;

use crate::support::{MERGE, PODS, POSTHOG, get, patch, post, quick, scenario, send, until};

#[tokio::test]
async fn forbidden_verbs_are_named_in_the_real_words_and_known_to_access_reviews() {
    let sandbox = quick().await;
    let kube = &sandbox.urls().kube;
    scenario(
        &sandbox,
        json!({ "cluster": { "forbidden": [
        { "verb": "patch", "resource": "deployments" }, { "verb": "get", "resource": "pods/log" } ] } }),
    )
    .await;
    let refused = patch(kube, POSTHOG, MERGE, &json!({ "spec": { "replicas": 1 } })).await;
    assert_eq!(refused.status, 403);
    assert_eq!(
        refused.message(),
        "deployments.apps \"posthog-integration\" is forbidden: User \"gantry\" cannot patch resource \"deployments\" in API group \"apps\" in the namespace \"integrations\""
    );
    assert_eq!(refused.json()["reason"], "Forbidden");
    assert_eq!(get(kube, POSTHOG).await.status, 200);
    assert_eq!(get(kube, &format!("{PODS}/any/log")).await.status, 403);
    let allowed = async |verb: &str| {
        let review = json!({ "kind": "SelfSubjectAccessReview", "apiVersion": "authorization.k8s.io/v1", "spec": {
            "resourceAttributes": { "verb": verb, "resource": "deployments", "group": "apps", "namespace": "integrations" } } });
        let answer = post(kube, "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews", &review).await;
        assert_eq!(answer.status, 201);
        answer.json()["status"]["allowed"].clone()
    };
    assert_eq!((allowed("patch").await, allowed("get").await), (json!(false), json!(true)));
}

#[tokio::test]
async fn every_nth_write_conflicts_and_reads_do_not() {
    let sandbox = quick().await;
    let kube = &sandbox.urls().kube;
    scenario(&sandbox, json!({ "cluster": { "conflict_every": 2 } })).await;
    let mut answers = Vec::new();
    for replicas in [9, 8, 7, 6] {
        answers.push(patch(kube, POSTHOG, MERGE, &json!({ "spec": { "replicas": replicas } })).await.status);
        assert_eq!(get(kube, POSTHOG).await.status, 200);
    }
    assert_eq!(answers, [200, 409, 200, 409]);
}

#[tokio::test]
async fn strikes_hit_the_next_requests_of_a_kind_and_no_more() {
    let sandbox = quick().await;
    let kube = &sandbox.urls().kube;
    for (status, retry_after) in [(409, false), (410, false), (429, true), (500, false), (503, false)] {
        let strike = json!({ "verb": "patch", "resource": "deployments", "status": status, "times": 1 });
        scenario(&sandbox, json!({ "cluster": { "strikes": [strike] } })).await;
        assert_eq!(get(kube, POSTHOG).await.status, 200);
        let change = json!({ "metadata": { "annotations": { "struck": status.to_string() } } });
        let struck = patch(kube, POSTHOG, MERGE, &change).await;
        assert_eq!((struck.status, struck.headers.contains_key("retry-after")), (status, retry_after));
        assert_ne!(get(kube, POSTHOG).await.json()["metadata"]["annotations"]["struck"], status.to_string());
        assert_eq!(patch(kube, POSTHOG, MERGE, &change).await.status, 200);
    }
}

#[tokio::test]
async fn a_strike_after_the_fact_leaves_the_write_done() {
    let sandbox = quick().await;
    let kube = &sandbox.urls().kube;
    let strike =
        json!({ "verb": "patch", "resource": "deployments", "status": 0, "times": 1, "after": true });
    scenario(&sandbox, json!({ "cluster": { "strikes": [strike] } })).await;
    let change = json!({ "spec": { "replicas": 7 } }).to_string();
    let cut = send("PATCH", kube, POSTHOG, &[("content-type", MERGE)], &change).await;
    assert!(cut.is_err(), "the connection ends without an answer: {cut:?}");
    assert_eq!(get(kube, POSTHOG).await.json()["spec"]["replicas"], 7);
}

#[tokio::test]
async fn connections_are_reset_requests_throttled_and_slowed() {
    let sandbox = quick().await;
    let kube = &sandbox.urls().kube;
    scenario(&sandbox, json!({ "cluster": { "reset_every": 1 } })).await;
    assert!(send("GET", kube, POSTHOG, &[], "").await.is_err());
    scenario(&sandbox, json!({ "cluster": { "reset_every": 0, "throttle_every": 1 } })).await;
    let throttled = get(kube, POSTHOG).await;
    assert_eq!((throttled.status, throttled.headers["retry-after"].to_str().unwrap()), (429, "1"));
    scenario(&sandbox, json!({ "cluster": { "throttle_every": 0, "latency_ms": 150 } })).await;
    let begun = Instant::now();
    assert_eq!(get(kube, POSTHOG).await.status, 200);
    assert!(begun.elapsed() >= Duration::from_millis(150));
}

#[tokio::test]
async fn stopped_controllers_leave_objects_as_they_are() {
    let sandbox = quick().await;
    let kube = &sandbox.urls().kube;
    scenario(&sandbox, json!({ "cluster": { "controllers_stopped": true } })).await;
    patch(kube, POSTHOG, MERGE, &json!({ "spec": { "replicas": 3 } })).await;
    let object = get(kube, POSTHOG).await.json();
    assert_eq!((&object["spec"]["replicas"], &object["status"]["replicas"]), (&json!(3), &json!(10)));
    scenario(&sandbox, json!({ "cluster": null })).await;
    until("they act again", async || get(kube, POSTHOG).await.json()["status"]["replicas"] == 3).await;
}
