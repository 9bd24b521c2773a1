//! One request and its answer, within bounds of size. The answer may be a Secret: nothing of it is ever logged or repeated.

use axum::http::Request;
use http_body_util::{BodyExt as _, LengthLimitError, Limited};
use kube::Client;
use kube::client::Body;
use serde_json::Value;

use super::{Asked, ClusterError};

/// The largest answer about one object, in bytes: more than Kubernetes can store of one.
pub(super) const ONE: usize = 4 * 1024 * 1024;
/// The largest list.
pub(super) const LIST: usize = 32 * 1024 * 1024;

/// Sends a request and reads its answer, at most `most` bytes of it.
pub(super) async fn ask(
    client: &Client,
    request: Request<Vec<u8>>,
    asked: Asked,
    most: usize,
) -> Result<Value, ClusterError> {
    let response = client.send(request.map(Body::from)).await;
    let response = response.map_err(|error| ClusterError::from_kube(&error))?;
    let status = response.status().as_u16();
    let body = collect(response.into_body(), most).await?;
    if !(200..300).contains(&status) {
        return Err(refusal(status, &body, asked));
    }
    // The reason would repeat what was read.
    serde_json::from_slice(&body).map_err(|_| ClusterError::Unreachable("its answer cannot be read".into()))
}

/// What an answer means that says no.
pub(super) fn refusal(status: u16, body: &[u8], asked: Asked) -> ClusterError {
    let said: Value = serde_json::from_slice(body).unwrap_or_default();
    let message = said.get("message").and_then(Value::as_str).unwrap_or_default();
    ClusterError::from_status(status, message, asked)
}

/// Reads a body; one that is too large is not read to its end.
pub(super) async fn collect(body: Body, most: usize) -> Result<Vec<u8>, ClusterError> {
    let mut body = Limited::new(body, most);
    let mut bytes = Vec::new();
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|error| {
            if error.is::<LengthLimitError>() {
                ClusterError::TooLarge(most)
            } else {
                ClusterError::Unreachable("its answer broke off".into())
            }
        })?;
        if let Ok(data) = frame.into_data() {
            bytes.extend_from_slice(&data);
        }
    }
    Ok(bytes)
}
