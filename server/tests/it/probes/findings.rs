//! Each of the six probes: when it passes, when it fails, and when nobody can tell.

use gantry_domain::preset::ProbeKind;
use gantry_domain::probe::Verdict;
use gantry_local::{Prometheus, PrometheusOptions, free_port};
use gantry_sandbox::Options;
use serde_json::json;

use super::support::{Looking, Odd, Outside, PERIOD, RUNNING, finding, go_live, look, odd, prometheus};

/// The verdict and the sentence of one probe now.
async fn found(looks: &Looking, kind: ProbeKind) -> (Verdict, String) {
    let round = look(looks, &go_live("posthog")).await;
    let finding = finding(&round, kind);
    (finding.verdict, finding.sentence.clone())
}

#[tokio::test]
async fn a_checklist_gets_a_finding_for_each_probe_that_it_uses_and_no_other() {
    let outside = Outside::start().await;
    let round = look(&outside.looks(), &go_live("posthog")).await;
    let kinds: Vec<_> = round.findings.iter().map(|finding| finding.probe).collect();
    assert_eq!(kinds, ProbeKind::ALL);
    assert!(
        round.findings.iter().all(|finding| finding.period_seconds == PERIOD && !finding.evidence.is_empty())
    );
    let mut without = go_live("posthog");
    without.sections.clear();
    assert_eq!(look(&outside.looks(), &without).await.findings, []);
}

#[tokio::test]
async fn health_passes_when_the_service_reaches_the_vendor_fails_when_not_and_is_unknown_without_an_answer() {
    let outside = Outside::start().await;
    let looks = outside.looks();
    let (verdict, sentence) = found(&looks, ProbeKind::Health).await;
    assert_eq!(verdict, Verdict::Pass, "{sentence}");
    assert!(sentence.contains("reaches posthog"), "{sentence}");
    outside.switch(json!({ "vendor": "outage_without_notice" })).await;
    assert_eq!(found(&looks, ProbeKind::Health).await.0, Verdict::Fail);

    for how in [Odd::Hung, Odd::Endless] {
        let mut surroundings = outside.surroundings();
        surroundings.addresses = surroundings.addresses.with_health(Some(odd(how).await), None);
        let looks = outside.looking(surroundings);
        assert_eq!(found(&looks, ProbeKind::Health).await.0, Verdict::Unknown);
    }
}

#[tokio::test]
async fn the_key_has_to_come_from_a_secret_and_no_literal_may_look_like_one() {
    let outside = Outside::start().await;
    let looks = outside.looks();
    let (verdict, sentence) = found(&looks, ProbeKind::SecretSource).await;
    assert_eq!(verdict, Verdict::Pass, "{sentence}");
    assert!(sentence.contains("Secret posthog-credentials, key api-key"), "{sentence}");

    let key = "phx_0123456789abcdefghijklmnop";
    outside.set_env(json!({ "name": "DEBUG_TOKEN", "value": key })).await;
    let round = look(&looks, &go_live("posthog")).await;
    let finding = finding(&round, ProbeKind::SecretSource);
    assert_eq!(finding.verdict, Verdict::Fail, "{finding:?}");
    assert!(finding.sentence.contains("DEBUG_TOKEN of container app"), "{finding:?}");
    assert!(!format!("{round:?}").contains(key), "{round:?}");

    outside
        .switch(json!({ "cluster": { "forbidden": [{ "verb": "get", "resource": "deployments" }] } }))
        .await;
    let (verdict, sentence) = found(&looks, ProbeKind::SecretSource).await;
    assert_eq!(verdict, Verdict::Unknown);
    assert!(sentence.contains("“get” on deployments.apps in namespace integrations"), "{sentence}");
}

