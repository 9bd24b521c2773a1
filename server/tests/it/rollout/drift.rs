//! Somebody else changes the Deployment in the middle: it holds with the difference shown, and one click goes back.

use gantry_domain::rollout::{Ask, Refused, Shown, kubectl_for_ask};
use gantry_server::services::rollouts::AskError;
use serde_json::{Value, json};

use super::stage::{NAME, NEW, OLD, Stage, WITHIN, request};
use crate::world::eventually;

const LONG: u32 = 600;

async fn at_half() -> (Stage, super::stage::Running) {
    let stage = Stage::set(4, &[(50, LONG), (100, 0)]).await;
    stage.start().await;
    let engine = stage.engine();
    stage.soaking(0).await;
    (stage, engine)
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_others_change_holds_with_the_difference_and_one_click_goes_back() {
    let third = json!([{ "name": "app", "image": "registry.example/checkout:v3" }]);
    let restarted = json!({ "kubectl.kubernetes.io/restartedAt": "2026-11-21T10:00:00Z" });
    let cases: [(Value, &str); 6] = [
        (json!({ "template": { "spec": { "containers": third } } }), "image registry.example/checkout:v3"),
        (json!({ "template": { "metadata": { "annotations": restarted } } }), "restartedAt"),
        (json!({ "paused": false }), "lifted the pause"),
        (json!({ "replicas": 6 }), "scaled from 4 to 6 replicas"),
        (json!({ "strategy": { "rollingUpdate": { "maxSurge": 1 } } }), "the strategy was changed"),
        (json!({ "minReadySeconds": 0 }), "minReadySeconds was changed from 2147483646 to 0"),
    ];
    for (change, words) in cases {
        let (stage, engine) = at_half().await;
        stage.meddle(json!({ "spec": change })).await;
        let why = stage.held().await;
        assert!(why.contains(words), "{why}");
        stage.roll_back().await;
        stage.until("it is back", gantry_domain::rollout::Phase::is_over).await;
        assert_eq!(stage.images().await, [OLD], "{words}");
        engine.kill().await;
        stage.done().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_third_version_cannot_be_resumed_over_until_it_is_gone() {
    let (stage, engine) = at_half().await;
    stage.set_image("registry.example/checkout:v3").await;
    stage.held().await;
    let refused = stage.resume().await;
    assert!(matches!(refused, Err(AskError::Refused(Refused::Drifted(_)))), "{refused:?}");
    stage.roll_back().await;
    stage.rolled_back().await;
    engine.kill().await;
    stage.done().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn scaling_can_be_accepted_and_the_rollout_goes_on_with_the_new_count() {
    let (stage, engine) = at_half().await;
    stage.meddle(json!({ "spec": { "replicas": 6 } })).await;
    assert!(stage.held().await.contains("scaled from 4 to 6"));
    stage.resume().await.unwrap();
    eventually("both sides follow", WITHIN, || async { stage.pods().await == (3, 3, 6) }).await;
    stage.soaking(0).await;
    stage.go_on("seen enough").await;
    stage.until("it is complete", gantry_domain::rollout::Phase::is_over).await;
    assert_eq!(stage.pods().await, (0, 6, 6));
    engine.kill().await;
    stage.done().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deleted_deployment_holds_and_can_be_abandoned() {
    let (stage, engine) = at_half().await;
    let path = format!("/apis/apps/v1/namespaces/{}/deployments/{NAME}", stage.namespace);
    request(&stage.kube, "DELETE", &path, "application/json", &json!({})).await;
    assert!(stage.held().await.contains("was deleted"));
    stage.ask(Ask::Abandon { reason: "moved elsewhere".into() }).await.unwrap();
    stage.until("it is over", gantry_domain::rollout::Phase::is_over).await;
    engine.kill().await;
    stage.done().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn with_an_autoscaler_steps_are_kept_in_percent() {
    let stage = Stage::set(6, &[(50, LONG), (100, 0)]).await;
    let path = format!("/apis/autoscaling/v1/namespaces/{}/horizontalpodautoscalers", stage.namespace);
    let scaler = json!({
        "apiVersion": "autoscaling/v1", "kind": "HorizontalPodAutoscaler",
        "metadata": { "name": "checkout", "namespace": stage.namespace },
        "spec": { "minReplicas": 2, "maxReplicas": 20,
            "scaleTargetRef": { "apiVersion": "apps/v1", "kind": "Deployment", "name": NAME } },
    });
    request(&stage.kube, "POST", &path, "application/json", &scaler).await;
    stage.start().await;
    let engine = stage.engine();
    stage.soaking(0).await;
    assert_eq!(stage.field("/spec/strategy/rollingUpdate/maxUnavailable").await, json!("50%"));
    assert_eq!(stage.pods().await, (3, 3, 6));
    stage.meddle(json!({ "spec": { "replicas": 8 } })).await;
    eventually("both sides follow", WITHIN, || async { stage.pods().await == (4, 4, 8) }).await;
    stage.go_on("seen enough").await;
    stage.until("it is complete", gantry_domain::rollout::Phase::is_over).await;
    assert_eq!(stage.pods().await, (0, 8, 8));
    engine.kill().await;
    stage.done().await;
}

const MANIFEST: &str = r"apiVersion: apps/v1
kind: Deployment
metadata: { name: checkout }
spec:
  replicas: 4
  selector: { matchLabels: { app: checkout } }
  strategy: { type: RollingUpdate, rollingUpdate: { maxSurge: 25%, maxUnavailable: 25% } }
  template:
    metadata: { labels: { app: checkout } }
    spec:
      containers:
        - { name: app, image: registry.example/checkout:v3, env: [{ name: MODE, value: plain }] }
";

#[tokio::test(flavor = "multi_thread")]
async fn what_people_do_with_kubectl_in_a_soak_brings_no_third_version_holds_and_can_be_taken_back() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("checkout.yaml");
    std::fs::write(&file, MANIFEST).unwrap();
    let apply = format!("apply -f {}", file.display());
    let cases = [
        ("set image deployment/checkout app=registry.example/checkout:v3", "checkout:v3"),
        (&apply, "checkout:v3"),
        ("scale deployment/checkout --replicas=6", "scaled from 4 to 6 replicas"),
        ("rollout resume deployment/checkout", "lifted the pause"),
    ];
    for (arguments, words) in cases {
        let (stage, engine) = at_half().await;
        let Some(said) = stage.kubectl(arguments).await else { return };
        let why = stage.held().await;
        assert!(why.contains(words), "{arguments}: {why}\n{said}");
        // A manifest that allows a surge may add a pod of a version that is there; a third version never runs.
        assert_eq!(stage.images().await, [OLD, NEW], "{arguments}");
        let (_, new, ready) = stage.pods().await;
        assert!(new <= 3 && ready >= 4, "{arguments}: {new} new, {ready} ready");
        stage.roll_back().await;
        stage.until("it is back", gantry_domain::rollout::Phase::is_over).await;
        assert_eq!(stage.images().await, [OLD], "{arguments}");
        engine.kill().await;
        stage.done().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn without_the_panel_kubectl_undoes_nothing_by_accident_and_the_line_of_the_page_takes_it_back() {
    let (stage, engine) = at_half().await;
    let Some(said) = stage.kubectl("rollout undo deployment/checkout").await else { return };
    assert!(said.contains("paused"), "{said}");
    assert_eq!(stage.pods().await, (2, 2, 4));
    let watch = stage.watch();
    engine.kill().await;

    // The panel is gone, and the page with the line to copy is still open.
    let line = kubectl_for_ask(&stage.row().await, &Ask::RollBack { reason: String::new() }).into_text();
    let said = stage.typed(&line).await.unwrap();
    eventually("all old pods are back", WITHIN, || async { stage.pods().await == (4, 0, 4) }).await;
    watch.end().await;
    assert!(said.contains("patched"), "{said}");
    assert_eq!(stage.images().await, [OLD]);
    stage.done().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_line_beside_continue_goes_to_the_next_step_and_no_further() {
    let stage = Stage::set(10, &[(10, LONG), (50, LONG), (100, 0)]).await;
    stage.start().await;
    let engine = stage.engine();
    stage.soaking(0).await;
    engine.kill().await;
    let row = stage.row().await;
    let ask = Ask::Continue { seen: Shown::of(&row), reason: "by hand".into() };
    let line = kubectl_for_ask(&row, &ask).into_text();
    let Some(said) = stage.typed(&line).await else { return };
    eventually("four more are new", WITHIN, || async {
        let (_, new, ready) = stage.pods().await;
        new == 5 && ready >= 10
    })
    .await;
    tokio::time::sleep(std::time::Duration::from_secs(1)).await;
    assert_eq!(stage.pods().await.1, 5, "{said}");
    stage.done().await;
}
