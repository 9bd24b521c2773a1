//! Creating, reading, replacing, patching and deleting objects.

use gantry_sandbox::Sandbox;
use serde_json::{Value, json};

use crate::support::{
    DEPLOYMENTS, JSON_PATCH, MERGE, PODS, POSTHOG, STRATEGIC, config_map, delete, get, patch, post, put,
    quick, send, until,
};

const CONFIG_MAPS: &str = "/api/v1/namespaces/integrations/configmaps";

fn kube(sandbox: &Sandbox) -> &str {
    &sandbox.urls().kube
}

#[tokio::test]
async fn what_is_created_is_there_once_until_it_is_deleted() {
    let sandbox = quick().await;
    let kube = kube(&sandbox);
    let made = post(kube, CONFIG_MAPS, &config_map("one")).await;
    assert_eq!(made.status, 201);
    let made = made.json();
    for field in ["uid", "resourceVersion", "creationTimestamp"] {
        assert!(made["metadata"][field].is_string(), "{field}");
    }
    let again = post(kube, CONFIG_MAPS, &config_map("one")).await;
    assert_eq!((again.status, &again.json()["reason"]), (409, &json!("AlreadyExists")));
    assert_eq!(get(kube, &format!("{CONFIG_MAPS}/one")).await.json()["data"]["a"], "1");
    assert_eq!(delete(kube, &format!("{CONFIG_MAPS}/one")).await.status, 200);
    let gone = get(kube, &format!("{CONFIG_MAPS}/one")).await;
    assert_eq!((gone.status, gone.message().as_str()), (404, "configmaps \"one\" not found"));
}

#[tokio::test]
async fn a_rehearsal_changes_nothing() {
    let sandbox = quick().await;
    let kube = kube(&sandbox);
    let rehearsed = post(kube, &format!("{CONFIG_MAPS}?dryRun=All"), &config_map("one")).await;
    assert_eq!(rehearsed.status, 201);
    assert_eq!(get(kube, &format!("{CONFIG_MAPS}/one")).await.status, 404);
    let before = get(kube, POSTHOG).await.json();
    let change = json!({ "spec": { "replicas": 3 } });
    let rehearsed = patch(kube, &format!("{POSTHOG}?dryRun=All"), MERGE, &change).await;
    assert_eq!(rehearsed.json()["spec"]["replicas"], 3);
    assert_eq!(get(kube, POSTHOG).await.json()["spec"], before["spec"]);
}

#[tokio::test]
async fn a_write_on_an_older_version_is_a_conflict() {
    let sandbox = quick().await;
    let kube = kube(&sandbox);
    let old = get(kube, POSTHOG).await.json();
    let bump = json!({ "metadata": { "annotations": { "touched": "yes" } } });
    assert_eq!(patch(kube, POSTHOG, MERGE, &bump).await.status, 200);
    let replaced = put(kube, POSTHOG, &old).await;
    assert_eq!((replaced.status, &replaced.json()["reason"]), (409, &json!("Conflict")));
    let change = json!({ "metadata": { "resourceVersion": old["metadata"]["resourceVersion"] }, "spec": { "replicas": 4 } });
    for media in [MERGE, STRATEGIC] {
        assert_eq!(patch(kube, POSTHOG, media, &change).await.status, 409);
    }
    assert_eq!(get(kube, POSTHOG).await.json()["spec"]["replicas"], 10);
    let mut current = get(kube, POSTHOG).await.json();
    current["spec"]["replicas"] = json!(9);
    assert_eq!(put(kube, POSTHOG, &current).await.status, 200);
}

#[tokio::test]
async fn the_generation_counts_changes_of_the_spec_and_the_controller_says_what_it_has_seen() {
    let sandbox = quick().await;
    let kube = kube(&sandbox);
    let label = json!({ "metadata": { "labels": { "team": "x" } } });
    assert_eq!(patch(kube, POSTHOG, MERGE, &label).await.json()["metadata"]["generation"], 1);
    let paused = json!({ "spec": { "paused": true } });
    assert_eq!(patch(kube, POSTHOG, MERGE, &paused).await.json()["metadata"]["generation"], 2);
    until("the controller has seen it", async || {
        get(kube, POSTHOG).await.json()["status"]["observedGeneration"] == 2
    })
    .await;
}

