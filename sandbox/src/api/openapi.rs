//! The least OpenAPI that clients need: enough for kubectl to see that the server validates fields itself.

use axum::Json;
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use crate::world::kinds;

/// Answers an OpenAPI path, or nothing if it is another path.
pub(crate) fn answer(path: &str) -> Option<Response> {
    let body = match path {
        "/openapi/v3" => {
            let groups = ["api/v1", "apis/apps/v1", "apis/autoscaling/v2", "apis/autoscaling/v1"];
            let paths: serde_json::Map<String, Value> = groups
                .into_iter()
                .map(|group| {
                    (group.to_owned(), json!({ "serverRelativeURL": format!("/openapi/v3/{group}") }))
                })
                .collect();
            json!({ "paths": paths })
        }
        path => group(path.strip_prefix("/openapi/v3/")?)?,
    };
    Some(Json(body).into_response())
}

fn group(group: &str) -> Option<Value> {
    let (group_name, version) = match group.split('/').collect::<Vec<_>>().as_slice() {
        ["api", version] => ("", (*version).to_owned()),
        ["apis", group, version] => (*group, (*version).to_owned()),
        _ => return None,
    };
    let parameters: Vec<Value> = ["dryRun", "fieldManager", "fieldValidation", "force"]
        .into_iter()
        .map(|name| json!({ "name": name, "in": "query", "schema": { "type": "string" } }))
        .collect();
    let paths: serde_json::Map<String, Value> = kinds::ALL
        .into_iter()
        .filter(|kind| kind.group == group_name && kind.version == version)
        .map(|kind| {
            let namespaced = if kind.namespaced { "namespaces/{namespace}/" } else { "" };
            let gvk = json!({ "group": kind.group, "version": version, "kind": kind.kind });
            let operation = |action: &str| {
                json!({
                    "x-kubernetes-action": action,
                    "x-kubernetes-group-version-kind": gvk,
                    "parameters": parameters,
                    "responses": { "200": { "description": "OK" } },
                })
            };
            (
                format!("/{group}/{namespaced}{}/{{name}}", kind.plural),
                json!({ "get": operation("get"), "patch": operation("patch"), "put": operation("put") }),
            )
        })
        .collect();
    Some(json!({
        "openapi": "3.0.0",
        "info": { "title": "Gantry sandbox", "version": "1" },
        "paths": paths,
        "components": { "schemas": {} },
    }))
}
