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
    let mut review = match body.strip_prefix(b"k8s\0") {
        Some(body) => {
            from_protobuf(body).ok_or_else(|| ApiError::bad_request("the review cannot be decoded"))?
        }
        None => serde_json::from_slice(body).map_err(|error| ApiError::bad_request(error.to_string()))?,
    };
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

/// Reads a review in the API's protobuf form, the only one in which `kubectl auth can-i` asks.
fn from_protobuf(body: &[u8]) -> Option<Value> {
    // An envelope with the object in field 2; its spec in field 2; the resource's attributes in field 1.
    let attributes = field(field(field(body, 2)?, 2)?, 1)?;
    let mut asked = json!({});
    for (number, name) in [
        (1, "namespace"),
        (2, "verb"),
        (3, "group"),
        (4, "version"),
        (5, "resource"),
        (6, "subresource"),
        (7, "name"),
    ] {
        asked[name] = json!(std::str::from_utf8(field(attributes, number).unwrap_or_default()).ok()?);
    }
    Some(json!({
        "kind": "SelfSubjectAccessReview",
        "apiVersion": "authorization.k8s.io/v1",
        "metadata": {},
        "spec": { "resourceAttributes": asked },
    }))
}

/// The bytes of a length-delimited field of a protobuf message.
fn field(mut message: &[u8], wanted: u64) -> Option<&[u8]> {
    while !message.is_empty() {
        let tag = varint(&mut message)?;
        match tag & 7 {
            0 => {
                varint(&mut message)?;
            }
            2 => {
                let length = usize::try_from(varint(&mut message)?).ok()?;
                let (bytes, rest) = message.split_at_checked(length)?;
                if tag >> 3 == wanted {
                    return Some(bytes);
                }
                message = rest;
            }
            _ => return None,
        }
    }
    None
}

fn varint(message: &mut &[u8]) -> Option<u64> {
    let mut value = 0_u64;
    for shift in (0..64).step_by(7) {
        let (byte, rest) = message.split_first()?;
        *message = rest;
        value |= u64::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return Some(value);
        }
    }
    None
}
