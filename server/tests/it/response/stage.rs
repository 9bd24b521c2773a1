//! A sandbox where something goes wrong, a program that responds to it, and an incident.

use std::time::Duration;

use gantry_domain::id::{GoLiveId, IncidentId};
use gantry_domain::mitigation::Mitigation;
use gantry_domain::preset::Severity;
use gantry_domain::rollout::{Phase, Rollout};
use gantry_sandbox::{Options, Sandbox};
use gantry_server::config::Config;
use gantry_server::outside::cluster::{Cluster, Snapshot};
use gantry_server::request::RequestId;
use gantry_server::services::Caller;
use gantry_server::services::incidents::Desk;
use gantry_server::services::incidents::opening::{self, Draft};
use gantry_server::store::{integrations, mitigations, rollouts};
use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::rollout::metrics::{Metrics, Says};
use crate::world::{Answer, Browser, World, config, database, eventually};

pub(crate) const WITHIN: Duration = Duration::from_mins(1);
pub(crate) const DEPLOYMENT: &str = "posthog-integration";

pub(crate) struct Stage {
    pub(crate) world: World,
    pub(crate) sandbox: Sandbox,
    pub(crate) cluster: Cluster,
    pub(crate) metrics: Metrics,
    pub(crate) id: IncidentId,
    pub(crate) path: String,
    pub(crate) go_live: GoLiveId,
    _dir: tempfile::TempDir,
}

impl Stage {
    /// A production with ten pods, and an incident about it.
    pub(crate) async fn set() -> Self {
        Self::with(|_| {}).await
    }

    /// The same with a configuration that `change` has changed.
    pub(crate) async fn with(change: impl FnOnce(&mut Config)) -> Self {
        let _already = rustls::crypto::ring::default_provider().install_default();
        let metrics = Metrics::start().await;
        let options = Options {
            pod_start_ms: 100,
            pod_stop_ms: 50,
            prometheus_upstream: Some(metrics.url.clone()),
            ..Options::default()
        };
        let sandbox = Sandbox::start(options).await.unwrap();
        let cluster = Cluster::at(&sandbox.urls().kube).unwrap();
        eventually("the pods are ready", WITHIN, || async { ready(&cluster).await == Some(10) }).await;
        let dir = tempfile::tempdir().unwrap();
        let kubeconfig = dir.path().join("kubeconfig");
        std::fs::write(&kubeconfig, sandbox.kubeconfig()).unwrap();
        let database = database().await;
        let mut config = config(database.url());
        config.kubeconfig = Some(kubeconfig);
        config.prometheus_url = Some(sandbox.urls().prometheus.clone());
        config.health_url =
            Some(format!("{}/services/{{namespace}}/{{deployment}}", sandbox.urls().services));
        config.vendor.api = Some(sandbox.urls().posthog.clone());
        config.vendor.capture = Some(sandbox.urls().posthog.clone());
        // Another host than the API's, as in real life: a limit of the one says nothing of the other.
        config.vendor.status = Some(sandbox.urls().posthog.replace("127.0.0.1", "localhost"));
        change(&mut config);
        let world = World::with(database, &config).await;
        let go_live = world.go_live().await;
        let id = open(&world, "posthog", "production").await;
        let path = format!("/incidents/{id}");
        Self { world, sandbox, cluster, metrics, id, path, go_live, _dir: dir }
    }

    /// From now on it is about an incident of the platform, which runs as nothing in particular.
    pub(crate) async fn turn_to_the_platform(&mut self) {
        self.id = open(&self.world, "platform", "platform").await;
        self.path = format!("/incidents/{}", self.id);
    }

    pub(crate) async fn rui(&self) -> Browser {
        self.world.signed_in("rui").await
    }

    /// Turns switches of the scenario.
    pub(crate) async fn switch(&self, change: Value) {
        let url = format!("{}/scenario", self.sandbox.urls().control);
        let answer = reqwest::Client::new().post(url).json(&change).send().await.unwrap();
        assert!(answer.status().is_success(), "{}", answer.text().await.unwrap());
    }

