//! What an admin waves through before a start: what failed then and was seen, and nothing that fails later.

use std::sync::Arc;

use futures_util::FutureExt as _;
use gantry_domain::golive::GoLive;
use gantry_domain::preflight::{Blocked, Check, Finding, Outcome};
use gantry_server::services::preflight::{self as looking, PreflightError};
use gantry_server::services::rollouts::StartError;
use gantry_server::store::preflights;
use reqwest::StatusCode;
use serde_json::{Value, json};

use super::metrics::Says;
use super::pages::Place;
use super::stage::{NAME, NEW, Stage, WITHIN, caller, request};
use crate::world::eventually;

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
    let made = preflights::overridden(stage.db.pool(), stage.id, &binding).await.unwrap();
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

/// Six of ten old pods are gone, and what comes in their place crashes again and again. `false` on a real cluster, where
/// nothing can be made to.
async fn six_of_ten_crash(stage: &Stage) -> bool {
    let crashing = json!({ "new_tag": "v1", "new_version": { "crash_looping": true } });
    if !stage.scenario(crashing).await {
        return false;
    }
    let snapshot = stage.cluster.read(&stage.namespace, NAME).await.unwrap().unwrap();
    for pod in snapshot.pods.iter().take(6) {
        let name = pod.pointer("/metadata/name").and_then(Value::as_str).unwrap();
        let path = format!("/api/v1/namespaces/{}/pods/{name}", stage.namespace);
        request(&stage.kube, "DELETE", &path, "application/json", &json!({})).await;
    }
    eventually("six crash", WITHIN, || async {
        let snapshot = stage.cluster.read(&stage.namespace, NAME).await.unwrap().unwrap();
        let crashing = |pod: &&Value| {
            pod.pointer("/status/containerStatuses/0/state/waiting/reason")
                .is_some_and(|reason| reason == "CrashLoopBackOff")
        };
        snapshot.pods.iter().filter(crashing).count() == 6 && stage.pods().await == (10, 0, 4)
    })
    .await;
    true
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hotfix_starts_over_crashing_pods_once_an_admin_says_so_goes_back_and_goes_out() {
    let stage = Stage::set(10, &[(10, 600), (50, 1), (100, 0)]).await;
    stage.open_gate().await;
    if !six_of_ten_crash(&stage).await {
        return stage.done().await;
    }
    assert_eq!(blocked(&stage).await, [Check::PodsReady]);
    wave(&stage, &[Check::PodsReady]).await.unwrap();
    stage.try_start(&stage.manager).await.unwrap();
    assert_eq!(stage.row().await.unready_before, 6);
    let engine = stage.engine();
    stage.soaking(0).await;
    assert_eq!(stage.pods().await, (9, 1, 5));

    // Back to what it was, although what it was never gets ready.
    stage.roll_back().await;
    stage.rolled_back().await;
    assert_eq!(stage.pods().await, (10, 0, 4));
    let log = stage.log().await;
    assert!(log.iter().any(|line| line.why.contains("4 of 10 are ready")), "{log:#?}");

    // Another attempt at the same release, and this time it stays.
    stage.try_start(&stage.manager).await.unwrap();
    stage.soaking(0).await;
    stage.go_on("the new pod serves").await;
    stage.complete().await;
    assert_eq!(stage.images().await, [NEW]);
    let log = stage.log().await;
    assert!(!log.iter().any(|line| line.what == "Held"), "{log:#?}");
    engine.kill().await;
    stage.done().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_paused_deployment_cannot_be_waved_through_and_is_told_what_to_do() {
    let stage = Stage::set(2, &[(50, 1), (100, 0)]).await;
    stage.open_gate().await;
    stage.meddle(json!({ "spec": { "paused": true } })).await;
    let refused = stage.try_start(&stage.manager).await.unwrap_err().to_string();
    assert!(refused.contains("it is paused (spec.paused)") && refused.contains("resume it"), "{refused}");
    assert!(matches!(wave(&stage, &[Check::Settled]).await, Err(PreflightError::NothingToOverride)));
    assert_eq!(blocked(&stage).await, [Check::Settled]);
    stage.done().await;
}
