//! A sink for PagerDuty's Events API v2.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::State;
use axum::http::{StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use axum::{Json, Router};
use serde_json::{Value, json};

use super::slack::ordered;
use crate::cluster::Cluster;

const LARGEST: usize = 512 * 1024;

/// The route of events.
pub(crate) fn router(cluster: Arc<Cluster>) -> Router {
    Router::new().route("/v2/enqueue", post(enqueue)).with_state(cluster)
}

async fn enqueue(State(cluster): State<Arc<Cluster>>, uri: Uri, body: Bytes) -> Response {
    let (response, wait) = cluster.with(|state| {
        let ordered = ordered(&mut state.scenario.pagerduty, default_body);
        let response = ordered.unwrap_or_else(|| accept(&body));
        state.journal.note("pagerduty", uri.path(), &body, response.status().as_u16());
        (response, state.scenario.pagerduty.wait())
    });
    tokio::time::sleep(wait).await;
    response
}

fn accept(body: &[u8]) -> Response {
    if body.len() > LARGEST {
        return (StatusCode::PAYLOAD_TOO_LARGE, "event is too large\n").into_response();
    }
    let event: Value = serde_json::from_slice(body).unwrap_or_default();
    let errors = mistakes(&event);
    if !errors.is_empty() {
        let answer =
            json!({ "status": "invalid event", "message": "Event object is invalid", "errors": errors });
        return (StatusCode::BAD_REQUEST, Json(answer)).into_response();
    }
    let key =
        event["dedup_key"].as_str().map_or_else(|| uuid::Uuid::new_v4().simple().to_string(), str::to_owned);
    let answer = json!({ "status": "success", "message": "Event processed", "dedup_key": key });
    (StatusCode::ACCEPTED, Json(answer)).into_response()
}

fn mistakes(event: &Value) -> Vec<String> {
    let mut found = Vec::new();
    if event["routing_key"].as_str().is_none_or(str::is_empty) {
        found.push("'routing_key' is missing or blank".to_owned());
    }
    let action = event["event_action"].as_str().unwrap_or_default();
    if !matches!(action, "trigger" | "acknowledge" | "resolve") {
        found.push("'event_action' must be one of trigger, acknowledge, resolve".to_owned());
    }
    let key = event["dedup_key"].as_str();
    if key.is_some_and(|key| key.len() > 255) {
        found.push("'dedup_key' is longer than 255 characters".to_owned());
    }
    if matches!(action, "acknowledge" | "resolve") && key.is_none() {
        found.push("'dedup_key' is missing or blank".to_owned());
    }
    if action == "trigger" {
        for field in ["summary", "source"] {
            if event["payload"][field].as_str().is_none_or(str::is_empty) {
                found.push(format!("'payload.{field}' is missing or blank"));
            }
        }
        if !matches!(event["payload"]["severity"].as_str(), Some("critical" | "error" | "warning" | "info")) {
            found.push("'payload.severity' must be one of critical, error, warning, info".to_owned());
        }
    }
    found
}

fn default_body(status: u16) -> &'static str {
    match status {
        429 => {
            r#"{"status":"throttle exceeded","message":"Requests for this service are arriving too quickly","errors":["Throttle exceeded"]}"#
        }
        _ => r#"{"status":"error","message":"Internal error"}"#,
    }
}
