//! The Kubernetes API over HTTP: what a path means, which faults strike, and who answers.

mod access;
mod discovery;
mod error;
mod logs;
mod openapi;
mod patch;
mod query;
mod read;
mod scale;
mod selector;
mod strategic;
mod table;
mod target;
mod watch;
mod write;

use std::sync::Arc;

use axum::Router;
use axum::body::{Bytes, to_bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, Method};
use axum::response::{IntoResponse, Response};
use serde_json::Value;

use self::error::ApiError;
use self::query::Query;
use self::target::Target;
use crate::cluster::Cluster;
use crate::listener::cut_off;
use crate::scenario::Strike;
use crate::world::World;

/// No object of the sandbox comes near; the real limit is 3 MiB.
const BODY_LIMIT: usize = 3 * 1024 * 1024;

/// One request, taken apart.
pub(crate) struct Call {
    pub(crate) target: Target,
    pub(crate) query: Query,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl Call {
    /// Takes a request apart; `None` when its path is no resource's.
    pub(crate) fn new(path: &str, query: &str, headers: HeaderMap, body: Bytes) -> Option<Self> {
        Some(Self { target: Target::parse(path)?, query: Query::parse(query), headers, body })
    }

    /// The object that the call is about.
    fn find(&self, world: &World) -> Result<Arc<Value>, ApiError> {
        let target = &self.target;
        world
            .get(target.kind, target.place(), &target.name)
            .ok_or_else(|| ApiError::not_found(target.kind, &target.name))
    }

    fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    /// Who writes: the field manager, or the program named in the user agent.
    fn manager(&self) -> &str {
        let named = self.query.get("fieldManager");
        if named.is_empty() {
            let agent = self.header("user-agent").split('/').next().unwrap_or_default();
            if agent.is_empty() { "unknown" } else { agent }
        } else {
            named
        }
    }
}

/// The API as a service.
pub(crate) fn router(cluster: Arc<Cluster>) -> Router {
    Router::new().fallback(answer).with_state(cluster)
}

async fn answer(State(cluster): State<Arc<Cluster>>, request: Request) -> Response {
    let (head, body) = request.into_parts();
    let path = head.uri.path().to_owned();
    if let Some(response) = strike(&cluster).await {
        return response;
    }
    let Ok(body) = to_bytes(body, BODY_LIMIT).await else {
        return ApiError::bad_request("the body is too large or was cut off").into_response();
    };
    if head.method == Method::GET
        && let Some(response) = discovery::answer(&path).or_else(|| openapi::answer(&path))
    {
        return response;
    }
    if path.starts_with("/apis/authorization.k8s.io/v1/") {
        return access::answer(&cluster, &path, &body).unwrap_or_else(IntoResponse::into_response);
    }
    let query = head.uri.query().unwrap_or_default();
    let Some(call) = Call::new(&path, query, head.headers, body) else {
        return ApiError::no_such_path().into_response();
    };
    let verb = call.target.verb(&head.method, &call.query);
    let refused = refuse(&cluster, &call, verb);
    let strike = if refused.is_ok() { struck(&cluster, &call, verb) } else { None };
    let answered = match (refused, &strike) {
        (Err(error), _) => Err(error),
        (Ok(()), Some(strike)) if !strike.after => Ok(Response::default()),
        (Ok(()), _) => dispatch(&cluster, &call, verb),
    };
    match strike {
        None => answered.unwrap_or_else(IntoResponse::into_response),
        Some(strike) if strike.status == 0 => cut_off(),
        Some(strike) => ApiError::of(strike.status, call.target.kind, &call.target.name).into_response(),
    }
}

/// The strike that was ordered for a request like this, if any.
fn struck(cluster: &Cluster, call: &Call, verb: &str) -> Option<Strike> {
    let resource = call.target.resource();
    cluster.with(|state| {
        state
            .scenario
            .cluster
            .strikes
            .iter_mut()
            .find_map(|strike| strike.hits(verb, &resource).then(|| strike.clone()))
    })
}

/// Carries a call out.
pub(crate) fn dispatch(cluster: &Arc<Cluster>, call: &Call, verb: &str) -> Result<Response, ApiError> {
    let target = &call.target;
    match (target.subresource.as_str(), verb) {
        ("" | "status", "get") => read::get(cluster, call),
        ("", "list") => read::list(cluster, call),
        ("", "watch") => watch::open(cluster, call),
        ("", "create") => write::create(cluster, call),
        ("" | "status", "update") => write::update(cluster, call),
        ("" | "status", "patch") => patch::patch(cluster, call),
        ("", "delete") => write::delete(cluster, call),
        ("", "deletecollection") => write::delete_collection(cluster, call),
        ("log", "get") if target.kind.plural == "pods" => logs::answer(cluster, call),
        ("scale", _) if target.kind.scale => scale::answer(cluster, call, verb),
        ("" | "status" | "scale", _) => Err(ApiError::method_not_allowed()),
        _ => Err(ApiError::no_such_path()),
    }
}

/// Faults that strike before anybody looks at the request.
async fn strike(cluster: &Cluster) -> Option<Response> {
    let (faults, count) = cluster.with(|state| {
        state.counters.requests += 1;
        (state.scenario.cluster.clone(), state.counters.requests)
    });
    if faults.latency_ms > 0 {
        tokio::time::sleep(std::time::Duration::from_millis(faults.latency_ms)).await;
    }
    if faults.reset_every > 0 && count.is_multiple_of(faults.reset_every) {
        return Some(cut_off());
    }
    if faults.throttle_every > 0 && count.is_multiple_of(faults.throttle_every) {
        return Some(ApiError::too_many().into_response());
    }
    None
}

/// Faults that depend on what is asked for.
fn refuse(cluster: &Cluster, call: &Call, verb: &str) -> Result<(), ApiError> {
    let target = &call.target;
    let resource = target.resource();
    cluster.with(|state| {
        let faults = &state.scenario.cluster;
        if faults.forbidden.iter().any(|rule| rule.covers(verb, &resource)) {
            let namespace = target.namespace.as_deref();
            return Err(ApiError::forbidden(verb, &resource, target.kind.group, namespace, &target.name));
        }
        if matches!(verb, "update" | "patch") && faults.conflict_every > 0 {
            state.counters.writes += 1;
            if state.counters.writes.is_multiple_of(faults.conflict_every) {
                return Err(ApiError::conflict(target.kind, &target.name));
            }
        }
        Ok(())
    })
}
