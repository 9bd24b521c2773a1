//! A sandbox of its own for each test, and the least HTTP client that tests need.

use std::time::Duration;

use gantry_sandbox::{Options, Sandbox};
use http_body_util::{BodyExt as _, Full};
use hyper::body::{Bytes, Incoming};
use hyper::{Method, Request, Response};
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio::time::Instant;

pub(crate) const DEPLOYMENTS: &str = "/apis/apps/v1/namespaces/integrations/deployments";
pub(crate) const POSTHOG: &str = "/apis/apps/v1/namespaces/integrations/deployments/posthog-integration";
pub(crate) const PODS: &str = "/api/v1/namespaces/integrations/pods";

pub(crate) const MERGE: &str = "application/merge-patch+json";
pub(crate) const STRATEGIC: &str = "application/strategic-merge-patch+json";
pub(crate) const JSON_PATCH: &str = "application/json-patch+json";
pub(crate) const APPLY: &str = "application/apply-patch+yaml";

/// What was answered.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: hyper::HeaderMap,
    pub(crate) text: String,
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|_| panic!("not JSON: {self:?}"))
    }

    pub(crate) fn message(&self) -> String {
        self.json()["message"].as_str().unwrap_or_default().to_owned()
    }
}

/// A sandbox whose pods are ready after a blink.
pub(crate) async fn quick() -> Sandbox {
    start(Options { pod_start_ms: 60, pod_stop_ms: 30, bookmark_ms: 100, ..Options::default() }).await
}

pub(crate) async fn start(options: Options) -> Sandbox {
    let sandbox = Sandbox::start(options).await.expect("the sandbox starts");
    until("the production pods are ready", async || {
        get(&sandbox.urls().kube, POSTHOG).await.json()["status"]["readyReplicas"] == 10
    })
    .await;
    sandbox
}

/// Waits for a condition, but not for ever.
pub(crate) async fn until(what: &str, condition: impl AsyncFn() -> bool) {
    let end = Instant::now() + Duration::from_secs(20);
    while !condition().await {
        assert!(Instant::now() < end, "waited in vain until {what}");
        tokio::time::sleep(Duration::from_millis(15)).await;
    }
}

pub(crate) async fn get(base: &str, path: &str) -> Answer {
    send("GET", base, path, &[], "").await.expect("an answer")
}

pub(crate) async fn post(base: &str, path: &str, body: &Value) -> Answer {
    send("POST", base, path, &[("content-type", "application/json")], &body.to_string())
        .await
        .expect("an answer")
}

pub(crate) async fn put(base: &str, path: &str, body: &Value) -> Answer {
    send("PUT", base, path, &[("content-type", "application/json")], &body.to_string())
        .await
        .expect("an answer")
}

pub(crate) async fn patch(base: &str, path: &str, media: &str, body: &Value) -> Answer {
    send("PATCH", base, path, &[("content-type", media)], &body.to_string()).await.expect("an answer")
}

pub(crate) async fn delete(base: &str, path: &str) -> Answer {
    send("DELETE", base, path, &[], "").await.expect("an answer")
}

/// Switches the scenario.
pub(crate) async fn scenario(sandbox: &Sandbox, change: Value) {
    let answer = post(&sandbox.urls().control, "/scenario", &change).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
}

/// Sends one request on a connection of its own.
pub(crate) async fn send(
    method: &str,
    base: &str,
    path: &str,
    headers: &[(&str, &str)],
    body: &str,
) -> Result<Answer, Box<dyn std::error::Error>> {
    let response = open(method, base, path, headers, body).await?;
    let (head, body) = response.into_parts();
    let text = String::from_utf8(body.collect().await?.to_bytes().to_vec())?;
    Ok(Answer { status: head.status.as_u16(), headers: head.headers, text })
}

/// Sends one request and leaves the body to be read as it comes.
pub(crate) async fn open(
    method: &str,
    base: &str,
    path: &str,
    headers: &[(&str, &str)],
    body: &str,
) -> Result<Response<Incoming>, Box<dyn std::error::Error>> {
    let address = base.strip_prefix("http://").ok_or("not an http address")?;
    let stream = TcpStream::connect(address).await?;
    let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream)).await?;
    tokio::spawn(connection);
    let mut request =
        Request::builder().method(Method::from_bytes(method.as_bytes())?).uri(path).header("host", address);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    Ok(sender.send_request(request.body(Full::new(Bytes::from(body.to_owned())))?).await?)
}

/// A watch whose events are read one by one.
pub(crate) struct Watch {
    body: Incoming,
    rest: String,
}

impl Watch {
    pub(crate) async fn open(base: &str, path: &str) -> Self {
        let response = open("GET", base, path, &[], "").await.expect("a watch");
        assert_eq!(response.status().as_u16(), 200);
        Self { body: response.into_body(), rest: String::new() }
    }

    /// The next event, or `None` when the watch ended.
    pub(crate) async fn next(&mut self) -> Option<Value> {
        loop {
            if let Some(end) = self.rest.find('\n') {
                let line: String = self.rest.drain(..=end).collect();
                return Some(serde_json::from_str(&line).expect("an event"));
            }
            let frame = tokio::time::timeout(Duration::from_secs(10), self.body.frame())
                .await
                .expect("an event in time");
            let data = frame?.ok()?.into_data().ok()?;
            self.rest.push_str(std::str::from_utf8(&data).expect("text"));
        }
    }

    /// The next event of a type.
    pub(crate) async fn next_of(&mut self, kind: &str) -> Value {
        loop {
            let event = self.next().await.expect("the watch goes on");
            if event["type"] == kind {
                return event;
            }
        }
    }
}

/// A ConfigMap, the simplest thing to create.
pub(crate) fn config_map(name: &str) -> Value {
    json!({ "apiVersion": "v1", "kind": "ConfigMap", "metadata": { "name": name }, "data": { "a": "1" } })
}
