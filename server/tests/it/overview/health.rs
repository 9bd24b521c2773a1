//! The panel's own health: what is away is down with its breaker, what nobody heard of is unknown, and nothing waits.

use std::time::Duration;

use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::world::{World, config, database, eventually};

#[tokio::test]
async fn what_is_not_configured_is_no_worry_and_what_was_not_heard_of_is_unknown() {
    let world = World::start().await;
    let mut sam = world.signed_in("sam").await;
    let page = sam.get("/health").await;
    assert_eq!(page.status, StatusCode::OK, "{}", page.body);
    for text in [
        "PostgreSQL",
        "not configured",
        "Threshold evaluator",
        "Rollout driver",
        "Live updates",
        "This replica",
    ] {
        assert!(page.body.contains(text), "{text}: {}", page.body);
    }
    assert!(page.body.contains("no rollout is under way"));
}

#[tokio::test]
async fn a_prometheus_that_is_away_is_down_with_an_open_breaker() {
    let database = database().await;
    let mut config = config(database.url());
    // Nobody listens there.
    config.prometheus_url = Some("http://127.0.0.1:9".to_owned());
    let world = World::with(database, &config).await;
    let sam = world.signed_in("sam").await;
    eventually("it is down", Duration::from_secs(10), || async {
        let page = sam.clone().get("/health").await.body;
        let beside = page.contains("Prometheus, ") || page.contains("Prometheus and ");
        page.contains("Prometheus is down") || beside && page.contains("are down")
    })
    .await;
    let prometheus = world.running.app.panel.prometheus.clone().unwrap();
    for _ in 0..5 {
        let _refused = prometheus.ping().await;
    }
    let page = sam.clone().get("/health").await.body;
    assert!(page.contains("open, tries again in"), "{page}");
    assert!(page.contains("headline panel bad"), "{page}");
}

#[tokio::test]
async fn the_panel_gives_the_same_kind_of_document_about_itself() {
    let world = World::start().await;
    let answer = world.browser().get("/health.json").await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
    let document: Value = serde_json::from_str(&answer.body).unwrap();
    let latency = document["services"]["postgres"]["latencyMs"].as_u64();
    let postgres = json!({ "status": "healthy", "connected": true, "latencyMs": latency.unwrap() });
    assert_eq!(document, json!({ "status": "healthy", "services": { "postgres": postgres } }));
}
