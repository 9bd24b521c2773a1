//! Slack and PagerDuty: what they take, what they refuse, and how they fail when told to.

use serde_json::json;

use crate::support::{delete, get, post, quick, scenario, send};

#[tokio::test]
async fn slack_says_ok_and_remembers_the_message() {
    let sandbox = quick().await;
    let slack = &sandbox.urls().slack;
    let taken = post(slack, "/services/T0/B0/secret", &json!({ "text": "hello" })).await;
    assert_eq!((taken.status, taken.text.as_str()), (200, "ok"));
    assert_eq!(post(slack, "/services/T0/B0/secret", &json!({ "txt": "hello" })).await.text, "no_text");
    assert_eq!(
        send("POST", slack, "/services/T0/B0/secret", &[], "{").await.unwrap().text,
        "invalid_payload"
    );
    let seen = get(&sandbox.urls().control, "/requests?to=slack").await.json();
    assert_eq!((&seen[0]["body"]["text"], &seen[0]["status"]), (&json!("hello"), &json!(200)));
    assert_eq!(delete(&sandbox.urls().control, "/requests").await.status, 204);
    assert_eq!(get(&sandbox.urls().control, "/requests").await.json(), json!([]));
}

#[tokio::test]
async fn slack_fails_as_often_as_told_and_in_its_own_words() {
    let sandbox = quick().await;
    let slack = &sandbox.urls().slack;
    let message = json!({ "text": "hello" });
    for (status, body) in [(404, "no_active_hooks"), (410, "channel_is_archived"), (500, "rollup_error")] {
        scenario(&sandbox, json!({ "slack": { "status": status, "times": 1 } })).await;
        let failed = post(slack, "/services/x", &message).await;
        assert_eq!((failed.status, failed.text.as_str()), (status, body));
        assert_eq!(post(slack, "/services/x", &message).await.status, 200);
    }
    scenario(&sandbox, json!({ "slack": { "status": 429, "retry_after": 3, "times": null } })).await;
    for _ in 0..2 {
        let limited = post(slack, "/services/x", &message).await;
        assert_eq!((limited.status, limited.headers["retry-after"].to_str().unwrap()), (429, "3"));
    }
}

#[tokio::test]
async fn pagerduty_takes_good_events_and_names_what_is_wrong_with_bad_ones() {
    let sandbox = quick().await;
    let pagerduty = &sandbox.urls().pagerduty;
    let good = json!({
        "routing_key": "r", "event_action": "trigger", "dedup_key": "incident-1",
        "payload": { "summary": "API down", "source": "gantry", "severity": "critical" },
    });
    let taken = post(pagerduty, "/v2/enqueue", &good).await;
    assert_eq!((taken.status, &taken.json()["dedup_key"]), (202, &json!("incident-1")));
    for (change, complaint) in [
        (json!({ "routing_key": "" }), "routing_key"),
        (json!({ "event_action": "shout" }), "event_action"),
        (json!({ "payload": { "summary": "x", "source": "y", "severity": "P1" } }), "payload.severity"),
        (json!({ "dedup_key": "x".repeat(256) }), "dedup_key"),
    ] {
        let mut bad = good.clone();
        for (field, value) in change.as_object().unwrap() {
            bad[field] = value.clone();
        }
        let refused = post(pagerduty, "/v2/enqueue", &bad).await;
        assert_eq!(refused.status, 400);
        assert!(refused.text.contains(complaint), "{}", refused.text);
    }
    let mut large = good.clone();
    large["payload"]["custom_details"] = json!("x".repeat(600 * 1024));
    assert_eq!(post(pagerduty, "/v2/enqueue", &large).await.status, 413);
    scenario(&sandbox, json!({ "pagerduty": { "status": 429, "times": 1 } })).await;
    assert_eq!(post(pagerduty, "/v2/enqueue", &good).await.status, 429);
    assert_eq!(post(pagerduty, "/v2/enqueue", &good).await.status, 202);
}

#[tokio::test]
async fn people_read_what_arrived_as_in_a_channel_and_as_incidents() {
    let sandbox = quick().await;
    let urls = sandbox.urls();
    post(&urls.slack, "/services/x", &json!({ "text": "P1 &lt;b&gt; opened\nState: open" })).await;
    let channel = get(&urls.control, "/inbox/slack").await.text;
    assert!(
        channel.contains("P1 &lt;b&gt; opened\nState: open") && channel.contains("200 (taken)"),
        "{channel}"
    );
    let event = |action: &str| {
        json!({
            "routing_key": "r", "event_action": action, "dedup_key": "incident-1",
            "payload": { "summary": "API <down>", "source": "gantry", "severity": "critical",
                "custom_details": { "Impact": "events are late" } },
        })
    };
    post(&urls.pagerduty, "/v2/enqueue", &event("trigger")).await;
    post(&urls.pagerduty, "/v2/enqueue", &event("trigger")).await;
    let page = get(&urls.control, "/inbox/pagerduty").await.text;
    assert_eq!(page.matches("<article").count(), 1, "one key is one incident: {page}");
    assert!(
        page.contains("triggered: API &lt;down&gt;") && page.contains("<dt>Impact<dd>events are late"),
        "{page}"
    );
    post(&urls.pagerduty, "/v2/enqueue", &event("resolve")).await;
    assert!(get(&urls.control, "/inbox/pagerduty").await.text.contains("resolved: API"));
}