#[tokio::test]
async fn scopes_are_read_from_the_vendor_with_the_key_that_is_used() {
    let outside = Outside::start().await;
    let looks = outside.looks();
    let (verdict, sentence) = found(&looks, ProbeKind::KeyScopes).await;
    assert_eq!(verdict, Verdict::Pass, "{sentence}");
    for scopes in [json!(["*"]), json!(["project:read", "person:write"]), json!([])] {
        outside.switch(json!({ "posthog": { "scopes": scopes } })).await;
        assert_eq!(found(&looks, ProbeKind::KeyScopes).await.0, Verdict::Fail, "{scopes}");
    }
    outside.switch(json!({ "key_revoked": true })).await;
    let (verdict, sentence) = found(&looks, ProbeKind::KeyScopes).await;
    assert_eq!((verdict, sentence.contains("401")), (Verdict::Unknown, true), "{sentence}");

    outside.switch(json!({ "cluster": { "forbidden": [{ "verb": "get", "resource": "secrets" }] } })).await;
    let (verdict, sentence) = found(&looks, ProbeKind::KeyScopes).await;
    assert_eq!(verdict, Verdict::Unknown);
    assert!(
        sentence.contains("“get” on secrets “posthog-credentials” in namespace integrations"),
        "{sentence}"
    );
}

#[tokio::test]
async fn a_workload_with_nothing_but_a_project_key_has_no_scopes_to_lose() {
    let outside = Outside::start().await;
    let mut surroundings = outside.surroundings();
    surroundings.personal_key = None;
    let looks = outside.looking(surroundings);
    let (verdict, sentence) = found(&looks, ProbeKind::KeyScopes).await;
    assert_eq!(verdict, Verdict::Pass, "{sentence}");
    assert!(sentence.contains("No personal key"), "{sentence}");
}

#[tokio::test]
async fn a_vendor_without_a_way_to_ask_has_unknown_scopes() {
    let outside = Outside::start().await;
    let mut clay = go_live("clay");
    clay.sections = go_live("posthog").sections;
    let round = look(&outside.looks(), &clay).await;
    assert_eq!(finding(&round, ProbeKind::KeyScopes).verdict, Verdict::Unknown);
}

#[tokio::test]
async fn webhook_addresses_have_to_be_https_and_those_in_secrets_stay_unread() {
    let outside = Outside::start().await;
    let looks = outside.looks();
    assert_eq!(found(&looks, ProbeKind::WebhookHttps).await.0, Verdict::Pass);
    let plain = json!({ "name": "POSTHOG_WEBHOOK_URL", "value": "http://hooks.example/secret-path" });
    outside.set_env(plain).await;
    let round = look(&looks, &go_live("posthog")).await;
    let finding = finding(&round, ProbeKind::WebhookHttps);
    assert_eq!(finding.verdict, Verdict::Fail, "{finding:?}");
    assert!(!format!("{finding:?}").contains("secret-path"), "{finding:?}");
    let reference = json!({ "secretKeyRef": { "name": "posthog-credentials", "key": "webhook-url" } });
    outside.set_env(json!({ "name": "POSTHOG_WEBHOOK_URL", "value": null, "valueFrom": reference })).await;
    assert_eq!(found(&looks, ProbeKind::WebhookHttps).await.0, Verdict::Unknown);
}

#[tokio::test]
async fn the_version_to_return_to_has_to_be_kept_by_the_cluster() {
    let outside = Outside::start().await;
    let looks = outside.looks();
    let judged = async |from: Option<&str>, image: &str| {
        let mut go_live = go_live("posthog");
        go_live.from_image = from.map(|image| image.parse().unwrap());
        go_live.release.image = image.parse().unwrap();
        finding(&look(&looks, &go_live).await, ProbeKind::RollbackTarget).verdict
    };
    let new = "registry.example/posthog-integration:v2.5.0";
    assert_eq!(judged(Some(RUNNING), new).await, Verdict::Pass);
    // Before anything has gone out, what runs is what one would return to.
    assert_eq!(judged(None, new).await, Verdict::Pass);
    assert_eq!(judged(None, RUNNING).await, Verdict::Unknown);
    assert_eq!(judged(Some("registry.example/posthog-integration:v1"), new).await, Verdict::Fail);
    outside.patch(json!({ "spec": { "revisionHistoryLimit": 0 } })).await;
    assert_eq!(judged(Some(RUNNING), new).await, Verdict::Fail);
    outside
        .switch(json!({ "cluster": { "forbidden": [{ "verb": "list", "resource": "replicasets" }] } }))
        .await;
    assert_eq!(judged(Some(RUNNING), new).await, Verdict::Unknown);
}

