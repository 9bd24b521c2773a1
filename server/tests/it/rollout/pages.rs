//! A rollout through the pages, as a browser without its helper sends the forms.

use std::time::Duration;

use gantry_domain::plan::{BreachAction, Plan};
use gantry_domain::rollout::{Phase, Rollout};
use gantry_sandbox::{Options, Sandbox};
use gantry_server::outside::cluster::Cluster;
use gantry_server::store::rollouts;
use reqwest::StatusCode;

use super::metrics::Metrics;
use crate::world::{Browser, World, config, database, eventually, seen, stored};

const WITHIN: Duration = Duration::from_mins(1);

pub(super) struct Place {
    pub(super) world: World,
    pub(super) path: String,
    pub(super) id: gantry_domain::id::GoLiveId,
    sandbox: Sandbox,
    _dir: tempfile::TempDir,
}

impl Place {
    pub(super) async fn new() -> Self {
        let _already = rustls::crypto::ring::default_provider().install_default();
        let options = Options { pod_start_ms: 300, pod_stop_ms: 100, ..Options::default() };
        let sandbox = Sandbox::start(options).await.unwrap();
        let cluster = Cluster::at(&sandbox.urls().kube).unwrap();
        eventually("the pods are ready", WITHIN, || async {
            let snapshot = cluster.read("integrations", "posthog-integration").await.unwrap().unwrap();
            snapshot.deployment.pointer("/status/readyReplicas").and_then(serde_json::Value::as_u64)
                == Some(10)
        })
        .await;
        let dir = tempfile::tempdir().unwrap();
        let kubeconfig = dir.path().join("kubeconfig");
        std::fs::write(&kubeconfig, sandbox.kubeconfig()).unwrap();
        let database = database().await;
        let mut config = config(database.url());
        config.kubeconfig = Some(kubeconfig);
        config.prometheus_url = Some(Metrics::start().await.url);
        config.vendor.status = Some(sandbox.urls().posthog.clone());
        config.staging_health_url =
            Some(format!("{}/services/{{namespace}}-staging/{{deployment}}", sandbox.urls().services));
        let world = World::with(database, &config).await;
        let id = world.go_live().await;
        Self { world, path: format!("/go-lives/{id}"), id, sandbox, _dir: dir }
    }

    /// Posts a form of the console as the page shows it now.
    pub(super) async fn post(
        &self,
        who: &mut Browser,
        form: &str,
        fields: &[(&str, &str)],
    ) -> crate::world::Answer {
        let seen = seen(&self.world, who, self.id, form).await;
        let mut fields = fields.to_vec();
        fields.push(("seen", &seen));
        who.post(&format!("{}/{form}", self.path), &fields).await
    }

    /// Turns switches of the outside world.
    pub(super) async fn switch(&self, change: serde_json::Value) {
        let address = format!("{}/scenario", self.sandbox.urls().control);
        let answer = reqwest::Client::new().post(address).json(&change).send().await.unwrap();
        assert!(answer.status().is_success(), "{}", answer.text().await.unwrap());
    }

    /// What somebody else does with kubectl: sets the image of the container.
    async fn set_image(&self, image: &str) {
        let workload = stored(&self.world, self.id).await.go_live.workload;
        let address = format!(
            "{}/apis/apps/v1/namespaces/{}/deployments/{}?fieldManager=kubectl",
            self.sandbox.urls().kube,
            workload.namespace,
            workload.deployment
        );
        let container = serde_json::json!([{ "name": workload.container, "image": image }]);
        let change = serde_json::json!({ "spec": { "template": { "spec": { "containers": container } } } });
        let asked = reqwest::Client::new().patch(address).body(change.to_string());
        let answer =
            asked.header("content-type", "application/strategic-merge-patch+json").send().await.unwrap();
        assert!(answer.status().is_success(), "{}", answer.text().await.unwrap());
    }

    /// The newest rollout.
    pub(super) async fn row(&self) -> Rollout {
        rollouts::latest(self.world.running.app.db.pool(), self.id).await.unwrap().unwrap().rollout
    }

