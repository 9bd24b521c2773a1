//! The writes of an incident's actions: one variable, one restart stamp, one key of one Secret. Each can be rehearsed:
//! then Kubernetes does everything but store it, and its answer shows the exact change.

use axum::http::{Method, Request, header};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use chrono::{DateTime, Utc};
use gantry_domain::mitigation::{Env, Write};
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::{Value, json};

use super::look::{container, text};
use super::{Asked, Cluster, ClusterError, FIELD_MANAGER, Snapshot, deployment_path, secret::secret_path};

/// Where `kubectl rollout restart` writes as well.
pub(super) const RESTARTED: &str = "kubectl.kubernetes.io/restartedAt";

/// One key of a Secret, as far as anybody may know it.
#[derive(Debug)]
pub struct SecretKey {
    /// Its value; nothing where the Secret has no such key.
    pub value: Option<SecretString>,
    /// When it was last written.
    pub written_at: Option<DateTime<Utc>>,
    /// Who wrote it, as Kubernetes names them.
    pub manager: Option<String>,
}

/// Whether something is done or only rehearsed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// Everything but storing it.
    Rehearse,
    /// For good.
    Do,
}

impl Mode {
    const fn query(self) -> &'static str {
        match self {
            Self::Rehearse => "&dryRun=All",
            Self::Do => "",
        }
    }
}

/// How a variable of a container stands in the Deployment's template.
pub fn env_of(deployment: &Value, container_name: &str, name: &str) -> Env {
    let template = deployment.pointer("/spec/template").unwrap_or(&Value::Null);
    let entries = container(template, container_name).and_then(|c| c.get("env")).and_then(Value::as_array);
    let entry = entries.into_iter().flatten().find(|entry| text(entry, "/name") == name);
    match entry {
        None => Env::Absent,
        Some(entry) if entry.get("valueFrom").is_some() => Env::From(entry.to_string()),
        Some(entry) => Env::Value(text(entry, "/value").to_owned()),
    }
}

/// The restart stamp of the Deployment's template.
pub fn stamp_of(deployment: &Value) -> Option<String> {
    let annotations = deployment.pointer("/spec/template/metadata/annotations")?;
    annotations.get(RESTARTED)?.as_str().map(str::to_owned)
}

/// The JSON patch that performs a write on the Deployment as it was read; nothing where it has no such container.
pub fn write_patch(snapshot: &Snapshot, container_name: &str, write: &Write) -> Option<Value> {
    let deployment = &snapshot.deployment;
    let version = text(deployment, "/metadata/resourceVersion");
    let mut steps = vec![json!({ "op": "replace", "path": "/metadata/resourceVersion", "value": version })];
    match write {
        Write::Env { name, to } => {
            let containers = deployment.pointer("/spec/template/spec/containers")?.as_array()?;
            let at = containers.iter().position(|one| text(one, "/name") == container_name)?;
            let mut env = containers[at].get("env").and_then(Value::as_array).cloned().unwrap_or_default();
            let place = env.iter().position(|entry| text(entry, "/name") == name);
            let entry = match to {
                Env::Absent => None,
                Env::Value(value) => Some(json!({ "name": name, "value": value })),
                Env::From(entry) => Some(serde_json::from_str(entry).ok()?),
            };
            match (place, entry) {
                (Some(place), Some(entry)) => env[place] = entry,
                (Some(place), None) => {
                    env.remove(place);
                }
                (None, Some(entry)) => env.push(entry),
                (None, None) => {}
            }
            let path = format!("/spec/template/spec/containers/{at}/env");
            steps.push(json!({ "op": "add", "path": path, "value": env }));
        }
        Write::Stamp(stamp) => {
            let mut annotations = deployment
                .pointer("/spec/template/metadata/annotations")
                .and_then(Value::as_object)
                .cloned()
                .unwrap_or_default();
            annotations.insert(RESTARTED.to_owned(), json!(stamp));
            steps.push(
                json!({ "op": "add", "path": "/spec/template/metadata/annotations", "value": annotations }),
            );
        }
    }
    Some(Value::Array(steps))
}

impl Cluster {
    /// Performs or rehearses a JSON patch of the Deployment as it was read; the Deployment as it is after it.
    pub async fn write(&self, snapshot: &Snapshot, patch: &Value, mode: Mode) -> Result<Value, ClusterError> {
        let namespace = text(&snapshot.deployment, "/metadata/namespace");
        let place = deployment_path(namespace, text(&snapshot.deployment, "/metadata/name"))?;
        let request = Request::builder()
            .method(Method::PATCH)
            .uri(format!("{place}?fieldManager={FIELD_MANAGER}{}", mode.query()))
            .header(header::CONTENT_TYPE, "application/json-patch+json")
            .body(patch.to_string().into_bytes());
        self.send(request, Asked::on("patch", "apps", "deployments").at(namespace)).await
    }

    /// One key of a Secret with its age.
    pub async fn secret_key(
        &self,
        namespace: &str,
        name: &str,
        key: &str,
    ) -> Result<SecretKey, ClusterError> {
        let path = secret_path(namespace, name)?;
        let secret = self.get(&path, Asked::on("get", "", "secrets").at(namespace).named(name)).await?;
        let value = secret.pointer("/data").and_then(|data| data.get(key)).and_then(Value::as_str);
        let value = value
            .and_then(|value| BASE64_STANDARD.decode(value).ok())
            .and_then(|bytes| String::from_utf8(bytes).ok())
            .map(SecretString::from);
        let (written_at, manager) = written(&secret, key);
        Ok(SecretKey { value, written_at, manager })
    }

