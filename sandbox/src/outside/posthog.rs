//! PostHog, as far as the panel asks it: capture, flags, a project, the key's scopes, and the status page.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{Path, Request, State};
use axum::http::{HeaderMap, StatusCode, Uri, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use chrono::Utc;
use serde_json::{Value, json};

use super::status_page;
use crate::cluster::{Cluster, State as Whole};
use crate::scenario::Vendor;
use crate::traffic::relief;
use crate::world::object::stamp;

type Shared = State<Arc<Cluster>>;

/// The vendor's routes. The status page goes on when the rest is down.
pub(crate) fn router(cluster: Arc<Cluster>) -> Router {
    let api = Router::new()
        .route("/i/v0/e/", post(capture))
        .route("/i/v0/e", post(capture))
        .route("/capture/", post(capture))
        .route("/batch/", post(capture))
        .route("/batch", post(capture))
        .route("/flags", post(flags))
        .route("/flags/", post(flags))
        .route("/api/projects/{id}/", get(project))
        .route("/api/personal_api_keys/@current/", get(current_key))
        .layer(middleware::from_fn_with_state(Arc::clone(&cluster), faults));
    Router::new().merge(api).merge(status_page::routes()).with_state(cluster)
}

/// An outage and rate limits concern every endpoint alike.
async fn faults(State(cluster): Shared, request: Request, next: Next) -> Response {
    let scenario = cluster.scenario();
    if scenario.vendor != Vendor::Up {
        return (StatusCode::SERVICE_UNAVAILABLE, "upstream connect error\n").into_response();
    }
    if scenario.posthog.rate_limited {
        let body = json!({
            "type": "throttled_error",
            "code": "throttled",
            "detail": "Request was throttled. Expected available in 20 seconds.",
            "attr": null,
        });
        return (StatusCode::TOO_MANY_REQUESTS, [(header::RETRY_AFTER, "20")], Json(body)).into_response();
    }
    next.run(request).await
}

async fn capture(State(cluster): Shared, uri: Uri, body: Bytes) -> Response {
    cluster.with(|state| {
        let events: Value = serde_json::from_slice(&body).unwrap_or_default();
        let response = if !events.is_object() {
            (StatusCode::BAD_REQUEST, "invalid JSON payload\n").into_response()
        } else if is_revoked(state, &events) || !is_project_key(&events) {
            (StatusCode::UNAUTHORIZED, "API key is not valid: project token is invalid\n").into_response()
        } else if state.scenario.posthog.quota_limited {
            Json(json!({ "status": "Ok", "quota_limited": ["events"] })).into_response()
        } else {
            Json(json!({ "status": "Ok" })).into_response()
        };
        state.journal.note("posthog", uri.path(), &body, response.status().as_u16());
        response
    })
}

/// Whether the key was revoked; one that was put in its place since is good.
fn is_revoked(state: &Whole, body: &Value) -> bool {
    let key = ["api_key", "token"].into_iter().find_map(|field| body[field].as_str());
    state.scenario.key_revoked && !key.is_some_and(|key| relief::is_rewritten(state, key))
}

fn is_project_key(body: &Value) -> bool {
    let key = ["api_key", "token"].into_iter().find_map(|field| body[field].as_str());
    key.is_some_and(|key| key.starts_with("phc_") && key.len() > 4)
}

async fn flags(State(cluster): Shared, uri: Uri, body: Bytes) -> Response {
    cluster.with(|state| {
        let asked: Value = serde_json::from_slice(&body).unwrap_or_default();
        let faults = state.scenario.posthog.clone();
        let response = if asked["distinct_id"].as_str().is_none_or(str::is_empty) {
            let answer = json!({
                "type": "validation_error",
                "code": "missing_distinct_id",
                "detail": "Distinct ID is missing from the request.",
                "attr": null,
            });
            (StatusCode::BAD_REQUEST, Json(answer)).into_response()
        } else if is_revoked(state, &asked) || !is_project_key(&asked) {
            let answer = json!({
                "type": "authentication_error",
                "code": "invalid_api_key",
                "detail": "The provided API key is invalid or has expired.",
                "attr": null,
            });
            (StatusCode::UNAUTHORIZED, Json(answer)).into_response()
        } else {
            let flag = json!({
                "key": "sandbox-flag",
                "enabled": true,
                "variant": null,
                "reason": { "code": "condition_match", "condition_index": 0, "description": "Matched condition set 1" },
                "metadata": { "id": 1, "version": 1, "description": null, "payload": null },
            });
            let mut answer = json!({
                "errorsWhileComputingFlags": faults.flags_fail,
                "flags": { "sandbox-flag": flag },
                "requestId": uuid::Uuid::new_v4().to_string(),
            });
            if faults.quota_limited {
                answer["quotaLimited"] = json!(["feature_flags"]);
                answer["flags"] = json!({});
            }
            Json(answer).into_response()
        };
        state.journal.note("posthog", uri.path(), &body, response.status().as_u16());
        response
    })
}

async fn project(State(cluster): Shared, Path(id): Path<String>, headers: HeaderMap) -> Response {
    let scenario = cluster.scenario();
    if let Some(refused) = refuse_key(scenario.key_revoked, &headers) {
        return refused;
    }
    let scopes = &scenario.posthog.scopes;
    if !scopes.iter().any(|scope| matches!(scope.as_str(), "*" | "project:read" | "project:write")) {
        let answer = json!({
            "type": "authentication_error",
            "code": "permission_denied",
            "detail": "API key missing required scope 'project:read'",
            "attr": null,
        });
        return (StatusCode::FORBIDDEN, Json(answer)).into_response();
    }
    let Ok(id) = id.parse::<u32>() else {
        let answer =
            json!({ "type": "invalid_request", "code": "not_found", "detail": "Not found.", "attr": null });
        return (StatusCode::NOT_FOUND, Json(answer)).into_response();
    };
    Json(json!({ "id": id, "name": "Sandbox", "api_token": "phc_sandbox_project_key", "timezone": "UTC" }))
        .into_response()
}

async fn current_key(State(cluster): Shared, headers: HeaderMap) -> Response {
    let scenario = cluster.scenario();
    if let Some(refused) = refuse_key(scenario.key_revoked, &headers) {
        return refused;
    }
    Json(json!({
        "id": "sandbox",
        "label": "gantry",
        "mask_value": "phx_...abcd",
        "created_at": "2026-01-01T00:00:00Z",
        "last_used_at": stamp(Utc::now()),
        "user_id": 1,
        "scopes": scenario.posthog.scopes,
        "scoped_teams": [1],
        "scoped_organizations": [],
    }))
    .into_response()
}

fn refuse_key(revoked: bool, headers: &HeaderMap) -> Option<Response> {
    let bearer = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let key = bearer.strip_prefix("Bearer ").unwrap_or_default();
    let (code, detail) = if key.is_empty() {
        ("not_authenticated", "Authentication credentials were not provided.")
    } else if revoked || !key.starts_with("phx_") {
        ("authentication_failed", "Invalid personal API key.")
    } else {
        return None;
    };
    let answer = json!({ "type": "authentication_error", "code": code, "detail": detail, "attr": null });
    Some((StatusCode::UNAUTHORIZED, Json(answer)).into_response())
}
