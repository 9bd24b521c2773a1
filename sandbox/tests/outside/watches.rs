//! Watches: nothing is missed, bookmarks come, and what is too old is said to be.

use gantry_sandbox::Options;
use serde_json::json;

use crate::support::{
    DEPLOYMENTS, MERGE, PODS, POSTHOG, Watch, delete, get, patch, post, quick, scenario, start,
};

const CONFIG_MAPS: &str = "/api/v1/namespaces/integrations/configmaps";

#[tokio::test]
async fn a_watch_from_a_list_sees_every_later_change_once() {
    let sandbox = quick().await;
    let kube = &sandbox.urls().kube;
    let list = get(kube, CONFIG_MAPS).await.json();
    let version = list["metadata"]["resourceVersion"].as_str().unwrap().to_owned();
    let path = format!("{CONFIG_MAPS}/seen");
    post(kube, CONFIG_MAPS, &crate::support::config_map("seen")).await;
    patch(kube, &path, MERGE, &json!({ "data": { "a": "2" } })).await;
    delete(kube, &path).await;
    let mut watch = Watch::open(kube, &format!("{CONFIG_MAPS}?watch=true&resourceVersion={version}")).await;
    let mut newest = 0_u64;
    for (kind, value) in [("ADDED", "1"), ("MODIFIED", "2"), ("DELETED", "2")] {
        let event = watch.next().await.unwrap();
        assert_eq!((&event["type"], &event["object"]["data"]["a"]), (&json!(kind), &json!(value)));
        let version = event["object"]["metadata"]["resourceVersion"].as_str().unwrap().parse().unwrap();
        assert!(version > newest, "versions grow");
        newest = version;
    }
}

#[tokio::test]
async fn a_watch_without_a_version_begins_with_what_is_there() {
    let sandbox = quick().await;
    let kube = &sandbox.urls().kube;
    let mut watch = Watch::open(
        kube,
        &format!("{DEPLOYMENTS}?watch=1&fieldSelector=metadata.name%3Dposthog-integration"),
    )
    .await;
    let first = watch.next().await.unwrap();
    assert_eq!(first["type"], "ADDED");
    patch(kube, POSTHOG, MERGE, &json!({ "spec": { "paused": true } })).await;
    assert_eq!(watch.next_of("MODIFIED").await["object"]["spec"]["paused"], true);
}

#[tokio::test]
async fn streaming_lists_end_with_a_marked_bookmark() {
    let sandbox = quick().await;
    let query =
        "?watch=true&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true";
    let mut watch = Watch::open(&sandbox.urls().kube, &format!("{PODS}{query}")).await;
    for _ in 0..13 {
        assert_eq!(watch.next().await.unwrap()["type"], "ADDED");
    }
    let bookmark = watch.next().await.unwrap();
    assert_eq!(bookmark["type"], "BOOKMARK");
    assert_eq!(bookmark["object"]["metadata"]["annotations"]["k8s.io/initial-events-end"], "true");
}

#[tokio::test]
async fn bookmarks_come_only_to_those_who_ask() {
    let sandbox = quick().await;
    let kube = &sandbox.urls().kube;
    let version =
        get(kube, CONFIG_MAPS).await.json()["metadata"]["resourceVersion"].as_str().unwrap().to_owned();
    let base = format!("{CONFIG_MAPS}?watch=true&resourceVersion={version}&timeoutSeconds=1");
    let mut asked = Watch::open(kube, &format!("{base}&allowWatchBookmarks=true")).await;
    assert_eq!(asked.next().await.unwrap()["type"], "BOOKMARK");
    let mut silent = Watch::open(kube, &base).await;
    assert_eq!(silent.next().await, None, "it ends after its time without an event");
}

#[tokio::test]
async fn an_object_that_leaves_the_selection_is_deleted_for_the_watcher() {
    let sandbox = quick().await;
    let kube = &sandbox.urls().kube;
    let mut watch = Watch::open(kube, &format!("{DEPLOYMENTS}?watch=true&labelSelector=team%3Da")).await;
    let label = async |team: serde_json::Value| {
        patch(kube, POSTHOG, MERGE, &json!({ "metadata": { "labels": { "team": team } } })).await;
    };
    label(json!("a")).await;
    assert_eq!(watch.next().await.unwrap()["type"], "ADDED");
    label(json!(null)).await;
    assert_eq!(watch.next().await.unwrap()["type"], "DELETED");
}

#[tokio::test]
async fn a_version_that_is_too_old_gets_410() {
    let sandbox = start(Options { pod_start_ms: 50, watch_history: 20, ..Options::default() }).await;
    let kube = &sandbox.urls().kube;
    let mut watch = Watch::open(kube, &format!("{PODS}?watch=true&resourceVersion=1")).await;
    let event = watch.next().await.unwrap();
    assert_eq!((&event["type"], &event["object"]["code"]), (&json!("ERROR"), &json!(410)));
    assert_eq!(event["object"]["reason"], "Expired");
    assert_eq!(watch.next().await, None);
    let exact = get(kube, &format!("{PODS}?resourceVersion=1&resourceVersionMatch=Exact")).await;
    assert_eq!(exact.status, 410);
}

#[tokio::test]
async fn forgetting_the_history_or_ordering_it_ends_watches_with_410() {
    let sandbox = quick().await;
    let kube = &sandbox.urls().kube;
    let mut watch = Watch::open(kube, &format!("{CONFIG_MAPS}?watch=true")).await;
    assert_eq!(post(&sandbox.urls().control, "/compact", &json!({})).await.status, 204);
    assert_eq!(watch.next().await.unwrap()["object"]["code"], 410);
    let mut watch = Watch::open(kube, &format!("{CONFIG_MAPS}?watch=true")).await;
    scenario(&sandbox, json!({ "cluster": { "watches_gone": true } })).await;
    assert_eq!(watch.next().await.unwrap()["object"]["code"], 410);
}

#[tokio::test]
async fn a_stopped_sandbox_ends_its_watches() {
    let sandbox = quick().await;
    let kube = sandbox.urls().kube.clone();
    let mut watch = Watch::open(&kube, &format!("{CONFIG_MAPS}?watch=true")).await;
    drop(sandbox);
    assert_eq!(watch.next().await, None);
    crate::support::until("nobody listens any more", async || {
        crate::support::send("GET", &kube, "/version", &[], "").await.is_err()
    })
    .await;
}
