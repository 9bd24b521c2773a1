//! The Kubernetes cluster, through the real `kube` client: one Deployment with what belongs to it is read, and patched.
//!
//! Every write carries the `resourceVersion` that was read, so it fails with a conflict when anything has changed
//! since. Nothing is retried here: whoever drives reads again and decides again.

mod act;
mod answer;
mod error;
mod gate;
mod kubeconfig;
mod logs;
mod look;
mod patch;
mod secret;
mod template;
mod watch;

use std::path::Path;
use std::time::Duration;

use axum::http::{Method, Request, header};
use gantry_domain::panel::Breaker as Stands;
use gantry_domain::text::inert_line;
use kube::Client;
use kube::config::{Config, KubeConfigOptions};
use serde_json::{Value, json};

use self::gate::{Gate, Lane};
use super::pulse::Pulse;
pub use act::{Mode, SecretKey, env_of, stamp_of, write_patch};
pub use error::{Asked, ClusterError};
pub use kubeconfig::read_kubeconfig;
pub use logs::{PodLog, Span};
pub use look::{Facts, container_names, facts, observe};
pub use patch::patch_for;
pub use template::fingerprint;
pub use watch::Changes;

/// The field manager under which our writes stand.
pub const FIELD_MANAGER: &str = "gantry";
/// How long one request may take, its answer included.
const TIMEOUT: Duration = Duration::from_secs(5);
/// The largest Deployment that is driven, in pods of one page of a list.
const MOST_PODS: u32 = 5000;

/// A cluster.
#[derive(Clone)]
pub struct Cluster {
    client: Client,
    watcher: Client,
    gate: Gate,
    lane: Lane,
}

impl std::fmt::Debug for Cluster {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Cluster")
    }
}

/// A Deployment and what belongs to it, as Kubernetes told it.
#[derive(Debug, Clone)]
pub struct Snapshot {
    /// The Deployment.
    pub deployment: Value,
    /// Its ReplicaSets.
    pub replica_sets: Vec<Value>,
    /// The pods of these.
    pub pods: Vec<Value>,
    /// Names of the autoscalers that point at it.
    pub autoscalers: Vec<String>,
}

/// So many of the verbs are asked for at once.
const AT_ONCE: usize = 5;

/// The verbs that driving a rollout needs, in the order in which they are asked for.
pub const NEEDED: [Asked; 9] = [
    Asked::on("get", "apps", "deployments"),
    Asked::on("watch", "apps", "deployments"),
    Asked::on("patch", "apps", "deployments"),
    Asked::on("list", "apps", "replicasets"),
    Asked::on("watch", "apps", "replicasets"),
    Asked::on("list", "", "pods"),
    Asked::on("watch", "", "pods"),
    Asked::on("get", "", "pods/log"),
    Asked::on("list", "autoscaling", "horizontalpodautoscalers"),
];

impl Cluster {
    /// Connects as a kubeconfig file says, or a list of them; without one, as the cluster tells the pods that run in it.
    /// What somebody keeps in their home is left alone: nothing of the configuration names it.
    pub async fn connect(kubeconfig: Option<&Path>) -> Result<Self, ClusterError> {
        let config = match kubeconfig {
            Some(path) => {
                Config::from_custom_kubeconfig(read_kubeconfig(path)?, &KubeConfigOptions::default())
                    .await
                    .map_err(|e| ClusterError::Config(e.to_string()))?
            }
            None => Config::incluster().map_err(|e| ClusterError::Config(e.to_string()))?,
        };
        Self::with(config)
    }

    /// Connects without credentials to an address.
    pub fn at(url: &str) -> Result<Self, ClusterError> {
        let url = url.parse().map_err(|_| ClusterError::Config(format!("{url} is not an address")))?;
        Self::with(Config::new(url))
    }

    fn with(mut config: Config) -> Result<Self, ClusterError> {
        // By default a write that was answered with 503 is sent again, up to fifteen times: it may have happened.
        config.default_retry = false;
        config.connect_timeout = Some(Duration::from_secs(2));
        config.write_timeout = Some(TIMEOUT);
        let client =
            |config: Config| Client::try_from(config).map_err(|e| ClusterError::Config(e.to_string()));
        let mut quiet = config.clone();
        quiet.read_timeout = Some(watch::QUIET);
        let watcher = client(quiet)?;
        config.read_timeout = Some(TIMEOUT);
        config.reset_reader_on_write = true;
        Ok(Self { client: client(config)?, watcher, gate: Gate::default(), lane: Lane::Looking })
    }

