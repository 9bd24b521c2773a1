//! A sink for Slack's incoming webhooks.

use std::sync::Arc;

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use serde_json::Value;

use crate::cluster::Cluster;
use crate::scenario::SinkAnswer;

/// The webhook's route; any path under `/services/` is a webhook.
pub(crate) fn router(cluster: Arc<Cluster>) -> Router {
    Router::new().route("/services/{*rest}", post(webhook)).with_state(cluster)
}

async fn webhook(State(cluster): State<Arc<Cluster>>, uri: Uri, body: Bytes) -> Response {
    let (response, wait) = cluster.with(|state| {
        let ordered = ordered(&mut state.scenario.slack, default_body);
        let response = ordered.unwrap_or_else(|| accept(&body));
        state.journal.note("slack", uri.path(), &body, response.status().as_u16());
        (response, state.scenario.slack.wait())
    });
    tokio::time::sleep(wait).await;
    response
}

fn accept(body: &[u8]) -> Response {
    match serde_json::from_slice::<Value>(body) {
        Ok(message)
            if message["text"].is_string()
                || message["blocks"].is_array()
                || message["attachments"].is_array() =>
        {
            "ok".into_response()
        }
        Ok(_) => (StatusCode::BAD_REQUEST, "no_text").into_response(),
        Err(_) => (StatusCode::BAD_REQUEST, "invalid_payload").into_response(),
    }
}

fn default_body(status: u16) -> &'static str {
    match status {
        403 => "action_prohibited",
        404 => "no_active_hooks",
        410 => "channel_is_archived",
        429 => "rate_limited",
        _ => "rollup_error",
    }
}

/// The answer that was switched on for a sink, if one is.
pub(crate) fn ordered(answer: &mut SinkAnswer, body: fn(u16) -> &'static str) -> Option<Response> {
    let status = answer.take()?;
    let code = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let text = answer.body.clone().unwrap_or_else(|| body(status).to_owned());
    let mut response = (code, text).into_response();
    let seconds = answer.retry_after.or((status == 429).then_some(1));
    if let Some(seconds) = seconds {
        response.headers_mut().insert(header::RETRY_AFTER, seconds.into());
    }
    Some(response)
}