    pub(super) async fn until(&self, what: &str, done: impl Fn(&Phase) -> bool) {
        eventually(what, WITHIN, || async {
            let latest = rollouts::latest(self.world.running.app.db.pool(), self.id).await.unwrap();
            latest.is_some_and(|latest| done(&latest.rollout.phase))
        })
        .await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn from_the_plan_to_the_rollback_everything_works_with_plain_forms() {
    let place = Place::new().await;
    let mut rui = place.world.signed_in("rui").await;
    let mut ana = place.world.signed_in("ana").await;
    let mut sam = place.world.signed_in("sam").await;
    let breach = [("on-p1", "roll-back"), ("on-p2", "hold")];

    // A plan that makes no sense is refused beside its field, with everything that was typed.
    let falling = [("percent-1", "50"), ("soak-1", "7 min"), ("percent-2", "10"), ("percent-3", "100")];
    let answer = place.post(&mut rui, "plan", &[&falling[..], &breach].concat()).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(answer.body.contains("must be above the step before it") && answer.body.contains("7 min"));
    let rising = [("percent-1", "10"), ("soak-1", "20 min"), ("percent-2", "100"), ("soak-2", "")];
    let answer = place.post(&mut rui, "plan", &[&rising[..], &breach].concat()).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.body);

    // Starting: not for stakeholders, and refused with the exact list while the gate is closed.
    assert_eq!(place.post(&mut sam, "start", &[]).await.status, StatusCode::FORBIDDEN);
    let answer = place.post(&mut rui, "start", &[]).await;
    assert_eq!(answer.status, StatusCode::CONFLICT);
    assert!(answer.body.contains("The rollout was not started"), "{}", answer.body);
    let reason = [("reason", "the checklist is worked through on paper")];
    assert_eq!(place.post(&mut ana, "override", &reason).await.status, StatusCode::SEE_OTHER);
    let answer = place.post(&mut rui, "start", &[]).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.body);

    place.until("it soaks", |phase| matches!(phase, Phase::Soaking { .. })).await;
    for who in [&mut rui, &mut sam] {
        let page = who.get(&place.path).await.body;
        assert!(page.contains("1 of 10 pods"), "{page}");
    }

    // Continuing needs a reason; a stakeholder asks nothing; the way back is one click.
    let id = place.row().await.id.to_string();
    let silent = [("reason", " "), ("rollout", id.as_str()), ("step", "0")];
    let answer = place.post(&mut rui, "rollout/continue", &silent).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(place.post(&mut sam, "rollout/roll-back", &[]).await.status, StatusCode::FORBIDDEN);
    assert_eq!(place.post(&mut rui, "rollout/no-such", &[]).await.status, StatusCode::NOT_FOUND);
    assert_eq!(place.post(&mut rui, "rollout/roll-back", &[]).await.status, StatusCode::SEE_OTHER);
    place.until("it is rolled back", |phase| matches!(phase, Phase::RolledBack { .. })).await;
    let answer = place.post(&mut rui, "rollout/pause", &[]).await;
    assert_eq!(answer.status, StatusCode::CONFLICT);

