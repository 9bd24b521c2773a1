//! `gantry serve` on a real Postgres with the sandbox around it. It can be killed and started again.
//!
//! A moment is chosen by holding a table: the program gets as far as the first write to it, and waits there.

pub(crate) mod hands;
pub(crate) mod pod;

use std::sync::{Arc, Mutex};
use std::time::Duration;

use gantry_domain::actor::Role;
use gantry_domain::id::{GoLiveId, IncidentId};
use gantry_local::{Child, Spec, TestDatabase};
use gantry_sandbox::{Options, Sandbox};
use gantry_server::clock::Clock;
use gantry_server::outside::cluster::Cluster;
use gantry_server::services::people::{self, Newcomer};
use gantry_server::store::{Db, PoolSettings};
use rand::rngs::StdRng;
use rand::{Rng as _, SeedableRng as _};
use reqwest::StatusCode;
use serde_json::{Value, json};
use sqlx::PgPool;

use crate::rollout::metrics::Metrics;
use crate::world::{Held, PASSWORD, database, eventually};
use hands::{Answered, Hands};
use pod::Pod;

pub(crate) const WITHIN: Duration = Duration::from_secs(50);
const GANTRY: &str = env!("CARGO_BIN_EXE_gantry");
const HOOK: &str = "canary-webhook-5e11";
const ROUTING: &str = "canary-routing-77c0";
const DATABASE: &str = "canary-database-a91e";
/// What opens the channels and the database: it is to be seen nowhere.
pub(crate) const SECRETS: [&str; 3] = [HOOK, ROUTING, DATABASE];

/// The program and everything around it.
pub(crate) struct Panel {
    pub(crate) database: TestDatabase,
    pub(crate) pool: PgPool,
    pub(crate) sandbox: Sandbox,
    pub(crate) cluster: Cluster,
    pub(crate) rui: Hands,
    pub(crate) ana: Hands,
    pub(crate) chance: StdRng,
    _metrics: Metrics,
    pod: Option<Pod>,
    base: Arc<Mutex<String>>,
    child: Child,
    dir: tempfile::TempDir,
    environment: Vec<(&'static str, String)>,
    starts: u32,
}

impl Panel {
    /// Started, with Ana (admin) and Rui (release manager) signed in. `seed` decides every random moment.
    pub(crate) async fn start(seed: u64) -> Self {
        Self::placed(seed, false).await
    }

    /// The same, as a pod of the cluster: nothing names a kubeconfig.
    pub(crate) async fn in_a_pod() -> Self {
        Self::placed(1, true).await
    }

    async fn placed(seed: u64, in_a_pod: bool) -> Self {
        let _already = rustls::crypto::ring::default_provider().install_default();
        let sandbox = Options { pod_start_ms: 100, pod_stop_ms: 50, ..Options::default() };
        let sandbox = Sandbox::start(sandbox).await.unwrap();
        let metrics = Metrics::start().await;
        let database = database().await;
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join("kubeconfig"), sandbox.kubeconfig()).unwrap();
        let db = Db::connect(database.url(), PoolSettings { max_connections: 4 }).await.unwrap();
        for (login, name, role) in
            [("ana", "Ana Duarte", Role::Admin), ("rui", "Rui Matos", Role::ReleaseManager)]
        {
            let newcomer =
                Newcomer { login: login.into(), name: name.into(), role, password: PASSWORD.into() };
            people::add(&db, newcomer, None, Clock::system().now()).await.unwrap();
        }
        db.close().await;
        let pool = PgPool::connect(database.url()).await.unwrap();
        let pod = if in_a_pod { Some(Pod::of(&sandbox).await) } else { None };
        let mut environment = environment(&sandbox, &metrics, &database);
        match &pod {
            Some(pod) => environment.extend(pod.environment()),
            None => environment.push(("KUBECONFIG", dir.path().join("kubeconfig").display().to_string())),
        }
        let base = Arc::new(Mutex::new(String::new()));
        let child = spawn(&environment, pod.as_ref(), dir.path(), 0);
        let cluster = Cluster::at(&sandbox.urls().kube).unwrap();
        let nobody = Hands::nobody(&base);
        let mut panel = Self {
            database,
            pool,
            sandbox,
            cluster,
            rui: nobody.clone(),
            ana: nobody.clone(),
            chance: StdRng::seed_from_u64(seed),
            _metrics: metrics,
            pod,
            base,
            child,
            dir,
            environment,
            starts: 0,
        };
        panel.until_serving().await;
        panel.rui = nobody.clone().signed_in("rui").await;
        panel.ana = nobody.signed_in("ana").await;
        panel
    }

