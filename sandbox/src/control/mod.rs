//! The control endpoint: read and switch the scenario, read what arrived, and a small page for people.

mod page;
mod presets;
mod sinks;

use std::sync::Arc;

use axum::extract::{DefaultBodyLimit, Path, Query, Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::{Html, IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde::Deserialize;
use serde_json::Value;

use crate::cluster::Cluster;
use crate::outside::journal::Received;
use crate::scenario::Scenario;
use crate::world::object;

/// The largest change of the scenario: the lines of a long log fit into it.
const BODY_LIMIT: usize = 8 * 1024 * 1024;

type Shared = State<Arc<Cluster>>;

/// The control routes.
pub(crate) fn router(cluster: Arc<Cluster>) -> Router {
    Router::new()
        .route("/", get(show_page))
        .route("/scenario", get(show).post(change))
        .route("/scenario/{preset}", post(choose))
        .route("/reset", post(reset))
        .route("/compact", post(compact))
        .route("/requests", get(received).delete(forget))
        .route("/inbox/slack", get(slack_inbox))
        .route("/inbox/pagerduty", get(pagerduty_inbox))
        .layer(middleware::from_fn(same_origin))
        .layer(DefaultBodyLimit::max(BODY_LIMIT))
        .with_state(cluster)
}

/// Other pages that are open in the same browser must not switch anything.
async fn same_origin(headers: HeaderMap, request: Request, next: Next) -> Response {
    let text = |name| headers.get(name).and_then(|value| value.to_str().ok());
    let origin = text(header::ORIGIN).map(|origin| origin.split("://").last().unwrap_or_default());
    if origin.is_some_and(|origin| Some(origin) != text(header::HOST)) {
        return (StatusCode::FORBIDDEN, "this page belongs to another origin\n").into_response();
    }
    next.run(request).await
}

async fn show_page(State(cluster): Shared) -> Html<String> {
    Html(cluster.with(|state| page::render(state)))
}

async fn slack_inbox(State(cluster): Shared) -> Html<String> {
    Html(cluster.with(|state| sinks::slack(state)))
}

async fn pagerduty_inbox(State(cluster): Shared) -> Html<String> {
    Html(cluster.with(|state| sinks::pagerduty(state)))
}

async fn show(State(cluster): Shared) -> Json<Scenario> {
    Json(cluster.scenario())
}

/// Merges the given switches into the scenario; what is not named stays, `null` goes back to the default.
async fn change(State(cluster): Shared, Json(change): Json<Value>) -> Response {
    match presets::merged(&cluster.scenario(), &change) {
        Ok(scenario) => {
            switch(&cluster, scenario.clone(), presets::revokes(&change));
            Json(scenario).into_response()
        }
        Err(error) => (StatusCode::UNPROCESSABLE_ENTITY, format!("{error}\n")).into_response(),
    }
}

/// Chooses one of the page's scenarios, from its buttons.
async fn choose(State(cluster): Shared, Path(preset): Path<String>) -> Response {
    let Some(preset) = presets::ALL.iter().find(|one| one.name == preset) else {
        return (StatusCode::NOT_FOUND, "no such scenario\n").into_response();
    };
    match preset.on(&cluster.scenario()) {
        Ok(scenario) => {
            switch(&cluster, scenario, preset.revokes());
            Redirect::to("/").into_response()
        }
        Err(error) => (StatusCode::INTERNAL_SERVER_ERROR, format!("{error}\n")).into_response(),
    }
}

/// What was until now happens under the old scenario first. A key that is revoked once more is any key that there is by now.
fn switch(cluster: &Cluster, scenario: Scenario, revokes: bool) {
    cluster.with(|state| {
        let now = chrono::Utc::now();
        crate::traffic::advance(state, now);
        state.scenario = scenario;
        if revokes {
            state.revoked_at = object::stamp(now);
        }
    });
    cluster.wake();
}

/// Back to a world in which everything works; the images that run now count as the old version.
async fn reset(State(cluster): Shared, headers: HeaderMap) -> Response {
    switch(&cluster, Scenario::default(), false);
    cluster.with(|state| {
        state.baselines.clear();
        state.note_baselines();
    });
    let accepts = headers.get(header::ACCEPT).and_then(|value| value.to_str().ok()).unwrap_or_default();
    if accepts.contains("text/html") {
        Redirect::to("/").into_response()
    } else {
        Json(cluster.scenario()).into_response()
    }
}

/// Forgets the history of changes: every watch gets 410.
async fn compact(State(cluster): Shared) -> StatusCode {
    cluster.with(|state| state.world.compact());
    StatusCode::NO_CONTENT
}

#[derive(Deserialize)]
struct Wanted {
    to: Option<String>,
}

async fn received(State(cluster): Shared, Query(wanted): Query<Wanted>) -> Json<Vec<Received>> {
    Json(cluster.with(|state| state.journal.list(wanted.to.as_deref())))
}

async fn forget(State(cluster): Shared) -> StatusCode {
    cluster.with(|state| state.journal.clear());
    StatusCode::NO_CONTENT
}