    /// Changes an object as somebody else does with kubectl.
    pub(crate) async fn patch(&self, path: &str, change: Value) {
        let asked = reqwest::Client::new()
            .patch(format!("{}{path}?fieldManager=kubectl", self.sandbox.urls().kube))
            .header("content-type", "application/strategic-merge-patch+json")
            .body(change.to_string());
        let answer = asked.send().await.unwrap();
        assert!(answer.status().is_success(), "{}", answer.text().await.unwrap());
    }

    /// Changes the Deployment so.
    pub(crate) async fn meddle(&self, change: Value) {
        let path = format!("/apis/apps/v1/namespaces/integrations/deployments/{DEPLOYMENT}");
        self.patch(&path, change).await;
    }

    /// Sets a variable of the container or, with `$patch: delete`, removes it.
    pub(crate) async fn set_env(&self, variable: Value) {
        let container = json!({ "name": "app", "env": [variable] });
        self.meddle(json!({ "spec": { "template": { "spec": { "containers": [container] } } } })).await;
    }

    /// Takes the four looks, and gives the page.
    pub(crate) async fn look(&self, who: &mut Browser) -> String {
        let path = format!("{}/triage", self.path);
        let answer = who.post(&path, &[]).await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.body);
        plain(&who.get(&path).await.body)
    }

    /// What 401/403, 429 and 5xx are measured at.
    pub(crate) fn measure(&self, text: &'static str, value: &'static str) {
        self.metrics.say(Says::Value(text, value));
    }

    /// The rehearsal of an action.
    pub(crate) async fn rehearse(&self, who: &mut Browser, what: &str) -> Answer {
        who.get(&format!("{}/actions/{what}", self.path)).await
    }

    /// Confirms an action as its rehearsal shows it.
    pub(crate) async fn act(&self, who: &mut Browser, what: &str, fields: &[(&str, &str)]) -> Answer {
        let page = self.rehearse(who, what).await;
        let mark = hidden(&page.body, "mark");
        let mut fields = fields.to_vec();
        fields.push(("mark", &mark));
        who.post(&format!("{}/actions/{what}", self.path), &fields).await
    }

    pub(crate) async fn actions(&self) -> Vec<Mitigation> {
        let all = mitigations::of(self.world.running.app.db.pool(), self.id).await.unwrap();
        all.into_iter().map(|stored| stored.mitigation).collect()
    }

    /// Waits until the newest action is over.
    pub(crate) async fn over(&self) -> Mitigation {
        eventually("the action is over", WITHIN, || async {
            self.actions().await.first().is_some_and(|one| one.phase.is_over())
        })
        .await;
        self.actions().await.remove(0)
    }

    /// Has the go-live's version everywhere, as people do who have worked through the checklist on paper.
    pub(crate) async fn roll_out(&self) {
        self.begin(&[("percent-1", "100"), ("soak-1", "")]).await;
        eventually("it is complete", WITHIN, || async { self.rollout().await.phase == Phase::Complete })
            .await;
    }

    /// Has the go-live's version on half of the pods, for an hour.
    pub(crate) async fn soak(&self) {
        self.begin(&[("percent-1", "50"), ("soak-1", "1 h"), ("percent-2", "100"), ("soak-2", "")]).await;
        eventually("it soaks", WITHIN, || async {
            matches!(self.rollout().await.phase, Phase::Soaking { .. })
        })
        .await;
    }

    async fn begin(&self, steps: &[(&str, &str)]) {
        let (mut rui, mut ana) = (self.rui().await, self.world.signed_in("ana").await);
        let plan = [steps, &[("on-p1", "hold"), ("on-p2", "hold")]].concat();
        self.ask(&mut rui, "plan", &plan).await;
        self.ask(&mut ana, "override", &[("reason", "the checklist is worked through on paper")]).await;
        self.ask(&mut rui, "start", &[]).await;
    }

    /// Sends a form of the go-live as it stands now.
    async fn ask(&self, who: &mut Browser, form: &str, fields: &[(&str, &str)]) {
        let seen = crate::world::seen(&self.world, who, self.go_live, form).await;
        let mut fields = fields.to_vec();
        fields.push(("seen", &seen));
        let answer = who.post(&format!("/go-lives/{}/{form}", self.go_live), &fields).await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{form}: {}", answer.body);
    }

    /// The go-live's newest rollout.
    pub(crate) async fn rollout(&self) -> Rollout {
        let db = &self.world.running.app.db;
        rollouts::latest(db.pool(), self.go_live).await.unwrap().unwrap().rollout
    }

    /// Waits until the newest rollout is rolled back.
    pub(crate) async fn rolled_back(&self) {
        eventually("it is rolled back", WITHIN, || async {
            matches!(self.rollout().await.phase, Phase::RolledBack { .. })
        })
        .await;
    }

    /// The Deployment and its pods as the cluster has them.
    pub(crate) async fn snapshot(&self) -> Snapshot {
        self.cluster.read("integrations", DEPLOYMENT).await.unwrap().unwrap()
    }

    /// The Deployment's variable; null where it is not set.
    pub(crate) async fn env(&self, name: &str) -> Value {
        let snapshot = self.snapshot().await;
        let env = snapshot.deployment.pointer("/spec/template/spec/containers/0/env").unwrap().clone();
        env.as_array().unwrap().iter().find(|one| one["name"] == name).cloned().unwrap_or_default()
    }

    /// Everything on the timeline.
    pub(crate) async fn timeline(&self) -> String {
        use sqlx::Row as _;

        let sql = "select text || ' ' || detail::text from incident_entries order by seq";
        let rows = self.world.sql(sql).await.unwrap();
        rows.iter().map(|row| row.get::<String, _>(0)).collect::<Vec<_>>().join("\n")
    }

    /// Every text in the database and everything that was logged about people, where a secret could have been left.
    pub(crate) async fn database_holds(&self, needle: &str) -> bool {
        let tables = [
            "mitigations",
            "triages",
            "incident_entries",
            "incidents",
            "audit_log",
            "idempotency",
            "evidence_parts",
            "postmortem_sections",
        ];
        for table in tables {
            let sql = format!("select count(*) from {table} t where t::text like '%{needle}%'");
            if self.world.count(&sql).await > 0 {
                return true;
            }
        }
        false
    }
}

