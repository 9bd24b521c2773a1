//! What the cluster denies the panel is asked of an admin, once for each incident and permission.

use reqwest::StatusCode;
use serde_json::json;

use super::stage::{Stage, plain};

const BUTTON: &str = ">Ask an admin</button>";

async fn stage() -> Stage {
    Stage::with(|config| {
        // Nobody listens there: what is to be told stays where it can be counted.
        config.incidents.slack = Some("http://127.0.0.1:9/services/T0/B0/nobody".to_owned().into());
    })
    .await
}

/// How many messages and entries about the incident say that something is needed.
async fn told(stage: &Stage, needs: &str) -> (i64, i64) {
    let about = |table: &str, text: &str| {
        format!("select count(*) from {table} where incident_id = '{}' and {text} like '%{needs}%'", stage.id)
    };
    let messages = about("outbox", "channel = 'slack' and tell = 'update' and body ->> 'text'");
    let entries = about("incident_entries", "kind = 'action' and text");
    (stage.world.count(&messages).await, stage.world.count(&entries).await)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_denied_change_of_a_secret_is_asked_of_an_admin_once_by_whoever_presses() {
    let stage = stage().await;
    let (mut rui, mut ana) = (stage.rui().await, stage.world.signed_in("ana").await);
    assert!(!stage.rehearse(&mut rui, "replace-key").await.body.contains(BUTTON), "nothing is missing");
    stage.switch(json!({ "cluster": { "forbidden": [{ "verb": "patch", "resource": "secrets" }] } })).await;
    for browser in [&mut rui, &mut ana] {
        let page = stage.rehearse(browser, "replace-key").await.body;
        assert!(page.contains(BUTTON) && page.contains("value=\"replace-key\""), "{page}");
    }
    let path = format!("{}/ask-admin", stage.path);
    let form = [("wish", "replace-key"), ("key", "one-and-the-same")];
    let mut again = rui.clone();
    let (one, two) = tokio::join!(rui.post_as_is(&path, &form), again.post_as_is(&path, &form));
    // Ana's page was drawn before that.
    let three = ana.post(&path, &form[..1]).await;
    for answer in [one, two, three] {
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.body);
    }
    let needs = "Needs “patch” on secrets “posthog-credentials” in namespace integrations: an admin of the cluster is asked";
    assert_eq!(told(&stage, "Needs ").await, (1, 1));
    assert_eq!(told(&stage, &format!("{needs}%(asked by Rui Matos)")).await, (1, 1));
    assert!(plain(&ana.get(&stage.path).await.body).contains(needs), "it is not on the timeline");
    let page = plain(&stage.rehearse(&mut ana, "replace-key").await.body);
    assert!(page.contains("Rui Matos asked an admin for it") && !page.contains(BUTTON), "{page}");
    // What people wrote down as being done is still that.
    let kept =
        format!("select count(*) from incidents where id = '{}' and incident ->> 'action' = ''", stage.id);
    assert_eq!(stage.world.count(&kept).await, 1);
    let audited = "select count(*) from audit_log where action = 'incident.permission-asked'";
    assert_eq!(stage.world.count(audited).await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn another_permission_is_asked_for_by_itself_and_what_is_allowed_is_not_asked_for() {
    let stage = stage().await;
    let mut rui = stage.rui().await;
    let path = format!("{}/ask-admin", stage.path);
    let rules = ["secrets", "deployments"].map(|resource| json!({ "verb": "patch", "resource": resource }));
    stage.switch(json!({ "cluster": { "forbidden": rules } })).await;
    // A restart and a switch lack the same one.
    for wish in ["replace-key", "restart", "rate-limit"] {
        let answer = rui.post(&path, &[("wish", wish)]).await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{wish}: {}", answer.body);
    }
    assert_eq!(told(&stage, "Needs ").await, (2, 2));
    stage.switch(json!({ "cluster": null })).await;
    let late = rui.post(&path, &[("wish", "restart")]).await;
    assert_eq!(late.status, StatusCode::CONFLICT);
    assert!(late.body.contains("The cluster allows it by now, so nobody was asked."), "{}", late.body);
    assert!(late.body.contains("name=\"mark\""), "what is allowed is not offered: {}", late.body);
    assert_eq!(rui.post(&path, &[("wish", "anything")]).await.status, StatusCode::NOT_FOUND);
    let mut sam = stage.world.signed_in("sam").await;
    assert_eq!(sam.post(&path, &[("wish", "restart")]).await.status, StatusCode::FORBIDDEN);
    assert_eq!(told(&stage, "Needs ").await, (2, 2));
}
