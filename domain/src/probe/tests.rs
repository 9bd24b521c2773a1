//! What observations come to, that unknown stays unknown, and that no secret is repeated.

use super::Verdict::{Fail, Pass, Unknown};
use super::*;

fn strings(words: &[&str]) -> Vec<String> {
    words.iter().map(|word| (*word).to_owned()).collect()
}

#[test]
fn a_finding_older_than_twice_its_period_is_unknown() {
    let taken = DateTime::from_timestamp(1_763_719_200, 0).unwrap_or_default();
    let table = [(0, Pass, false, "now"), (20, Pass, false, "20 s ago"), (21, Unknown, true, "21 s ago")];
    for (seconds, verdict, too_old, age) in table {
        let finding = Judgement::pass("fine", "raw").taken(ProbeKind::Health, taken, 10);
        let freshness = finding.freshness(taken + TimeDelta::seconds(seconds));
        assert_eq!(freshness, Freshness { verdict, too_old, age: age.to_owned() });
        assert_eq!(finding.verdict, Pass, "the finding itself is not changed");
    }
}

#[test]
fn texts_of_others_are_inert_and_bounded() {
    let judgement = Judgement::fail("a\nb\u{1b}[31m", "x".repeat(9000));
    assert_eq!(judgement.sentence, "a b");
    assert_eq!(judgement.evidence.chars().count(), MAX_EVIDENCE);
}

fn answered(http_status: u16, status: Option<&str>, services: &[(&str, Option<bool>)]) -> HealthObservation {
    HealthObservation::Answered {
        http_status,
        status: status.map(str::to_owned),
        services: services
            .iter()
            .map(|(name, connected)| Service {
                name: (*name).to_owned(),
                connected: *connected,
                latency_ms: Some(42),
            })
            .collect(),
        raw: "{\"key\":\"phc_0123456789abcdef\"}".to_owned(),
    }
}

#[test]
fn the_health_endpoint_has_to_answer_and_to_name_the_vendor() {
    let connected = [("redis", Some(true)), ("posthog", Some(true))];
    let table = [
        (Some("posthog"), answered(200, Some("healthy"), &connected), Pass, "reaches posthog in 42 ms"),
        (Some("PostHog"), answered(200, Some("healthy"), &connected), Pass, "reaches PostHog"),
        (Some("posthog"), answered(503, Some("degraded"), &connected), Fail, "says degraded"),
        (
            Some("posthog"),
            answered(503, Some("degraded"), &[("posthog", Some(false))]),
            Fail,
            "not connected",
        ),
        (Some("posthog"), answered(200, Some("healthy"), &[("posthog", None)]), Fail, "without saying"),
        (
            Some("posthog"),
            answered(200, Some("healthy"), &[("redis", Some(true))]),
            Fail,
            "does not name posthog",
        ),
        (Some("posthog"), answered(404, None, &[]), Fail, "HTTP 404"),
        (Some("posthog"), HealthObservation::NoAnswer("timed out after 3 s".into()), Unknown, "timed out"),
        (None, answered(200, Some("healthy"), &[]), Pass, "healthy"),
        (None, answered(200, Some("degraded"), &[]), Fail, "degraded"),
    ];
    for (service, seen, verdict, part) in table {
        let judgement = health(service, &seen);
        assert_eq!(judgement.verdict, verdict, "{judgement:?}");
        assert!(judgement.sentence.contains(part), "{judgement:?}");
        assert!(!judgement.evidence.contains("phc_0123"), "{judgement:?}");
    }
}

fn env(name: &str, source: EnvSource) -> EnvEntry {
    EnvEntry { container: "app".to_owned(), name: name.to_owned(), source }
}

fn literal(name: &str, value: &str) -> EnvEntry {
    env(name, EnvSource::Literal(value.to_owned()))
}

fn secret(name: &str, key: &str) -> EnvEntry {
    env(name, EnvSource::Secret { name: "posthog-keys".to_owned(), key: key.to_owned() })
}

