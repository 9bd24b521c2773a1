//! The real kube client against the sandbox.

use std::pin::pin;

use futures_util::{AsyncBufReadExt as _, TryStreamExt as _};
use gantry_sandbox::Sandbox;
use k8s_openapi::api::apps::v1::{Deployment, ReplicaSet};
use k8s_openapi::api::authorization::v1::SelfSubjectAccessReview;
use k8s_openapi::api::autoscaling::v1::HorizontalPodAutoscaler as AutoscalerV1;
use k8s_openapi::api::autoscaling::v2::HorizontalPodAutoscaler;
use k8s_openapi::api::core::v1::{Event, Namespace, Pod, Secret};
use kube::api::{
    Api, DeleteParams, ListParams, LogParams, Patch, PatchParams, PostParams, WatchEvent, WatchParams,
};
use kube::config::{KubeConfigOptions, Kubeconfig};
use kube::{Client, Config};
use serde_json::json;

use crate::support::{quick, scenario, until};

const NAME: &str = "posthog-integration";

/// A client from the kubeconfig that the sandbox writes.
async fn client(sandbox: &Sandbox) -> Client {
    let kubeconfig = Kubeconfig::from_yaml(&sandbox.kubeconfig()).unwrap();
    let config = Config::from_custom_kubeconfig(kubeconfig, &KubeConfigOptions::default()).await.unwrap();
    assert_eq!(config.default_namespace, "integrations");
    Client::try_from(config).unwrap()
}

fn code(error: &kube::Error) -> u16 {
    match error {
        kube::Error::Api(status) => status.code,
        other => panic!("not an answer of the API: {other}"),
    }
}

#[tokio::test]
async fn every_kind_that_the_panel_reads_parses() {
    let sandbox = quick().await;
    let client = client(&sandbox).await;
    let all = ListParams::default();
    assert_eq!(
        Api::<Deployment>::default_namespaced(client.clone()).list(&all).await.unwrap().items.len(),
        2
    );
    assert_eq!(Api::<ReplicaSet>::all(client.clone()).list(&all).await.unwrap().items.len(), 4);
    let pods = Api::<Pod>::default_namespaced(client.clone()).list(&all).await.unwrap();
    assert_eq!(pods.items.len(), 13);
    assert!(Api::<Event>::all(client.clone()).list(&all).await.unwrap().items.len() > 4);
    assert_eq!(Api::<Namespace>::all(client.clone()).list(&all).await.unwrap().items.len(), 4);
    let secret = Api::<Secret>::default_namespaced(client.clone()).get("posthog-credentials").await.unwrap();
    assert_eq!(secret.data.unwrap()["api-key"].0, b"phc_sandbox_project_key");
    assert_eq!(client.apiserver_version().await.unwrap().major, "1");
    let review: SelfSubjectAccessReview = serde_json::from_value(json!({ "spec": { "resourceAttributes": {
        "verb": "patch", "resource": "deployments", "group": "apps" } } }))
    .unwrap();
    let answer = Api::<SelfSubjectAccessReview>::all(client.clone())
        .create(&PostParams::default(), &review)
        .await
        .unwrap();
    assert!(answer.status.unwrap().allowed);
    let pod = pods.items[0].metadata.name.clone().unwrap();
    let lines = LogParams { tail_lines: Some(1), ..LogParams::default() };
    let api = Api::<Pod>::default_namespaced(client);
    until("a line is logged", async || !api.logs(&pod, &lines).await.unwrap().is_empty()).await;
    let mut stream = pin!(api.log_stream(&pod, &lines).await.unwrap().lines());
    assert!(stream.try_next().await.unwrap().is_some());
}

#[tokio::test]
async fn an_autoscaler_is_stored_and_found_under_both_versions() {
    let sandbox = quick().await;
    let client = client(&sandbox).await;
    let v1 = Api::<AutoscalerV1>::default_namespaced(client.clone());
    let api = Api::<HorizontalPodAutoscaler>::default_namespaced(client);
    let autoscaler: HorizontalPodAutoscaler = serde_json::from_value(json!({
        "metadata": { "name": NAME },
        "spec": {
            "scaleTargetRef": { "apiVersion": "apps/v1", "kind": "Deployment", "name": NAME },
            "minReplicas": 10, "maxReplicas": 20,
        },
    }))
    .unwrap();
    api.create(&PostParams::default(), &autoscaler).await.unwrap();
    assert_eq!(
        api.list(&ListParams::default()).await.unwrap().items[0].spec.as_ref().unwrap().max_replicas,
        20
    );
    let older = v1.list(&ListParams::default()).await.unwrap().items.remove(0);
    assert_eq!(older.spec.unwrap().scale_target_ref.name, NAME);
    let fewer = Patch::Merge(json!({ "spec": { "maxReplicas": 12 } }));
    let older = v1.patch(NAME, &PatchParams::default(), &fewer).await.unwrap();
    assert_eq!(older.spec.unwrap().max_replicas, 12);
    assert_eq!(api.get(NAME).await.unwrap().spec.unwrap().max_replicas, 12);
    api.delete(NAME, &DeleteParams::default()).await.unwrap();
    assert!(api.get_opt(NAME).await.unwrap().is_none());
}

