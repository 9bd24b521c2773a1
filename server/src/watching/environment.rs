//! Reading the environment of a pod template: names and where values come from.

use gantry_domain::probe::{EnvEntry, EnvSource};
use serde_json::Value;

/// The environment of all containers of a Deployment, init containers included.
pub(super) fn entries(deployment: &Value) -> Vec<EnvEntry> {
    let spec = deployment.pointer("/spec/template/spec").unwrap_or(&Value::Null);
    ["containers", "initContainers"]
        .into_iter()
        .filter_map(|kind| spec.get(kind)?.as_array())
        .flatten()
        .flat_map(container)
        .collect()
}

/// Texts of the template beside the environment that could hold a credential: arguments, commands and annotations.
pub(super) fn others(deployment: &Value) -> Vec<(String, String)> {
    let template = deployment.pointer("/spec/template").unwrap_or(&Value::Null);
    let mut others = Vec::new();
    for container in template.pointer("/spec/containers").and_then(Value::as_array).into_iter().flatten() {
        let name = word(container, "name");
        for kind in ["command", "args"] {
            for text in container.get(kind).and_then(Value::as_array).into_iter().flatten() {
                others.push((
                    format!("{kind} of container {name}"),
                    text.as_str().unwrap_or_default().to_owned(),
                ));
            }
        }
    }
    let annotations = template.pointer("/metadata/annotations").and_then(Value::as_object);
    for (name, value) in annotations.into_iter().flatten() {
        others.push((format!("annotation {name}"), value.as_str().unwrap_or_default().to_owned()));
    }
    others
}

/// The addresses under these names; none where the value does not stand in the template.
pub(super) fn addresses(entries: &[EnvEntry], names: &[String]) -> Vec<(String, Option<String>)> {
    entries
        .iter()
        .filter(|entry| names.contains(&entry.name))
        .map(|entry| {
            let address = match &entry.source {
                EnvSource::Literal(value) => Some(value.clone()),
                EnvSource::Secret { .. } | EnvSource::ConfigMap { .. } | EnvSource::Field => None,
            };
            (entry.name.clone(), address)
        })
        .collect()
}

fn container(container: &Value) -> Vec<EnvEntry> {
    let name = word(container, "name");
    let list = |key: &str| container.get(key).and_then(Value::as_array).into_iter().flatten();
    let single = list("env").map(|entry| EnvEntry {
        container: name.clone(),
        name: word(entry, "name"),
        source: source(entry),
    });
    let whole = list("envFrom").filter_map(|entry| {
        let source = if let Some(from) = entry.get("secretRef") {
            EnvSource::Secret { name: word(from, "name"), key: "*".to_owned() }
        } else {
            let from = entry.get("configMapRef")?;
            EnvSource::ConfigMap { name: word(from, "name"), key: "*".to_owned() }
        };
        Some(EnvEntry { container: name.clone(), name: "*".to_owned(), source })
    });
    single.chain(whole).collect()
}

fn source(entry: &Value) -> EnvSource {
    let Some(from) = entry.get("valueFrom") else { return EnvSource::Literal(word(entry, "value")) };
    if let Some(secret) = from.get("secretKeyRef") {
        EnvSource::Secret { name: word(secret, "name"), key: word(secret, "key") }
    } else if let Some(map) = from.get("configMapKeyRef") {
        EnvSource::ConfigMap { name: word(map, "name"), key: word(map, "key") }
    } else {
        EnvSource::Field
    }
}

fn word(value: &Value, key: &str) -> String {
    value.get(key).and_then(Value::as_str).unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn every_kind_of_source_is_told_apart() {
        let deployment = json!({ "spec": { "template": { "spec": {
            "containers": [{ "name": "app",
                "env": [
                    { "name": "MODE", "value": "fast" },
                    { "name": "EMPTY" },
                    { "name": "KEY", "valueFrom": { "secretKeyRef": { "name": "keys", "key": "api" } } },
                    { "name": "HOST", "valueFrom": { "configMapKeyRef": { "name": "conf", "key": "host" } } },
                    { "name": "IP", "valueFrom": { "fieldRef": { "fieldPath": "status.podIP" } } },
                ],
                "envFrom": [{ "secretRef": { "name": "all" } }],
                "args": ["--token=x"],
            }],
            "initContainers": [{ "name": "init", "env": [{ "name": "A", "value": "b" }] }],
        } } } });
        let found = entries(&deployment);
        let sources: Vec<_> = found.iter().map(|entry| (entry.name.as_str(), &entry.source)).collect();
        assert_eq!(sources[0], ("MODE", &EnvSource::Literal("fast".into())));
        assert_eq!(sources[1], ("EMPTY", &EnvSource::Literal(String::new())));
        assert_eq!(sources[2], ("KEY", &EnvSource::Secret { name: "keys".into(), key: "api".into() }));
        assert_eq!(sources[3], ("HOST", &EnvSource::ConfigMap { name: "conf".into(), key: "host".into() }));
        assert_eq!(sources[4], ("IP", &EnvSource::Field));
        assert_eq!(sources[5], ("*", &EnvSource::Secret { name: "all".into(), key: "*".into() }));
        assert_eq!(found[6].container, "init");
        assert_eq!(others(&deployment), [("args of container app".to_owned(), "--token=x".to_owned())]);
        assert_eq!(addresses(&found, &["KEY".into()]), [("KEY".to_owned(), None)]);
    }
}
