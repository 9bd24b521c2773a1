//! PostHog as the panel asks it.

use gantry_sandbox::Sandbox;
use serde_json::{Value, json};

use crate::support::{APPLY, Answer, get, patch, post, quick, scenario, send, until};

fn event() -> Value {
    json!({ "api_key": "phc_sandbox_project_key", "event": "gantry check", "distinct_id": "gantry" })
}

async fn with_key(sandbox: &Sandbox, path: &str, key: &str) -> Answer {
    let bearer = format!("Bearer {key}");
    send("GET", &sandbox.urls().posthog, path, &[("authorization", &bearer)], "").await.unwrap()
}

#[tokio::test]
async fn capture_takes_events_with_a_project_key_and_remembers_them() {
    let sandbox = quick().await;
    let posthog = &sandbox.urls().posthog;
    for path in ["/i/v0/e/", "/batch/"] {
        let taken = post(posthog, path, &event()).await;
        assert_eq!((taken.status, taken.json()), (200, json!({ "status": "Ok" })));
    }
    let wrong = json!({ "api_key": "nope", "event": "x", "distinct_id": "y" });
    assert_eq!(post(posthog, "/i/v0/e/", &wrong).await.status, 401);
    let seen = get(&sandbox.urls().control, "/requests?to=posthog").await.json();
    assert_eq!(seen.as_array().unwrap().len(), 3);
    assert_eq!(seen[0]["body"]["event"], "gantry check");
    scenario(&sandbox, json!({ "posthog": { "quota_limited": true } })).await;
    let limited = post(posthog, "/i/v0/e/", &event()).await;
    assert_eq!((limited.status, &limited.json()["quota_limited"]), (200, &json!(["events"])));
}

#[tokio::test]
async fn flags_answer_and_say_when_they_could_not_be_computed() {
    let sandbox = quick().await;
    let posthog = &sandbox.urls().posthog;
    let ask = json!({ "api_key": "phc_sandbox_project_key", "distinct_id": "gantry" });
    let well = post(posthog, "/flags?v=2", &ask).await.json();
    assert_eq!(well["errorsWhileComputingFlags"], false);
    assert_eq!(well["flags"]["sandbox-flag"]["enabled"], true);
    scenario(&sandbox, json!({ "posthog": { "flags_fail": true } })).await;
    assert_eq!(post(posthog, "/flags?v=2", &ask).await.json()["errorsWhileComputingFlags"], true);
    scenario(&sandbox, json!({ "posthog": { "flags_fail": false, "quota_limited": true } })).await;
    assert_eq!(post(posthog, "/flags?v=2", &ask).await.json()["quotaLimited"], json!(["feature_flags"]));
}

#[tokio::test]
async fn the_personal_key_has_scopes_and_without_them_the_project_is_forbidden() {
    let sandbox = quick().await;
    let key = with_key(&sandbox, "/api/personal_api_keys/@current/", "phx_x").await.json();
    assert_eq!(key["scopes"], json!(["project:read", "feature_flag:read"]));
    assert_eq!(with_key(&sandbox, "/api/projects/1/", "phx_x").await.json()["id"], 1);
    assert_eq!(with_key(&sandbox, "/api/projects/abc/", "phx_x").await.status, 404);
    assert_eq!(get(&sandbox.urls().posthog, "/api/projects/1/").await.status, 401);
    scenario(&sandbox, json!({ "posthog": { "scopes": ["feature_flag:read"] } })).await;
    let refused = with_key(&sandbox, "/api/projects/1/", "phx_x").await;
    assert_eq!((refused.status, &refused.json()["code"]), (403, &json!("permission_denied")));
}

#[tokio::test]
async fn a_revoked_key_is_refused_everywhere() {
    let sandbox = quick().await;
    scenario(&sandbox, json!({ "key_revoked": true })).await;
    let posthog = &sandbox.urls().posthog;
    assert_eq!(post(posthog, "/i/v0/e/", &event()).await.status, 401);
    assert_eq!(post(posthog, "/flags?v=2", &event()).await.status, 401);
    assert_eq!(with_key(&sandbox, "/api/projects/1/", "phx_x").await.status, 401);
    assert_eq!(with_key(&sandbox, "/api/personal_api_keys/@current/", "phx_x").await.status, 401);
}