#[tokio::test]
async fn a_hold_by_server_side_apply_is_exact_and_refused_to_others() {
    let sandbox = quick().await;
    let client = client(&sandbox).await;
    let api = Api::<Deployment>::default_namespaced(client.clone());
    let live = api.get(NAME).await.unwrap();
    let hold = |version: Option<String>| {
        json!({
            "apiVersion": "apps/v1",
            "kind": "Deployment",
            "metadata": { "name": NAME, "resourceVersion": version },
            "spec": {
                "strategy": { "type": "RollingUpdate", "rollingUpdate": { "maxSurge": 0, "maxUnavailable": 3 } },
                "minReadySeconds": 2_147_483_646,
                "progressDeadlineSeconds": 2_147_483_647,
                "template": { "spec": { "containers": [
                    { "name": "app", "image": "registry.example/posthog-integration:v2.5.0" } ] } },
            },
        })
    };
    let ours = PatchParams::apply("gantry").force();
    let version = live.metadata.resource_version.clone();
    api.patch(NAME, &ours, &Patch::Apply(hold(version.clone()))).await.unwrap();
    let stale = api.patch(NAME, &ours, &Patch::Apply(hold(version))).await.unwrap_err();
    assert_eq!(code(&stale), 409);
    let pods = Api::<Pod>::default_namespaced(client);
    until("three new pods are ready", async || {
        let list = pods.list(&ListParams::default().labels("app=posthog-integration")).await.unwrap();
        let new = list.items.iter().filter(|pod| {
            let image = pod.spec.as_ref().and_then(|spec| spec.containers[0].image.clone());
            let conditions =
                pod.status.as_ref().and_then(|status| status.conditions.clone()).unwrap_or_default();
            image.is_some_and(|image| image.ends_with("v2.5.0"))
                && conditions.iter().any(|one| one.type_ == "Ready" && one.status == "True")
        });
        new.count() == 3 && list.items.len() == 10
    })
    .await;
    let theirs = json!({ "apiVersion": "apps/v1", "kind": "Deployment", "metadata": { "name": NAME },
        "spec": { "minReadySeconds": 0, "strategy": { "rollingUpdate": { "maxUnavailable": "25%" } } } });
    let refused = api.patch(NAME, &PatchParams::apply("argocd"), &Patch::Apply(theirs)).await.unwrap_err();
    assert_eq!(code(&refused), 409);
    assert!(refused.to_string().contains("conflicts with \"gantry\""), "{refused}");
}

#[tokio::test]
async fn a_watch_goes_on_from_a_list_and_ends_with_410() {
    let sandbox = quick().await;
    let api = Api::<Deployment>::default_namespaced(client(&sandbox).await);
    let version = api.list(&ListParams::default()).await.unwrap().metadata.resource_version.unwrap();
    let params = WatchParams::default().fields(&format!("metadata.name={NAME}"));
    let mut events = pin!(api.watch(&params, &version).await.unwrap());
    let pause = json!({ "spec": { "paused": true } });
    api.patch(NAME, &PatchParams::default(), &Patch::Merge(&pause)).await.unwrap();
    loop {
        match events.try_next().await.unwrap() {
            Some(WatchEvent::Modified(object)) => {
                assert_eq!(object.spec.unwrap().paused, Some(true));
                break;
            }
            Some(WatchEvent::Bookmark(_)) => {}
            other => panic!("{other:?}"),
        }
    }
    scenario(&sandbox, json!({ "cluster": { "watches_gone": true } })).await;
    loop {
        match events.try_next().await.unwrap() {
            Some(WatchEvent::Error(status)) => break assert_eq!(status.code, 410),
            Some(_) => {}
            None => panic!("the watch ended without a word"),
        }
    }
}

#[tokio::test]
async fn an_expired_login_is_told_as_such() {
    let sandbox = quick().await;
    let api = Api::<Deployment>::default_namespaced(client(&sandbox).await);
    let strike = json!({ "verb": "*", "resource": "*", "status": 401 });
    scenario(&sandbox, json!({ "cluster": { "strikes": [strike] } })).await;
    assert_eq!(code(&api.get(NAME).await.unwrap_err()), 401);
}
