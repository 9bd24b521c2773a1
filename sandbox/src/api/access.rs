//! `SelfSubjectAccessReview`: may I? Answered from the same rules by which requests are forbidden.

use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use super::error::ApiError;
use crate::cluster::Cluster;

/// Answers a review.
pub(crate) fn answer(cluster: &Cluster, path: &str, body: &[u8]) -> Result<Response, ApiError> {
    if !path.ends_with("/selfsubjectaccessreviews") {
        return Err(ApiError::no_such_path());
    }
    let mut review: Value =
        serde_json::from_slice(body).map_err(|error| ApiError::bad_request(error.to_string()))?;
    let asked = &review["spec"]["resourceAttributes"];
    let part = |field: &str| asked[field].as_str().unwrap_or_default().to_owned();
    let resource = match part("subresource").as_str() {
        "" => part("resource"),
        sub => format!("{}/{sub}", part("resource")),
    };
    let verb = part("verb");
    let denied = cluster.scenario().cluster.forbidden.iter().any(|rule| rule.covers(&verb, &resource));
    review["status"] = if denied {
        json!({ "allowed": false, "reason": format!("the sandbox forbids {verb} on {resource}") })
    } else {
        json!({ "allowed": true })
    };
    Ok((StatusCode::CREATED, Json(review)).into_response())
}
