//! The simulated services: health documents, metrics, service discovery, and how they follow the scenario.

use std::collections::BTreeMap;

use gantry_sandbox::Sandbox;
use serde_json::{Value, json};

use crate::support::{PODS, POSTHOG, STRATEGIC, get, patch, quick, scenario, until};

async fn set_image(sandbox: &Sandbox, image: &str) {
    let change =
        json!({ "spec": { "template": { "spec": { "containers": [{ "name": "app", "image": image }] } } } });
    assert_eq!(patch(&sandbox.urls().kube, POSTHOG, STRATEGIC, &change).await.status, 200);
    until("the rollout is over", async || {
        let object = get(&sandbox.urls().kube, POSTHOG).await.json();
        object["status"]["updatedReplicas"] == 10
            && object["status"]["availableReplicas"] == 10
            && object["status"]["replicas"] == 10
            && object["status"]["observedGeneration"] == object["metadata"]["generation"]
    })
    .await;
}

async fn targets(sandbox: &Sandbox) -> Vec<Value> {
    get(&sandbox.urls().services, "/sd").await.json().as_array().unwrap().clone()
}

/// Requests by status code, over all pods of the posthog service in production.
async fn requests(sandbox: &Sandbox) -> BTreeMap<String, f64> {
    let mut sum = BTreeMap::new();
    for target in targets(sandbox).await {
        if target["labels"]["deployment"] != "posthog-integration"
            || target["labels"]["namespace"] != "integrations"
        {
            continue;
        }
        let path = target["labels"]["__metrics_path__"].as_str().unwrap();
        for line in get(&sandbox.urls().services, path).await.text.lines() {
            if let Some(rest) = line.strip_prefix("http_requests_total{code=\"") {
                let (code, rest) = rest.split_once('"').unwrap();
                let value: f64 = rest.rsplit(' ').next().unwrap().parse().unwrap();
                *sum.entry(code.to_owned()).or_insert(0.0) += value;
            }
        }
    }
    sum
}

#[tokio::test]
async fn service_discovery_lists_every_ready_pod_with_its_version_and_track() {
    let sandbox = quick().await;
    let all = targets(&sandbox).await;
    assert_eq!(all.len(), 15);
    let host = sandbox.urls().services.strip_prefix("http://").unwrap().to_owned();
    for target in &all {
        let labels = &target["labels"];
        assert_eq!(target["targets"], json!([host]));
        for label in ["namespace", "pod", "deployment", "version", "pod_template_hash"] {
            assert!(labels[label].as_str().is_some_and(|text| !text.is_empty()), "{label}");
        }
        assert_eq!(labels["track"], "stable");
        let metrics = get(&sandbox.urls().services, labels["__metrics_path__"].as_str().unwrap()).await;
        assert!(metrics.text.contains("integration_up 1\n"));
    }
    set_image(&sandbox, "registry.example/posthog-integration:v2.5.0").await;
    let new: Vec<_> =
        targets(&sandbox).await.into_iter().filter(|one| one["labels"]["track"] == "canary").collect();
    assert_eq!(new.len(), 10);
    assert_eq!(new[0]["labels"]["version"], "v2.5.0");
}

#[tokio::test]
async fn counters_exist_from_the_start_and_grow_with_the_traffic() {
    let sandbox = quick().await;
    let first = requests(&sandbox).await;
    assert_eq!(
        first.keys().map(String::as_str).collect::<Vec<_>>(),
        ["200", "401", "403", "429", "500", "503"]
    );
    until("requests are counted", async || requests(&sandbox).await["200"] > 50.0).await;
    let later = requests(&sandbox).await;
    for code in ["401", "403", "429", "500", "503"] {
        assert!(later[code] <= 0.0, "{code}");
    }
}

#[tokio::test]
async fn only_the_new_version_fails_when_it_is_told_to() {
    let sandbox = quick().await;
    scenario(&sandbox, json!({ "new_version": { "errors_percent": 50, "rate_limited_percent": 10 }, "requests_per_second": 2000 })).await;
    until("the old version serves", async || requests(&sandbox).await["200"] > 200.0).await;
    let old = requests(&sandbox).await;
    assert!(old["500"] <= 0.0 && old["429"] <= 0.0, "{old:?}");
    set_image(&sandbox, "registry.example/posthog-integration:v2.5.0").await;
    until("the new version fails", async || {
        let seen = requests(&sandbox).await;
        seen["500"] > 100.0 && seen["429"] > 10.0
    })
    .await;
    let seen = requests(&sandbox).await;
    let share = seen["500"] / seen.values().sum::<f64>();
    assert!((0.45..0.55).contains(&share), "{share}");
}