    async fn until_serving(&self) {
        let address = || {
            let log = std::fs::read_to_string(self.log(self.starts)).unwrap_or_default();
            let (_, rest) = log.split_once("serving http://")?;
            Some(format!("http://{}", rest.split_whitespace().next()?))
        };
        let serving = || async { address().is_some() };
        self.child.wait_until(Duration::from_secs(30), serving).await.unwrap();
        *self.base.lock().unwrap() = address().unwrap();
    }

    fn log(&self, start: u32) -> std::path::PathBuf {
        self.dir.path().join(format!("gantry-{start}.log"))
    }

    /// Everything that the program has ever logged.
    pub(crate) fn logs(&self) -> String {
        (0..=self.starts).map(|start| std::fs::read_to_string(self.log(start)).unwrap()).collect()
    }

    /// Ends it as a power cut would, and waits until Postgres has noticed: what was sent before may still be committed.
    /// Whatever was held is given free, because Postgres does not notice while it waits.
    pub(crate) async fn kill(&mut self, held: Option<Held>) {
        let ended = self.child.kill().await;
        assert!(!ended.success(), "it ended by itself");
        if let Some(held) = held {
            held.free().await;
        }
        eventually("its connections are gone", WITHIN, || async {
            let sql = "select count(*) from pg_stat_activity
                       where datname = current_database() and application_name = 'gantry'";
            self.count(sql).await == 0
        })
        .await;
    }

    /// Starts it again.
    pub(crate) async fn restart(&mut self) {
        self.starts += 1;
        self.child = spawn(&self.environment, self.pod.as_ref(), self.dir.path(), self.starts);
        self.until_serving().await;
    }

    /// A moment of at most so many milliseconds, by chance.
    pub(crate) async fn moment(&mut self, at_most: u64) {
        let moment = self.chance.random_range(0..at_most);
        tokio::time::sleep(Duration::from_millis(moment)).await;
    }

    /// Keeps everybody from writing to a table.
    pub(crate) async fn hold(&self, table: &str) -> Held {
        Held::new(self.database.url(), table).await
    }

    /// Waits until the program is about to write to a table that is held.
    pub(crate) async fn until_it_waits_for(&self, held: &Held) {
        let table = held.table();
        let sql =
            format!("select count(*) from pg_locks where not granted and relation = '{table}'::regclass");
        eventually(&format!("it writes to {table}"), WITHIN, || async { self.count(&sql).await > 0 }).await;
    }

    /// Turns switches of the scenario.
    pub(crate) async fn switch(&self, change: Value) {
        let url = format!("{}/scenario", self.sandbox.urls().control);
        let answer = reqwest::Client::new().post(url).json(&change).send().await.unwrap();
        assert!(answer.status().is_success(), "{}", answer.text().await.unwrap());
    }

    /// What a sink took.
    pub(crate) async fn taken(&self, sink: &str) -> Vec<Value> {
        let url = format!("{}/requests?to={sink}", self.sandbox.urls().control);
        let all: Vec<Value> =
            serde_json::from_str(&reqwest::get(url).await.unwrap().text().await.unwrap()).unwrap();
        all.into_iter().filter(|one| one["status"] == 200 || one["status"] == 202).collect()
    }

    pub(crate) async fn count(&self, sql: &str) -> i64 {
        sqlx::query_scalar(sql).fetch_one(&self.pool).await.unwrap()
    }

