//! Refusals of the Kubernetes API, as the `Status` objects that clients know how to read.

use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use crate::world::kinds::Kind;
use crate::world::owners::{self, Conflict};
use crate::world::validate::Invalid;

/// A refusal with its HTTP status.
#[derive(Debug)]
pub(crate) struct ApiError {
    code: StatusCode,
    reason: &'static str,
    message: String,
    details: Value,
    retry_after: Option<u64>,
}

impl ApiError {
    fn new(code: StatusCode, reason: &'static str, message: String, details: Value) -> Self {
        Self { code, reason, message, details, retry_after: None }
    }

    /// 404 for an object.
    pub(crate) fn not_found(kind: &Kind, name: &str) -> Self {
        let message = format!("{} \"{name}\" not found", kind.qualified());
        Self::new(StatusCode::NOT_FOUND, "NotFound", message, details(kind, name))
    }

    /// 404 for a path.
    pub(crate) fn no_such_path() -> Self {
        let message = "the server could not find the requested resource".to_owned();
        Self::new(StatusCode::NOT_FOUND, "NotFound", message, json!({}))
    }

    /// 405.
    pub(crate) fn method_not_allowed() -> Self {
        let message = "the server does not allow this method on the requested resource".to_owned();
        Self::new(StatusCode::METHOD_NOT_ALLOWED, "MethodNotAllowed", message, json!({}))
    }

    /// 409 for an object that is there already.
    pub(crate) fn exists(kind: &Kind, name: &str) -> Self {
        let message = format!("{} \"{name}\" already exists", kind.qualified());
        Self::new(StatusCode::CONFLICT, "AlreadyExists", message, details(kind, name))
    }

    /// 409 for a write on an older version.
    pub(crate) fn conflict(kind: &Kind, name: &str) -> Self {
        let message = format!(
            "Operation cannot be fulfilled on {} \"{name}\": the object has been modified; please apply your changes to the latest version and try again",
            kind.qualified()
        );
        Self::new(StatusCode::CONFLICT, "Conflict", message, details(kind, name))
    }

    /// 409 for a server-side apply of fields that others own.
    pub(crate) fn apply_conflict(kind: &Kind, name: &str, conflicts: &[Conflict]) -> Self {
        let api_version = kind.api_version();
        let mut details = details(kind, name);
        details["causes"] = conflicts
            .iter()
            .map(|conflict| {
                json!({
                    "reason": "FieldManagerConflict",
                    "message": format!("conflict with \"{}\" using {api_version}", conflict.manager),
                    "field": conflict.field,
                })
            })
            .collect();
        Self::new(StatusCode::CONFLICT, "Conflict", owners::describe(conflicts, &api_version), details)
    }

    /// 422.
    pub(crate) fn invalid(kind: &Kind, name: &str, found: &[Invalid]) -> Self {
        let said: Vec<String> = found.iter().map(|one| format!("{}: {}", one.field, one.message)).collect();
        let listed = if said.len() == 1 { said.concat() } else { format!("[{}]", said.join(", ")) };
        let title = if kind.group.is_empty() {
            kind.kind.to_owned()
        } else {
            format!("{}.{}", kind.kind, kind.group)
        };
        let mut details = json!({ "name": name, "group": kind.group, "kind": kind.kind });
        details["causes"] = found
            .iter()
            .map(|one| json!({ "reason": one.reason, "message": one.message, "field": one.field }))
            .collect();
        let message = format!("{title} \"{name}\" is invalid: {listed}");
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, "Invalid", message, details)
    }

    /// 400.
    pub(crate) fn bad_request(message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "BadRequest", message.into(), json!({}))
    }

    /// 415.
    pub(crate) fn unsupported_media_type(found: &str) -> Self {
        let message = format!(
            "the body of the request was in an unknown format - accepted media types include: application/json-patch+json, application/merge-patch+json, application/strategic-merge-patch+json, application/apply-patch+yaml; got {found:?}"
        );
        Self::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "UnsupportedMediaType", message, json!({}))
    }

    /// 403, in the words of the real authoriser.
    pub(crate) fn forbidden(
        verb: &str,
        resource: &str,
        group: &str,
        namespace: Option<&str>,
        name: &str,
    ) -> Self {
        let qualified = if group.is_empty() {
            resource.split('/').next().unwrap_or(resource).to_owned()
        } else {
            format!("{}.{group}", resource.split('/').next().unwrap_or(resource))
        };
        let which = if name.is_empty() { String::new() } else { format!(" \"{name}\"") };
        let place = namespace.map_or_else(
            || " at the cluster scope".to_owned(),
            |namespace| format!(" in the namespace \"{namespace}\""),
        );
        let message = format!(
            "{qualified}{which} is forbidden: User \"gantry\" cannot {verb} resource \"{resource}\" in API group \"{group}\"{place}"
        );
        let details = json!({ "name": name, "group": group, "kind": resource });
        Self::new(StatusCode::FORBIDDEN, "Forbidden", message, details)
    }

    /// 410 for a version that is no longer known.
    pub(crate) fn gone(asked: u64, oldest: u64) -> Self {
        let message = format!("too old resource version: {asked} ({oldest})");
        Self::new(StatusCode::GONE, "Expired", message, json!({}))
    }

    /// 429.
    pub(crate) fn too_many() -> Self {
        let message =
            "the server has received too many requests and has asked us to try again later".to_owned();
        let mut error = Self::new(
            StatusCode::TOO_MANY_REQUESTS,
            "TooManyRequests",
            message,
            json!({ "retryAfterSeconds": 1 }),
        );
        error.retry_after = Some(1);
        error
    }

    /// Any status, for faults that are switched on.
    pub(crate) fn of(code: u16, kind: &Kind, name: &str) -> Self {
        match code {
            404 => Self::not_found(kind, name),
            409 => Self::conflict(kind, name),
            410 => Self::gone(0, 0),
            429 => Self::too_many(),
            _ => {
                let code = StatusCode::from_u16(code).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
                let reason = match code {
                    StatusCode::UNAUTHORIZED => "Unauthorized",
                    StatusCode::SERVICE_UNAVAILABLE => "ServiceUnavailable",
                    StatusCode::GATEWAY_TIMEOUT => "Timeout",
                    _ => "InternalError",
                };
                let message = code.canonical_reason().unwrap_or("the sandbox was told to fail").to_owned();
                Self::new(code, reason, message, json!({}))
            }
        }
    }

    /// The `Status` object.
    pub(crate) fn status(&self) -> Value {
        json!({
            "kind": "Status",
            "apiVersion": "v1",
            "metadata": {},
            "status": "Failure",
            "message": self.message,
            "reason": self.reason,
            "details": self.details,
            "code": self.code.as_u16(),
        })
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let mut response = (self.code, Json(self.status())).into_response();
        if let Some(seconds) = self.retry_after {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        response
    }
}

fn details(kind: &Kind, name: &str) -> Value {
    json!({ "name": name, "group": kind.group, "kind": kind.plural })
}