#[tokio::test]
async fn a_named_tag_says_which_version_is_the_new_one() {
    let sandbox = quick().await;
    scenario(
        &sandbox,
        json!({ "new_tag": "v2.4.1", "new_version": { "errors_percent": 100 }, "requests_per_second": 2000 }),
    )
    .await;
    until("the named version fails", async || requests(&sandbox).await["500"] > 10.0).await;
}

#[tokio::test]
async fn slowness_shows_in_the_histogram_above_five_seconds() {
    let sandbox = quick().await;
    scenario(&sandbox, json!({ "all_versions": { "p99_seconds": 8.0 }, "requests_per_second": 5000 })).await;
    until("slow requests are counted", async || {
        let target = targets(&sandbox)
            .await
            .into_iter()
            .find(|one| one["labels"]["namespace"] == "integrations")
            .unwrap();
        let text =
            get(&sandbox.urls().services, target["labels"]["__metrics_path__"].as_str().unwrap()).await.text;
        let bucket = |le: &str| {
            let line = text.lines().find(|line| line.contains(&format!("bucket{{le=\"{le}\"}}"))).unwrap();
            line.rsplit(' ').next().unwrap().parse::<f64>().unwrap()
        };
        let slow = 1.0 - bucket("5") / bucket("+Inf");
        bucket("+Inf") > 1000.0 && (0.01..0.1).contains(&slow) && bucket("10") > bucket("7.5")
    })
    .await;
}

#[tokio::test]
async fn the_health_document_names_the_vendor_and_follows_the_scenario() {
    let sandbox = quick().await;
    let health =
        async || get(&sandbox.urls().services, "/services/integrations/posthog-integration/health").await;
    let well = health().await.json();
    assert_eq!(well["status"], "healthy");
    assert_eq!(
        (&well["services"]["posthog"]["status"], &well["services"]["posthog"]["connected"]),
        (&json!("healthy"), &json!(true))
    );
    assert!(well["services"]["posthog"]["latencyMs"].is_u64());
    for change in
        [json!({ "key_revoked": true }), json!({ "key_revoked": false, "vendor": "outage_without_notice" })]
    {
        scenario(&sandbox, change).await;
        let ill = health().await;
        assert_eq!((ill.status, &ill.json()["status"]), (503, &json!("degraded")));
        assert_eq!(ill.json()["services"]["posthog"]["connected"], false);
    }
    scenario(&sandbox, json!({ "vendor": "up", "all_versions": { "errors_percent": 20 } })).await;
    let ill = health().await;
    assert_eq!((ill.status, &ill.json()["services"]["posthog"]["connected"]), (200, &json!(true)));
    assert_eq!(ill.json()["status"], "degraded");
    let pod = get(&sandbox.urls().kube, PODS).await.json()["items"][0]["metadata"]["name"]
        .as_str()
        .unwrap()
        .to_owned();
    let clay = get(&sandbox.urls().services, &format!("/pods/integrations/{pod}/health")).await.json();
    assert!(clay["services"]["clay"].is_object());
    assert_eq!(get(&sandbox.urls().services, "/services/integrations/nope/health").await.status, 404);
}

#[tokio::test]
async fn logs_tell_the_kind_of_error() {
    let sandbox = quick().await;
    scenario(&sandbox, json!({ "key_revoked": true })).await;
    let pods =
        get(&sandbox.urls().kube, &format!("{PODS}?labelSelector=app%3Dposthog-integration")).await.json();
    let name = pods["items"][0]["metadata"]["name"].as_str().unwrap().to_owned();
    scenario(&sandbox, json!({ "log_line": "<b>\u{1b}[31m\u{202e}" })).await;
    let log = get(&sandbox.urls().kube, &format!("{PODS}/{name}/log")).await.text;
    assert!(log.ends_with("<b>\u{1b}[31m\u{202e}\n"), "hostile text is passed on as it is");
    scenario(&sandbox, json!({ "log_line": null })).await;
    until("the log says so", async || {
        let log = get(&sandbox.urls().kube, &format!("{PODS}/{name}/log?tailLines=5")).await.text;
        log.contains("error=AuthenticationError status=401")
    })
    .await;
}

