//! Where the panel does not get through to the cluster, the page says what a person can type with a login of their own.

use serde_json::json;

use super::stage::{Stage, plain};

const TITLE: &str = "Same with kubectl, with a login of your own";
const RESTART: &str = "kubectl -n integrations rollout restart deployment/posthog-integration";
const QUEUE: &str =
    "kubectl -n integrations set env deployment/posthog-integration -c app RATE_LIMIT_MODE=queue";
const FALLBACK: &str =
    "kubectl -n integrations set env deployment/posthog-integration -c app POSTHOG_FALLBACK=true";
const SECRET: &str = "create secret generic posthog-credentials --from-file=api-key=/dev/stdin";

#[tokio::test(flavor = "multi_thread")]
async fn what_the_cluster_denies_the_panel_is_there_to_be_typed() {
    let stage = Stage::set().await;
    let mut rui = stage.rui().await;
    assert!(!stage.rehearse(&mut rui, "restart").await.body.contains(TITLE), "nothing is denied");
    let rule = |resource: &str, verb: &str| json!({ "verb": verb, "resource": resource });
    let rules = [rule("deployments", "patch"), rule("secrets", "patch")];
    stage.switch(json!({ "cluster": { "forbidden": rules } })).await;
    for (wish, line) in
        [("restart", RESTART), ("rate-limit", QUEUE), ("fallback", FALLBACK), ("replace-key", SECRET)]
    {
        let page = plain(&stage.rehearse(&mut rui, wish).await.body);
        assert!(page.contains(TITLE) && page.contains(line), "{wish}: {page}");
    }
    // Also where the key must not even be looked at.
    stage.switch(json!({ "cluster": { "forbidden": [rule("secrets", "get")] } })).await;
    let page = plain(&stage.rehearse(&mut rui, "replace-key").await.body);
    assert!(page.contains(TITLE) && page.contains(SECRET), "{page}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cluster_that_does_not_know_the_panel_any_more_leaves_the_lines_that_need_no_look_at_it() {
    let stage = Stage::set().await;
    stage.roll_out().await;
    let mut rui = stage.rui().await;
    let strikes = [json!({ "verb": "*", "resource": "*", "status": 401 })];
    stage.switch(json!({ "cluster": { "strikes": strikes } })).await;
    for (wish, line) in [
        ("restart", RESTART),
        ("rate-limit", QUEUE),
        ("fallback", FALLBACK),
        ("roll-back", "kubectl -n integrations"),
    ] {
        let page = plain(&stage.rehearse(&mut rui, wish).await.body);
        assert!(page.contains(TITLE) && page.contains(line), "{wish}: {page}");
    }
    // Which keys are in use only the cluster can tell.
    for wish in ["replace-key", "replace-key/somebody-elses/token"] {
        let page = plain(&stage.rehearse(&mut rui, wish).await.body);
        assert!(!page.contains(TITLE) && !page.contains("create secret"), "{wish}: {page}");
    }
}
