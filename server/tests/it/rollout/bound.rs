//! What was signed is bound to what runs in the cluster: a change of somebody else refuses the start, and nothing that the
//! rollout does itself makes anything stale.

use gantry_domain::checklist::Command;
use gantry_domain::gate::gate;
use gantry_domain::preflight::{Blocked, Check};
use gantry_domain::preset::{Phase, StatementKind};
use gantry_domain::release::Running;
use gantry_server::outside::cluster::fingerprint;
use gantry_server::services::rollouts::StartError;
use gantry_server::services::{items, preflight as looking};
use gantry_server::store::rollouts;
use serde_json::json;

use super::stage::{NAME, Stage, WITHIN, caller};
use crate::world::eventually;

const LONG: u32 = 600;

/// Everything that the gate waits for, stated by as many people as each item asks for.
async fn sign_all(stage: &Stage) {
    let go_live = stage.go_live().await.go_live;
    let required =
        go_live.items().filter(|(section, item)| section.phase == Phase::BeforeRollout && item.spec.required);
    let sign = || Command::Sign { note: String::new(), evidence: None };
    for (_, item) in required {
        let said = match item.spec.statement {
            StatementKind::Tick => vec![(&stage.manager, Command::Tick)],
            StatementKind::Signature => vec![(&stage.manager, sign())],
            StatementKind::TwoSignatures => {
                vec![(&stage.manager, sign()), (&stage.admin, Command::CounterSign { note: String::new() })]
            }
        };
        for (seen, (who, command)) in (item.version()..).zip(said) {
            let key = item.spec.key.clone();
            items::state(&stage.db, &caller(who), stage.id, key, command, seen).await.unwrap();
        }
    }
}

/// Looks before a start, and says what is known to run since.
async fn looked(stage: &Stage) -> Running {
    looking::take(&stage.db, &stage.around, caller(&stage.manager), stage.id).await.unwrap();
    stage.go_live().await.go_live.running.unwrap()
}

/// The fingerprint of what runs now.
async fn runs(stage: &Stage) -> String {
    let snapshot = stage.cluster.read(&stage.namespace, NAME).await.unwrap().unwrap();
    fingerprint(&snapshot, "app", &[])
}

/// What `kubectl set env` does.
async fn set_mode(stage: &Stage, value: &str) {
    let container = json!([{ "name": "app", "env": [{ "name": "MODE", "value": value }] }]);
    stage.meddle(json!({ "spec": { "template": { "spec": { "containers": container } } } })).await;
}

async fn noticed(stage: &Stage) -> i64 {
    let changes = "select count(*) from audit_log
        where action = 'go-live.cluster-configuration-changed' and actor_name = 'Gantry'";
    sqlx::query_scalar(changes).fetch_one(stage.db.pool()).await.unwrap()
}

/// Whether the gate is all that is in the way.
async fn gate_refuses(stage: &Stage) -> bool {
    match stage.try_start(&stage.manager).await {
        Err(StartError::Blocked(Blocked(findings))) => {
            let gate = findings.iter().find(|finding| finding.check == Check::Gate);
            let words = &gate.expect("the gate is closed").found;
            assert!(
                words.contains("the configuration in the cluster changed since rui stated it"),
                "{words}"
            );
            findings.len() == 1
        }
        other => panic!("not refused with a list: {other:?}"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_variable_set_after_the_signatures_refuses_the_start_until_it_is_as_it_was_signed() {
    let stage = Stage::set(2, &[(50, 1), (100, 0)]).await;
    let signed = looked(&stage).await;
    sign_all(&stage).await;
    assert!(gate(&stage.go_live().await.go_live).is_open());

    set_mode(&stage, "loud").await;
    eventually("nothing but the gate is in the way", WITHIN, || gate_refuses(&stage)).await;
    let go_live = stage.go_live().await.go_live;
    assert!(!gate(&go_live).is_open());
    let running = go_live.running.unwrap();
    assert!(running.fingerprint != signed.fingerprint && running.noticed_at > signed.noticed_at);
    assert_eq!(noticed(&stage).await, 1, "it is noticed once");
    assert!(rollouts::latest(stage.db.pool(), stage.id).await.unwrap().is_none());

    set_mode(&stage, "plain").await;
    eventually("it starts", WITHIN, || async { stage.try_start(&stage.manager).await.is_ok() }).await;
    assert_eq!(stage.go_live().await.go_live.running.unwrap().fingerprint, signed.fingerprint);
    assert_eq!(noticed(&stage).await, 2);
    stage.done().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_stated_anew_lets_it_start_with_the_changed_variable() {
    let stage = Stage::set(2, &[(50, 1), (100, 0)]).await;
    looked(&stage).await;
    sign_all(&stage).await;
    set_mode(&stage, "loud").await;
    eventually("nothing but the gate is in the way", WITHIN, || gate_refuses(&stage)).await;
    sign_all(&stage).await;
    stage.try_start(&stage.manager).await.unwrap();
    stage.done().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn signatures_from_before_anybody_looked_into_the_cluster_stand() {
    let stage = Stage::set(2, &[(50, 1), (100, 0)]).await;
    sign_all(&stage).await;
    let before = stage.go_live().await.go_live;
    assert!(before.running.is_none() && gate(&before).is_open());
    looked(&stage).await;
    let after = stage.go_live().await.go_live;
    assert!(gate(&after).is_open());
    assert_eq!(after.version, before.version, "a form that is open meanwhile can still be sent");
    stage.try_start(&stage.manager).await.unwrap();
    assert_eq!(noticed(&stage).await, 0);
    stage.done().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_changed_unseen_refuses_the_start_also_where_nothing_is_made_stale_by_it() {
    let stage = Stage::set(2, &[(50, 1), (100, 0)]).await;
    sign_all(&stage).await;
    let known = looked(&stage).await;
    set_mode(&stage, "loud").await;
    let refused = stage.try_start(&stage.manager).await;
    assert!(matches!(refused, Err(StartError::Reconfigured)), "{refused:?}");
    let go_live = stage.go_live().await.go_live;
    assert!(gate(&go_live).is_open());
    assert_ne!(go_live.running.unwrap().fingerprint, known.fingerprint);
    // Now it was said.
    eventually("it starts", WITHIN, || async { stage.try_start(&stage.manager).await.is_ok() }).await;
    stage.done().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn neither_a_rollout_nor_its_way_back_makes_anything_stale() {
    let stage = Stage::set(4, &[(50, LONG), (100, 0)]).await;
    let signed = looked(&stage).await;
    sign_all(&stage).await;
    stage.try_start(&stage.manager).await.unwrap();
    let engine = stage.engine();
    stage.soaking(0).await;
    assert_eq!(runs(&stage).await, signed.fingerprint);
    stage.roll_back().await;
    stage.rolled_back().await;
    assert_eq!(looked(&stage).await, signed);

    stage.try_start(&stage.manager).await.unwrap();
    stage.soaking(0).await;
    stage.go_on("seen enough").await;
    stage.complete().await;
    assert_eq!(runs(&stage).await, signed.fingerprint);
    assert!(gate(&stage.go_live().await.go_live).is_open());
    assert_eq!(noticed(&stage).await, 0);
    engine.kill().await;

    // What is changed later is about the next go-live, and the record of this one stays.
    set_mode(&stage, "loud").await;
    assert_ne!(runs(&stage).await, signed.fingerprint);
    assert_eq!(looked(&stage).await, signed);
    assert_eq!(noticed(&stage).await, 0);
    stage.done().await;
}
