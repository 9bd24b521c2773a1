//! The cluster under a rollout: a sandbox, or the one of somebody's own that `make test-cluster` names, where everything
//! happens in a namespace that goes again.

use std::path::PathBuf;

use gantry_sandbox::{Options, Sandbox};
use gantry_server::outside::cluster::{Cluster, read_kubeconfig};
use kube::Client;
use kube::config::KubeConfigOptions;
use serde_json::{Value, json};
use uuid::Uuid;

use super::{NAME, OLD, WITHIN};
use crate::role::manifest;
use crate::world::eventually;

/// Names the kubeconfig of a cluster to test on, or a list of them. Not `KUBECONFIG`: no test reaches a cluster because somebody had one.
const CHOICE: &str = "GANTRY_TEST_KUBECONFIG";

pub(super) fn chosen() -> Option<PathBuf> {
    std::env::var_os(CHOICE).map(PathBuf::from)
}

/// A cluster with a Deployment in a namespace of its own.
pub(crate) struct Ground {
    pub(crate) cluster: Cluster,
    pub(crate) kube: Client,
    pub(super) sandbox: Option<Sandbox>,
    pub(crate) namespace: String,
    pub(super) own: Option<OwnNamespace>,
}

impl Ground {
    /// In the cluster that somebody has named for it; in a sandbox where nobody has.
    pub(crate) async fn of_choice(replicas: u32) -> Self {
        let _already = rustls::crypto::ring::default_provider().install_default();
        Self::prepare(replicas, chosen()).await
    }

    /// In the cluster of the `chosen` kubeconfig; in a sandbox without one.
    pub(super) async fn prepare(replicas: u32, chosen: Option<PathBuf>) -> Self {
        let namespace = format!("gantry-test-{}", &Uuid::new_v4().simple().to_string()[..10]);
        let (kube, sandbox) = match &chosen {
            Some(path) => (client(path).await, None),
            None => {
                let options =
                    Options { pod_start_ms: 300, pod_stop_ms: 100, empty: true, ..Options::default() };
                let sandbox = Sandbox::start(options).await.unwrap();
                let url = &sandbox.urls().kube;
                (Client::try_from(kube::Config::new(url.parse().unwrap())).unwrap(), Some(sandbox))
            }
        };
        let own = chosen.map(|kubeconfig| OwnNamespace { kubeconfig, name: namespace.clone() });
        make_deployment(&kube, &namespace, replicas).await;
        let cluster = match (&sandbox, &own) {
            (Some(sandbox), _) => Cluster::at(&sandbox.urls().kube).unwrap(),
            (None, own) => account(&kube, own.as_ref().unwrap()).await,
        };
        Self { cluster, kube, sandbox, namespace, own }
    }
}

/// A namespace in a cluster of somebody's own. It goes with its test, also when that fails.
pub(crate) struct OwnNamespace {
    kubeconfig: PathBuf,
    name: String,
}

impl Drop for OwnNamespace {
    fn drop(&mut self) {
        let (kubeconfig, path) = (self.kubeconfig.clone(), format!("/api/v1/namespaces/{}", self.name));
        // A runtime of its own: the test's may be ending, and nothing can be awaited here.
        let gone = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(async {
                request(&client(&kubeconfig).await, "DELETE", &path, "application/json", &json!({})).await;
            });
        });
        if gone.join().is_err() {
            eprintln!("the namespace {} could not be removed", self.name);
        }
    }
}

