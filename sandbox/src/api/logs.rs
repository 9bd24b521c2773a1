//! Logs of pods: lines made up from what the pod is living through.

use axum::http::header;
use axum::response::{IntoResponse, Response};

use super::Call;
use super::error::ApiError;
use crate::cluster::Cluster;
use crate::traffic::log_lines;
use crate::world::object;

/// The last lines of a pod's log. As the kubelet does it, the bytes are counted from where the last lines begin: what a
/// limit of them takes away is the end, not the beginning.
pub(crate) fn answer(cluster: &Cluster, call: &Call) -> Result<Response, ApiError> {
    let now = chrono::Utc::now();
    let seconds = call.query.get("sinceSeconds").parse().ok();
    let tail = call.query.get("tailLines").parse().ok();
    let most: Option<usize> = call.query.get("limitBytes").parse().ok();
    let stamps = call.query.flag("timestamps");
    let text = cluster.with(|state| {
        let pod = call.find(&state.world)?;
        let asked = call.query.get("container");
        let known = pod.pointer("/spec/containers").and_then(serde_json::Value::as_array);
        if !asked.is_empty() && !known.into_iter().flatten().any(|one| one["name"] == asked) {
            return Err(ApiError::bad_request(format!(
                "container {asked} is not valid for pod {}",
                object::name(&pod)
            )));
        }
        if object::text(&pod, "/status/phase") == "Pending" {
            return Err(ApiError::bad_request(format!(
                "container \"app\" in pod \"{}\" is waiting to start: ContainerCreating",
                object::name(&pod)
            )));
        }
        Ok(log_lines(state, &pod, now, seconds, tail, stamps))
    })?;
    let mut bytes = text.into_bytes();
    bytes.truncate(most.unwrap_or(usize::MAX));
    Ok(([(header::CONTENT_TYPE, "text/plain; charset=utf-8")], bytes).into_response())
}
