//! Server-side apply: who owns which field, what is a conflict, and what force does.

use gantry_sandbox::Sandbox;
use serde_json::{Value, json};

use crate::support::{APPLY, Answer, MERGE, POSTHOG, get, patch, quick, send};

async fn apply(sandbox: &Sandbox, manager: &str, force: bool, spec: Value) -> Answer {
    let config = json!({
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": { "name": "posthog-integration" },
        "spec": spec,
    });
    let path = format!("{POSTHOG}?fieldManager={manager}&force={force}");
    patch(&sandbox.urls().kube, &path, APPLY, &config).await
}

fn container(fields: &Value) -> Value {
    let mut container = json!({ "name": "app" });
    for (field, value) in fields.as_object().unwrap() {
        container[field] = value.clone();
    }
    json!({ "template": { "spec": { "containers": [container] } } })
}

#[tokio::test]
async fn a_second_manager_without_force_meets_a_conflict_and_with_force_takes_over() {
    let sandbox = quick().await;
    let ours = json!({ "minReadySeconds": 30, "paused": true });
    assert_eq!(apply(&sandbox, "gantry", false, ours.clone()).await.status, 200);
    let theirs = json!({ "minReadySeconds": 5 });
    let refused = apply(&sandbox, "argocd", false, theirs.clone()).await;
    assert_eq!(refused.status, 409);
    assert_eq!(
        refused.message(),
        "Apply failed with 1 conflict: conflict with \"gantry\" using apps/v1: .spec.minReadySeconds"
    );
    let cause = &refused.json()["details"]["causes"][0];
    assert_eq!(
        (&cause["reason"], &cause["field"]),
        (&json!("FieldManagerConflict"), &json!(".spec.minReadySeconds"))
    );
    assert_eq!(get(&sandbox.urls().kube, POSTHOG).await.json()["spec"]["minReadySeconds"], 30);

    assert_eq!(apply(&sandbox, "argocd", true, theirs).await.json()["spec"]["minReadySeconds"], 5);
    let refused = apply(&sandbox, "gantry", false, ours).await;
    assert!(refused.message().contains("conflict with \"argocd\""), "{}", refused.message());
}

#[tokio::test]
async fn the_same_value_is_shared_without_a_conflict() {
    let sandbox = quick().await;
    assert_eq!(apply(&sandbox, "one", false, json!({ "minReadySeconds": 30 })).await.status, 200);
    assert_eq!(apply(&sandbox, "two", false, json!({ "minReadySeconds": 30 })).await.status, 200);
    // It stays while one of them still wants it.
    let left = apply(&sandbox, "one", false, json!({ "paused": true })).await;
    assert_eq!(left.json()["spec"]["minReadySeconds"], 30);
    let left = apply(&sandbox, "two", false, json!({ "paused": true })).await;
    assert!(left.json()["spec"].get("minReadySeconds").is_none());
}

#[tokio::test]
async fn what_a_manager_leaves_out_goes_back_to_the_default() {
    let sandbox = quick().await;
    let hold = json!({
        "strategy": { "type": "RollingUpdate", "rollingUpdate": { "maxSurge": 0, "maxUnavailable": 1 } },
        "minReadySeconds": 2_147_483_646,
        "progressDeadlineSeconds": 2_147_483_647,
    });
    assert_eq!(apply(&sandbox, "gantry", true, hold).await.status, 200);
    let back =
        apply(&sandbox, "gantry", true, json!({ "strategy": { "type": "RollingUpdate" } })).await.json();
    assert_eq!(
        back["spec"]["strategy"]["rollingUpdate"],
        json!({ "maxSurge": "25%", "maxUnavailable": "25%" })
    );
    assert!(back["spec"].get("minReadySeconds").is_none());
    assert_eq!(back["spec"]["progressDeadlineSeconds"], 600);
}

#[tokio::test]
async fn containers_and_environment_are_owned_by_name() {
    let sandbox = quick().await;
    let image = container(&json!({ "image": "registry.example/posthog-integration:v2.5.0" }));
    // The manifest's owner has the image.
    let refused = apply(&sandbox, "gantry", false, image.clone()).await;
    assert_eq!(
        refused.message(),
        "Apply failed with 1 conflict: conflict with \"kubectl-client-side-apply\" using apps/v1: .spec.template.spec.containers[name=\"app\"].image"
    );
    let applied = apply(&sandbox, "gantry", true, image).await.json();
    let containers = applied["spec"]["template"]["spec"]["containers"].as_array().unwrap().clone();
    assert_eq!(containers.len(), 1);
    assert_eq!(containers[0]["image"], "registry.example/posthog-integration:v2.5.0");
    assert!(containers[0]["env"].as_array().unwrap().len() >= 4, "what was not mentioned stays");

    let empty = container(&json!({ "readinessProbe": {} }));
    let kept = apply(&sandbox, "empty", false, empty).await.json();
    let probe = &kept["spec"]["template"]["spec"]["containers"][0]["readinessProbe"];
    assert_eq!(probe["httpGet"]["port"], 8081, "an empty object takes nothing away");

    let env = container(&json!({ "env": [{ "name": "POSTHOG_FALLBACK", "value": "true" }] }));
    let count = containers[0]["env"].as_array().unwrap().len();
    let env_count = |answer: Answer| {
        answer.json()["spec"]["template"]["spec"]["containers"][0]["env"].as_array().unwrap().len()
    };
    assert_eq!(env_count(apply(&sandbox, "incident", false, env).await), count + 1);
    let none = json!({ "paused": true });
    assert_eq!(env_count(apply(&sandbox, "incident", false, none).await), count);
}

