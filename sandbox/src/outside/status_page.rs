//! The vendor's status page in the three shapes that it has had.

use std::sync::Arc;

use axum::extract::{OriginalUri, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use chrono::Utc;
use serde_json::{Value, json};

use crate::cluster::Cluster;
use crate::scenario::{StatusPage, Vendor};
use crate::world::object::stamp;

/// The three known paths; the one of the chosen shape answers.
pub(crate) fn routes() -> Router<Arc<Cluster>> {
    Router::new()
        .route("/api/v2/summary.json", get(answer))
        .route("/api/v1/summary", get(answer))
        .route("/api/status", get(answer))
}

async fn answer(State(cluster): State<Arc<Cluster>>, OriginalUri(uri): OriginalUri) -> Response {
    let scenario = cluster.scenario();
    let incident = scenario.vendor == Vendor::OutageWithNotice;
    let body = match (scenario.status_page, uri.path()) {
        (StatusPage::Statuspage, "/api/v2/summary.json") => statuspage(incident),
        (StatusPage::IncidentIo, "/api/v1/summary") => incident_io(incident),
        (StatusPage::ComponentGroups, "/api/status") => component_groups(incident),
        (StatusPage::Garbage, _) => return "<!doctype html><title>PostHog status</title>".into_response(),
        _ => return (StatusCode::NOT_FOUND, "not found\n").into_response(),
    };
    Json(body).into_response()
}

const TITLE: &str = "Event ingestion is failing";

fn statuspage(incident: bool) -> Value {
    let now = stamp(Utc::now());
    let component = if incident { "major_outage" } else { "operational" };
    let incidents = if incident {
        json!([{
            "id": "sandbox-1", "name": TITLE, "status": "investigating", "impact": "critical",
            "created_at": now, "updated_at": now, "shortlink": "https://status.example/1",
            "incident_updates": [{ "status": "investigating", "body": "We are investigating.", "created_at": now }],
        }])
    } else {
        json!([])
    };
    json!({
        "page": { "id": "sandbox", "name": "PostHog", "url": "https://status.example", "updated_at": now },
        "status": if incident {
            json!({ "indicator": "critical", "description": "Major Service Outage" })
        } else {
            json!({ "indicator": "none", "description": "All Systems Operational" })
        },
        "components": [
            { "id": "c1", "name": "Event and Data Ingestion", "status": component },
            { "id": "c2", "name": "Feature Flags", "status": "operational" },
        ],
        "incidents": incidents,
        "scheduled_maintenances": [],
    })
}

fn incident_io(incident: bool) -> Value {
    let now = stamp(Utc::now());
    let ongoing = if incident {
        json!([{
            "id": "sandbox-1", "name": TITLE, "status": "investigating", "url": "https://status.example/1",
            "last_update_at": now, "last_update_message": "We are investigating.", "current_worst_impact": "full_outage",
            "affected_components": [{ "id": "c1", "name": "Event ingestion", "current_status": "full_outage" }],
        }])
    } else {
        json!([])
    };
    json!({
        "page_title": "PostHog",
        "page_url": "https://status.example",
        "ongoing_incidents": ongoing,
        "in_progress_maintenances": [],
        "scheduled_maintenances": [],
    })
}

fn component_groups(incident: bool) -> Value {
    let status = if incident { "major_outage" } else { "operational" };
    json!({
        "status": status,
        "component_groups": [{
            "name": "US cloud",
            "components": [
                { "name": "Event ingestion", "status": status },
                { "name": "Feature flags", "status": "operational" },
            ],
        }],
    })
}