#[test]
fn the_key_has_to_come_from_a_secret_and_no_credential_may_stand_in_the_template() {
    let config = EnvSource::ConfigMap { name: "settings".to_owned(), key: "key".to_owned() };
    let fine = secret("POSTHOG_API_KEY", "api-key");
    let table = [
        (
            vec![fine.clone(), literal("LOG_LEVEL", "info")],
            Pass,
            "POSTHOG_API_KEY comes from Secret posthog-keys, key api-key",
        ),
        (vec![literal("POSTHOG_API_KEY", "phc_0123456789abcdef")], Fail, "POSTHOG_API_KEY of container app"),
        (vec![literal("POSTHOG_API_KEY", "changeme")], Fail, "POSTHOG_API_KEY of container app"),
        (vec![env("POSTHOG_API_KEY", config)], Fail, "comes from ConfigMap settings"),
        (vec![fine.clone(), literal("DB_PASSWORD", "hunter2-phc")], Fail, "DB_PASSWORD of container app"),
        (vec![fine.clone(), literal("DATABASE_URL", "postgres://u:hunter2-phc@db/x")], Fail, "DATABASE_URL"),
        (vec![fine.clone(), literal("HARMLESS", "ghp_0123456789abcdefghij")], Fail, "HARMLESS"),
        (vec![literal("LOG_LEVEL", "info")], Fail, "sets no POSTHOG_API_KEY"),
        (vec![], Fail, "sets no POSTHOG_API_KEY"),
        (vec![secret("*", "*")], Unknown, "taken as a whole"),
    ];
    let wanted = strings(&["POSTHOG_API_KEY"]);
    for (entries, verdict, part) in table {
        let judgement = secret_source(&wanted, &entries, &[]);
        assert_eq!(judgement.verdict, verdict, "{judgement:?}");
        assert!(judgement.sentence.contains(part), "{judgement:?}");
        let shown = format!("{judgement:?} {entries:?}");
        for value in ["phc_0123", "hunter2", "ghp_", "changeme"] {
            assert!(!shown.contains(value), "{shown}");
        }
    }
    assert_eq!(secret_source(&[], &[literal("LOG_LEVEL", "info")], &[]).verdict, Pass);

    let arguments = [("args of app".to_owned(), "--token=phx_0123456789abcdef --port=80".to_owned())];
    let judgement = secret_source(&wanted, &[fine], &arguments);
    assert_eq!(judgement.verdict, Fail);
    assert!(
        judgement.sentence.contains("args of app") && !format!("{judgement:?}").contains("phx_"),
        "{judgement:?}"
    );
}

#[test]
fn a_credential_is_known_by_its_name_or_by_its_looks() {
    for (name, value) in [
        ("API_KEY", "abc"),
        ("db-password", "x"),
        ("SLACK_TOKEN", "x"),
        ("ANY", "phc_abcdefgh12345678"),
        ("ANY", "sk-abcdefgh12345678"),
        ("ANY", "xoxb-12345678-abc"),
        ("ANY", "AKIAIOSFODNN7EXAMPLE"),
        ("ANY", "eyJhbGciOiJIUzI1NiJ9.e30.abc"),
        ("ANY", "-----BEGIN PRIVATE KEY-----"),
        ("ANY", "https://user:pass@host/"),
        ("ANY", "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b"),
    ] {
        assert!(looks_like_credential(name, value), "{name}={value}");
    }
    for (name, value) in [
        ("API_KEY", ""),
        ("API_KEY", "$(OTHER)"),
        ("TOKEN_TTL", "3600s"),
        ("SECRET_NAME", "posthog-keys"),
        ("KEY_PATH", "/etc/keys/x"),
        ("TLS_KEY", "/etc/tls/tls.key"),
        ("USE_TOKEN", "true"),
        ("MAX_TOKENS", "4096"),
        ("KEYBOARD", "dvorak"),
        ("MONKEY", "see"),
        ("HOST", "https://us.i.posthog.com"),
        ("IMAGE", "registry.example/posthog-integration:v2.5.0"),
        ("SENTENCE", "this-is-only-a-long-name-with-many-hyphens"),
    ] {
        assert!(!looks_like_credential(name, value), "{name}={value}");
    }
}

#[test]
fn scopes_have_to_be_enough_and_no_more() {
    let enough = strings(&["feature_flag:write", "project:read"]);
    let table: [(&[&str], Verdict, &str); 6] = [
        (&["project:read"], Pass, "project:read and no more"),
        (&["feature_flag:read", "project:read"], Pass, "no more"),
        (&["project:write"], Fail, "more than it needs: project:write"),
        (&["*"], Fail, "everything"),
        (&["project:*"], Fail, "everything"),
        (&[], Fail, "all of them"),
    ];
    for (scopes, verdict, part) in table {
        let judgement = key_scopes(&enough, Ok(&strings(scopes)));
        assert_eq!(judgement.verdict, verdict, "{judgement:?}");
        assert!(judgement.sentence.contains(part), "{judgement:?}");
    }
    assert_eq!(key_scopes(&[], Ok(&strings(&["project:read"]))).verdict, Unknown);
    assert_eq!(key_scopes(&[], Ok(&strings(&["*"]))).verdict, Fail);
    let unread = key_scopes(&enough, Err("HTTP 401 for phx_0123456789abcdef"));
    assert_eq!(unread.verdict, Unknown);
    assert!(!format!("{unread:?}").contains("phx_"), "{unread:?}");
}

