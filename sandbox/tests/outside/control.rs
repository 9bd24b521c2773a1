//! The control endpoint and its page.

use serde_json::json;

use crate::support::{get, post, quick, scenario, send};

#[tokio::test]
async fn switches_are_merged_and_reset_turns_everything_off() {
    let sandbox = quick().await;
    let control = &sandbox.urls().control;
    let normal = get(control, "/scenario").await.json();
    scenario(&sandbox, json!({ "key_revoked": true, "cluster": { "latency_ms": 1 } })).await;
    scenario(&sandbox, json!({ "cluster": { "conflict_every": 5 } })).await;
    let now = get(control, "/scenario").await.json();
    assert_eq!(
        (&now["key_revoked"], &now["cluster"]["latency_ms"], &now["cluster"]["conflict_every"]),
        (&json!(true), &json!(1), &json!(5))
    );
    let back = post(control, "/reset", &json!({})).await;
    assert_eq!(back.json(), normal);
    assert_eq!(get(control, "/scenario").await.json(), normal);
}

#[tokio::test]
async fn an_unknown_switch_is_refused_by_name() {
    let sandbox = quick().await;
    let refused = post(&sandbox.urls().control, "/scenario", &json!({ "key_revokd": true })).await;
    assert_eq!(refused.status, 422);
    assert!(refused.text.contains("key_revokd"), "{}", refused.text);
    let refused = post(&sandbox.urls().control, "/scenario", &json!({ "prometheus": "sleepy" })).await;
    assert_eq!(refused.status, 422);
}

#[tokio::test]
async fn every_button_of_the_page_works() {
    let sandbox = quick().await;
    let control = &sandbox.urls().control;
    let page = get(control, "/").await.text;
    assert!(page.contains("integrations/posthog-integration") && page.contains("v2.4.1: 10/10 ready"));
    let buttons: Vec<&str> =
        page.split("action=\"/scenario/").skip(1).map(|rest| rest.split('"').next().unwrap()).collect();
    assert!(buttons.len() > 25);
    for button in buttons {
        let answer = send("POST", control, &format!("/scenario/{button}"), &[], "").await.unwrap();
        assert_eq!((answer.status, answer.headers["location"].to_str().unwrap()), (303, "/"), "{button}");
    }
    assert_eq!(send("POST", control, "/scenario/nope", &[], "").await.unwrap().status, 404);
    let pressed = get(control, "/").await.text;
    assert!(pressed.contains("action=\"/scenario/slack-archived\"><button aria-pressed=true>"));
    assert!(pressed.contains("action=\"/scenario/slack-gone\"><button aria-pressed=false>"));
    let reset = send("POST", control, "/reset", &[("accept", "text/html")], "").await.unwrap();
    assert_eq!(reset.status, 303);
}

#[tokio::test]
async fn other_origins_cannot_switch_anything() {
    let sandbox = quick().await;
    let foreign = [("origin", "http://evil.example")];
    let refused = send("POST", &sandbox.urls().control, "/scenario/key-revoked", &foreign, "").await.unwrap();
    assert_eq!(refused.status, 403);
    let own = [("origin", sandbox.urls().control.as_str())];
    assert_eq!(
        send("POST", &sandbox.urls().control, "/scenario/key-revoked", &own, "").await.unwrap().status,
        303
    );
}

#[tokio::test]
async fn what_arrives_is_inert_on_the_page() {
    let sandbox = quick().await;
    post(&sandbox.urls().slack, "/services/x", &json!({ "text": "<script>alert(1)</script>" })).await;
    let page = get(&sandbox.urls().control, "/").await.text;
    assert!(page.contains("&lt;script&gt;") && !page.contains("<script>"));
}
