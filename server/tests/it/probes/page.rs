//! The whole program, configured as in production: it looks by itself, shows what it found, and ticks for nobody.

use std::time::Duration;

use gantry_server::config::VendorConfig;
use gantry_server::engine::probes::look_now;
use serde_json::json;

use super::support::Outside;
use crate::world::{World, config, database, eventually};

#[tokio::test]
async fn what_is_found_outside_stands_beside_the_item_and_ticks_nothing() {
    let outside = Outside::start().await;
    let dir = tempfile::tempdir().unwrap();
    let kubeconfig = dir.path().join("kubeconfig");
    std::fs::write(&kubeconfig, outside.sandbox.kubeconfig()).unwrap();
    let database = database().await;
    let vendor = Some(outside.sandbox.urls().posthog.clone());
    let mut config = config(database.url());
    config.kubeconfig = Some(kubeconfig);
    config.vendor = VendorConfig {
        api: vendor.clone(),
        capture: vendor.clone(),
        status: vendor,
        key: Some("phx_sandbox_personal_key".into()),
    };
    config.health_url =
        Some(format!("{}/services/{{namespace}}/{{deployment}}", outside.sandbox.urls().services));
    let world = World::with(database, &config).await;
    let id = world.go_live().await;
    let sam = world.signed_in("sam").await;
    let shows = async |words: &[&str]| {
        let page = sam.clone().get(&format!("/go-lives/{id}")).await.body;
        words.iter().all(|words| page.contains(words))
    };
    eventually("the findings are on the page", Duration::from_secs(20), || {
        shows(&["It answers, and reaches posthog", "10 of 10 pods are ready", "flags and API work"])
    })
    .await;
    outside.switch(json!({ "posthog": { "scopes": ["*"] }, "vendor": "outage_with_notice" })).await;
    look_now(&world.running.app.db, id).await.unwrap();
    eventually("what is wrong is on the page", Duration::from_secs(20), || {
        shows(&["It names posthog as not connected", "its status page shows an incident"])
    })
    .await;
    assert_eq!(world.count("select count(*) from item_entries").await, 0, "a probe ticked");
    let mut sam = sam.clone();
    assert!(!sam.get(&format!("/go-lives/{id}")).await.body.contains("phx_sandbox_personal_key"));
}