async fn ready(cluster: &Cluster) -> Option<u64> {
    let snapshot = cluster.read("integrations", DEPLOYMENT).await.unwrap().unwrap();
    snapshot.deployment.pointer("/status/readyReplicas").and_then(Value::as_u64)
}

/// An incident that a person opened.
async fn open(world: &World, preset: &str, environment: &str) -> IncidentId {
    let db = &world.running.app.db;
    let preset = preset.parse().unwrap();
    let integration = integrations::of(db.pool(), &preset, environment).await.unwrap().unwrap();
    let request = RequestId::new(world.rui.person.id, "/", uuid::Uuid::new_v4().as_bytes());
    let caller = Caller { actor: world.rui.clone(), request, now: world.running.app.clock.now() };
    let draft = Draft {
        integration: Some(integration.id),
        severity: Severity::P1,
        title: "Errors rise".into(),
        sentence: "Seen on the dashboard".into(),
        impact: "Events are late".into(),
    };
    opening::by_hand(db, &Desk::default(), caller, draft).await.unwrap()
}

/// The page without the marks that stand between two texts.
pub(crate) fn plain(html: &str) -> String {
    html.replace("<!>", "")
}

/// The value of a hidden field.
pub(crate) fn hidden(html: &str, name: &str) -> String {
    let start = format!("name=\"{name}\" value=\"");
    let rest = html.split(&start).nth(1).unwrap_or_else(|| panic!("no {name} in {html}"));
    rest.split('"').next().unwrap().to_owned()
}
