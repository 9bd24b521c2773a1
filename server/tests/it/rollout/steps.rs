//! Exact pods at each step, what a breach and missing data do, and the way back.

use gantry_domain::plan::{BreachAction, Plan};
use gantry_domain::rollout::{Ask, Phase};
use gantry_server::store::{mitigations, rollouts};
use serde_json::json;

use super::metrics::Says;
use super::stage::{NEW, OLD, Stage, WITHIN};
use crate::world::eventually;

const LONG: u32 = 600;

#[tokio::test(flavor = "multi_thread")]
async fn ten_pods_go_one_then_five_then_all_and_ready_never_falls() {
    let stage = Stage::set(10, &[(10, 2), (50, 2), (100, 0)]).await;
    stage.start().await;
    let (watch, engine) = (stage.watch(), stage.engine());
    stage.soaking(0).await;
    assert_eq!(stage.pods().await, (9, 1, 10));
    stage.soaking(1).await;
    assert_eq!(stage.pods().await, (5, 5, 10));
    stage.complete().await;
    assert_eq!(stage.images().await, [NEW]);
    watch.end().await;
    engine.kill().await;
    // Everything of ours is gone, and what was there before is back.
    assert_eq!(stage.field("/metadata/annotations/gantry.dev~1driver-epoch").await, json!(null));
    assert_eq!(stage.field("/metadata/annotations/gantry.dev~1originals").await, json!(null));
    assert_eq!(
        stage.field("/spec/strategy/rollingUpdate").await,
        json!({ "maxSurge": "25%", "maxUnavailable": "25%" })
    );
    assert_eq!(stage.field("/spec/progressDeadlineSeconds").await, json!(600));
    let points = rollouts::curve(stage.db.pool(), stage.row().await.id, 100).await.unwrap();
    assert!(points.iter().any(|point| point.key == "api-down" && point.value == Some(0.0)), "{points:?}");
    stage.done().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_p1_breach_takes_it_back_without_a_dip() {
    let stage = Stage::set(10, &[(50, LONG), (100, 0)]).await;
    stage.start().await;
    let (watch, engine) = (stage.watch(), stage.engine());
    stage.soaking(0).await;
    stage.metrics.say(Says::Value("5..", "40"));
    stage.rolled_back().await;
    watch.end().await;
    engine.kill().await;
    assert!(stage.log().await.iter().any(|line| line.why.contains("40 per minute, limit 10")));
    stage.done().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_p2_breach_holds_for_a_person() {
    let stage = Stage::set(4, &[(50, LONG), (100, 0)]).await;
    stage.start().await;
    let engine = stage.engine();
    stage.soaking(0).await;
    stage.metrics.say(Says::Value("429", "6"));
    assert!(stage.held().await.contains("P2 breach"), "{}", stage.held().await);
    assert_eq!(stage.pods().await, (2, 2, 4));
    stage.go_on("the limit is being raised").await;
    stage.complete().await;
    engine.kill().await;
    stage.done().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_data_it_holds_and_goes_on_by_itself() {
    let all = [
        Says::Nothing,
        Says::All("NaN"),
        Says::All("+Inf"),
        Says::Unavailable,
        Says::Hangs,
        Says::Endless,
        Says::BreaksOff,
    ];
    futures_util::future::join_all(all.map(|says| async move {
        let stage = Stage::set(3, &[(34, 8), (100, 0)]).await;
        stage.start().await;
        let engine = stage.engine();
        stage.soaking(0).await;
        stage.metrics.say(says.clone());
        let why = stage.held().await;
        assert!(why.contains("cannot be judged"), "{says:?}: {why}");
        assert_eq!(stage.pods().await, (2, 1, 3));
        stage.metrics.say(Says::All("0"));
        stage.complete().await;
        engine.kill().await;
        assert!(stage.log().await.iter().any(|line| line.what == "Resumed by itself"));
        stage.done().await;
    }))
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn from_any_moment_one_click_goes_back_without_a_dip() {
    let stage = Stage::set(6, &[(20, 1), (50, 1), (100, 2)]).await;
    stage.open_gate().await;
    for moment in
        ["starting", "adding pods", "removing old pods", "soaking", "finishing", "verifying", "held"]
    {
        stage.try_start(&stage.manager).await.unwrap();
        sqlx::query("update rollouts set state = jsonb_set(state, '{judge_period_seconds}', '1')")
            .execute(stage.db.pool())
            .await
            .unwrap();
        let watch = stage.watch();
        if moment == "starting" {
            stage.roll_back().await;
        }
        let engine = stage.engine();
        if moment == "held" {
            stage.until("it soaks", |phase| matches!(phase, Phase::Soaking { .. })).await;
            stage.ask(Ask::Pause).await.unwrap();
        }
        if moment != "starting" {
            // A short phase may be over before it is seen: then from the one after it.
            stage
                .until(moment, |phase| phase.label() == moment || matches!(phase, Phase::Verifying { .. }))
                .await;
            stage.roll_back().await;
        }
        stage.rolled_back().await;
        assert_eq!(stage.pods().await, (6, 0, 6), "from {moment}");
        watch.end().await;
        engine.kill().await;
    }
    stage.done().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_complete_rollout_can_still_be_taken_back() {
    let stage = Stage::set(3, &[(34, 1), (100, 0)]).await;
    stage.start().await;
    let engine = stage.engine();
    stage.complete().await;
    stage.roll_back().await;
    stage.rolled_back().await;
    engine.kill().await;
    stage.done().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rollback_keeps_the_mitigation_of_an_incident() {
    let stage = Stage::set(4, &[(50, LONG), (100, 0)]).await;
    stage.start().await;
    let engine = stage.engine();
    stage.soaking(0).await;
    let workload = stage.go_live().await.go_live.workload;
    let noted = stage.db.tx(move |tx| {
        Box::pin(async move { mitigations::kept_by_rollouts(tx, &workload, "RATE_LIMIT_MODE").await })
    });
    noted.await.unwrap();
    let env = json!([{ "name": "RATE_LIMIT_MODE", "value": "queue" }]);
    let containers = json!([{ "name": "app", "env": env }]);
    stage.meddle(json!({ "spec": { "template": { "spec": { "containers": containers } } } })).await;
    stage.roll_back().await;
    stage.rolled_back().await;
    engine.kill().await;
    let env = stage.field("/spec/template/spec/containers/0/env").await;
    let named = |name: &str| env.as_array().unwrap().iter().find(|entry| entry["name"] == name).cloned();
    assert_eq!(named("RATE_LIMIT_MODE").unwrap()["value"], "queue");
    assert_eq!(named("MODE").unwrap()["value"], "plain");
    eventually("only the stable version runs", WITHIN, || async { stage.images().await == [OLD] }).await;
    stage.done().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_strategy_that_was_there_before_comes_back() {
    let stage = Stage::set(3, &[(34, 1), (100, 0)]).await;
    stage
        .meddle(json!({ "spec": {
            "minReadySeconds": 1, "progressDeadlineSeconds": 123,
            "strategy": { "rollingUpdate": { "maxSurge": 2, "maxUnavailable": 0 } },
        }}))
        .await;
    stage.start().await;
    let (watch, engine) = (stage.watch(), stage.engine());
    stage.complete().await;
    watch.end().await;
    engine.kill().await;
    assert_eq!(stage.field("/spec/minReadySeconds").await, json!(1));
    assert_eq!(stage.field("/spec/progressDeadlineSeconds").await, json!(123));
    assert_eq!(
        stage.field("/spec/strategy/rollingUpdate").await,
        json!({ "maxSurge": 2, "maxUnavailable": 0 })
    );
    stage.done().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_plan_that_says_otherwise_holds_on_p1_and_goes_back_on_p2() {
    let stage = Stage::set(4, &[(50, LONG), (100, 0)]).await;
    let (on_p1, on_p2) = (BreachAction::Hold, BreachAction::RollBack);
    stage.change_plan(|usual| Plan { on_p1, on_p2, ..usual }).await;
    stage.start().await;
    let engine = stage.engine();
    stage.soaking(0).await;
    stage.metrics.say(Says::Value("5..", "40"));
    let why = stage.held().await;
    assert!(why.contains("P1 breach"), "{why}");
    assert_eq!(stage.pods().await, (2, 2, 4));
    stage.metrics.say(Says::Value("429", "6"));
    stage.rolled_back().await;
    engine.kill().await;
    assert!(stage.log().await.iter().any(|line| line.why.contains("P2 breach")), "{:?}", stage.log().await);
    stage.done().await;
}