#[tokio::test]
async fn monitoring_is_alert_rules_and_targets_that_are_reached() {
    let services = free_port().unwrap();
    let dir = tempfile::tempdir().unwrap();
    let rules = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../deploy/prometheus/rules.yml");
    let options = PrometheusOptions {
        discovery_url: Some(format!("http://127.0.0.1:{services}/sd")),
        interval: std::time::Duration::from_millis(500),
        rule_files: vec![rules.canonicalize().unwrap()],
        ..PrometheusOptions::default()
    };
    let watching = Prometheus::start(&dir.path().join("with"), &options).await.unwrap();
    let without = PrometheusOptions { rule_files: Vec::new(), ..options };
    let ruleless = Prometheus::start(&dir.path().join("without"), &without).await.unwrap();
    let outside = Outside::with(Options {
        pod_start_ms: 20,
        services: format!("127.0.0.1:{services}").parse().unwrap(),
        prometheus_upstream: Some(watching.url()),
        ..Options::default()
    })
    .await;
    let looks_at = |base: &str| {
        let mut surroundings = outside.surroundings();
        surroundings.prometheus = Some(prometheus(base));
        outside.looking(surroundings)
    };
    let proxy = looks_at(&outside.sandbox.urls().prometheus);
    let direct = looks_at(&ruleless.url());
    crate::world::eventually("all pods are scraped", std::time::Duration::from_secs(40), || async {
        let (verdict, sentence) = found(&proxy, ProbeKind::Monitoring).await;
        verdict == Verdict::Pass && sentence.contains("10 of 10 targets")
    })
    .await;
    crate::world::eventually("there is no rule", std::time::Duration::from_secs(40), || async {
        let (verdict, sentence) = found(&direct, ProbeKind::Monitoring).await;
        verdict == Verdict::Fail && sentence.contains("no alert rule")
    })
    .await;
    let mut elsewhere = go_live("posthog");
    elsewhere.workload.deployment = "nobody".into();
    let round = look(&proxy, &elsewhere).await;
    assert_eq!(finding(&round, ProbeKind::Monitoring).verdict, Verdict::Fail);

    for fault in ["gone", "nan", "huge", "error"] {
        outside.switch(json!({ "prometheus": fault })).await;
        // Each fault is met by somebody who has not given up on it yet.
        let looks = looks_at(&outside.sandbox.urls().prometheus);
        let (verdict, sentence) = found(&looks, ProbeKind::Monitoring).await;
        assert_eq!(verdict, Verdict::Unknown, "{fault}: {sentence}");
    }
    watching.stop().await;
    ruleless.stop().await;
}

#[tokio::test]
async fn without_a_cluster_and_without_prometheus_nobody_can_tell() {
    let outside = Outside::start().await;
    let mut surroundings = outside.surroundings();
    surroundings.cluster = None;
    let looks = outside.looking(surroundings);
    let round = look(&looks, &go_live("posthog")).await;
    for kind in [
        ProbeKind::SecretSource,
        ProbeKind::KeyScopes,
        ProbeKind::WebhookHttps,
        ProbeKind::Monitoring,
        ProbeKind::RollbackTarget,
    ] {
        assert_eq!(finding(&round, kind).verdict, Verdict::Unknown, "{kind}");
    }
}