    /// Opens a go-live, so that the integration has a workload.
    pub(crate) async fn go_live(&self, preset: &str) -> GoLiveId {
        let image = format!("registry.example/{preset}-integration:v2.5.0");
        let answer = self.rui.insist("/go-lives", &[("preset", preset), ("image", &image)]).await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.text());
        answer.location.rsplit('/').next().unwrap().parse().unwrap()
    }

    pub(crate) async fn integration(&self, preset: &str) -> String {
        let sql = format!("select id::text from integrations where preset = '{preset}' limit 1");
        sqlx::query_scalar(&sql).fetch_one(&self.pool).await.unwrap()
    }

    /// Opens an incident about a preset's integration.
    pub(crate) async fn incident(&self, preset: &str) -> IncidentId {
        let integration = self.integration(preset).await;
        let fields =
            [("integration", integration.as_str()), ("severity", "p1"), ("title", "Events are lost")];
        id_in(&self.rui.insist("/incidents", &fields).await)
    }

    /// The texts on an incident's timeline.
    pub(crate) async fn timeline(&self, id: IncidentId) -> Vec<String> {
        let sql = "select text from incident_entries where incident_id = $1 order by seq";
        sqlx::query_scalar(sql).bind(id.0).fetch_all(&self.pool).await.unwrap()
    }

    /// What was never to be seen is nowhere: not in a log, not in any table, not on a page, not in the audit log that can be
    /// taken away.
    pub(crate) async fn nothing_leaked(&self, also: &[&str]) {
        let logs = self.logs();
        let sql = "select id::text from incidents";
        let ids: Vec<String> = sqlx::query_scalar(sql).fetch_all(&self.pool).await.unwrap();
        let mut paths: Vec<String> =
            ["/", "/health", "/incidents", "/admin", "/admin/audit"].map(str::to_owned).into();
        for page in ["", "/actions", "/triage", "/evidence", "/postmortem", "/postmortem.md"] {
            paths.extend(ids.iter().take(2).map(|id| format!("/incidents/{id}{page}")));
        }
        let mut pages = String::new();
        for path in paths {
            let page = self.ana.get(&path).await;
            assert_eq!(page.status, StatusCode::OK, "{path}");
            pages.push_str(&page.text());
        }
        for secret in SECRETS.iter().chain(also) {
            assert!(!logs.contains(secret), "a log holds {secret}");
            assert!(!pages.contains(secret), "a page holds {secret}");
            for table in tables(self).await {
                let sql = format!("select count(*) from \"{table}\" t where t::text like '%{secret}%'");
                assert_eq!(self.count(&sql).await, 0, "{table} holds {secret}");
            }
        }
    }
}

async fn tables(panel: &Panel) -> Vec<String> {
    let sql = "select tablename::text from pg_tables where schemaname = 'public'";
    sqlx::query_scalar(sql).fetch_all(&panel.pool).await.unwrap()
}

/// The incident that an answer leads to.
pub(crate) fn id_in(answer: &Answered) -> IncidentId {
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.text());
    answer.location.rsplit('/').next().unwrap().parse().unwrap()
}

fn spawn(
    environment: &[(&'static str, String)],
    pod: Option<&Pod>,
    dir: &std::path::Path,
    start: u32,
) -> Child {
    let log = dir.join(format!("gantry-{start}.log"));
    let spec = match pod {
        Some(pod) => pod.running(GANTRY, &log),
        None => Spec::new("The panel", GANTRY, log),
    };
    let spec = spec.arg("serve").without_env("KUBECONFIG");
    Child::spawn(&environment.iter().fold(spec, |spec, (name, value)| spec.env(*name, value))).unwrap()
}

fn environment(sandbox: &Sandbox, metrics: &Metrics, database: &TestDatabase) -> Vec<(&'static str, String)> {
    let urls = sandbox.urls();
    let host = |url: &str| url.trim_start_matches("http://").to_owned();
    vec![
        ("DATABASE_URL", format!("{}&password={DATABASE}", database.url())),
        ("GANTRY_NO_MIGRATE", "1".to_owned()),
        ("GANTRY_LISTEN", "127.0.0.1:0".to_owned()),
        ("GANTRY_HEALTH_URL", format!("{}/services/{{namespace}}/{{deployment}}", urls.services)),
        ("GANTRY_POSTHOG_API", urls.posthog.clone()),
        ("GANTRY_POSTHOG_CAPTURE", urls.posthog.clone()),
        ("GANTRY_POSTHOG_STATUS", urls.posthog.clone()),
        ("GANTRY_PROMETHEUS_URL", metrics.url.clone()),
        ("GANTRY_SLACK_WEBHOOK", "$HOOK".to_owned()),
        ("HOOK", format!("{}/services/T0/B0/{HOOK}", urls.slack)),
        ("GANTRY_PAGERDUTY_KEY", "$ROUTING".to_owned()),
        ("ROUTING", ROUTING.to_owned()),
        ("GANTRY_PAGERDUTY_URL", urls.pagerduty.clone()),
        ("GANTRY_MESSAGE_HOSTS", format!("{},{}", host(&urls.slack), host(&urls.pagerduty))),
        ("GANTRY_LOG", "debug".to_owned()),
    ]
}

/// The scenario in which a sink takes what it is sent and does not say so.
pub(crate) fn silent(milliseconds: u64) -> Value {
    json!({ "slack": { "wait_ms": milliseconds }, "pagerduty": { "wait_ms": milliseconds } })
}
