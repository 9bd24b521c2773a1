//! The way to Prometheus, with a small upstream that says what it was asked.

use std::time::Duration;

use axum::Router;
use axum::http::Uri;
use gantry_sandbox::{Options, Sandbox};
use http_body_util::BodyExt as _;
use serde_json::json;

use crate::support::{get, open, scenario, send};

async fn behind_an_echo() -> Sandbox {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let upstream = format!("http://{}", listener.local_addr().unwrap());
    let echo = Router::new().fallback(async |uri: Uri, body: String| format!("{uri} {body}"));
    tokio::spawn(async move { axum::serve(listener, echo).await });
    let options = Options { prometheus_upstream: Some(upstream), empty: true, ..Options::default() };
    Sandbox::start(options).await.unwrap()
}

#[tokio::test]
async fn requests_are_passed_on_as_they_are() {
    let sandbox = behind_an_echo().await;
    let url = &sandbox.urls().prometheus;
    assert_eq!(get(url, "/api/v1/query?query=up").await.text, "/api/v1/query?query=up ");
    let form = [("content-type", "application/x-www-form-urlencoded")];
    let posted = send("POST", url, "/api/v1/query", &form, "query=up").await.unwrap();
    assert_eq!(posted.text, "/api/v1/query query=up");
}

#[tokio::test]
async fn it_misbehaves_in_every_known_way() {
    let sandbox = behind_an_echo().await;
    let url = &sandbox.urls().prometheus;
    scenario(&sandbox, json!({ "prometheus": "gone" })).await;
    assert!(send("GET", url, "/api/v1/query", &[], "").await.is_err());
    scenario(&sandbox, json!({ "prometheus": "nan" })).await;
    assert_eq!(get(url, "/api/v1/query").await.json()["data"]["result"][0]["value"][1], "NaN");
    assert_eq!(get(url, "/api/v1/query_range").await.json()["data"]["result"][0]["values"][0][1], "NaN");
    scenario(&sandbox, json!({ "prometheus": "empty" })).await;
    assert_eq!(get(url, "/api/v1/query").await.json()["data"]["result"], json!([]));
    scenario(&sandbox, json!({ "prometheus": "error" })).await;
    assert_eq!(get(url, "/api/v1/query").await.status, 503);
    scenario(&sandbox, json!({ "prometheus": "slow" })).await;
    let slow =
        tokio::time::timeout(Duration::from_millis(300), send("GET", url, "/api/v1/query", &[], "")).await;
    assert!(slow.is_err(), "it does not answer soon");
    scenario(&sandbox, json!({ "prometheus": "huge" })).await;
    let mut body = open("GET", url, "/api/v1/query", &[], "").await.unwrap().into_body();
    let mut read = 0;
    while read < 4 * 1024 * 1024 {
        read += body.frame().await.expect("more").unwrap().into_data().map_or(0, |data| data.len());
    }
}

#[tokio::test]
async fn without_an_upstream_it_says_so() {
    let sandbox = Sandbox::start(Options { empty: true, ..Options::default() }).await.unwrap();
    let answer = get(&sandbox.urls().prometheus, "/api/v1/query").await;
    assert_eq!(
        (answer.status, answer.text.as_str()),
        (502, "no Prometheus is configured behind this proxy\n")
    );
}
