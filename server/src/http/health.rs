//! Whether the program lives, whether it can work, and the same document that an integration gives about itself.

use std::time::Instant;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde_json::{Value, json};

use super::App;

/// It answers.
pub(super) async fn alive() -> &'static str {
    "alive\n"
}

/// It can serve pages.
pub(super) async fn ready(State(app): State<App>) -> (StatusCode, &'static str) {
    if app.stop.is_cancelled() {
        return (StatusCode::SERVICE_UNAVAILABLE, "stopping\n");
    }
    match app.db.ping().await {
        Ok(()) => (StatusCode::OK, "ready\n"),
        Err(_) => (StatusCode::SERVICE_UNAVAILABLE, "the database cannot be reached\n"),
    }
}

/// The health document of the panel itself.
pub(super) async fn document(State(app): State<App>) -> (StatusCode, Json<Value>) {
    let asked = Instant::now();
    let connected = app.db.ping().await.is_ok();
    let latency = u64::try_from(asked.elapsed().as_millis()).unwrap_or(u64::MAX);
    let (status, word) =
        if connected { (StatusCode::OK, "healthy") } else { (StatusCode::SERVICE_UNAVAILABLE, "degraded") };
    let document = json!({
        "status": word,
        "services": {
            "postgres": { "status": if connected { "healthy" } else { "down" }, "connected": connected, "latencyMs": latency }
        }
    });
    (status, Json(document))
}