#[tokio::test]
async fn a_write_cannot_change_the_status_nor_a_write_of_the_status_the_spec() {
    let sandbox = quick().await;
    let kube = kube(&sandbox);
    let change = json!({ "status": { "replicas": 99 }, "spec": { "minReadySeconds": 1 } });
    let patched = patch(kube, POSTHOG, MERGE, &change).await.json();
    assert_eq!(
        (&patched["status"]["replicas"], &patched["spec"]["minReadySeconds"]),
        (&json!(10), &json!(1))
    );
    let change = json!({ "spec": { "minReadySeconds": 7 }, "status": { "replicas": 99 } });
    let patched = patch(kube, &format!("{POSTHOG}/status"), MERGE, &change).await.json();
    assert_eq!(
        (&patched["status"]["replicas"], &patched["spec"]["minReadySeconds"]),
        (&json!(99), &json!(1))
    );
}

#[tokio::test]
async fn a_merge_patch_replaces_lists_and_null_removes() {
    let sandbox = quick().await;
    let kube = kube(&sandbox);
    let change = json!({ "spec": { "minReadySeconds": 3, "template": { "spec": { "containers": [
        { "name": "other", "image": "registry.example/other:v1" } ] } } } });
    let patched = patch(kube, POSTHOG, MERGE, &change).await.json();
    let containers = patched["spec"]["template"]["spec"]["containers"].as_array().unwrap().clone();
    assert_eq!(containers.len(), 1);
    assert_eq!(containers[0]["name"], "other");
    let patched = patch(kube, POSTHOG, MERGE, &json!({ "spec": { "minReadySeconds": null } })).await.json();
    assert!(patched["spec"].get("minReadySeconds").is_none());
}

#[tokio::test]
async fn a_json_patch_tests_and_replaces() {
    let sandbox = quick().await;
    let kube = kube(&sandbox);
    let steps = |expected: u32| {
        json!([
            { "op": "test", "path": "/spec/replicas", "value": expected },
            { "op": "replace", "path": "/spec/replicas", "value": 4 },
        ])
    };
    assert_eq!(patch(kube, POSTHOG, JSON_PATCH, &steps(11)).await.status, 400);
    assert_eq!(patch(kube, POSTHOG, JSON_PATCH, &steps(10)).await.json()["spec"]["replicas"], 4);
}

fn env_of(deployment: &Value) -> Vec<(String, String)> {
    let env = deployment["spec"]["template"]["spec"]["containers"][0]["env"].as_array().unwrap();
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    env.iter().map(|one| (text(&one["name"]), text(&one["value"]))).collect()
}

#[tokio::test]
async fn a_strategic_patch_merges_containers_and_environment_by_name() {
    let sandbox = quick().await;
    let kube = kube(&sandbox);
    let before = env_of(&get(kube, POSTHOG).await.json());
    let change = |env: Value| json!({ "spec": { "template": { "spec": { "containers": [{ "name": "app", "env": env }] } } } });
    let added = json!([{ "name": "POSTHOG_FALLBACK", "value": "true" }, { "name": "RATE_LIMIT_MODE", "value": "queue" }]);
    let patched = patch(kube, POSTHOG, STRATEGIC, &change(added)).await.json();
    let env = env_of(&patched);
    assert_eq!(env.len(), before.len() + 1);
    assert!(env.contains(&("RATE_LIMIT_MODE".to_owned(), "queue".to_owned())));
    assert!(env.contains(&("POSTHOG_FALLBACK".to_owned(), "true".to_owned())));
    assert_eq!(
        patched["spec"]["template"]["spec"]["containers"][0]["image"],
        "registry.example/posthog-integration:v2.4.1"
    );
    let removed = json!([{ "name": "POSTHOG_FALLBACK", "$patch": "delete" }]);
    let patched = patch(kube, POSTHOG, STRATEGIC, &change(removed)).await.json();
    assert_eq!(env_of(&patched).len(), before.len());
    let retained = json!({ "spec": { "strategy": { "$retainKeys": ["type"], "type": "Recreate" } } });
    let patched = patch(kube, POSTHOG, STRATEGIC, &retained).await.json();
    assert_eq!(patched["spec"]["strategy"], json!({ "type": "Recreate" }));
}

#[tokio::test]
async fn lists_select_by_label_field_and_namespace() {
    let sandbox = quick().await;
    let kube = kube(&sandbox);
    let count = async |query: &str| {
        get(kube, &format!("{PODS}{query}")).await.json()["items"].as_array().unwrap().len()
    };
    assert_eq!(count("").await, 13);
    assert_eq!(count("?labelSelector=app%3Dposthog-integration").await, 10);
    assert_eq!(count("?labelSelector=app%20in%20(clay-integration,x)").await, 3);
    assert_eq!(count("?labelSelector=app%21%3Dclay-integration").await, 10);
    assert_eq!(count("?labelSelector=%21app").await, 0);
    assert_eq!(count("?fieldSelector=status.phase%3DPending").await, 0);
    let name = get(kube, PODS).await.json()["items"][0]["metadata"]["name"].as_str().unwrap().to_owned();
    assert_eq!(count(&format!("?fieldSelector=metadata.name%3D{name}")).await, 1);
    let everywhere = get(kube, "/api/v1/pods").await.json();
    assert_eq!(everywhere["items"].as_array().unwrap().len(), 15);
    assert_eq!(everywhere["kind"], "PodList");
}

