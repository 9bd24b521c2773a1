//! The integration services over HTTP: metrics and health of each pod, health of each service, and Prometheus' service
//! discovery of them.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use chrono::Utc;
use serde_json::{Value, json};

use super::relief::{self, Relief};
use super::{CODES, Counts, advance, latency, metrics, mix};
use crate::cluster::{Cluster, State as World, image_tag};
use crate::controller::deployment::HASH_LABEL;
use crate::controller::replicaset::ready_since;
use crate::scenario::{Scenario, Vendor};
use crate::world::kinds::{DEPLOYMENTS, PODS};
use crate::world::object::{self, text};

/// The services' routes.
pub(crate) fn router(cluster: Arc<Cluster>) -> Router {
    Router::new()
        .route("/sd", get(discovery))
        .route("/pods/{namespace}/{pod}/metrics", get(pod_metrics))
        .route("/pods/{namespace}/{pod}/health", get(pod_health))
        .route("/services/{namespace}/{deployment}/health", get(service_health))
        .with_state(cluster)
}

async fn pod_metrics(
    State(cluster): State<Arc<Cluster>>,
    Path((namespace, pod)): Path<(String, String)>,
) -> Response {
    cluster.with(|state| {
        advance(state, Utc::now());
        let Some(pod) = ready_pod(state, &namespace, &pod) else {
            return (StatusCode::NOT_FOUND, "no ready pod of that name\n").into_response();
        };
        let empty = Counts::default();
        let counts = state.traffic.of(object::uid(&pod)).unwrap_or(&empty);
        ([(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], metrics::render(counts))
            .into_response()
    })
}

async fn pod_health(
    State(cluster): State<Arc<Cluster>>,
    Path((namespace, pod)): Path<(String, String)>,
) -> Response {
    cluster.with(|state| {
        let Some(pod) = ready_pod(state, &namespace, &pod) else {
            return (StatusCode::NOT_FOUND, "no ready pod of that name\n").into_response();
        };
        let deployment = state.deployment_of(&pod).unwrap_or_default();
        let new = state.is_new(&pod, &deployment);
        health(&state.scenario, new, relief::of(state, &pod), vendor_of(&deployment))
    })
}

async fn service_health(
    State(cluster): State<Arc<Cluster>>,
    Path((namespace, deployment)): Path<(String, String)>,
) -> Response {
    cluster.with(|state| {
        if state.world.get(&DEPLOYMENTS, &namespace, &deployment).is_none() {
            return (StatusCode::NOT_FOUND, "no such service\n").into_response();
        }
        let pods = state.world.list(&PODS, Some(&namespace));
        let pods: Vec<_> = pods
            .into_iter()
            .filter(|pod| is_serving(pod) && state.deployment_of(pod).as_deref() == Some(deployment.as_str()))
            .collect();
        if pods.is_empty() {
            return (StatusCode::SERVICE_UNAVAILABLE, "no ready pod\n").into_response();
        }
        // The service is as well as its worst pod.
        let worst_is_new = pods.iter().any(|pod| state.is_new(pod, &deployment));
        let reliefs: Vec<Relief> = pods.iter().map(|pod| relief::of(state, pod)).collect();
        let least = Relief {
            queue: reliefs.iter().all(|one| one.queue),
            fallback: reliefs.iter().all(|one| one.fallback),
            fresh_key: reliefs.iter().all(|one| one.fresh_key),
        };
        health(&state.scenario, worst_is_new, least, vendor_of(&deployment))
    })
}

/// The health document of an integration.
fn health(scenario: &Scenario, new: bool, relief: Relief, vendor: &str) -> Response {
    let mix = mix(scenario, new, relief);
    let failing = 1.0 - mix.shares[0];
    let refused = scenario.key_revoked && !relief.fresh_key;
    let connected = scenario.vendor == Vendor::Up && !refused && failing < 0.5;
    let well = connected && failing < 0.05 && mix.p99 < 5.0;
    let status = if well { "healthy" } else { "degraded" };
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a latency in milliseconds is small and positive"
    )]
    let millis = (latency::mean(mix.p99) * 1000.0).round() as u64;
    // With its fallback it serves although the vendor is away.
    let code = if connected || relief.fallback { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    let document = json!({
        "status": status,
        "services": { vendor: {
            "status": if well { "healthy" } else if connected { "degraded" } else { "down" },
            "connected": connected,
            "latencyMs": millis,
        } },
    });
    (code, Json(document)).into_response()
}

/// Targets for Prometheus' `http_sd_config`: every ready pod.
async fn discovery(State(cluster): State<Arc<Cluster>>, headers: HeaderMap) -> Json<Vec<Value>> {
    let host =
        headers.get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or("127.0.0.1:4101").to_owned();
    let targets = cluster.with(|state| {
        let pods = state.world.list(&PODS, None);
        let serving = pods.iter().filter(|pod| is_serving(pod));
        serving
            .filter_map(|pod| {
                let deployment = state.deployment_of(pod)?;
                let (namespace, name) = (object::namespace(pod), object::name(pod));
                let new = state.is_new(pod, &deployment);
                Some(json!({
                    "targets": [host],
                    "labels": {
                        "__metrics_path__": format!("/pods/{namespace}/{name}/metrics"),
                        "instance": name,
                        "namespace": namespace,
                        "pod": name,
                        "deployment": deployment,
                        "version": image_tag(text(pod, "/spec/containers/0/image")),
                        "pod_template_hash": pod["metadata"]["labels"][HASH_LABEL],
                        "track": if new { "canary" } else { "stable" },
                    },
                }))
            })
            .collect()
    });
    Json(targets)
}

fn ready_pod(state: &World, namespace: &str, name: &str) -> Option<Arc<Value>> {
    state.world.get(&PODS, namespace, name).filter(|pod| is_serving(pod))
}

fn is_serving(pod: &Value) -> bool {
    ready_since(pod).is_some() && !object::is_terminating(pod)
}

fn vendor_of(deployment: &str) -> &str {
    deployment.strip_suffix("-integration").unwrap_or(deployment)
}

/// That every code has a counter from the start is what the panel's queries build on.
const _: () = assert!(CODES.len() == 6);
