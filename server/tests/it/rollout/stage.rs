//! What a rollout needs to happen: a Deployment, people, a go-live with its gate open, and an engine that can be killed.

use std::time::Duration;

use gantry_domain::actor::{Actor, Person, Role};
use gantry_domain::id::{GoLiveId, UserId};
use gantry_domain::plan::{Plan, Step};
use gantry_domain::preset;
use gantry_domain::rollout::{Ask, LogLine, Phase, Rollout, Side};
use gantry_local::TestDatabase;
use gantry_sandbox::{Options, Sandbox};
use gantry_server::engine::rollout::{Engine, run};
use gantry_server::live::{self, Hub};
use gantry_server::outside::cluster::{Cluster, facts};
use gantry_server::outside::prometheus::Prometheus;
use gantry_server::request::RequestId;
use gantry_server::services::people::{self, Newcomer};
use gantry_server::services::preflight::Surroundings;
use gantry_server::services::rollouts::{self as service, AskError, StartError};
use gantry_server::services::{Caller, console, gate, go_lives, release};
use gantry_server::store::{self, Db, PoolSettings, rollouts};
use kube::Client;
use serde_json::{Value, json};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::metrics::Metrics;
use crate::world::{database, eventually};

pub(crate) const NAME: &str = "checkout";
pub(crate) const OLD: &str = "registry.example/checkout:v1";
pub(crate) const NEW: &str = "registry.example/checkout:v2";
pub(crate) const WITHIN: Duration = Duration::from_mins(1);

/// An engine in a task of its own.
pub(crate) struct Running(JoinHandle<()>);

impl Running {
    /// As `kill -9` would: wherever it is.
    pub(crate) async fn kill(self) {
        self.0.abort();
        let _aborted = self.0.await;
    }
}

pub(crate) struct Stage {
    pub(crate) db: Db,
    pub(crate) cluster: Cluster,
    pub(crate) kube: Client,
    pub(crate) metrics: Metrics,
    pub(crate) sandbox: Option<Sandbox>,
    pub(crate) namespace: String,
    pub(crate) id: GoLiveId,
    pub(crate) admin: Actor,
    pub(crate) manager: Actor,
    pub(crate) around: Surroundings,
    replicas: u32,
    hub: Hub,
    _listener: JoinHandle<()>,
    _database: TestDatabase,
}

impl Stage {
    /// A Deployment of so many ready pods, and a go-live of its next version.
    pub(crate) async fn set(replicas: u32, steps: &[(u32, u32)]) -> Self {
        let _already = rustls::crypto::ring::default_provider().install_default();
        let (cluster, kube, sandbox) = outside().await;
        let namespace = format!("gantry-test-{}", &Uuid::new_v4().simple().to_string()[..10]);
        make_deployment(&kube, &namespace, replicas).await;
        let metrics = Metrics::start().await;
        let database = database().await;
        let db = Db::connect(database.url(), PoolSettings { max_connections: 8 }).await.unwrap();
        let admin = person(&db, "ana", Role::Admin).await;
        let manager = person(&db, "rui", Role::ReleaseManager).await;
        let hub = Hub::default();
        let listener = tokio::spawn(live::listen(db.clone(), hub.clone(), CancellationToken::new()));
        let around = Surroundings {
            presets: std::sync::Arc::new(preset::builtin().unwrap()),
            cluster: Some(cluster.clone()),
            prometheus: Some(Prometheus::new(&metrics.url).unwrap()),
            neighbours: None,
        };
        let id = open(&db, &around, &manager, &namespace).await;
        let stage = Self {
            db,
            cluster,
            kube,
            metrics,
            sandbox,
            namespace,
            id,
            admin,
            manager,
            around,
            replicas,
            hub,
            _listener: listener,
            _database: database,
        };
        stage.plan(steps).await;
        eventually("all pods are ready", WITHIN, || async { stage.pods().await == (replicas, 0, replicas) })
            .await;
        stage
    }

