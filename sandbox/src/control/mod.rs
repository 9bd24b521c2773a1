//! The control endpoint: read and switch the scenario.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde_json::Value;

use crate::cluster::Cluster;
use crate::scenario::Scenario;

/// The control routes.
pub(crate) fn router(cluster: Arc<Cluster>) -> Router {
    Router::new().route("/scenario", get(show).post(change)).route("/reset", post(reset)).with_state(cluster)
}

async fn show(State(cluster): State<Arc<Cluster>>) -> Json<Scenario> {
    Json(cluster.scenario())
}

/// Merges the given switches into the scenario; what is not named stays, `null` goes back to the default.
async fn change(State(cluster): State<Arc<Cluster>>, Json(change): Json<Value>) -> Response {
    match merged(&cluster.scenario(), &change) {
        Ok(scenario) => {
            cluster.with(|state| {
                crate::traffic::advance(state, chrono::Utc::now());
                state.scenario = scenario.clone();
            });
            cluster.wake();
            Json(scenario).into_response()
        }
        Err(error) => (StatusCode::UNPROCESSABLE_ENTITY, format!("{error}\n")).into_response(),
    }
}

fn merged(current: &Scenario, change: &Value) -> Result<Scenario, serde_json::Error> {
    let mut value = serde_json::to_value(current)?;
    json_patch::merge(&mut value, change);
    serde_json::from_value(value)
}

async fn reset(State(cluster): State<Arc<Cluster>>) -> Json<Scenario> {
    cluster.with(|state| {
        crate::traffic::advance(state, chrono::Utc::now());
        state.scenario = Scenario::default();
        state.baselines.clear();
    });
    cluster.wake();
    Json(cluster.scenario())
}
