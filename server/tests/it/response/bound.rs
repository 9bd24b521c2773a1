//! What is done because of an incident makes no signature of the next go-live stale, and what somebody else does, does.

use gantry_domain::golive::GoLive;
use gantry_domain::mitigation::Phase;
use reqwest::StatusCode;
use serde_json::json;

use super::stage::{Stage, WITHIN};
use crate::world::{Browser, eventually, signable, stored};

/// Looks before a start.
async fn looked(stage: &Stage, who: &mut Browser) -> GoLive {
    let answer = who.post(&format!("/go-lives/{}/preflight", stage.go_live), &[]).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.body);
    stored(&stage.world, stage.go_live).await.go_live
}

#[tokio::test(flavor = "multi_thread")]
async fn a_switch_that_is_set_and_removed_leaves_signatures_as_they_are() {
    let stage = Stage::set().await;
    let mut rui = stage.rui().await;
    let known = looked(&stage, &mut rui).await.running.unwrap();
    let item = signable(&stage.world, stage.go_live).await;
    let path = format!("/go-lives/{}/items/{item}/sign", stage.go_live);
    let signed = rui.post(&path, &[("seen", "0"), ("note", "")]).await;
    assert_eq!(signed.status, StatusCode::SEE_OTHER, "{}", signed.body);
    let stands = |go_live: &GoLive| {
        let (_, item) = go_live.item(&item.parse().unwrap()).unwrap();
        item.standing(&go_live.binding()).is_settled()
    };

    // One stood there with another value, and one did not.
    for switch in ["rate-limit", "fallback"] {
        assert_eq!(stage.act(&mut rui, switch, &[]).await.status, StatusCode::SEE_OTHER);
        let set = stage.over().await;
        assert!(matches!(set.phase, Phase::Done { .. }), "{set:?}");
        let go_live = looked(&stage, &mut rui).await;
        assert!(stands(&go_live), "{switch} was set");
        assert_eq!(go_live.running.as_ref(), Some(&known), "{switch} was set");

        let removed = stage.act(&mut rui, &format!("remove/{}", set.id), &[]).await;
        assert_eq!(removed.status, StatusCode::SEE_OTHER, "{}", removed.body);
        let removed = stage.over().await;
        assert!(matches!(removed.phase, Phase::Done { .. }), "{removed:?}");
        let go_live = looked(&stage, &mut rui).await;
        assert!(stands(&go_live), "{switch} was removed");
        assert_eq!(go_live.running.as_ref(), Some(&known), "{switch} was removed");
    }

    stage.set_env(json!({ "name": "FLUSH_SECONDS", "value": "90" })).await;
    eventually("that is noticed", WITHIN, || async {
        let go_live = looked(&stage, &mut rui.clone()).await;
        go_live.running.as_ref().is_some_and(|now| now.fingerprint != known.fingerprint) && !stands(&go_live)
    })
    .await;
}