    async fn plan(&self, steps: &[(u32, u32)]) {
        let stored = self.go_live().await;
        let steps = steps.iter().map(|&(percent, soak_seconds)| Step { percent, soak_seconds }).collect();
        let plan = console::plan(&self.db, &stored, &self.around.presets).await.unwrap();
        let plan = Plan { steps, ..plan };
        let caller = caller(&self.manager);
        release::set_plan(&self.db, caller, self.id, plan, stored.go_live.version).await.unwrap();
    }

    pub(crate) async fn go_live(&self) -> store::go_lives::Stored {
        store::go_lives::find(self.db.pool(), self.id).await.unwrap().unwrap()
    }

    /// Overrides the gate and starts; the engine judges every second, so that tests are short.
    pub(crate) async fn start(&self) {
        self.open_gate().await;
        self.try_start(&self.manager).await.unwrap();
        let quicker = "update rollouts set state = jsonb_set(state, '{judge_period_seconds}', '1')";
        sqlx::query(quicker).execute(self.db.pool()).await.unwrap();
    }

    pub(crate) async fn open_gate(&self) {
        let seen = self.go_live().await.go_live.version;
        let reason = "nothing of the checklist matters in this test".to_owned();
        gate::override_gate(&self.db, caller(&self.admin), self.id, reason, seen).await.unwrap();
    }

    pub(crate) async fn try_start(&self, who: &Actor) -> Result<(), StartError> {
        let seen = self.go_live().await.go_live.version;
        service::start(&self.db, &self.around, caller(who), self.id, seen).await
    }

    /// Another replica of the panel, whose lease lasts two seconds.
    pub(crate) fn engine(&self) -> Running {
        let engine = Engine {
            lease: Duration::from_secs(2),
            ..Engine::new(
                self.db.clone(),
                self.hub.clone(),
                Some(self.cluster.clone()),
                self.around.prometheus.clone(),
            )
        };
        Running(tokio::spawn(run(engine, CancellationToken::new())))
    }

    pub(crate) async fn ask(&self, ask: Ask) -> Result<(), AskError> {
        service::ask(&self.db, caller(&self.manager), self.id, ask).await
    }

    pub(crate) async fn roll_back(&self) {
        self.ask(Ask::RollBack { reason: String::new() }).await.unwrap();
    }

    pub(crate) async fn stored(&self) -> rollouts::Stored {
        rollouts::latest(self.db.pool(), self.id).await.unwrap().unwrap()
    }

    pub(crate) async fn row(&self) -> Rollout {
        self.stored().await.rollout
    }

    pub(crate) async fn log(&self) -> Vec<LogLine> {
        let row = self.row().await;
        rollouts::log_of(self.db.pool(), row.id).await.unwrap()
    }

    /// Waits for a phase; its log says what happened instead.
    pub(crate) async fn until(&self, what: &str, done: impl Fn(&Phase) -> bool) -> Rollout {
        let deadline = tokio::time::Instant::now() + WITHIN;
        loop {
            let row = self.row().await;
            if done(&row.phase) {
                return row;
            }
            if tokio::time::Instant::now() >= deadline {
                let problem = self.stored().await.problem;
                panic!("not within {WITHIN:?}: {what}: {:?} {problem:?}\n{:#?}", row.phase, self.log().await);
            }
            tokio::time::sleep(Duration::from_millis(15)).await;
        }
    }

    pub(crate) async fn soaking(&self, step: usize) -> Rollout {
        let row = self
            .until("it soaks", |phase| matches!(phase, Phase::Soaking { step: at, .. } if *at == step))
            .await;
        eventually("the soak is guarded", WITHIN, || async {
            self.field("/spec/paused").await == json!(true)
        })
        .await;
        // Until the engine has seen its own guard, somebody lifting it looks like the guard never written, and it is
        // simply written again.
        eventually("the guard is known", WITHIN, || async {
            let row = self.row().await;
            row.confirmed == Some(row.wanted)
        })
        .await;
        row
    }

    pub(crate) async fn held(&self) -> String {
        let row = self.until("it is held", |phase| matches!(phase, Phase::Held { .. })).await;
        let Phase::Held { why, .. } = row.phase else { unreachable!() };
        why.words()
    }

