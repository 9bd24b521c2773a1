//! Starting: the exact list of what stands in the way, who may, and once is once.

use gantry_domain::actor::{Actor, Role};
use gantry_domain::opened::Opened;
use gantry_domain::preflight::{Blocked, Check};
use gantry_domain::rollout::{Ask, Phase};
use gantry_server::services::rollouts::{self as service, AskError, StartError};
use gantry_server::services::{preflight as looking, release};
use gantry_server::store::{preflights, rollouts};
use serde_json::json;

use super::metrics::Says;
use super::stage::{NEW, Stage, WITHIN, caller, revision};
use crate::world::eventually;

fn blocked(refused: Result<(), StartError>) -> Vec<Check> {
    match refused {
        Err(StartError::Blocked(Blocked(findings))) => {
            findings.into_iter().map(|finding| finding.check).collect()
        }
        other => panic!("not refused with a list: {other:?}"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_closed_gate_refuses_with_every_item_that_is_open() {
    let stage = Stage::set(2, &[(50, 1), (100, 0)]).await;
    let refused = stage.try_start(&stage.manager).await;
    let words = refused.as_ref().unwrap_err().to_string();
    assert!(words.contains("items are open") && words.contains("nobody has stated it"), "{words}");
    assert_eq!(blocked(refused), [Check::Gate]);
    assert!(preflights::of(stage.db.pool(), stage.id).await.unwrap().unwrap().findings.len() >= 8);
    assert!(rollouts::latest(stage.db.pool(), stage.id).await.unwrap().is_none());
    stage.done().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_is_wrong_with_the_deployment_blocks() {
    let stage = Stage::set(2, &[(50, 1), (100, 0)]).await;
    stage.open_gate().await;
    stage.meddle(json!({ "spec": { "paused": true } })).await;
    assert_eq!(blocked(stage.try_start(&stage.manager).await), [Check::Settled]);
    stage.meddle(json!({ "spec": { "paused": false, "replicas": 0 } })).await;
    assert!(blocked(stage.try_start(&stage.manager).await).contains(&Check::Replicas));
    stage.done().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn metrics_that_fail_block_until_an_admin_says_why_not() {
    let stage = Stage::set(2, &[(50, 1), (100, 0)]).await;
    stage.open_gate().await;
    stage.metrics.say(Says::Unavailable);
    assert_eq!(blocked(stage.try_start(&stage.manager).await), [Check::Metrics]);
    let over = |who: &Actor, reason: &'static str, seen: i64| {
        let shown = vec![Check::Metrics];
        looking::override_it(&stage.db, super::stage::caller(who), stage.id, reason, seen, shown)
    };
    let seen = stage.go_live().await.go_live.version;
    let refused = over(&stage.manager, "watched by hand on the other screen", seen).await;
    assert!(matches!(refused, Err(looking::PreflightError::NotAllowed(Role::Admin))));
    assert!(matches!(
        over(&stage.admin, "because", seen).await,
        Err(looking::PreflightError::ReasonTooShort)
    ));
    over(&stage.admin, "watched by hand on the other screen", seen).await.unwrap();
    stage.try_start(&stage.manager).await.unwrap();
    stage.done().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_sent_twice_starts_and_asks_once_and_a_stakeholder_does_neither() {
    let stage = Stage::set(2, &[(50, 1), (100, 0)]).await;
    stage.open_gate().await;
    let stakeholder = Actor { role: Role::Stakeholder, ..stage.manager.clone() };
    assert!(matches!(stage.try_start(&stakeholder).await, Err(StartError::NotAllowed)));
    let (caller, seen) = (super::stage::caller(&stage.manager), stage.go_live().await.go_live.version);
    for _ in 0..2 {
        service::start(&stage.db, &stage.around, caller.clone(), stage.id, seen).await.unwrap();
    }
    assert_eq!(rollouts::of(stage.db.pool(), stage.id).await.unwrap().len(), 1);
    assert!(stage.row().await.stable.revision == revision(&stage).await);

    let asked = service::ask(&stage.db, super::stage::caller(&stakeholder), stage.id, Ask::Pause).await;
    assert!(matches!(asked, Err(AskError::NotAllowed)));
    let caller = super::stage::caller(&stage.manager);
    for _ in 0..2 {
        service::ask(&stage.db, caller.clone(), stage.id, Ask::Pause).await.unwrap();
    }
    assert_eq!(stage.log().await.iter().filter(|line| line.what == "Paused by a person").count(), 1);
    assert!(blocked(stage.try_start(&stage.manager).await).contains(&Check::Settled));
    stage.done().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn there_is_no_way_back_to_an_image_whose_name_cannot_be_shown() {
    let stage = Stage::set(2, &[(50, 1), (100, 0)]).await;
    stage.open_gate().await;
    stage.set_image("registry.example/checkout:v1\u{202e}\u{1b}[31m").await;
    eventually("nothing else is in the way", WITHIN, || async {
        blocked(stage.try_start(&stage.manager).await) == [Check::RollbackTarget]
    })
    .await;
    let findings = preflights::of(stage.db.pool(), stage.id).await.unwrap().unwrap().findings;
    let found = findings.iter().find(|finding| finding.check == Check::RollbackTarget).unwrap();
    assert!(found.found.contains("registry.example/checkout:v1"), "{}", found.found);
    for finding in &findings {
        assert!(!finding.found.contains(['\u{202e}', '\u{1b}']), "{:?}", finding.check);
    }
    stage.done().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_image_that_is_typed_with_its_digest_goes_out_pinned_to_it() {
    let stage = Stage::set(2, &[(50, 1), (100, 0)]).await;
    let pinned = format!("{NEW}@sha256:{}", "0f".repeat(32));
    let stored = stage.go_live().await;
    let opened = Opened::release(&stored.go_live.release, &stored.configuration);
    let changed =
        release::change(&stage.db, caller(&stage.manager), stage.id, &pinned, String::new(), opened).await;
    changed.unwrap();
    stage.start().await;
    let engine = stage.engine();
    stage.until("it is complete", |phase| *phase == Phase::Complete).await;
    engine.kill().await;
    assert_eq!(stage.images().await, [pinned]);
    stage.done().await;
}
