//! The manifests in `deploy/` are what Kubernetes understands, and ask for no more than the panel uses.
#![expect(clippy::unwrap_used, reason = "a test ends at the first surprise")]

use std::{fs, path::Path};

use k8s_openapi::api::{
    apps::v1::Deployment,
    core::v1::{ConfigMap, Namespace, Service, ServiceAccount},
    policy::v1::PodDisruptionBudget,
    rbac::v1::{Role, RoleBinding},
};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;

fn manifests() -> Vec<Value> {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("../deploy/kubernetes");
    let mut files: Vec<_> = fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    let texts = files.iter().map(|file| fs::read_to_string(file).unwrap());
    texts.flat_map(|text| serde_saphyr::from_multiple::<Value>(&text).unwrap()).collect()
}

fn the_one<T: DeserializeOwned>(kind: &str) -> T {
    let mut found = manifests().into_iter().filter(|manifest| manifest["kind"] == kind);
    let manifest = found.next().unwrap();
    assert!(found.next().is_none(), "more than one {kind}");
    serde_json::from_value(manifest).unwrap()
}

/// What Kubernetes' own types keep of a manifest.
fn through<T: DeserializeOwned + Serialize>(manifest: &Value) -> Value {
    serde_json::to_value(serde_json::from_value::<T>(manifest.clone()).unwrap()).unwrap()
}

/// The first path in `wanted` that `kept` does not have.
fn lost(wanted: &Value, kept: &Value, path: &str) -> Option<String> {
    match (wanted, kept) {
        (Value::Object(wanted), Value::Object(kept)) => wanted.iter().find_map(|(name, value)| {
            let path = format!("{path}.{name}");
            kept.get(name).map_or_else(|| Some(path.clone()), |kept| lost(value, kept, &path))
        }),
        (Value::Array(wanted), Value::Array(kept)) => {
            wanted.iter().zip(kept).find_map(|(wanted, kept)| lost(wanted, kept, path))
        }
        _ => (wanted != kept).then(|| path.to_owned()),
    }
}

#[test]
fn every_field_of_every_manifest_is_one_that_kubernetes_knows() {
    for manifest in manifests() {
        let kept = match manifest["kind"].as_str().unwrap() {
            "ConfigMap" => through::<ConfigMap>(&manifest),
            "Deployment" => through::<Deployment>(&manifest),
            "Namespace" => through::<Namespace>(&manifest),
            "PodDisruptionBudget" => through::<PodDisruptionBudget>(&manifest),
            "Role" => through::<Role>(&manifest),
            "RoleBinding" => through::<RoleBinding>(&manifest),
            "Service" => through::<Service>(&manifest),
            "ServiceAccount" => through::<ServiceAccount>(&manifest),
            "Kustomization" => continue,
            other => unreachable!("no test knows a {other}"),
        };
        assert_eq!(lost(&manifest, &kept, manifest["kind"].as_str().unwrap()), None);
    }
}

#[test]
fn every_manifest_is_listed_for_kustomize() {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("../deploy/kubernetes");
    let text = fs::read_to_string(dir.join("kustomization.yaml")).unwrap();
    for entry in fs::read_dir(dir).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        assert!(
            name == "kustomization.yaml" || text.contains(&format!("- {name}\n")),
            "{name} is not listed"
        );
    }
}

#[test]
fn the_panel_runs_twice_with_probes_and_may_not_be_evicted_as_a_whole() {
    let panel: Deployment = the_one("Deployment");
    let spec = panel.spec.unwrap();
    assert_eq!(spec.replicas, Some(2));
    let pod = spec.template.spec.unwrap();
    assert_eq!(pod.security_context.unwrap().run_as_non_root, Some(true));
    let container = &pod.containers[0];
    let path = |probe: &Option<k8s_openapi::api::core::v1::Probe>| {
        probe.clone().unwrap().http_get.unwrap().path.unwrap()
    };
    assert_eq!(path(&container.liveness_probe), "/livez");
    assert_eq!(path(&container.readiness_probe), "/readyz");

    let budget: PodDisruptionBudget = the_one("PodDisruptionBudget");
    let selected = budget.spec.unwrap().selector.unwrap().match_labels.unwrap();
    let labels = spec.template.metadata.unwrap().labels.unwrap();
    assert!(
        selected.iter().all(|(name, value)| labels.get(name) == Some(value)),
        "the budget protects nobody"
    );
}
