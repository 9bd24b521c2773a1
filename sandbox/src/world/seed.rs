//! What stands in the cluster when the sandbox starts: the demo's two integrations in staging and production.

use chrono::Utc;
use serde_json::{Value, json};

use super::kinds::{DEPLOYMENTS, Kind, NAMESPACES, SECRETS};
use super::owners::{self, Writer};
use super::{defaults, object};
use crate::cluster::Cluster;

/// The namespace of production.
pub(crate) const PRODUCTION: &str = "integrations";
/// The namespace of staging.
pub(crate) const STAGING: &str = "integrations-staging";

/// A Deployment of an integration service as the demo has it.
pub(crate) fn deployment(namespace: &str, name: &str, vendor: &str, replicas: u32, image: &str) -> Value {
    let variable = |name: &str| format!("{}_{name}", vendor.to_uppercase());
    json!({
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {
            "name": name,
            "namespace": namespace,
            "labels": { "app": name },
            "annotations": { "kubernetes.io/change-cause": format!("first release, {image}") },
        },
        "spec": {
            "replicas": replicas,
            "selector": { "matchLabels": { "app": name } },
            "template": {
                "metadata": { "labels": { "app": name } },
                "spec": {
                    "containers": [{
                        "name": "app",
                        "image": image,
                        "ports": [
                            { "name": "http", "containerPort": 8080 },
                            { "name": "health", "containerPort": 8081 },
                        ],
                        "env": [
                            { "name": variable("API_KEY"), "valueFrom": { "secretKeyRef": {
                                "name": format!("{vendor}-credentials"), "key": "api-key" } } },
                            { "name": variable("WEBHOOK_URL"),
                                "value": format!("https://hooks.example/{vendor}/events") },
                            { "name": variable("WEBHOOK_SECRET"), "valueFrom": { "secretKeyRef": {
                                "name": format!("{vendor}-credentials"), "key": "webhook-secret" } } },
                            { "name": "HEALTH_PORT", "value": "8081" },
                            { "name": "RATE_LIMIT_MODE", "value": "reject" },
                        ],
                        "readinessProbe": { "httpGet": { "path": "/health", "port": 8081 } },
                    }],
                },
            },
        },
    })
}

/// A Secret with an integration's keys. The values are made up and look it.
pub(crate) fn secret(namespace: &str, vendor: &str) -> Value {
    json!({
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": { "name": format!("{vendor}-credentials"), "namespace": namespace },
        "type": "Opaque",
        // base64 of "phc_sandbox_project_key" and "whsec_sandbox"
        "data": { "api-key": "cGhjX3NhbmRib3hfcHJvamVjdF9rZXk=", "webhook-secret": "d2hzZWNfc2FuZGJveA==" },
    })
}

/// A namespace.
pub(crate) fn namespace(name: &str) -> Value {
    json!({ "apiVersion": "v1", "kind": "Namespace", "metadata": { "name": name } })
}

/// Puts the first objects into a cluster: the namespaces that every cluster has, and unless it is to stay empty the
/// demo's integrations.
pub(crate) fn plant(cluster: &Cluster, empty: bool) {
    let now = Utc::now();
    cluster.with(|state| {
        let mut put = |kind: &Kind, mut object: Value| {
            object::stamp_new(kind, &mut object, now);
            defaults::fill(kind, &mut object);
            owners::record_update(None, &mut object, Writer { manager: "kubectl-client-side-apply", now });
            state.world.put(kind, object);
        };
        for name in ["default", "kube-system"] {
            put(&NAMESPACES, namespace(name));
        }
        if empty {
            return;
        }
        for (place, posthog, clay) in [(PRODUCTION, 10, 3), (STAGING, 1, 1)] {
            put(&NAMESPACES, namespace(place));
            for (vendor, replicas, image) in [
                ("posthog", posthog, "registry.example/posthog-integration:v2.4.1"),
                ("clay", clay, "registry.example/clay-integration:v1.8.0"),
            ] {
                put(&SECRETS, secret(place, vendor));
                put(
                    &DEPLOYMENTS,
                    deployment(place, &format!("{vendor}-integration"), vendor, replicas, image),
                );
            }
        }
    });
}
