//! Discovery: the version, the groups and the resources that the API serves.

use axum::Json;
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use crate::world::kinds::{self, Kind};

const VERBS: [&str; 8] = ["create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"];

/// Answers a discovery path, or nothing if it is another path.
pub(crate) fn answer(path: &str) -> Option<Response> {
    let body = match path.trim_end_matches('/') {
        "/version" => json!({
            "major": "1", "minor": "33", "gitVersion": "v1.33.0+gantry-sandbox", "gitCommit": "", "gitTreeState": "",
            "buildDate": "", "goVersion": "", "compiler": "rustc", "platform": "sandbox",
        }),
        "/healthz" | "/livez" | "/readyz" => return Some("ok".into_response()),
        "/api" => json!({ "kind": "APIVersions", "versions": ["v1"], "serverAddressByClientCIDRs": [] }),
        "/api/v1" => resources("", "v1"),
        "/apis" => json!({
            "kind": "APIGroupList",
            "apiVersion": "v1",
            "groups": GROUPS.map(|(group, versions)| group_of(group, versions)),
        }),
        path => {
            let rest = path.strip_prefix("/apis/")?;
            let (name, version) =
                rest.split_once('/').map_or((rest, None), |(name, version)| (name, Some(version)));
            let (group, versions) = GROUPS.into_iter().find(|(group, _)| *group == name)?;
            match version {
                None => {
                    let mut group = group_of(group, versions);
                    group["kind"] = json!("APIGroup");
                    group["apiVersion"] = json!("v1");
                    group
                }
                Some(version) => resources(group, versions.iter().find(|known| **known == version)?),
            }
        }
    };
    Some(Json(body).into_response())
}

/// Each group with its versions, the preferred one first.
const GROUPS: [(&str, &[&str]); 3] =
    [("apps", &["v1"]), ("autoscaling", &["v2", "v1"]), ("authorization.k8s.io", &["v1"])];

fn group_of(group: &str, versions: &[&str]) -> Value {
    let versions: Vec<Value> = versions
        .iter()
        .map(|version| json!({ "groupVersion": format!("{group}/{version}"), "version": version }))
        .collect();
    json!({ "name": group, "versions": versions, "preferredVersion": versions.first() })
}

fn resources(group: &str, version: &str) -> Value {
    let served = kinds::ALL.into_iter().filter(|kind| kind.group == group && kind.version == version);
    let mut list: Vec<Value> = served.flat_map(entries).collect();
    if group == "authorization.k8s.io" {
        list.push(json!({
            "name": "selfsubjectaccessreviews",
            "singularName": "",
            "namespaced": false,
            "kind": "SelfSubjectAccessReview",
            "verbs": ["create"],
        }));
    }
    let group_version = if group.is_empty() { version.to_owned() } else { format!("{group}/{version}") };
    json!({ "kind": "APIResourceList", "apiVersion": "v1", "groupVersion": group_version, "resources": list })
}

fn entries(kind: &Kind) -> Vec<Value> {
    let mut entry = json!({
        "name": kind.plural,
        "singularName": kind.singular,
        "namespaced": kind.namespaced,
        "kind": kind.kind,
        "verbs": VERBS,
        "shortNames": kind.short,
    });
    if kind.in_all {
        entry["categories"] = json!(["all"]);
    }
    let mut list = vec![entry];
    let mut sub = |name: &str, of: &str, extra: Option<(&str, &str)>, verbs: &[&str]| {
        let mut entry = json!({
            "name": format!("{}/{name}", kind.plural),
            "singularName": "",
            "namespaced": kind.namespaced,
            "kind": of,
            "verbs": verbs,
        });
        if let Some((group, version)) = extra {
            entry["group"] = json!(group);
            entry["version"] = json!(version);
        }
        list.push(entry);
    };
    if kind.status {
        sub("status", kind.kind, None, &["get", "patch", "update"]);
    }
    if kind.scale {
        sub("scale", "Scale", Some(("autoscaling", "v1")), &["get", "patch", "update"]);
    }
    if *kind == kinds::PODS {
        sub("log", "Pod", None, &["get"]);
    }
    list
}
