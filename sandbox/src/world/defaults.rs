//! The defaults that the API server fills in, so that two ways of writing the same Deployment compare equal.
//!
//! Only fills what is absent; refusing is for `validate`.

use serde_json::{Value, json};

use super::kinds::{self, Kind};

/// Fills the defaults of an object of this kind.
pub(crate) fn fill(kind: &Kind, object: &mut Value) {
    drop_nulls(object);
    if *kind == kinds::DEPLOYMENTS {
        deployment(&mut object["spec"]);
    } else if *kind == kinds::REPLICA_SETS {
        let spec = &mut object["spec"];
        absent(spec, "replicas", json!(1));
        pod_spec(&mut spec["template"]["spec"]);
    } else if *kind == kinds::PODS {
        pod_spec(&mut object["spec"]);
    } else if *kind == kinds::NAMESPACES {
        let name = object["metadata"]["name"].clone();
        object["metadata"]["labels"]["kubernetes.io/metadata.name"] = name;
        absent(&mut object["spec"], "finalizers", json!(["kubernetes"]));
        object["status"] = json!({ "phase": "Active" });
    } else if *kind == kinds::SECRETS {
        absent(object, "type", json!("Opaque"));
    }
}

fn deployment(spec: &mut Value) {
    absent(spec, "replicas", json!(1));
    absent(spec, "revisionHistoryLimit", json!(10));
    absent(spec, "progressDeadlineSeconds", json!(600));
    for zero in ["minReadySeconds", "paused"] {
        if spec[zero] == json!(0) || spec[zero] == json!(false) {
            remove(spec, zero);
        }
    }
    absent(spec, "strategy", json!({}));
    let strategy = &mut spec["strategy"];
    absent(strategy, "type", json!("RollingUpdate"));
    if strategy["type"] == "RollingUpdate" {
        absent(strategy, "rollingUpdate", json!({}));
        absent(&mut strategy["rollingUpdate"], "maxUnavailable", json!("25%"));
        absent(&mut strategy["rollingUpdate"], "maxSurge", json!("25%"));
    }
    pod_spec(&mut spec["template"]["spec"]);
}

fn pod_spec(spec: &mut Value) {
    absent(spec, "restartPolicy", json!("Always"));
    absent(spec, "terminationGracePeriodSeconds", json!(30));
    absent(spec, "dnsPolicy", json!("ClusterFirst"));
    absent(spec, "securityContext", json!({}));
    absent(spec, "schedulerName", json!("default-scheduler"));
    for list in ["containers", "initContainers"] {
        for container in spec.get_mut(list).and_then(Value::as_array_mut).into_iter().flatten() {
            let image = container["image"].as_str().unwrap_or_default();
            let policy = if image.ends_with(":latest")
                || !image.rsplit('/').next().is_some_and(|last| last.contains(':'))
            {
                "Always"
            } else {
                "IfNotPresent"
            };
            absent(container, "imagePullPolicy", json!(policy));
            absent(container, "terminationMessagePath", json!("/dev/termination-log"));
            absent(container, "terminationMessagePolicy", json!("File"));
            absent(container, "resources", json!({}));
            for port in container.get_mut("ports").and_then(Value::as_array_mut).into_iter().flatten() {
                absent(port, "protocol", json!("TCP"));
            }
            for probe in ["readinessProbe", "livenessProbe", "startupProbe"] {
                if let Some(probe) = container.get_mut(probe) {
                    for (field, value) in [
                        ("timeoutSeconds", 1),
                        ("periodSeconds", 10),
                        ("successThreshold", 1),
                        ("failureThreshold", 3),
                    ] {
                        absent(probe, field, json!(value));
                    }
                    if let Some(get) = probe.get_mut("httpGet") {
                        absent(get, "scheme", json!("HTTP"));
                        absent(get, "path", json!("/"));
                    }
                }
            }
            for env in container.get_mut("env").and_then(Value::as_array_mut).into_iter().flatten() {
                // An empty literal is stored as no value at all.
                if env["value"] == json!("") {
                    remove(env, "value");
                }
            }
        }
    }
}

fn absent(parent: &mut Value, field: &str, default: Value) {
    if !parent.is_object() {
        *parent = json!({});
    }
    if parent.get(field).is_none_or(Value::is_null) {
        parent[field] = default;
    }
}

fn remove(parent: &mut Value, field: &str) {
    if let Value::Object(map) = parent {
        map.remove(field);
    }
}

fn drop_nulls(value: &mut Value) {
    match value {
        Value::Object(map) => {
            map.retain(|_, member| !member.is_null());
            map.values_mut().for_each(drop_nulls);
        }
        Value::Array(elements) => elements.iter_mut().for_each(drop_nulls),
        _ => {}
    }
}
