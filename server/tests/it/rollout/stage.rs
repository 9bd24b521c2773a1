//! What a rollout needs to happen: a Deployment, people, a go-live with its gate open, and an engine that can be killed.

mod ground;
mod watch;

use std::time::Duration;

use gantry_domain::actor::{Actor, Person, Role};
use gantry_domain::id::{GoLiveId, UserId};
use gantry_domain::opened::Opened;
use gantry_domain::plan::{Plan, Step};
use gantry_domain::preset;
use gantry_domain::rollout::{Ask, LogLine, Phase, Refused, Rollout, Shown};
use gantry_local::TestDatabase;
use gantry_sandbox::Sandbox;
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

use ground::OwnNamespace;
pub(crate) use ground::{Ground, request};
pub(crate) use watch::{desired, ready};

pub(crate) const NAME: &str = "checkout";
pub(crate) const OLD: &str = "registry.example/checkout:v1";
pub(crate) const NEW: &str = "registry.example/checkout:v2";
pub(crate) const WITHIN: Duration = Duration::from_mins(3);

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
    sandbox: Option<Sandbox>,
    pub(crate) namespace: String,
    pub(crate) id: GoLiveId,
    pub(crate) admin: Actor,
    pub(crate) manager: Actor,
    pub(crate) around: Surroundings,
    replicas: u32,
    hub: Hub,
    _listener: JoinHandle<()>,
    database: TestDatabase,
    _own: Option<OwnNamespace>,
}

impl Stage {
    /// A Deployment of so many ready pods, and a go-live of its next version.
    pub(crate) async fn set(replicas: u32, steps: &[(u32, u32)]) -> Self {
        let Ground { cluster, kube, sandbox, namespace, own } = Ground::of_choice(replicas).await;
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
            database,
            _own: own,
        };
        let steps = steps.iter().map(|&(percent, soak_seconds)| Step { percent, soak_seconds }).collect();
        stage.change_plan(|usual| Plan { steps, ..usual }).await;
        eventually("all pods are ready", WITHIN, || async { stage.pods().await == (replicas, 0, replicas) })
            .await;
        stage
    }

    /// Saves another plan instead of the one that stands.
    pub(crate) async fn change_plan(&self, change: impl FnOnce(Plan) -> Plan) {
        let (presets, caller) = (self.around.presets.clone(), caller(&self.manager));
        let usual = console::plan(&self.db, &self.go_live().await, &presets).await.unwrap().0;
        let opened = Opened::plan(&usual);
        release::set_plan(&self.db, presets, caller, self.id, change(usual), opened).await.unwrap();
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

    /// Goes on from the step that runs.
    pub(crate) async fn go_on(&self, reason: &str) {
        let seen = Shown::of(&self.row().await);
        self.ask(Ask::Continue { seen, reason: reason.to_owned() }).await.unwrap();
    }

    /// Leaves the hold that stands, and looks again where it has changed: the cluster follows what somebody did in its time.
    pub(crate) async fn resume(&self) -> Result<(), AskError> {
        let deadline = tokio::time::Instant::now() + WITHIN;
        loop {
            let seen = Shown::of(&self.row().await);
            match self.ask(Ask::Resume { seen }).await {
                Err(AskError::Refused(Refused::OtherHold(_))) if tokio::time::Instant::now() < deadline => {
                    tokio::time::sleep(Duration::from_millis(15)).await;
                }
                answer => return answer,
            }
        }
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
        rollouts::log_of(self.db.pool(), row.id, 10_000).await.unwrap().lines
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
        let (old, new) = desired(&snapshot.replica_sets);
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
        let Some(sandbox) = &self.sandbox else {
            eprintln!("skipped: only the sandbox can be made to do this: {change}");
            return false;
        };
        let url = format!("{}/scenario", sandbox.urls().control);
        let answer = reqwest::Client::new().post(url).json(&change).send().await.unwrap();
        assert!(answer.status().is_success(), "{}", answer.text().await.unwrap());
        true
    }

    /// Nobody gets into the database any more, and everybody in it is thrown out.
    pub(crate) async fn database_away(&self) {
        let name = self.database.name();
        self.beside(&format!("alter database {name} with allow_connections false")).await;
        let others =
            format!("select pg_terminate_backend(pid) from pg_stat_activity where datname = '{name}'");
        self.beside(&others).await;
    }

    pub(crate) async fn database_back(&self) {
        self.beside(&format!("alter database {} with allow_connections true", self.database.name())).await;
    }

    /// Runs a statement in the database beside ours.
    async fn beside(&self, sql: &str) {
        use sqlx::{Connection as _, PgConnection, postgres::PgConnectOptions};

        let options: PgConnectOptions = self.database.url().parse().unwrap();
        let mut connection = PgConnection::connect_with(&options.database("postgres")).await.unwrap();
        sqlx::raw_sql(sql).execute(&mut connection).await.unwrap();
    }

    /// What somebody does with kubectl in our namespace; nothing where there is no kubectl.
    pub(crate) async fn kubectl(&self, arguments: &str) -> Option<String> {
        self.typed(&format!("kubectl -n {} {arguments}", self.namespace)).await
    }

    /// A line as somebody types it who has a kubeconfig; nothing where there is no kubectl.
    pub(crate) async fn typed(&self, line: &str) -> Option<String> {
        let home = tempfile::tempdir().unwrap();
        let kubeconfig = match &self.sandbox {
            Some(sandbox) => {
                let path = home.path().join("kubeconfig");
                std::fs::write(&path, sandbox.kubeconfig()).unwrap();
                path
            }
            None => ground::chosen().unwrap(),
        };
        let mut shell = tokio::process::Command::new("sh");
        shell.args(["-c", line]).env("HOME", home.path()).env("KUBECONFIG", kubeconfig);
        let output = shell.stdin(std::process::Stdio::null()).kill_on_drop(true).output().await.unwrap();
        if output.status.code() == Some(127) {
            assert!(std::env::var_os("CI").is_none(), "kubectl is missing, and CI must not skip its tests");
            eprintln!("skipped: there is no kubectl");
            return None;
        }
        let said = [output.stdout, output.stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
        Some(said.concat())
    }

    /// The end of a test. What it made in a cluster of somebody's own goes also when it fails.
    pub(crate) fn done(self) -> std::future::Ready<()> {
        drop(self);
        std::future::ready(())
    }
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