#[tokio::test]
async fn an_ordinary_write_takes_fields_without_asking() {
    let sandbox = quick().await;
    assert_eq!(apply(&sandbox, "gantry", false, json!({ "minReadySeconds": 30 })).await.status, 200);
    let path = format!("{POSTHOG}?fieldManager=kubectl-edit");
    let change = json!({ "spec": { "minReadySeconds": 0 } });
    assert_eq!(
        patch(&sandbox.urls().kube, &path, MERGE, &json!({ "spec": { "minReadySeconds": 7 } })).await.status,
        200
    );
    let refused = apply(&sandbox, "gantry", false, json!({ "minReadySeconds": 30 })).await;
    assert!(refused.message().contains("conflict with \"kubectl-edit\""), "{}", refused.message());
    assert_eq!(patch(&sandbox.urls().kube, &path, MERGE, &change).await.status, 200);
    let fields = get(&sandbox.urls().kube, POSTHOG).await.json()["metadata"]["managedFields"].clone();
    let manager =
        fields.as_array().unwrap().iter().find(|one| one["manager"] == "kubectl-client-side-apply").unwrap();
    assert_eq!(manager["operation"], "Update");
    assert!(manager["fieldsV1"]["f:spec"]["f:template"]["f:spec"]["f:containers"]["k:{\"name\":\"app\"}"]["f:image"].is_object());
}

#[tokio::test]
async fn applying_the_same_twice_makes_no_new_version() {
    let sandbox = quick().await;
    let spec = json!({ "minReadySeconds": 0, "revisionHistoryLimit": 5 });
    let first = apply(&sandbox, "gantry", false, spec.clone()).await;
    // The revision history is the manifest's default, which its owner never stated: no conflict but a change.
    assert_eq!(first.status, 409, "the first write owns the defaults that it was given");
    assert_eq!(apply(&sandbox, "gantry", true, spec.clone()).await.status, 200);
    let version =
        async || get(&sandbox.urls().kube, POSTHOG).await.json()["metadata"]["resourceVersion"].clone();
    crate::support::until("the controller has seen it", async || {
        let object = get(&sandbox.urls().kube, POSTHOG).await.json();
        object["status"]["observedGeneration"] == object["metadata"]["generation"]
    })
    .await;
    let before = version().await;
    assert_eq!(apply(&sandbox, "gantry", true, spec).await.status, 200);
    assert_eq!(version().await, before);
}

#[tokio::test]
async fn apply_wants_a_manager_an_identity_and_no_managed_fields() {
    let sandbox = quick().await;
    let kube = &sandbox.urls().kube;
    let config = json!({ "apiVersion": "apps/v1", "kind": "Deployment", "metadata": { "name": "posthog-integration" } });
    assert_eq!(patch(kube, POSTHOG, APPLY, &config).await.status, 400);
    let path = format!("{POSTHOG}?fieldManager=gantry");
    let mut other = config.clone();
    other["metadata"]["name"] = json!("other");
    assert_eq!(patch(kube, &path, APPLY, &other).await.status, 400);
    let mut fields = config;
    fields["metadata"]["managedFields"] = json!([]);
    assert_eq!(patch(kube, &path, APPLY, &fields).await.status, 400);
}

#[tokio::test]
async fn apply_with_an_older_version_is_a_conflict() {
    let sandbox = quick().await;
    let kube = &sandbox.urls().kube;
    let old = get(kube, POSTHOG).await.json()["metadata"]["resourceVersion"].clone();
    assert_eq!(apply(&sandbox, "gantry", true, json!({ "paused": true })).await.status, 200);
    let config = json!({
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": { "name": "posthog-integration", "resourceVersion": old },
        "spec": { "paused": false },
    });
    let path = format!("{POSTHOG}?fieldManager=gantry&force=true");
    assert_eq!(patch(kube, &path, APPLY, &config).await.status, 409);
}

#[tokio::test]
async fn apply_creates_what_is_not_there_and_reads_yaml() {
    let sandbox = quick().await;
    let kube = &sandbox.urls().kube;
    let yaml =
        "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: made\ndata:\n  # a comment\n  mode: \"queue\"\n";
    let path = "/api/v1/namespaces/integrations/configmaps/made?fieldManager=gantry";
    let made = send("PATCH", kube, path, &[("content-type", APPLY)], yaml).await.unwrap();
    assert_eq!(made.status, 201, "{}", made.text);
    assert_eq!(made.json()["data"], json!({ "mode": "queue" }));
    assert_eq!(made.json()["metadata"]["managedFields"][0]["operation"], "Apply");
    let again = send("PATCH", kube, path, &[("content-type", APPLY)], yaml).await.unwrap();
    assert_eq!(again.status, 200);
}
