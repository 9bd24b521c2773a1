//! What an admin waves through before a start: what failed then and was seen, and nothing that fails later.

use std::sync::Arc;

use futures_util::FutureExt as _;
use gantry_domain::golive::GoLive;
use gantry_domain::preflight::{Blocked, Check, Finding, Outcome};
use gantry_server::services::preflight::{self as looking, PreflightError};
use gantry_server::services::rollouts::StartError;
use gantry_server::store::preflights;
use reqwest::StatusCode;
use serde_json::json;

use super::metrics::Says;
use super::pages::Place;
use super::stage::{Stage, caller};

const WHY: &str = "watched by hand on the other screen";

async fn blocked(stage: &Stage) -> Vec<Check> {
    match stage.try_start(&stage.manager).await {
        Err(StartError::Blocked(Blocked(findings))) => {
            findings.into_iter().map(|finding| finding.check).collect()
        }
        other => panic!("not refused with a list: {other:?}"),
    }
}

async fn wave(stage: &Stage, shown: &[Check]) -> Result<(), PreflightError> {
    let seen = stage.go_live().await.go_live.version;
    looking::override_it(&stage.db, caller(&stage.admin), stage.id, WHY, seen, shown.to_vec()).await
}

#[tokio::test(flavor = "multi_thread")]
async fn what_fails_after_an_override_refuses_the_start_by_its_name() {
    let mut stage = Stage::set(2, &[(50, 1), (100, 0)]).await;
    stage.open_gate().await;
    stage.metrics.say(Says::Unavailable);
    assert_eq!(blocked(&stage).await, [Check::Metrics]);
    wave(&stage, &[Check::Metrics, Check::VendorStatus]).await.unwrap();
    let binding = stage.go_live().await.go_live.binding();
    let made = preflights::overridden(stage.db.pool(), stage.id, binding.as_str()).await.unwrap();
    assert_eq!(made.len(), 1);
    assert_eq!(made[0].checks, [Check::Metrics], "it counts for what failed, whatever the form names");

    // In the evening the vendor announces an outage, and nobody has said anything about that.
    let outage = |_: GoLive| {
        let found = Finding::new(Check::VendorStatus, Outcome::Fail, "its status page shows an incident");
        async move { vec![found] }.boxed()
    };
    stage.around.neighbours = Some(Arc::new(outage));
    assert_eq!(blocked(&stage).await, [Check::VendorStatus]);
    assert!(matches!(wave(&stage, &[]).await, Err(PreflightError::NothingToOverride)));
    assert!(matches!(wave(&stage, &[Check::Metrics]).await, Err(PreflightError::NothingToOverride)));
    wave(&stage, &[Check::VendorStatus]).await.unwrap();
    stage.try_start(&stage.manager).await.unwrap();
    stage.done().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_override_from_before_its_checks_were_written_down_counts_for_none() {
    let stage = Stage::set(2, &[(50, 1), (100, 0)]).await;
    stage.open_gate().await;
    stage.metrics.say(Says::Unavailable);
    sqlx::query(
        "insert into preflight_overrides (go_live_id, at, by_id, by_name, reason, binding)
         values ($1, now(), $2, 'ana', $3, $4)",
    )
    .bind(stage.id.0)
    .bind(stage.admin.person.id.0)
    .bind(WHY)
    .bind(stage.go_live().await.go_live.binding().as_str())
    .execute(stage.db.pool())
    .await
    .unwrap();
    assert_eq!(blocked(&stage).await, [Check::Metrics]);
    stage.done().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_page_shows_what_was_waved_through_and_that_it_counts_for_nothing_else() {
    let place = Place::new().await;
    let mut rui = place.world.signed_in("rui").await;
    let mut ana = place.world.signed_in("ana").await;
    let reason = [("reason", "the checklist is worked through on paper")];
    assert_eq!(place.post(&mut ana, "override", &reason).await.status, StatusCode::SEE_OTHER);
    place.switch(json!({ "key_revoked": true })).await;
    assert_eq!(place.post(&mut rui, "start", &[]).await.status, StatusCode::CONFLICT);
    let page = ana.get(&place.path).await.body;
    assert!(page.contains("name=\"checks\" value=\"staging-health\""), "{page}");

    let why = ("reason", "staging has lost its key, and production has another");
    let nothing = place.post(&mut ana, "preflight/override", &[why, ("checks", "vendor-status")]).await;
    assert_eq!(nothing.status, StatusCode::CONFLICT, "{}", nothing.body);
    assert!(nothing.body.contains("staging has lost its key, and production has another</textarea>"));
    let waved = place.post(&mut ana, "preflight/override", &[why, ("checks", "staging-health")]).await;
    assert_eq!(waved.status, StatusCode::SEE_OTHER, "{}", waved.body);
    let page = rui.get(&place.path).await.body;
    assert!(page.contains("“Staging is healthy”") && page.contains("waved through by Ana Duarte"), "{page}");

    place.switch(json!({ "vendor": "outage_with_notice" })).await;
    let refused = place.post(&mut rui, "start", &[]).await;
    assert_eq!(refused.status, StatusCode::CONFLICT);
    let why = refused.body.split("The rollout was not started.").nth(1).unwrap();
    let why = why.split("</p>").next().unwrap();
    assert!(why.contains("The vendor reports no incident") && !why.contains("Staging is healthy"), "{why}");
}
