//! The scale subresource of Deployments and ReplicaSets.

use axum::Json;
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use super::error::ApiError;
use super::{Call, patch, write};
use crate::cluster::Cluster;
use crate::world::object::{int, text};

/// Reads or writes a scale.
pub(crate) fn answer(cluster: &Cluster, call: &Call, verb: &str) -> Result<Response, ApiError> {
    let target = &call.target;
    let scale = cluster.with(|state| {
        let live = call.find(&state.world)?;
        let wanted = match verb {
            "get" => return Ok(scale_of(&live)),
            "update" => write::parse(call)?,
            "patch" => {
                let change = write::parse(call)?;
                let media = call.header("content-type").split(';').next().unwrap_or_default();
                patch::changed(media, &scale_of(&live), &change)?
            }
            _ => return Err(ApiError::method_not_allowed()),
        };
        let version = text(&wanted, "/metadata/resourceVersion");
        if !version.is_empty() && version != text(&live, "/metadata/resourceVersion") {
            return Err(ApiError::conflict(target.kind, &target.name));
        }
        let replicas = int(&wanted, "/spec/replicas").unwrap_or(0);
        if int(&live, "/spec/replicas") == Some(replicas) {
            return Ok(scale_of(&live));
        }
        let mut next = (*live).clone();
        next["spec"]["replicas"] = json!(replicas);
        let next = write::succeed(call, &live, next)?;
        Ok(scale_of(&write::commit(state, call, next)))
    })?;
    Ok(Json(scale).into_response())
}

fn scale_of(object: &Value) -> Value {
    let labels = object.pointer("/spec/selector/matchLabels").and_then(Value::as_object);
    let selector: Vec<String> = labels
        .into_iter()
        .flatten()
        .map(|(key, value)| format!("{key}={}", value.as_str().unwrap_or_default()))
        .collect();
    let mut meta = json!({});
    for field in ["name", "namespace", "uid", "resourceVersion", "creationTimestamp"] {
        meta[field] = object["metadata"][field].clone();
    }
    json!({
        "kind": "Scale",
        "apiVersion": "autoscaling/v1",
        "metadata": meta,
        "spec": { "replicas": int(object, "/spec/replicas").unwrap_or(0) },
        "status": { "replicas": int(object, "/status/replicas").unwrap_or(0), "selector": selector.join(",") },
    })
}