    pub(crate) async fn complete(&self) {
        self.until("it is complete", |phase| *phase == Phase::Complete).await;
        assert_eq!(self.pods().await, (0, self.replicas, self.replicas));
    }

    pub(crate) async fn rolled_back(&self) {
        self.until("it is rolled back", |phase| matches!(phase, Phase::RolledBack { .. })).await;
        assert_eq!(self.images().await, [OLD]);
        // Kubernetes leaves a false out.
        assert_ne!(self.field("/spec/paused").await, json!(true));
        assert_eq!(self.field("/spec/strategy/rollingUpdate/maxSurge").await, json!("25%"));
    }

    /// Old, new and ready pods as the cluster has them.
    pub(crate) async fn pods(&self) -> (u32, u32, u32) {
        let snapshot = self.cluster.read(&self.namespace, NAME).await.unwrap().unwrap();
        let (mut old, mut new) = (0, 0);
        for set in &snapshot.replica_sets {
            let desired =
                u32::try_from(set.pointer("/spec/replicas").and_then(Value::as_u64).unwrap()).unwrap();
            match set.pointer("/spec/template/spec/containers/0/image").and_then(Value::as_str).unwrap() {
                NEW => new += desired,
                _ => old += desired,
            }
        }
        (old, new, ready(&snapshot.pods))
    }

    /// Images of the pods that are not going away.
    pub(crate) async fn images(&self) -> Vec<String> {
        let snapshot = self.cluster.read(&self.namespace, NAME).await.unwrap().unwrap();
        let mut images: Vec<_> = snapshot
            .pods
            .iter()
            .filter(|pod| pod.pointer("/metadata/deletionTimestamp").is_none())
            .map(|pod| pod.pointer("/spec/containers/0/image").and_then(Value::as_str).unwrap().to_owned())
            .collect();
        images.sort();
        images.dedup();
        images
    }

    pub(crate) async fn field(&self, pointer: &str) -> Value {
        let snapshot = self.cluster.read(&self.namespace, NAME).await.unwrap().unwrap();
        snapshot.deployment.pointer(pointer).cloned().unwrap_or_default()
    }

    /// What somebody else does with kubectl: a strategic merge.
    pub(crate) async fn meddle(&self, patch: Value) {
        let deployment =
            format!("/apis/apps/v1/namespaces/{}/deployments/{NAME}?fieldManager=kubectl", self.namespace);
        request(&self.kube, "PATCH", &deployment, "application/strategic-merge-patch+json", &patch).await;
    }

    pub(crate) async fn set_image(&self, image: &str) {
        let container = json!([{ "name": "app", "image": image }]);
        self.meddle(json!({ "spec": { "template": { "spec": { "containers": container } } } })).await;
    }

    /// Switches the sandbox; `false` on a real cluster, which has no switches.
    pub(crate) async fn scenario(&self, change: Value) -> bool {
        let Some(sandbox) = &self.sandbox else { return false };
        let url = format!("{}/scenario", sandbox.urls().control);
        let answer = reqwest::Client::new().post(url).json(&change).send().await.unwrap();
        assert!(answer.status().is_success(), "{}", answer.text().await.unwrap());
        true
    }

    /// Watches until dropped: never more new pods than the recorded step, never fewer ready pods than replicas.
    pub(crate) fn watch(&self) -> Watch {
        let (db, cluster, namespace) = (self.db.clone(), self.cluster.clone(), self.namespace.clone());
        let (id, replicas) = (self.id, self.replicas);
        Watch(tokio::spawn(async move {
            let mut looks = 0_u32;
            loop {
                let Ok(Some(snapshot)) = cluster.read(&namespace, NAME).await else { continue };
                // Read after the cluster: a step is recorded before it is performed.
                let row = rollouts::latest(db.pool(), id).await.unwrap().unwrap().rollout;
                let seen = gantry_server::outside::cluster::observe(&snapshot, &row);
                let most = match &row.phase {
                    Phase::Starting => 0,
                    Phase::Held { from, .. } => step_target(from).unwrap_or(replicas),
                    phase => step_target(phase).unwrap_or(replicas),
                };
                let new = seen.pods.tally(Side::New).desired;
                assert!(new <= most, "overshoot: {new} new pods at {:?}", row.phase);
                let ready = ready(&snapshot.pods);
                assert!(ready >= replicas, "{ready} of {replicas} pods are ready at {:?}", row.phase);
                looks += 1;
                if looks == u32::MAX {
                    return;
                }
                tokio::time::sleep(Duration::from_millis(15)).await;
            }
        }))
    }