#[test]
fn webhooks_have_to_be_https_and_their_paths_are_not_shown() {
    let address = |name: &str, url: Option<&str>| (name.to_owned(), url.map(str::to_owned));
    let table = [
        (vec![address("A", Some("https://hooks.example/secret-path"))], Pass, "A is https"),
        (vec![address("A", Some("HTTPS://x/")), address("B", Some("https://y"))], Pass, "All 2"),
        (vec![address("A", Some("http://x/secret-path"))], Fail, "Not https: A"),
        (vec![address("A", Some("https://"))], Fail, "Not https: A"),
        (vec![address("A", Some("nonsense"))], Fail, "Not https: A"),
        (
            vec![
                address("A", Some("https://x")),
                address("B", Some("http://u:secret-path@y")),
                address("C", None),
            ],
            Fail,
            "B",
        ),
        (vec![address("A", Some("https://x")), address("B", None)], Unknown, "1 of 2"),
        (vec![], Unknown, "No webhook"),
    ];
    for (addresses, verdict, part) in table {
        let judgement = webhook_https(&addresses);
        assert_eq!(judgement.verdict, verdict, "{judgement:?}");
        assert!(judgement.sentence.contains(part), "{judgement:?}");
        assert!(!judgement.evidence.contains("secret-path"), "{judgement:?}");
    }
}

#[test]
fn monitoring_needs_rules_and_targets_that_are_scraped() {
    let seen = |rules: &[&str], targets_up, targets| MonitoringObservation {
        rules: strings(rules),
        targets_up,
        targets,
    };
    let table = [
        (seen(&["ApiDown"], 10, 10), Pass, "1 alert rule, 10 of 10"),
        (seen(&["ApiDown", "Slow"], 1, 1), Pass, "2 alert rules"),
        (seen(&["ApiDown"], 9, 10), Fail, "9 of 10"),
        (seen(&["ApiDown"], 0, 0), Fail, "no target"),
        (seen(&[], 10, 10), Fail, "no alert rule"),
    ];
    for (seen, verdict, part) in table {
        let judgement = monitoring(Ok(&seen));
        assert_eq!(judgement.verdict, verdict, "{judgement:?}");
        assert!(judgement.sentence.contains(part), "{judgement:?}");
    }
    assert_eq!(monitoring(Err("connection refused")).verdict, Unknown);
}

#[test]
fn the_version_to_return_to_has_to_exist_and_to_be_kept() {
    let stable = "app:1".parse::<crate::release::ImageRef>().ok();
    let seen = |image: &str, history_limit| RollbackObservation {
        replica_sets: vec![("app-abc".to_owned(), image.to_owned())],
        history_limit,
    };
    let table = [
        (stable.as_ref(), Ok(seen("app:1", None)), Pass, "1 exists as ReplicaSet app-abc"),
        (stable.as_ref(), Ok(seen("app:1", Some(0))), Fail, "revisionHistoryLimit is 0"),
        (stable.as_ref(), Ok(seen("app:2", Some(10))), Fail, "No ReplicaSet runs 1"),
        (None, Ok(seen("app:1", None)), Unknown, "No stable version"),
        (stable.as_ref(), Err("403: may not list replicasets"), Unknown, "may not list replicasets"),
    ];
    for (stable, seen, verdict, part) in table {
        let judgement = rollback_target(stable, seen.as_ref().map_err(|why| *why));
        assert_eq!(judgement.verdict, verdict, "{judgement:?}");
        assert!(judgement.sentence.contains(part), "{judgement:?}");
    }
}

#[test]
fn in_whole_documents_ids_and_names_stay_and_credentials_go() {
    let kept =
        "{\"id\":\"3f2a9c1d-77aa-4a0e-9b1c-0011223344ff\",\"pod\":\"posthog-integration-7c9d8f5b6d-x2x9k\"}";
    assert_eq!(without_credentials(kept), kept);
    for secret in
        ["phx_abcdefghijklmnop0123", "sk-live-abc-def-0123456789", "aB3dE5gH7jK9mN1pQ3sT5vW7yZ9bC1dE3"]
    {
        let clean = without_credentials(&format!("key={secret}, \"{secret}\""));
        assert!(!clean.contains(secret), "{clean}");
    }
}