    /// The same cluster for whoever does something in it. Who only looks is held back while it does not answer; a rollout,
    /// its way back and an action are tried whatever happened before.
    #[must_use]
    pub fn driving(&self) -> Self {
        Self { lane: Lane::Driving, ..self.clone() }
    }

    /// Reads a Deployment and what belongs to it; `None` when there is no such Deployment.
    pub async fn read(&self, namespace: &str, name: &str) -> Result<Option<Snapshot>, ClusterError> {
        let path = deployment_path(namespace, name)?;
        let deployment = match self.get(&path, Asked::on("get", "apps", "deployments").at(namespace)).await {
            Ok(deployment) => deployment,
            Err(ClusterError::NotFound(_)) => return Ok(None),
            Err(error) => return Err(error),
        };
        let selector = look::selector(&deployment);
        // Read after the Deployment: what it controls is then at least as new as it.
        let sets_path = format!("/apis/apps/v1/namespaces/{namespace}/replicasets?{selector}");
        let sets = self.list(&sets_path, Asked::on("list", "apps", "replicasets").at(namespace));
        let pods_path = format!("/api/v1/namespaces/{namespace}/pods?limit={MOST_PODS}&{selector}");
        let pods = self.list(&pods_path, Asked::on("list", "", "pods").at(namespace));
        let (sets, pods, autoscalers) = tokio::try_join!(sets, pods, self.autoscalers(namespace, name))?;
        let uid = look::text(&deployment, "/metadata/uid").to_owned();
        let replica_sets: Vec<Value> = sets.into_iter().filter(|set| look::owned_by(set, &uid)).collect();
        let ours = |pod: &Value| {
            replica_sets.iter().any(|set| look::owned_by(pod, look::text(set, "/metadata/uid")))
        };
        let pods = pods.into_iter().filter(ours).collect();
        Ok(Some(Snapshot { deployment, replica_sets, pods, autoscalers }))
    }

    async fn autoscalers(&self, namespace: &str, name: &str) -> Result<Vec<String>, ClusterError> {
        // The version that every cluster has; which Deployment is meant, it says as well as the newer ones.
        let path = format!("/apis/autoscaling/v1/namespaces/{namespace}/horizontalpodautoscalers");
        let asked = Asked::on("list", "autoscaling", "horizontalpodautoscalers").at(namespace);
        let items = match self.list(&path, asked).await {
            // A cluster that does not know the kind has none.
            Err(ClusterError::NotFound(_)) => Vec::new(),
            other => other?,
        };
        let aims = |item: &&Value| {
            look::text(item, "/spec/scaleTargetRef/kind") == "Deployment"
                && look::text(item, "/spec/scaleTargetRef/name") == name
        };
        let name = |item: &Value| inert_line(look::text(item, "/metadata/name"), look::LONGEST_NAME);
        Ok(items.iter().filter(aims).map(name).collect())
    }

    /// Patches the Deployment as it was read: a JSON patch, refused with [`ClusterError::Conflict`] when it has changed.
    pub async fn patch(&self, snapshot: &Snapshot, patch: &Value) -> Result<(), ClusterError> {
        let namespace = look::text(&snapshot.deployment, "/metadata/namespace");
        let place = deployment_path(namespace, look::text(&snapshot.deployment, "/metadata/name"))?;
        let asked = Asked::on("patch", "apps", "deployments").at(namespace);
        let request = Request::builder()
            .method(Method::PATCH)
            .uri(format!("{place}?fieldManager={FIELD_MANAGER}"))
            .header(header::CONTENT_TYPE, "application/json-patch+json")
            .body(patch.to_string().into_bytes());
        self.send(request, asked).await.map(|_| ())
    }

