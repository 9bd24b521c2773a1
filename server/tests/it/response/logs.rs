//! Logs that are too long, too many or break off: the newest lines are what counts, and whatever is missing is named.

use std::collections::HashMap;

use axum::extract::Query;
use axum::routing::get;
use gantry_domain::evidence::logs::Extent;
use gantry_server::outside::cluster::{Cluster, ClusterError, Span};
use serde_json::{Value, json};
use tokio::net::TcpListener;

use super::evidence::bundled;
use super::stage::{Stage, WITHIN, plain};
use crate::probes::support::{Odd, odd};
use crate::world::eventually;

/// Has so many pods, all of them ready.
async fn scale(stage: &Stage, pods: usize) {
    stage.meddle(json!({ "spec": { "replicas": pods } })).await;
    eventually("there are so many pods", WITHIN, || async {
        let snapshot = stage.snapshot().await;
        let ready = snapshot.deployment.pointer("/status/readyReplicas");
        snapshot.pods.len() == pods && ready == Some(&json!(pods))
    })
    .await;
}

/// So many lines of a thousand bytes.
fn chatter(lines: usize) -> String {
    format!("level=info msg=\"{}\"\n", "all is well ".repeat(82)).repeat(lines)
}

/// What the manifest says of the logs.
fn of_logs(manifest: &str) -> &str {
    manifest.lines().find(|line| line.starts_with("# Pod logs of the last hour: ")).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_long_log_keeps_its_newest_lines_and_the_bundle_says_that_older_ones_are_not_in_it() {
    let stage = Stage::set().await;
    scale(&stage, 1).await;
    let lines = format!("the oldest of many\n{}the newest of all", chatter(2400));
    stage.switch(json!({ "log_line": lines })).await;
    let mut rui = stage.rui().await;
    let files = bundled(&stage, &mut rui).await;
    let (name, log) = files.iter().find(|(name, _)| name.starts_with("logs/")).unwrap();
    assert!(log.len() > 2_000_000 && log.len() <= 2 * 1024 * 1024, "{}", log.len());
    assert!(log.ends_with(b"the newest of all\n") && log.starts_with(b"level=info"));
    let pod = name.trim_start_matches("logs/").trim_end_matches(".log");
    let said = format!("; older lines are not in the logs of {pod}: at most the newest 2 MiB are kept");
    let manifest = String::from_utf8(files[0].1.clone()).unwrap();
    assert!(of_logs(&manifest).ends_with(&said), "{manifest}");
}

#[tokio::test(flavor = "multi_thread")]
async fn of_forty_pods_the_ten_without_a_log_are_named() {
    let stage = Stage::set().await;
    scale(&stage, 40).await;
    let snapshot = stage.snapshot().await;
    let pods = snapshot.pods.iter().map(|pod| pod.pointer("/metadata/name").and_then(Value::as_str).unwrap());
    let mut rui = stage.rui().await;
    let files = bundled(&stage, &mut rui).await;
    let has_log = |pod: &str| files.iter().any(|(name, _)| *name == format!("logs/{pod}.log"));
    let missing: Vec<&str> = pods.filter(|pod| !has_log(pod)).collect();
    assert_eq!(missing.len(), 10, "{missing:?}");
    let manifest = String::from_utf8(files[0].1.clone()).unwrap();
    let said = of_logs(&manifest);
    assert!(said.contains("10 of 40 pods are left out (the logs of at most 30 are kept)"), "{said}");
    let page = plain(&rui.get(&format!("{}/evidence", stage.path)).await.body);
    for pod in missing {
        assert!(said.contains(pod) && page.contains(pod), "{pod}: {said}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_four_looks_see_the_newest_error_at_the_end_of_a_long_log() {
    let stage = Stage::set().await;
    let mut rui = stage.rui().await;
    let newest = "level=error msg=\"the newest of all\" error=DeliveryError status=500";
    stage.switch(json!({ "log_line": format!("{}{newest}", chatter(360)) })).await;
    let html = stage.look(&mut rui).await;
    assert!(html.contains("the newest of all"), "{html}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_log_that_breaks_off_is_not_taken_for_a_whole_one() {
    let _already = rustls::crypto::ring::default_provider().install_default();
    let span = Span { seconds: 60, lines: 100, bytes: 10_000 };
    let broken = async |begins| {
        Cluster::at(&odd(Odd::BreaksOff(begins)).await).unwrap().pod_log("ns", "pod", "app", span).await
    };
    let log = broken("one\ntwo\nthr").await.unwrap();
    assert_eq!(log.text, "one\ntwo\n");
    assert_eq!(log.extent, Extent { broken: true, ..Extent::default() });
    // Without a single line there is no log.
    let none = broken("on").await;
    assert!(matches!(none, Err(ClusterError::Unreachable(_))), "{none:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn of_lines_too_long_to_be_read_to_their_end_the_newest_are_asked_for_again() {
    let _already = rustls::crypto::ring::default_provider().install_default();
    // As the kubelet does it: from where the last lines begin, and no more bytes than were asked for.
    let log = |Query(asked): Query<HashMap<String, String>>| async move {
        let lines: usize = asked["tailLines"].parse().unwrap();
        let last = 1000_usize.saturating_sub(lines)..1000;
        let mut text =
            last.map(|at| format!("line {at} {}\n", "x".repeat(2000))).collect::<Vec<_>>().concat();
        text.truncate(asked.get("limitBytes").map_or(usize::MAX, |most| most.parse().unwrap()));
        text
    };
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let router = axum::Router::new().route("/api/v1/namespaces/ns/pods/pod/log", get(log));
    tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    let span = Span { seconds: 60, lines: 1000, bytes: 20_000 };
    let log = Cluster::at(&url).unwrap().pod_log("ns", "pod", "app", span).await.unwrap();
    let last = log.text.lines().last().unwrap();
    assert!(last.starts_with("line 999 ") && last.len() > 2000, "{last}");
    assert!(log.text.len() > 15_000 && log.text.len() <= span.bytes, "{}", log.text.len());
    assert!(log.extent.cut && !log.extent.broken, "{:?}", log.extent);
}
