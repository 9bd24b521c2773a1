//! Where the panel does not get through to the cluster, the page says what a person can type with a login of their own; and
//! says nothing of it where the panel itself would refuse.

use reqwest::StatusCode;
use serde_json::{Value, json};

use super::stage::{Stage, hidden, plain};
use crate::world::Browser;

const TITLE: &str = "Same with kubectl, with a login of your own";
const RESTART: &str = "kubectl -n integrations rollout restart deployment/posthog-integration";
const QUEUE: &str =
    "kubectl -n integrations set env deployment/posthog-integration -c app RATE_LIMIT_MODE=queue";
const FALLBACK: &str =
    "kubectl -n integrations set env deployment/posthog-integration -c app POSTHOG_FALLBACK=true";
const SECRET: &str = "create secret generic posthog-credentials --from-file=api-key=/dev/stdin";
const BACK: &str = "kubectl -n integrations patch deployment/posthog-integration --patch";

fn denied(verb: &str, resource: &str) -> Value {
    json!({ "cluster": { "forbidden": [{ "verb": verb, "resource": resource }] } })
}

/// The cluster no longer knows the panel.
pub(super) fn expired() -> Value {
    json!({ "cluster": { "strikes": [{ "verb": "*", "resource": "*", "status": 401 }] } })
}

async fn lines_stand(stage: &Stage, who: &mut Browser, table: &[(&str, &str)]) {
    for (wish, line) in table {
        let page = plain(&stage.rehearse(who, wish).await.body);
        assert!(page.contains(TITLE) && page.contains(line), "{wish}: {page}");
    }
}

async fn no_line_stands(stage: &Stage, who: &mut Browser, wishes: &[&str]) {
    for wish in wishes {
        let page = plain(&stage.rehearse(who, wish).await.body);
        assert!(page.contains("class=\"callout bad\""), "{wish} is not refused: {page}");
        assert!(!page.contains(TITLE), "{wish}: {page}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_cluster_denies_the_panel_is_there_to_be_typed() {
    let stage = Stage::set().await;
    stage.roll_out().await;
    let mut rui = stage.rui().await;
    let page = stage.rehearse(&mut rui, "restart").await.body;
    assert!(!page.contains(TITLE), "nothing is denied");
    let mark = hidden(&page, "mark");
    stage.switch(denied("patch", "deployments")).await;
    let all = [("restart", RESTART), ("rate-limit", QUEUE), ("fallback", FALLBACK), ("roll-back", BACK)];
    lines_stand(&stage, &mut rui, &all).await;
    // Also for whoever looked before it was denied.
    let late = rui.post(&format!("{}/actions/restart", stage.path), &[("mark", &mark)]).await;
    assert_eq!(late.status, StatusCode::CONFLICT, "{}", late.body);
    assert!(late.body.contains(TITLE) && late.body.contains(RESTART), "{}", late.body);
    // Nobody would put the strategy back after the way back.
    let back = plain(&stage.rehearse(&mut rui, "roll-back").await.body);
    assert!(back.contains("rollout status deployment/posthog-integration"), "{back}");
    stage.switch(denied("patch", "secrets")).await;
    lines_stand(&stage, &mut rui, &[("replace-key", SECRET)]).await;
    // Nobody knows whether it is there: one that is not would come to be with a single key.
    stage.switch(denied("get", "secrets")).await;
    no_line_stands(&stage, &mut rui, &["replace-key"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cluster_that_does_not_know_the_panel_any_more_leaves_the_lines_that_need_no_look_at_it() {
    let stage = Stage::set().await;
    stage.roll_out().await;
    let mut rui = stage.rui().await;
    let set = stage.act(&mut rui, "rate-limit", &[]).await;
    assert_eq!(set.status, StatusCode::SEE_OTHER, "{}", set.body);
    let remove = format!("remove/{}", stage.over().await.id);
    stage.switch(expired()).await;
    let all = [
        ("restart", RESTART),
        ("fallback", FALLBACK),
        ("roll-back", BACK),
        (remove.as_str(), "-c app RATE_LIMIT_MODE=reject"),
    ];
    lines_stand(&stage, &mut rui, &all).await;
    // Which keys are in use only the cluster can tell.
    no_line_stands(&stage, &mut rui, &["replace-key", "replace-key/somebody-elses/token"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn while_a_rollout_steers_the_pods_only_the_way_back_is_there_to_be_typed() {
    let stage = Stage::set().await;
    let mut rui = stage.rui().await;
    let set = stage.act(&mut rui, "rate-limit", &[]).await;
    assert_eq!(set.status, StatusCode::SEE_OTHER, "{}", set.body);
    let remove = format!("remove/{}", stage.over().await.id);
    stage.soak().await;
    stage.switch(expired()).await;
    lines_stand(&stage, &mut rui, &[("roll-back", BACK)]).await;
    // It would be drift.
    no_line_stands(&stage, &mut rui, &["restart", "fallback", &remove]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_back_already_has_no_way_back_to_be_typed() {
    let stage = Stage::set().await;
    stage.roll_out().await;
    let mut rui = stage.rui().await;
    assert_eq!(stage.act(&mut rui, "roll-back", &[]).await.status, StatusCode::SEE_OTHER);
    stage.rolled_back().await;
    no_line_stands(&stage, &mut rui, &["roll-back"]).await;
    stage.switch(expired()).await;
    no_line_stands(&stage, &mut rui, &["roll-back"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_cluster_the_line_is_all_there_is() {
    let stage = Stage::with(|config| config.kubeconfig = None).await;
    let mut rui = stage.rui().await;
    lines_stand(&stage, &mut rui, &[("restart", RESTART), ("rate-limit", QUEUE)]).await;
    // There was no rollout: nobody knows what to return to.
    no_line_stands(&stage, &mut rui, &["roll-back", "replace-key"]).await;
}
