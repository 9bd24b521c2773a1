//! What the probes and the lights say of the sandbox's world, well and unwell. A finding never ticks for a person.

use std::collections::BTreeMap;
use std::time::Duration;

use gantry_domain::preset::ProbeKind;
use gantry_domain::probe::Verdict;
use gantry_sandbox::{Options, Sandbox};
use gantry_server::config::VendorConfig;
use gantry_server::store::{findings, lights};
use gantry_server::watching;

use crate::world::{World, config, database, eventually};

struct Place {
    world: World,
    sandbox: Sandbox,
    id: gantry_domain::id::GoLiveId,
    _dir: tempfile::TempDir,
}

impl Place {
    async fn new() -> Self {
        let _already = rustls::crypto::ring::default_provider().install_default();
        let sandbox = Sandbox::start(Options::default()).await.unwrap();
        let dir = tempfile::tempdir().unwrap();
        let kubeconfig = dir.path().join("kubeconfig");
        let cluster = &sandbox.urls().kube;
        let text = format!(
            "apiVersion: v1\nkind: Config\ncurrent-context: c\nclusters: [{{name: c, cluster: {{server: \"{cluster}\"}}}}]\n\
             contexts: [{{name: c, context: {{cluster: c, user: c}}}}]\nusers: [{{name: c, user: {{}}}}]\n"
        );
        std::fs::write(&kubeconfig, text).unwrap();
        let database = database().await;
        let mut config = config(database.url());
        let vendor = Some(sandbox.urls().posthog.clone());
        config.kubeconfig = Some(kubeconfig);
        config.vendor = VendorConfig {
            api: vendor.clone(),
            capture: vendor.clone(),
            status: vendor,
            key: Some("phx_sandbox_personal_key".into()),
        };
        config.health_url =
            Some(format!("{}/services/{{namespace}}/{{deployment}}", sandbox.urls().services));
        let health = format!("{}/services/integrations/posthog-integration/health", sandbox.urls().services);
        eventually("the pods are ready", Duration::from_secs(30), || async {
            reqwest::get(&health).await.is_ok_and(|answer| answer.status().is_success())
        })
        .await;
        let world = World::with(database, &config).await;
        let id = world.go_live().await;
        Self { world, sandbox, id, _dir: dir }
    }

    async fn scenario(&self, change: &str) {
        let url = format!("{}/scenario", self.sandbox.urls().control);
        let request = reqwest::Client::new().post(url).header("content-type", "application/json");
        let answer = request.body(change.to_owned()).send().await.unwrap();
        assert!(answer.status().is_success(), "{}", answer.text().await.unwrap());
    }

    async fn look(&self) -> (BTreeMap<ProbeKind, (Verdict, String)>, Vec<(String, String)>) {
        watching::once(&self.world.running.app.outlook).await.unwrap();
        let pool = self.world.running.app.db.pool();
        let found = findings::of(pool, self.id).await.unwrap();
        let lights = lights::of(pool, self.id).await.unwrap();
        (
            found.into_iter().map(|finding| (finding.probe, (finding.verdict, finding.sentence))).collect(),
            lights.into_iter().map(|light| (light.name, light.word)).collect(),
        )
    }
}

#[tokio::test]
async fn in_a_world_that_is_well_probes_pass_and_what_nobody_can_know_is_unknown() {
    let place = Place::new().await;
    place.scenario(r#"{"posthog": {"scopes": ["project:read"]}}"#).await;
    let (found, lights) = place.look().await;
    assert_eq!(found.len(), 6, "{found:?}");
    for probe in [ProbeKind::Health, ProbeKind::SecretSource, ProbeKind::KeyScopes] {
        assert_eq!(found[&probe].0, Verdict::Pass, "{probe:?}: {}", found[&probe].1);
    }
    assert_eq!(found[&ProbeKind::WebhookHttps].0, Verdict::Unknown, "there is no webhook to look at");
    assert_eq!(found[&ProbeKind::Monitoring].0, Verdict::Unknown, "no Prometheus is configured");
    let words: Vec<_> = lights.iter().map(|(_, word)| word.as_str()).collect();
    assert_eq!(words, ["healthy", "healthy", "healthy"], "{lights:?}");
    assert_eq!(place.world.count("select count(*) from item_entries").await, 0, "a probe ticked");
    let mut sam = place.world.signed_in("sam").await;
    let page = sam.get(&format!("/go-lives/{}", place.id)).await.body;
    assert!(page.contains("It answers, and reaches posthog"), "the finding is not shown");
}

#[tokio::test]
async fn what_is_wrong_outside_is_said_beside_the_item() {
    let place = Place::new().await;
    place.scenario(r#"{"posthog": {"scopes": ["*"]}, "vendor": "outage_with_notice"}"#).await;
    let (found, lights) = place.look().await;
    assert_eq!(found[&ProbeKind::Health].0, Verdict::Fail, "{}", found[&ProbeKind::Health].1);
    assert_ne!(found[&ProbeKind::KeyScopes].0, Verdict::Pass);
    assert!(matches!(lights[0].1.as_str(), "down" | "degraded" | "incident"), "{lights:?}");
    assert_eq!(lights[1].1, "degraded", "{lights:?}");
}
