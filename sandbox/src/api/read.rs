//! Getting and listing objects.

use axum::Json;
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use super::Call;
use super::error::ApiError;
use super::selector::Selector;
use super::table;
use crate::cluster::Cluster;
use crate::world::object::shown;

/// One object.
pub(crate) fn get(cluster: &Cluster, call: &Call) -> Result<Response, ApiError> {
    let target = &call.target;
    let found = cluster.with(|state| call.find(&state.world))?;
    if table::wanted(call) {
        let version = found["metadata"]["resourceVersion"].clone();
        return Ok(Json(table::render(target.kind, &[found], &version)).into_response());
    }
    Ok(Json(shown(target.kind, &found)).into_response())
}

/// A list.
pub(crate) fn list(cluster: &Cluster, call: &Call) -> Result<Response, ApiError> {
    let target = &call.target;
    let selector = selector(call)?;
    let (mut found, version, oldest) = cluster.with(|state| {
        let world = &state.world;
        (world.list(target.kind, target.namespace.as_deref()), world.version(), world.oldest())
    });
    // Only an exact older version can be too old; everything else is served from now.
    if call.query.get("resourceVersionMatch") == "Exact"
        && let Ok(asked) = call.query.get("resourceVersion").parse::<u64>()
        && asked < version
    {
        return Err(ApiError::gone(asked, oldest));
    }
    found.retain(|object| selector.matches(object));
    if table::wanted(call) {
        return Ok(Json(table::render(target.kind, &found, &json!(version.to_string()))).into_response());
    }
    let items: Vec<Value> = found.iter().map(|object| shown(target.kind, object)).collect();
    Ok(Json(json!({
        "kind": format!("{}List", target.kind.kind),
        "apiVersion": target.kind.api_version(),
        "metadata": { "resourceVersion": version.to_string() },
        "items": items,
    }))
    .into_response())
}

/// The selectors of a list or watch; a name in the path selects that one object.
pub(crate) fn selector(call: &Call) -> Result<Selector, ApiError> {
    let mut fields = call.query.get("fieldSelector").to_owned();
    if !call.target.name.is_empty() {
        fields = format!("metadata.name={}", call.target.name);
    }
    Selector::parse(call.query.get("labelSelector"), &fields).map_err(ApiError::bad_request)
}