#[tokio::test]
async fn a_new_key_is_good_until_keys_are_revoked_once_more() {
    let sandbox = quick().await;
    let (kube, posthog) = (&sandbox.urls().kube, &sandbox.urls().posthog);
    let secret = "/api/v1/namespaces/integrations/secrets/posthog-credentials?fieldManager=gantry&force=true";
    let put = async |encoded: &str| {
        let metadata = json!({ "name": "posthog-credentials" });
        let change = json!({
            "apiVersion": "v1", "kind": "Secret", "metadata": metadata, "data": { "api-key": encoded },
        });
        assert_eq!(patch(kube, secret, APPLY, &change).await.status, 200);
    };
    let sent = async |key: &str| {
        let event = json!({ "api_key": key, "event": "e", "distinct_id": "d" });
        post(posthog, "/i/v0/e/", &event).await.status
    };
    scenario(&sandbox, json!({ "key_revoked": true })).await;
    put("cGhjX3NlY29uZA==").await;
    assert_eq!(sent("phc_second").await, 200);
    // The cluster writes moments to the second: what was written in this one is still good.
    until("the second key is revoked too", async || {
        scenario(&sandbox, json!({ "key_revoked": true })).await;
        sent("phc_second").await == 401
    })
    .await;
    put("cGhjX3RoaXJk").await;
    assert_eq!((sent("phc_third").await, sent("phc_first").await), (200, 401));
}

#[tokio::test]
async fn an_outage_takes_the_api_and_leaves_the_status_page_which_may_keep_silent() {
    let sandbox = quick().await;
    let posthog = &sandbox.urls().posthog;
    let page = async || get(posthog, "/api/v2/summary.json").await.json();
    assert_eq!(page().await["status"]["indicator"], "none");
    scenario(&sandbox, json!({ "vendor": "outage_without_notice" })).await;
    assert_eq!(post(posthog, "/i/v0/e/", &event()).await.status, 503);
    assert_eq!(page().await["status"]["indicator"], "none");
    scenario(&sandbox, json!({ "vendor": "outage_with_notice" })).await;
    assert_eq!(page().await["status"]["indicator"], "critical");
    assert_eq!(page().await["incidents"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn the_status_page_has_three_shapes_and_two_that_say_nothing() {
    let sandbox = quick().await;
    let posthog = &sandbox.urls().posthog;
    let paths = ["/api/v2/summary.json", "/api/v1/summary", "/api/status"];
    for (shape, at) in [("statuspage", 0), ("incident_io", 1), ("component_groups", 2)] {
        scenario(&sandbox, json!({ "status_page": shape, "vendor": "outage_with_notice" })).await;
        for (index, path) in paths.into_iter().enumerate() {
            assert_eq!(
                get(posthog, path).await.status,
                if index == at { 200 } else { 404 },
                "{shape} {path}"
            );
        }
    }
    let groups = get(posthog, "/api/status").await.json();
    assert_eq!(groups["component_groups"][0]["components"][0]["status"], "major_outage");
    scenario(&sandbox, json!({ "status_page": "missing" })).await;
    for path in paths {
        assert_eq!(get(posthog, path).await.status, 404);
    }
    scenario(&sandbox, json!({ "status_page": "garbage" })).await;
    assert!(get(posthog, paths[0]).await.text.starts_with("<!doctype html>"));
}

#[tokio::test]
async fn a_rate_limited_vendor_says_when_to_come_back() {
    let sandbox = quick().await;
    scenario(&sandbox, json!({ "posthog": { "rate_limited": true } })).await;
    let limited = with_key(&sandbox, "/api/projects/1/", "phx_x").await;
    assert_eq!((limited.status, limited.headers["retry-after"].to_str().unwrap()), (429, "20"));
}