#[tokio::test]
async fn a_crash_looping_version_never_becomes_ready_and_recovers_when_told() {
    let sandbox = quick().await;
    scenario(&sandbox, json!({ "new_version": { "crash_looping": true } })).await;
    let kube = &sandbox.urls().kube;
    let image = "registry.example/posthog-integration:v2.5.0";
    let change =
        json!({ "spec": { "template": { "spec": { "containers": [{ "name": "app", "image": image }] } } } });
    patch(kube, POSTHOG, STRATEGIC, &change).await;
    until("new pods crash", async || {
        let pods = get(kube, PODS).await.json();
        let crashed = |pod: &Value| {
            let status = &pod["status"]["containerStatuses"][0];
            status["state"]["waiting"]["reason"] == "CrashLoopBackOff"
                && status["restartCount"].as_i64() > Some(0)
        };
        pods["items"].as_array().unwrap().iter().filter(|pod| crashed(pod)).count() == 5
    })
    .await;
    let object = get(kube, POSTHOG).await.json();
    assert_eq!(
        (&object["status"]["readyReplicas"], &object["status"]["updatedReplicas"]),
        (&json!(8), &json!(5))
    );
    scenario(&sandbox, json!({ "new_version": null })).await;
    until("the rollout goes on", async || {
        get(kube, POSTHOG).await.json()["status"]["availableReplicas"] == 10
    })
    .await;
}

#[tokio::test]
async fn a_switch_that_responders_set_helps_here_too() {
    let sandbox = quick().await;
    let health = "/services/integrations/posthog-integration/health";
    let status = async || get(&sandbox.urls().services, health).await.json()["status"].clone();
    for (change, name, value) in [
        (json!({ "all_versions": { "rate_limited_percent": 100 } }), "RATE_LIMIT_MODE", "queue"),
        (json!({ "all_versions": null, "vendor": "outage_without_notice" }), "POSTHOG_FALLBACK", "true"),
    ] {
        scenario(&sandbox, change).await;
        assert_eq!(status().await, "degraded", "{name}");
        let before = get(&sandbox.urls().services, health).await.status;
        let env = json!([{ "name": name, "value": value }]);
        let containers = json!([{ "name": "app", "env": env }]);
        let change = json!({ "spec": { "template": { "spec": { "containers": containers } } } });
        assert_eq!(patch(&sandbox.urls().kube, POSTHOG, STRATEGIC, &change).await.status, 200);
        until("the switch has reached every pod", async || {
            let now = get(&sandbox.urls().services, health).await;
            // With its fallback it serves, and says all the same that the vendor is away.
            now.json()["status"] == "healthy" || (before == 503 && now.status == 200)
        })
        .await;
    }
}

#[tokio::test]
async fn pods_can_crash_although_they_had_started() {
    let sandbox = quick().await;
    scenario(&sandbox, json!({ "all_versions": { "crashing_percent": 100 } })).await;
    until("no pod is ready", async || {
        get(&sandbox.urls().kube, POSTHOG).await.json()["status"]["readyReplicas"].as_u64().unwrap_or(0) == 0
    })
    .await;
    scenario(&sandbox, json!({ "all_versions": null })).await;
    until("they recover", async || {
        get(&sandbox.urls().kube, POSTHOG).await.json()["status"]["readyReplicas"] == 10
    })
    .await;
}

#[tokio::test]
async fn a_share_of_the_pods_crashes_whatever_they_are_called() {
    let sandbox = quick().await;
    scenario(&sandbox, json!({ "all_versions": { "crashing_percent": 33 } })).await;
    let pods = "/api/v1/namespaces/integrations/pods?labelSelector=app%3Dposthog-integration";
    until("four of ten have crashed, and no other one", async || {
        let list = get(&sandbox.urls().kube, pods).await.json();
        let restarted = |pod: &&serde_json::Value| {
            pod["status"]["containerStatuses"][0]["restartCount"].as_u64().unwrap_or(0) > 0
        };
        list["items"].as_array().unwrap().iter().filter(restarted).count() == 4
    })
    .await;
}

#[tokio::test]
async fn a_limit_of_bytes_takes_away_the_end_of_the_last_lines() {
    let sandbox = quick().await;
    scenario(&sandbox, json!({ "log_line": "the newest line" })).await;
    let pods =
        get(&sandbox.urls().kube, &format!("{PODS}?labelSelector=app%3Dposthog-integration")).await.json();
    let name = pods["items"][0]["metadata"]["name"].as_str().unwrap().to_owned();
    let log = async |query: &str| get(&sandbox.urls().kube, &format!("{PODS}/{name}/log?{query}")).await.text;
    assert!(log("tailLines=1").await.ends_with("the newest line\n"));
    assert!(log("tailLines=1&limitBytes=10000").await.ends_with("the newest line\n"));
    let cut = log("tailLines=1&limitBytes=7").await;
    assert!(cut.len() == 7 && cut.starts_with("time=20"), "{cut}");
}
