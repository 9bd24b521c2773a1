//! The four kinds of patches: merge, JSON, strategic merge, and server-side apply.

use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use chrono::Utc;
use serde_json::{Value, json};

use super::error::ApiError;
use super::{Call, strategic, write};
use crate::cluster::Cluster;
use crate::world::kinds::NAMESPACES;
use crate::world::object::{self, text};
use crate::world::owners::{self, Writer};

/// Patches an object, or its status.
pub(crate) fn patch(cluster: &Cluster, call: &Call) -> Result<Response, ApiError> {
    let media = call.header("content-type").split(';').next().unwrap_or_default().trim().to_owned();
    if media == "application/apply-patch+yaml" || media == "application/apply-patch+json" {
        return apply(cluster, call);
    }
    let change: Value =
        serde_json::from_slice(&call.body).map_err(|error| ApiError::bad_request(error.to_string()))?;
    let stored = cluster.with(|state| {
        let live = call.find(&state.world)?;
        let patched = changed(&media, &live, &change)?;
        let next = write::succeed(call, &live, patched)?;
        Ok::<_, ApiError>(write::commit(state, call, next))
    })?;
    Ok(Json(stored).into_response())
}

/// The object after a patch of a media type.
pub(crate) fn changed(media: &str, live: &Value, change: &Value) -> Result<Value, ApiError> {
    let mut patched = live.clone();
    match media {
        "application/merge-patch+json" => {
            json_patch::merge(&mut patched, change);
        }
        "application/json-patch+json" => {
            let steps: json_patch::Patch = serde_json::from_value(change.clone())
                .map_err(|error| ApiError::bad_request(error.to_string()))?;
            json_patch::patch(&mut patched, &steps).map_err(|error| {
                ApiError::bad_request(format!("the server rejected our request: {error}"))
            })?;
        }
        "application/strategic-merge-patch+json" => strategic::merge(&mut patched, change),
        other => return Err(ApiError::unsupported_media_type(other)),
    }
    Ok(patched)
}

fn apply(cluster: &Cluster, call: &Call) -> Result<Response, ApiError> {
    let target = &call.target;
    if call.query.get("fieldManager").is_empty() {
        return Err(ApiError::bad_request(
            "PatchOptions.meta.k8s.io \"\" is invalid: fieldManager: Required value: is required for apply patch",
        ));
    }
    let mut config = write::parse(call)?;
    write::check_identity(call, &mut config)?;
    if !config["metadata"]["managedFields"].is_null() {
        return Err(ApiError::bad_request("metadata.managedFields must be nil"));
    }
    for (field, wanted) in [("apiVersion", target.kind.api_version()), ("kind", target.kind.kind.to_owned())]
    {
        if text(&config, &format!("/{field}")) != wanted {
            return Err(ApiError::bad_request(format!(
                "the {field} of the applied object must be {wanted:?}"
            )));
        }
    }
    let now = Utc::now();
    let writer = Writer { manager: call.query.get("fieldManager"), now };
    let force = call.query.flag("force");
    let version = config["metadata"]["resourceVersion"].clone();
    let (code, stored) = cluster.with(|state| {
        let Some(live) = state.world.get(target.kind, target.place(), &target.name) else {
            if !version.is_null() {
                return Err(ApiError::conflict(target.kind, &target.name));
            }
            if target.kind.namespaced && state.world.get(&NAMESPACES, "", target.place()).is_none() {
                return Err(ApiError::not_found(&NAMESPACES, target.place()));
            }
            let mut base = json!({ "metadata": { "name": target.name } });
            if target.kind.namespaced {
                base["metadata"]["namespace"] = json!(target.place());
            }
            object::stamp_new(target.kind, &mut base, now);
            let mut object = owners::apply(&base, &config, force, writer)
                .map_err(|conflicts| ApiError::apply_conflict(target.kind, &target.name, &conflicts))?;
            write::admit(target.kind, &mut object, None)?;
            return Ok((StatusCode::CREATED, write::commit(state, call, object)));
        };
        let mut merged = if call.target.subresource == "status" {
            let mut merged = (*live).clone();
            json_patch::merge(&mut merged["status"], &config["status"]);
            merged
        } else {
            owners::apply(&live, &config, force, writer)
                .map_err(|conflicts| ApiError::apply_conflict(target.kind, &target.name, &conflicts))?
        };
        merged["metadata"]["resourceVersion"] = version;
        let next = write::carry_over(call, &live, merged)?;
        // Applying what is there already makes no new version: only the time of the entry would change.
        let next = if same_but_times(&live, &next) { (*live).clone() } else { next };
        Ok((StatusCode::OK, write::commit(state, call, next)))
    })?;
    Ok((code, Json(stored)).into_response())
}

fn same_but_times(one: &Value, other: &Value) -> bool {
    let strip = |object: &Value| {
        let mut object = object.clone();
        let entries = object.pointer_mut("/metadata/managedFields").and_then(Value::as_array_mut);
        for entry in entries.into_iter().flatten() {
            entry["time"] = Value::Null;
        }
        object
    };
    strip(one) == strip(other)
}
