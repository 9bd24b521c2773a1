//! A switch that was set and that somebody else changed: the pages say so, and it can be set again.

use gantry_domain::mitigation::Phase;
use reqwest::StatusCode;
use serde_json::{Value, json};

use super::stage::{Stage, WITHIN, plain};
use crate::world::eventually;

/// Waits until its pods are replaced: until then each of them makes another version of the Deployment.
pub(super) async fn settled(stage: &Stage) {
    eventually("its pods are replaced", WITHIN, || async {
        let snapshot = stage.snapshot().await;
        let number = |at: &str| snapshot.deployment.pointer(at).and_then(Value::as_u64);
        let all = ["replicas", "updatedReplicas", "readyReplicas", "availableReplicas"];
        number("/status/observedGeneration") == number("/metadata/generation")
            && all.iter().all(|one| number(&format!("/status/{one}")) == Some(10))
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_switch_that_somebody_else_changed_back_is_said_to_be_and_can_be_set_again() {
    let stage = Stage::set().await;
    let mut rui = stage.rui().await;
    assert_eq!(stage.act(&mut rui, "rate-limit", &[]).await.status, StatusCode::SEE_OTHER);
    assert!(matches!(stage.over().await.phase, Phase::Done { .. }));
    let (actions, way) =
        (format!("{}/actions", stage.path), format!("href=\"{}/actions/rate-limit\"", stage.path));
    let list = plain(&rui.get(&actions).await.body);
    assert!(list.contains("In force until somebody removes it") && !list.contains(&way), "{list}");

    stage.set_env(json!({ "name": "RATE_LIMIT_MODE", "$patch": "delete" })).await;
    let list = plain(&rui.get(&actions).await.body);
    assert!(list.contains("No longer set: the variable is not there any more"), "{list}");
    stage.set_env(json!({ "name": "RATE_LIMIT_MODE", "value": "reject" })).await;
    let list = plain(&rui.get(&actions).await.body);
    assert!(list.contains("No longer set: it is now “reject”"), "{list}");
    assert!(!list.contains("In force") && !list.contains("It is set already"), "{list}");
    assert!(list.contains(&way) && list.contains("Remove…"), "{list}");
    let triage = stage.look(&mut rui).await;
    assert!(!triage.contains("It is set already"), "{triage}");

    settled(&stage).await;
    let answer = stage.act(&mut rui, "rate-limit", &[]).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.body);
    assert!(matches!(stage.over().await.phase, Phase::Done { .. }));
    assert_eq!(stage.env("RATE_LIMIT_MODE").await["value"], "queue");
    let list = plain(&rui.get(&actions).await.body);
    assert!(list.contains("In force until somebody removes it") && !list.contains("No longer set"), "{list}");
    let marked = stage.actions().await.iter().filter(|one| one.stands()).count();
    assert_eq!(marked, 1, "what is set again is marked once");

    // Nothing is said to be in force, and nothing is offered, where nobody can tell.
    stage.switch(json!({ "cluster": { "latency_ms": 20000 } })).await;
    let list = plain(&rui.get(&actions).await.body);
    assert!(list.contains("Whether it still is so is not known") && !list.contains("In force"), "{list}");
    assert!(!list.contains(&way), "{list}");
}