    pub(crate) async fn done(self) {
        if self.sandbox.is_none() {
            let path = format!("/api/v1/namespaces/{}", self.namespace);
            request(&self.kube, "DELETE", &path, "application/json", &json!({})).await;
        }
    }
}

fn step_target(phase: &Phase) -> Option<u32> {
    match phase {
        Phase::Surging { to, .. } | Phase::Trimming { to, .. } | Phase::Soaking { to, .. } => Some(*to),
        _ => None,
    }
}

/// A watch over the invariants.
pub(crate) struct Watch(JoinHandle<()>);

impl Watch {
    /// Ends it; fails with what it saw.
    pub(crate) async fn end(self) {
        self.0.abort();
        if let Err(error) = self.0.await
            && error.is_panic()
        {
            std::panic::resume_unwind(error.into_panic());
        }
    }
}

fn ready(pods: &[Value]) -> u32 {
    let is = |pod: &&Value| {
        let conditions = pod.pointer("/status/conditions").and_then(Value::as_array);
        let ready = conditions
            .is_some_and(|all| all.iter().any(|one| one["type"] == "Ready" && one["status"] == "True"));
        ready && pod.pointer("/metadata/deletionTimestamp").is_none()
    };
    u32::try_from(pods.iter().filter(is).count()).unwrap()
}

async fn outside() -> (Cluster, Client, Option<Sandbox>) {
    if std::env::var_os("KUBECONFIG").is_some() {
        let cluster = Cluster::connect(None).await.unwrap();
        return (cluster, Client::try_default().await.unwrap(), None);
    }
    let options = Options { pod_start_ms: 300, pod_stop_ms: 100, empty: true, ..Options::default() };
    let sandbox = Sandbox::start(options).await.unwrap();
    let url = &sandbox.urls().kube;
    let client = Client::try_from(kube::Config::new(url.parse().unwrap())).unwrap();
    (Cluster::at(url).unwrap(), client, Some(sandbox))
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

async fn person(db: &Db, login: &str, role: Role) -> Actor {
    let newcomer =
        Newcomer { login: login.into(), name: login.into(), role, password: "correct horse battery".into() };
    let id: UserId = people::add(db, newcomer, None, rollouts::now(db.pool()).await.unwrap()).await.unwrap();
    Actor { person: Person { id, name: login.to_owned() }, role }
}

pub(crate) fn caller(actor: &Actor) -> Caller {
    let request = RequestId::new(actor.person.id, "/", Uuid::new_v4().as_bytes());
    Caller { actor: actor.clone(), request, now: gantry_server::clock::Clock::system().now() }
}

async fn open(db: &Db, around: &Surroundings, actor: &Actor, namespace: &str) -> GoLiveId {
    let fields = [
        ("preset", "posthog"),
        ("image", NEW),
        ("namespace", namespace),
        ("deployment", NAME),
        ("container", "app"),
    ];
    let fields = fields.map(|(name, value)| (name.to_owned(), value.to_owned())).into();
    let draft = go_lives::draft(&fields, &around.presets).unwrap();
    go_lives::open(db, caller(actor), draft).await.unwrap()
}

/// A Deployment's facts, as the services read them.
pub(crate) async fn revision(stage: &Stage) -> Option<i64> {
    let snapshot = stage.cluster.read(&stage.namespace, NAME).await.unwrap().unwrap();
    facts(&snapshot, "app").stable.and_then(|stable| stable.revision)
}
