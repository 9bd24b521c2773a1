//! Channels: what is configured is said, no secret is shown, and a test goes the way of every message.

use std::time::Duration;

use gantry_sandbox::{Options, Sandbox};
use gantry_server::config::incidents::{IncidentConfig, PagerDutyConfig};
use reqwest::StatusCode;

use crate::world::{World, config, database, eventually};

#[tokio::test]
async fn a_test_goes_through_the_outbox_and_says_what_became_of_it() {
    let sandbox = Sandbox::start(Options::default()).await.unwrap();
    let urls = sandbox.urls();
    let database = database().await;
    let mut config = config(database.url());
    config.incidents = IncidentConfig {
        slack: Some(format!("{}/services/T0/B0/very-secret", urls.slack).into()),
        pagerduty: Some(PagerDutyConfig { url: urls.pagerduty.clone(), key: "a-routing-key".into() }),
        ..IncidentConfig::default()
    };
    let world = World::with(database, &config).await;
    let ana = world.signed_in("ana").await;
    let page = ana.clone().get("/admin/channels").await.body;
    assert!(page.contains("configured") && page.contains("127.0.0.1"), "{page}");
    assert!(!page.contains("very-secret") && !page.contains("a-routing-key"));
    for channel in ["slack", "pagerduty"] {
        let answer = ana.clone().post(&format!("/admin/channels/{channel}/test"), &[]).await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.body);
    }
    let taken = "select count(*) from outbox where tell = 'test' and delivered_at is not null";
    eventually("both were taken", Duration::from_secs(20), || async { world.count(taken).await >= 2 }).await;
    let page = ana.clone().get("/admin/channels").await.body.replace("<!>", "");
    assert_eq!(page.matches("test by Ana Duarte").count(), 2, "{page}");
    assert_eq!(page.matches(">sent<").count(), 2, "{page}");
    assert_eq!(world.count("select count(*) from audit_log where action = 'channel.tested'").await, 2);
    assert_eq!(world.count("select count(*) from incident_entries").await, 0);
}

#[tokio::test]
async fn a_channel_that_is_not_configured_is_not_tried_and_the_page_says_what_to_set() {
    let world = World::start().await;
    let mut ana = world.signed_in("ana").await;
    assert!(ana.get("/admin/channels").await.body.contains("GANTRY_SLACK_WEBHOOK"));
    let answer = ana.post("/admin/channels/slack/test", &[]).await;
    assert_eq!(answer.status, StatusCode::CONFLICT);
    assert!(answer.body.contains("not configured"), "{}", answer.body);
    assert_eq!(ana.post("/admin/channels/pigeons/test", &[]).await.status, StatusCode::NOT_FOUND);
    assert_eq!(world.count("select count(*) from outbox").await, 0);
}
