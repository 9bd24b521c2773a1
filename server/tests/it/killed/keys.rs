//! Killed while it replaces a key: the one action whose value is kept nowhere.

use gantry_domain::mitigation::Phase;
use secrecy::ExposeSecret as _;
use serde_json::json;

use super::actions::{accepted, all, confirm, over, told_as_it_was};
use crate::panel::{Panel, WITHIN};
use crate::world::eventually;

const NEW: &str = "phc_canary_3b90_after_the_kill";
const LOST: &str = "phc_canary_62fd_never_written";

async fn key(panel: &Panel) -> String {
    let found = panel.cluster.secret("integrations", "clay-credentials").await.unwrap();
    found["api-key"].expose_secret().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_that_was_written_is_taken_up_by_the_pods_and_one_that_was_not_is_said_to_be_so() {
    let mut panel = Panel::start(31).await;
    panel.go_live("clay").await;
    let id = panel.incident("clay").await;
    let old = key(&panel).await;

    // The key is written, the pods do not know it yet.
    let held = panel.hold("leases").await;
    let asked = confirm(&panel, id, "replace-key", &[("password", NEW)]).await;
    eventually("the key is written", WITHIN, || async { key(&panel).await == NEW }).await;
    panel.until_it_waits_for(&held).await;
    panel.kill(Some(held)).await;
    panel.restart().await;
    accepted(&asked.await.unwrap());
    over(&panel, id, 1).await;
    told_as_it_was(&panel, id).await;
    assert_ne!(old, NEW);

    // The intent is stored, and it dies with the key in its memory.
    let held = panel.hold("audit_log").await;
    let asked = confirm(&panel, id, "replace-key", &[("password", LOST)]).await;
    panel.until_it_waits_for(&held).await;
    panel.switch(json!({ "cluster": { "latency_ms": 60_000 } })).await;
    held.free().await;
    eventually("the intent is stored", WITHIN, || async { all(&panel, id).await.len() == 2 }).await;
    panel.kill(None).await;
    panel.switch(json!({ "cluster": { "latency_ms": 0 } })).await;
    panel.restart().await;
    accepted(&asked.await.unwrap());
    let end = over(&panel, id, 2).await;
    assert!(matches!(end.phase, Phase::Failed { written: false, .. }), "{end:?}");
    assert_eq!(key(&panel).await, NEW, "the Secret holds what nobody was told of");
    let timeline = panel.timeline(id).await;
    assert!(
        timeline.iter().any(|text| text.contains("still holds the old one; type the key again")),
        "{timeline:#?}"
    );
    panel.nothing_leaked(&[NEW, LOST]).await;
}