    /// Applies, or rehearses to apply, one key of an existing Secret on the server's side: nothing else of it is touched.
    /// Each key has a manager of its own, so that applying one never takes another back.
    pub async fn apply_key(
        &self,
        namespace: &str,
        name: &str,
        key: &str,
        value: &SecretString,
        mode: Mode,
    ) -> Result<(), ClusterError> {
        let path = secret_path(namespace, name)?;
        if !valid_key(key) {
            return Err(ClusterError::BadName(key.chars().take(80).collect()));
        }
        // A patch that applies creates what is not there: a Secret of one key would be worse than none.
        self.get(&path, Asked::on("get", "", "secrets").at(namespace).named(name)).await?;
        let encoded = BASE64_STANDARD.encode(value.expose_secret());
        let body = json!({
            "apiVersion": "v1",
            "kind": "Secret",
            "metadata": { "name": name, "namespace": namespace },
            "data": { key: encoded },
        });
        let request = Request::builder()
            .method(Method::PATCH)
            .uri(format!("{path}?fieldManager={FIELD_MANAGER}-key-{key}&force=true{}", mode.query()))
            .header(header::CONTENT_TYPE, "application/apply-patch+yaml")
            .body(body.to_string().into_bytes());
        self.send(request, Asked::on("patch", "", "secrets").at(namespace).named(name)).await.map(|_| ())
    }

    /// Whether the cluster grants a verb.
    pub async fn grants(&self, asked: &Asked) -> Result<bool, ClusterError> {
        self.may(asked).await
    }
}

/// When a key was last written, and by whom: as its managers say, else when the Secret was made.
fn written(secret: &Value, key: &str) -> (Option<DateTime<Utc>>, Option<String>) {
    let field = format!("f:{key}");
    let entries = secret.pointer("/metadata/managedFields").and_then(Value::as_array);
    let owners = entries
        .into_iter()
        .flatten()
        .filter(|entry| entry.pointer("/fieldsV1/f:data").is_some_and(|data| data.get(&field).is_some()));
    let newest = owners.max_by_key(|entry| text(entry, "/time").to_owned());
    let at = newest.map_or_else(|| text(secret, "/metadata/creationTimestamp"), |entry| text(entry, "/time"));
    (at.parse().ok(), newest.map(|entry| text(entry, "/manager").chars().take(128).collect()))
}

/// Whether a text can be the key of a Secret.
fn valid_key(key: &str) -> bool {
    !key.is_empty()
        && key.len() <= 100
        && key.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn snapshot(env: Value) -> Snapshot {
        Snapshot {
            deployment: json!({
                "metadata": { "resourceVersion": "7" },
                "spec": { "template": { "spec": { "containers": [
                    { "name": "side" }, { "name": "app", "env": env },
                ] } } },
            }),
            replica_sets: Vec::new(),
            pods: Vec::new(),
            autoscalers: Vec::new(),
        }
    }

    fn env_after(env: Value, name: &str, to: Env) -> Option<Value> {
        let patch = write_patch(&snapshot(env), "app", &Write::Env { name: name.into(), to })?;
        assert_eq!(patch[0]["value"], "7");
        assert_eq!(patch[1]["path"], "/spec/template/spec/containers/1/env");
        Some(patch[1]["value"].clone())
    }

    #[test]
    fn a_variable_is_set_changed_removed_and_returned_alone() {
        let plain = json!({ "name": "A", "value": "1" });
        let from = json!({ "name": "MODE", "valueFrom": { "configMapKeyRef": { "name": "m", "key": "k" } } });
        let queue = json!({ "name": "MODE", "value": "queue" });
        let set = || Env::Value("queue".into());
        assert_eq!(env_after(json!([plain]), "MODE", set()), Some(json!([plain, queue])));
        assert_eq!(env_after(json!([from, plain]), "MODE", set()), Some(json!([queue, plain])));
        assert_eq!(env_after(json!([queue, plain]), "MODE", Env::Absent), Some(json!([plain])));
        let back = env_of(&snapshot(json!([from])).deployment, "app", "MODE");
        assert_eq!(env_after(json!([queue, plain]), "MODE", back), Some(json!([from, plain])));
        assert_eq!(env_of(&snapshot(json!([])).deployment, "app", "MODE"), Env::Absent);
        assert!(
            write_patch(&snapshot(json!([])), "other", &Write::Env { name: "A".into(), to: set() }).is_none()
        );
    }

    #[test]
    fn the_age_of_a_key_is_that_of_its_last_writer() {
        let entry = |manager: &str, time: &str, key: &str| json!({ "manager": manager, "time": time, "fieldsV1": { "f:data": { key: {} } } });
        let secret = json!({ "metadata": {
            "creationTimestamp": "2026-01-01T00:00:00Z",
            "managedFields": [
                entry("kubectl", "2026-02-01T00:00:00Z", "f:api-key"),
                entry("gantry-key-api-key", "2026-03-01T00:00:00Z", "f:api-key"),
                entry("kubectl", "2026-04-01T00:00:00Z", "f:other"),
            ],
        } });
        let (at, manager) = written(&secret, "api-key");
        assert_eq!(at, "2026-03-01T00:00:00Z".parse().ok());
        assert_eq!(manager.as_deref(), Some("gantry-key-api-key"));
        assert_eq!(written(&secret, "none"), ("2026-01-01T00:00:00Z".parse().ok(), None));
    }
}