    let list = sam.get("/go-lives").await.body;
    assert!(list.contains("rolled back"), "{list}");
    let print = sam.get(&format!("{}/print", place.path)).await.body;
    assert!(print.contains("Rolling back to registry.example/posthog-integration:v2.4.1"), "{print}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_incident_of_the_vendor_and_an_unwell_staging_block_the_start_until_an_admin_says_why_not() {
    let place = Place::new().await;
    let mut rui = place.world.signed_in("rui").await;
    let mut ana = place.world.signed_in("ana").await;
    let reason = [("reason", "the checklist is worked through on paper")];
    assert_eq!(place.post(&mut ana, "override", &reason).await.status, StatusCode::SEE_OTHER);
    place.switch(serde_json::json!({ "vendor": "outage_with_notice" })).await;

    let refused = place.post(&mut rui, "start", &[]).await;
    assert_eq!(refused.status, StatusCode::CONFLICT);
    assert!(refused.body.contains("its status page shows an incident"), "{}", refused.body);
    place.switch(serde_json::json!({ "vendor": "up", "key_revoked": true })).await;
    let refused = place.post(&mut rui, "start", &[]).await;
    assert_eq!(refused.status, StatusCode::CONFLICT);
    assert!(!refused.body.contains("its status page shows an incident"), "{}", refused.body);

    let why =
        [("reason", "staging has lost its key, and production has another"), ("checks", "staging-health")];
    assert_eq!(place.post(&mut rui, "preflight/override", &why).await.status, StatusCode::FORBIDDEN);
    let short = place.post(&mut ana, "preflight/override", &[("reason", "hurry")]).await;
    assert_eq!(short.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(place.post(&mut ana, "preflight/override", &why).await.status, StatusCode::SEE_OTHER);
    let started = place.post(&mut rui, "start", &[]).await;
    assert_eq!(started.status, StatusCode::SEE_OTHER, "{}", started.body);
    let page = rui.get(&place.path).await.body;
    assert!(page.contains("staging has lost its key, and production has another"), "{page}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_slow_cluster_keeps_nobody_from_checking_again_and_starting() {
    let place = Place::new().await;
    let mut rui = place.world.signed_in("rui").await;
    let mut ana = place.world.signed_in("ana").await;
    let reason = [("reason", "the checklist is worked through on paper")];
    assert_eq!(place.post(&mut ana, "override", &reason).await.status, StatusCode::SEE_OTHER);
    place.switch(serde_json::json!({ "cluster": { "latency_ms": 1500 } })).await;

    let checked = place.post(&mut rui, "preflight", &[]).await;
    assert_eq!(checked.status, StatusCode::SEE_OTHER, "{}", checked.body);
    let page = rui.get(&place.path).await.body;
    assert!(page.contains("every verb that is needed is granted"), "{page}");
    let started = place.post(&mut rui, "start", &[]).await;
    assert_eq!(started.status, StatusCode::SEE_OTHER, "{}", started.body);
    assert!(rollouts::latest(place.world.running.app.db.pool(), place.id).await.unwrap().is_some());
}

#[tokio::test(flavor = "multi_thread")]
async fn escapes_in_a_third_image_reach_neither_the_page_nor_the_log_nor_the_exports() {
    let place = Place::new().await;
    let mut rui = place.world.signed_in("rui").await;
    let mut ana = place.world.signed_in("ana").await;
    let reason = [("reason", "the checklist is worked through on paper")];
    assert_eq!(place.post(&mut ana, "override", &reason).await.status, StatusCode::SEE_OTHER);
    let started = place.post(&mut rui, "start", &[]).await;
    assert_eq!(started.status, StatusCode::SEE_OTHER, "{}", started.body);
    place.until("it soaks", |phase| matches!(phase, Phase::Soaking { .. })).await;

    place.set_image("registry.example/posthog-integration:v3\u{202e}lanif\u{1b}[31m").await;
    place.until("it is held", |phase| matches!(phase, Phase::Held { .. })).await;
    let hostile = |text: &str| text.contains(['\u{202e}', '\u{1b}']);
    let shown = "posthog-integration:v3lanif";
    let pool = place.world.running.app.db.pool();
    let rollout = place.row().await.id;
    let log = rollouts::log_of(pool, rollout, 1000).await.unwrap().lines;
    let log: Vec<_> = log.iter().map(|line| format!("{}: {}", line.what, line.why)).collect();
    assert!(log.iter().any(|line| line.contains(shown)), "{log:?}");
    assert!(!log.iter().any(|line| hostile(line)), "{log:?}");
    for page in ["", "/print", "/export.md", "/export.csv"] {
        let answer = rui.get(&format!("{}{page}", place.path)).await;
        assert_eq!(answer.status, StatusCode::OK, "{page}");
        assert!(!hostile(&answer.body), "{page} holds what can change the screen");
        assert!(page.starts_with("/export") || answer.body.contains(shown), "{page} does not show the image");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_verb_that_the_cluster_forbids_is_named_on_the_page_until_it_is_granted() {
    let place = Place::new().await;
    let (mut rui, mut ana) = (place.world.signed_in("rui").await, place.world.signed_in("ana").await);
    let sam = place.world.signed_in("sam").await;
    let reason = [("reason", "the checklist is worked through on paper")];
    assert_eq!(place.post(&mut ana, "override", &reason).await.status, StatusCode::SEE_OTHER);
    let started = place.post(&mut rui, "start", &[]).await;
    assert_eq!(started.status, StatusCode::SEE_OTHER, "{}", started.body);
    place.until("it soaks", |phase| matches!(phase, Phase::Soaking { .. })).await;

    let rule = serde_json::json!([{ "verb": "patch", "resource": "deployments" }]);
    place.switch(serde_json::json!({ "cluster": { "forbidden": rule } })).await;
    assert_eq!(place.post(&mut rui, "rollout/roll-back", &[]).await.status, StatusCode::SEE_OTHER);
    let named = |wanted: bool| {
        let (mut sam, path) = (sam.clone(), place.path.clone());
        let words =
            "forbids “patch” on deployments.apps in namespace integrations; the Role of the panel needs it";
        async move { sam.get(&path).await.body.contains(words) == wanted }
    };
    eventually("the page names the verb", WITHIN, || named(true)).await;
    place.switch(serde_json::json!({ "cluster": null })).await;
    place.until("it is rolled back", |phase| matches!(phase, Phase::RolledBack { .. })).await;
    eventually("the page no longer names it", WITHIN, || named(false)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_breach_does_is_chosen_for_each_severity_and_kept_with_the_plan() {
    let place = Place::new().await;
    let mut rui = place.world.signed_in("rui").await;
    let steps = [("percent-1", "10"), ("soak-1", "20 min"), ("percent-2", "100"), ("soak-2", "")];
    let answer = place.post(&mut rui, "plan", &[&steps[..], &[("on-p1", "explode")]].concat()).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(answer.body.contains("neither hold nor roll back"), "{}", answer.body);

    let chosen = [("on-p1", "hold"), ("on-p2", "roll-back")];
    let answer = place.post(&mut rui, "plan", &[&steps[..], &chosen].concat()).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.body);
    let kept = stored(&place.world, place.id).await.plan.unwrap();
    let kept: Plan = serde_json::from_value(kept).unwrap();
    assert_eq!((kept.on_p1, kept.on_p2), (BreachAction::Hold, BreachAction::RollBack));
    let page = rui.get(&place.path).await.body.replace("<!>", "");
    assert!(page.contains("P1: hold for a person") && page.contains("P2: roll back"), "{page}");
}
