//! A cluster that conflicts, throttles, breaks off, forbids; a Prometheus that never ends.

use std::time::Duration;

use gantry_server::outside::cluster::{Asked, Cluster, ClusterError};
use gantry_server::outside::prometheus::{Prometheus, PrometheusError};
use serde_json::json;

use super::stage::{NAME, Stage, WITHIN};
use crate::world::eventually;

#[tokio::test(flavor = "multi_thread")]
async fn conflicts_throttling_and_broken_lines_change_nothing_but_the_time_it_takes() {
    let stage = Stage::set(4, &[(25, 1), (50, 1), (100, 0)]).await;
    stage.start().await;
    let faults = json!({ "conflict_every": 2, "throttle_every": 17, "reset_every": 13 });
    if !stage.scenario(json!({ "cluster": faults })).await {
        return stage.done().await;
    }
    let (watch, engine) = (stage.watch(), stage.engine());
    stage.until("it is complete", gantry_domain::rollout::Phase::is_over).await;
    watch.end().await;
    engine.kill().await;
    stage.scenario(json!({ "cluster": null })).await;
    assert_eq!(stage.pods().await, (0, 4, 4));
    stage.done().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn after_each_kind_of_refusal_and_a_lost_answer_it_reads_again_and_goes_on() {
    let stage = Stage::set(4, &[(25, 1), (50, 1), (100, 0)]).await;
    stage.start().await;
    let mut strikes = Vec::new();
    for status in [409, 410, 429, 500, 503, 0] {
        for (verb, resource) in [("patch", "deployments"), ("get", "deployments"), ("list", "pods")] {
            strikes.push(json!({ "verb": verb, "resource": resource, "status": status, "times": 1 }));
        }
    }
    // Done, and nobody was told.
    strikes
        .push(json!({ "verb": "patch", "resource": "deployments", "status": 0, "times": 1, "after": true }));
    if !stage.scenario(json!({ "cluster": { "strikes": strikes } })).await {
        return stage.done().await;
    }
    let engine = stage.engine();
    stage.complete().await;
    engine.kill().await;
    assert_eq!(stage.stored().await.problem, None);
    stage.done().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_slow_cluster_costs_time_and_nothing_else() {
    let stage = Stage::set(4, &[(50, 1), (100, 0)]).await;
    stage.start().await;
    if !stage.scenario(json!({ "cluster": { "latency_ms": 400 } })).await {
        return stage.done().await;
    }
    let (watch, engine) = (stage.watch(), stage.engine());
    stage.complete().await;
    watch.end().await;
    engine.kill().await;
    stage.done().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn while_the_database_is_away_it_stays_at_its_step_and_afterwards_goes_on() {
    let stage = Stage::set(4, &[(25, 2), (100, 0)]).await;
    stage.start().await;
    let engine = stage.engine();
    stage.soaking(0).await;
    stage.database_away().await;
    // Much longer than what was left of the soak.
    for _ in 0..60 {
        assert_eq!(stage.pods().await, (3, 1, 4));
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    stage.database_back().await;
    stage.complete().await;
    engine.kill().await;
    stage.done().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn watches_that_end_at_once_do_not_matter() {
    let stage = Stage::set(3, &[(34, 1), (100, 0)]).await;
    stage.start().await;
    stage.scenario(json!({ "cluster": { "watches_gone": true } })).await;
    let engine = stage.engine();
    stage.complete().await;
    engine.kill().await;
    stage.done().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_forbidden_verb_is_named_and_granted_it_goes_on() {
    let stage = Stage::set(3, &[(34, 1), (100, 0)]).await;
    stage.start().await;
    let rule = json!([{ "verb": "patch", "resource": "deployments" }]);
    if !stage.scenario(json!({ "cluster": { "forbidden": rule } })).await {
        return stage.done().await;
    }
    let missing = stage.cluster.missing(&stage.namespace).await.unwrap();
    assert_eq!(missing, [Asked::on("patch", "apps", "deployments").at(&stage.namespace)]);
    let engine = stage.engine();
    let wanted = format!("forbids “patch” on deployments.apps in namespace {}", stage.namespace);
    eventually("the missing verb is shown", WITHIN, || async {
        stage.stored().await.problem.is_some_and(|problem| problem.contains(&wanted))
    })
    .await;
    assert_eq!(stage.pods().await, (3, 0, 3));
    stage.scenario(json!({ "cluster": null })).await;
    stage.complete().await;
    engine.kill().await;
    assert_eq!(stage.stored().await.problem, None);
    stage.done().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stale_write_is_refused_by_the_cluster() {
    let stage = Stage::set(2, &[(50, 1), (100, 0)]).await;
    let before = stage.cluster.read(&stage.namespace, NAME).await.unwrap().unwrap();
    stage.meddle(json!({ "metadata": { "labels": { "touched": "yes" } } })).await;
    let version = before.deployment.pointer("/metadata/resourceVersion").unwrap();
    let patch = json!([
        { "op": "replace", "path": "/metadata/resourceVersion", "value": version },
        { "op": "add", "path": "/spec/paused", "value": true },
    ]);
    assert_eq!(stage.cluster.patch(&before, &patch).await, Err(ClusterError::Conflict));
    assert_ne!(stage.field("/spec/paused").await, json!(true));
    stage.done().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cluster_that_is_not_there_is_said_to_be_out_of_reach() {
    let cluster = Cluster::at("http://127.0.0.1:9").unwrap();
    let answer = cluster.read("shop", "checkout").await;
    assert!(matches!(answer, Err(ClusterError::Unreachable(_))), "{answer:?}");
    assert!(matches!(cluster.read("../..", "x").await, Err(ClusterError::BadName(_))));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_prometheus_without_end_is_cut_off_and_one_that_is_gone_rests() {
    use axum::body::Body;
    use axum::routing::post;
    let endless = || async {
        let chunks = futures_util::stream::repeat_with(|| Ok::<_, std::io::Error>(vec![b' '; 65536]));
        Body::from_stream(chunks)
    };
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let router = axum::Router::new().route("/api/v1/query", post(endless));
    tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    let began = tokio::time::Instant::now();
    assert_eq!(Prometheus::new(&url).unwrap().query("up").await, Err(PrometheusError::TooLarge));
    assert!(began.elapsed() < Duration::from_secs(4));

    let gone = Prometheus::new("http://127.0.0.1:9").unwrap();
    for _ in 0..5 {
        assert!(matches!(gone.query("up").await, Err(PrometheusError::Unreachable(_))));
    }
    assert_eq!(gone.query("up").await, Err(PrometheusError::Resting));
}