#[tokio::test]
async fn what_a_deployment_owns_goes_with_it() {
    let sandbox = quick().await;
    let kube = kube(&sandbox);
    assert_eq!(delete(kube, POSTHOG).await.status, 200);
    until("its pods are gone", async || {
        get(kube, &format!("{PODS}?labelSelector=app%3Dposthog-integration")).await.json()["items"]
            == json!([])
    })
    .await;
    let sets = get(kube, "/apis/apps/v1/namespaces/integrations/replicasets").await.json();
    assert_eq!(sets["items"].as_array().unwrap().len(), 1, "only the other Deployment's is left");
}

#[tokio::test]
async fn what_is_deleted_with_orphaning_leaves_its_replica_sets_behind() {
    let sandbox = quick().await;
    let kube = kube(&sandbox);
    let deleted = delete(kube, &format!("{POSTHOG}?propagationPolicy=Orphan")).await;
    assert_eq!(deleted.status, 200);
    let sets = get(kube, "/apis/apps/v1/namespaces/integrations/replicasets").await.json();
    assert_eq!(sets["items"].as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn a_namespace_takes_everything_in_it_along() {
    let sandbox = quick().await;
    let kube = kube(&sandbox);
    let made = post(kube, "/api/v1/namespaces", &json!({ "metadata": { "name": "mine" } })).await;
    assert_eq!(made.status, 201);
    let mut object = get(kube, POSTHOG).await.json();
    object["metadata"] = json!({ "name": "app", "labels": { "app": "app" } });
    assert_eq!(post(kube, "/apis/apps/v1/namespaces/mine/deployments", &object).await.status, 201);
    until("pods run in it", async || {
        get(kube, "/api/v1/namespaces/mine/pods").await.json()["items"].as_array().unwrap().len() == 10
    })
    .await;
    assert_eq!(delete(kube, "/api/v1/namespaces/mine").await.status, 200);
    until("it is gone", async || get(kube, "/api/v1/namespaces/mine").await.status == 404).await;
    assert_eq!(get(kube, "/api/v1/namespaces/mine/pods").await.json()["items"], json!([]));
    let late = post(kube, "/apis/apps/v1/namespaces/mine/deployments", &object).await;
    assert_eq!((late.status, late.message().as_str()), (404, "namespaces \"mine\" not found"));
}

#[tokio::test]
async fn collections_are_deleted_by_selector() {
    let sandbox = quick().await;
    let kube = kube(&sandbox);
    for name in ["one", "two"] {
        let mut object = config_map(name);
        object["metadata"]["labels"] = json!({ "which": name });
        assert_eq!(post(kube, CONFIG_MAPS, &object).await.status, 201);
    }
    assert_eq!(delete(kube, &format!("{CONFIG_MAPS}?labelSelector=which%3Done")).await.status, 200);
    let left = get(kube, CONFIG_MAPS).await.json();
    assert_eq!(left["items"].as_array().unwrap().len(), 1);
    assert_eq!(left["items"][0]["metadata"]["name"], "two");
}

#[tokio::test]
async fn the_scale_subresource_scales() {
    let sandbox = quick().await;
    let kube = kube(&sandbox);
    let path = format!("{POSTHOG}/scale");
    let mut scale = get(kube, &path).await.json();
    assert_eq!((&scale["kind"], &scale["spec"]["replicas"]), (&json!("Scale"), &json!(10)));
    scale["spec"]["replicas"] = json!(4);
    assert_eq!(put(kube, &path, &scale).await.json()["spec"]["replicas"], 4);
    assert_eq!(put(kube, &path, &scale).await.status, 409, "its version is old by now");
    until("four pods are left", async || get(kube, POSTHOG).await.json()["status"]["replicas"] == 4).await;
    let patched = patch(kube, &path, MERGE, &json!({ "spec": { "replicas": 6 } })).await.json();
    assert_eq!(patched["spec"]["replicas"], 6);
}

#[tokio::test]
async fn pods_look_like_pods() {
    let sandbox = quick().await;
    let pods = get(kube(&sandbox), PODS).await.json();
    for pod in pods["items"].as_array().unwrap() {
        let container = &pod["status"]["containerStatuses"][0];
        assert_eq!(pod["status"]["phase"], "Running");
        assert!(pod["status"]["podIP"].is_string() && pod["spec"]["nodeName"].is_string());
        assert_eq!(container["image"], pod["spec"]["containers"][0]["image"]);
        assert!(container["state"]["running"]["startedAt"].is_string());
        let ready = pod["status"]["conditions"]
            .as_array()
            .unwrap()
            .iter()
            .find(|one| one["type"] == "Ready")
            .unwrap();
        assert_eq!(ready["status"], "True");
        assert!(ready["lastTransitionTime"].is_string());
        assert_eq!(pod["metadata"]["ownerReferences"][0]["kind"], "ReplicaSet");
    }
}

#[tokio::test]
async fn logs_are_cut_by_tail_and_age() {
    let sandbox = quick().await;
    let kube = kube(&sandbox);
    let name = get(kube, PODS).await.json()["items"][0]["metadata"]["name"].as_str().unwrap().to_owned();
    let log = async |query: &str| get(kube, &format!("{PODS}/{name}/log{query}")).await;
    until("the pod has logged something", async || log("").await.text.lines().count() >= 3).await;
    assert_eq!(log("?tailLines=1").await.text.lines().count(), 1);
    assert_eq!(log("?sinceSeconds=-1").await.text, "");
    assert_eq!(log("?container=nope").await.status, 400);
    assert_eq!(get(kube, &format!("{PODS}/nope/log")).await.status, 404);
}

#[tokio::test]
async fn plain_text_of_a_secret_is_stored_as_base64() {
    let sandbox = quick().await;
    let path = "/api/v1/namespaces/integrations/secrets";
    for (plain, encoded) in [("a", "YQ=="), ("ab", "YWI="), ("abc", "YWJj"), ("phc_new", "cGhjX25ldw==")] {
        let secret = json!({ "metadata": { "generateName": "made-" }, "stringData": { "key": plain } });
        let made = post(kube(&sandbox), path, &secret).await.json();
        assert_eq!(made["data"]["key"], encoded);
        assert!(made.get("stringData").is_none());
    }
}

#[tokio::test]
async fn nonsense_is_refused_with_a_status_object() {
    let sandbox = quick().await;
    let kube = kube(&sandbox);
    let headers = [("content-type", "application/json")];
    let garbage = send("POST", kube, DEPLOYMENTS, &headers, "{").await.unwrap();
    assert_eq!((garbage.status, &garbage.json()["kind"]), (400, &json!("Status")));
    let protobuf = [("content-type", "application/vnd.kubernetes.protobuf")];
    assert_eq!(send("POST", kube, DEPLOYMENTS, &protobuf, "k8s").await.unwrap().status, 415);
    assert_eq!(patch(kube, POSTHOG, "text/plain", &json!({})).await.status, 415);
    assert_eq!(get(kube, "/apis/example.org/v1/things").await.status, 404);
    let selector = json!({ "spec": { "selector": { "matchLabels": { "app": "other" } } } });
    let refused = patch(kube, POSTHOG, MERGE, &selector).await;
    assert_eq!(refused.status, 422);
    assert!(refused.message().contains("field is immutable"), "{}", refused.message());
    let deadline = json!({ "spec": { "progressDeadlineSeconds": 10, "minReadySeconds": 10 } });
    let refused = patch(kube, POSTHOG, MERGE, &deadline).await;
    assert_eq!(
        refused.message(),
        "Deployment.apps \"posthog-integration\" is invalid: spec.progressDeadlineSeconds: Invalid value: 10: must be greater than minReadySeconds"
    );
    assert_eq!(refused.json()["details"]["causes"][0]["field"], "spec.progressDeadlineSeconds");
}

#[tokio::test]
async fn discovery_names_every_kind() {
    let sandbox = quick().await;
    let kube = kube(&sandbox);
    assert!(
        get(kube, "/version").await.json()["gitVersion"].as_str().is_some_and(|text| text.starts_with("v1."))
    );
    let names = async |path: &str| {
        let list = get(kube, path).await.json();
        let all = list["resources"].as_array().unwrap().clone();
        all.iter().map(|one| one["name"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    let core = names("/api/v1").await;
    for name in ["namespaces", "pods", "pods/log", "secrets", "events", "configmaps"] {
        assert!(core.iter().any(|known| known == name), "{name}");
    }
    let apps = names("/apis/apps/v1").await;
    for name in ["deployments", "deployments/scale", "deployments/status", "replicasets"] {
        assert!(apps.iter().any(|known| known == name), "{name}");
    }
    for version in ["v2", "v1"] {
        assert_eq!(names(&format!("/apis/autoscaling/{version}")).await[0], "horizontalpodautoscalers");
    }
    assert_eq!(names("/apis/authorization.k8s.io/v1").await[0], "selfsubjectaccessreviews");
    assert_eq!(get(kube, "/apis").await.json()["groups"].as_array().unwrap().len(), 3);
}