/// The cluster as the panel reaches it where it is deployed: as an account that has the Role of `deploy/` and nothing else.
/// A cluster without roles lets everybody do everything.
async fn account(kube: &Client, own: &OwnNamespace) -> Cluster {
    let roles = axum::http::Request::get("/apis/rbac.authorization.k8s.io/v1").body(Vec::new()).unwrap();
    match kube.request::<Value>(roles).await {
        Err(kube::Error::Api(status)) if status.code == 404 => {
            return Cluster::connect(Some(&own.kubeconfig)).await.unwrap();
        }
        other => other.unwrap(),
    };
    for (kind, plural) in [("Role", "roles"), ("RoleBinding", "rolebindings")] {
        let mut manifest = manifest(kind);
        manifest["metadata"]["namespace"] = json!(own.name);
        let path = format!("/apis/rbac.authorization.k8s.io/v1/namespaces/{}/{plural}", own.name);
        request(kube, "POST", &path, "application/json", &manifest).await;
    }
    let who = &manifest("RoleBinding")["subjects"][0];
    let (namespace, name) = (who["namespace"].as_str().unwrap(), who["name"].as_str().unwrap());
    let mut kubeconfig = read_kubeconfig(&own.kubeconfig).unwrap();
    for user in kubeconfig.auth_infos.iter_mut().filter_map(|user| user.auth_info.as_mut()) {
        user.impersonate = Some(format!("system:serviceaccount:{namespace}:{name}"));
    }
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), serde_json::to_vec(&kubeconfig).unwrap()).unwrap();
    let cluster = Cluster::connect(Some(file.path())).await.unwrap();
    // The cluster takes a moment to know a new role.
    eventually("the Role counts", WITHIN, || async {
        cluster.missing(&own.name).await.is_ok_and(|missing| missing.is_empty())
    })
    .await;
    let beyond = format!("/api/v1/namespaces/{}/secrets", own.name);
    let beyond = axum::http::Request::get(beyond).body(Vec::new()).unwrap();
    let denied = client(file.path()).await.request::<Value>(beyond).await;
    assert!(
        matches!(&denied, Err(kube::Error::Api(status)) if status.code == 403),
        "the panel may do more than its Role says: {denied:?}"
    );
    cluster
}

async fn client(kubeconfig: &std::path::Path) -> Client {
    let file = read_kubeconfig(kubeconfig).unwrap();
    let config = kube::Config::from_custom_kubeconfig(file, &KubeConfigOptions::default()).await.unwrap();
    Client::try_from(config).unwrap()
}

pub(crate) async fn request(kube: &Client, method: &str, path: &str, media: &str, body: &Value) -> Value {
    let request = axum::http::Request::builder()
        .method(method)
        .uri(path)
        .header("content-type", media)
        .body(body.to_string().into_bytes())
        .unwrap();
    kube.request::<Value>(request).await.unwrap()
}

async fn make_deployment(kube: &Client, namespace: &str, replicas: u32) {
    let post = |path: String, body: Value| async move {
        request(kube, "POST", &path, "application/json", &body).await
    };
    let named = json!({ "apiVersion": "v1", "kind": "Namespace", "metadata": { "name": namespace } });
    post("/api/v1/namespaces".into(), named).await;
    let labels = json!({ "app": NAME });
    let deployment = json!({
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": { "name": NAME, "namespace": namespace },
        "spec": {
            "replicas": replicas,
            "selector": { "matchLabels": labels },
            "template": {
                "metadata": { "labels": labels },
                "spec": { "containers": [{
                    "name": "app",
                    "image": OLD,
                    "env": [{ "name": "MODE", "value": "plain" }],
                }]},
            },
        },
    });
    post(format!("/apis/apps/v1/namespaces/{namespace}/deployments"), deployment).await;
}

async fn is_there(kube: &Client, namespace: &str) -> bool {
    let request = axum::http::Request::get("/api/v1/namespaces").body(Vec::new()).unwrap();
    let all = kube.request::<Value>(request).await.unwrap();
    all["items"].as_array().unwrap().iter().any(|one| one["metadata"]["name"] == namespace)
}

// More than one thread: who leaves waits for the cluster, which is served here too.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_test_made_in_a_cluster_of_somebodys_own_goes_with_it() {
    let _already = rustls::crypto::ring::default_provider().install_default();
    let sandbox = Sandbox::start(Options { empty: true, ..Options::default() }).await.unwrap();
    let dir = tempfile::tempdir().unwrap();
    let kubeconfig = dir.path().join("kubeconfig");
    std::fs::write(&kubeconfig, sandbox.kubeconfig()).unwrap();

    let ground = Ground::prepare(2, Some(kubeconfig)).await;
    assert!(ground.sandbox.is_none());
    let (kube, namespace) = (ground.kube.clone(), ground.namespace.clone());
    assert!(is_there(&kube, &namespace).await);
    drop(ground);
    eventually("the namespace is gone", WITHIN, || async { !is_there(&kube, &namespace).await }).await;
    assert!(is_there(&kube, "default").await);
}