    /// The needed verbs that the cluster does not grant in a namespace. A few are asked for at once: one after another
    /// they would take longer on a slow cluster than anybody waits for a page, and all at once would take the seats of
    /// others.
    pub async fn missing(&self, namespace: &str) -> Result<Vec<Asked>, ClusterError> {
        let mut missing = Vec::new();
        for some in NEEDED.chunks(AT_ONCE) {
            let asked = some.iter().map(|needed| self.lacks(needed.clone().at(namespace)));
            missing.extend(futures_util::future::try_join_all(asked).await?.into_iter().flatten());
        }
        Ok(missing)
    }

    /// What is asked for, if the cluster does not grant it.
    async fn lacks(&self, asked: Asked) -> Result<Option<Asked>, ClusterError> {
        Ok(if self.may(&asked).await? { None } else { Some(asked) })
    }

    async fn may(&self, asked: &Asked) -> Result<bool, ClusterError> {
        let (resource, subresource) = asked.resource.split_once('/').unwrap_or((asked.resource, ""));
        let review = json!({
            "apiVersion": "authorization.k8s.io/v1",
            "kind": "SelfSubjectAccessReview",
            "spec": { "resourceAttributes": {
                "namespace": asked.namespace,
                "verb": asked.verb,
                "group": asked.group,
                "resource": resource,
                "subresource": subresource,
            }},
        });
        let request = Request::builder()
            .method(Method::POST)
            .uri("/apis/authorization.k8s.io/v1/selfsubjectaccessreviews")
            .header(header::CONTENT_TYPE, "application/json")
            .body(review.to_string().into_bytes());
        let about = Asked::on("create", "authorization.k8s.io", "selfsubjectaccessreviews");
        let answer = self.send(request, about).await?;
        Ok(answer.pointer("/status/allowed").and_then(Value::as_bool).unwrap_or(false))
    }

    /// Signals whenever the Deployment, its ReplicaSets or its pods change.
    pub fn changes(&self, snapshot: &Snapshot) -> Result<Changes, ClusterError> {
        watch::start(&self.watcher, snapshot)
    }

    /// Whether it answers at all.
    pub async fn ping(&self) -> Result<(), ClusterError> {
        self.get("/version", Asked::on("get", "", "version")).await.map(|_| ())
    }

    /// What was last heard of it.
    pub fn pulse(&self) -> &Pulse {
        self.gate.pulse()
    }

    /// How the breaker stands that holds back who only looks.
    pub fn breaker(&self) -> Stands {
        self.gate.stands()
    }

    async fn get(&self, path: &str, asked: Asked) -> Result<Value, ClusterError> {
        self.send(Request::get(path).body(Vec::new()), asked).await
    }

    async fn list(&self, path: &str, asked: Asked) -> Result<Vec<Value>, ClusterError> {
        let mut list = self.send_for(Request::get(path).body(Vec::new()), asked, answer::LIST).await?;
        Ok(match list.get_mut("items").map(Value::take) {
            Some(Value::Array(items)) => items,
            _ => Vec::new(),
        })
    }

    async fn send(
        &self,
        request: Result<Request<Vec<u8>>, axum::http::Error>,
        asked: Asked,
    ) -> Result<Value, ClusterError> {
        self.send_for(request, asked, answer::ONE).await
    }

    /// Sends a request for an answer of at most `most` bytes.
    async fn send_for(
        &self,
        request: Result<Request<Vec<u8>>, axum::http::Error>,
        asked: Asked,
        most: usize,
    ) -> Result<Value, ClusterError> {
        let request = request.map_err(|e| ClusterError::Config(e.to_string()))?;
        let seat = self.gate.enter(self.lane).await?;
        let asking = answer::ask(&self.client, request, asked, most);
        let answer = match tokio::time::timeout(TIMEOUT, asking).await {
            Ok(answer) => answer,
            Err(_) => Err(ClusterError::Unreachable(format!("no answer within {} s", TIMEOUT.as_secs()))),
        };
        seat.learn(&answer);
        answer
    }
}

/// The path of a Deployment. Names come from people: only what can be a name gets into a path.
fn deployment_path(namespace: &str, name: &str) -> Result<String, ClusterError> {
    for part in [namespace, name] {
        let fine = !part.is_empty()
            && part.len() <= 253
            && part.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'-' | b'.'));
        if !fine {
            return Err(ClusterError::BadName(inert_line(part, 80)));
        }
    }
    Ok(format!("/apis/apps/v1/namespaces/{namespace}/deployments/{name}"))
}
