//! Each action from the rehearsal to the ready pods; forbidden, interrupted, and by two at once.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use gantry_domain::mitigation::{Act, Mitigation, Phase};
use gantry_domain::preset::Workload;
use gantry_server::store::{Db, mitigations};
use reqwest::StatusCode;
use secrecy::ExposeSecret as _;
use serde_json::{Value, json};
use uuid::Uuid;

use super::stage::{DEPLOYMENT, Stage, WITHIN, plain};
use crate::world::{Held, eventually};

const NEW_KEY: &str = "phc_canary_7f3a_never_shown_anywhere";

#[tokio::test(flavor = "multi_thread")]
async fn a_switch_is_rehearsed_set_watched_and_later_removed() {
    let stage = Stage::set().await;
    let mut rui = stage.rui().await;
    let page = plain(&stage.rehearse(&mut rui, "rate-limit").await.body);
    assert!(page.contains("spec.template.spec.containers[app].env[RATE_LIMIT_MODE].value"), "{page}");
    assert!(page.contains(">reject</code>") && page.contains(">queue</code>"), "{page}");
    assert!(page.contains(
        "kubectl -n integrations set env deployment/posthog-integration -c app RATE_LIMIT_MODE=queue"
    ));
    // A rehearsal changes nothing.
    assert_eq!(stage.env("RATE_LIMIT_MODE").await["value"], "reject");

    let answer = stage.act(&mut rui, "rate-limit", &[]).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.body);
    let done = stage.over().await;
    assert!(matches!(done.phase, Phase::Done { .. }), "{done:?}");
    assert_eq!(done.pods, Some((10, 10)));
    assert_eq!(stage.env("RATE_LIMIT_MODE").await["value"], "queue");
    let timeline = stage.timeline().await;
    assert!(
        timeline.contains("“reject” → “queue”") && timeline.contains("10 of 10 pods are ready"),
        "{timeline}"
    );
    let list = plain(&rui.get(&format!("{}/actions", stage.path)).await.body);
    assert!(
        list.contains("In force until somebody removes it") && list.contains("It is set already"),
        "{list}"
    );

    // Resolved with it in force: the page and the timeline list it, and it stays marked until somebody removes it.
    let page = plain(&rui.get(&stage.path).await.body);
    assert!(page.contains("Set and not removed yet; resolving does not remove it"), "{page}");
    let resolved = rui.post(&format!("{}/state", stage.path), &[("seen", "1"), ("to", "resolved")]).await;
    assert_eq!(resolved.status, StatusCode::SEE_OTHER, "{}", resolved.body);
    let timeline = stage.timeline().await;
    let listed = "Not removed when this was resolved: Set RATE_LIMIT_MODE=queue";
    assert!(timeline.contains(listed), "{timeline}");
    assert!(plain(&rui.get(&stage.path).await.body).contains("set, not removed yet: RATE_LIMIT_MODE"));

    let answer = stage.act(&mut rui, &format!("remove/{}", done.id), &[]).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.body);
    let removed = stage.over().await;
    assert!(
        matches!((&removed.act, &removed.phase), (Act::Remove { .. }, Phase::Done { .. })),
        "{removed:?}"
    );
    // What stood there before, and not nothing.
    assert_eq!(stage.env("RATE_LIMIT_MODE").await["value"], "reject");
    let list = plain(&rui.get(&format!("{}/actions", stage.path)).await.body);
    assert!(!list.contains("In force until somebody removes it"), "{list}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_variable_that_was_not_there_is_gone_again_after_removing() {
    let stage = Stage::set().await;
    let mut rui = stage.rui().await;
    assert_eq!(stage.act(&mut rui, "fallback", &[]).await.status, StatusCode::SEE_OTHER);
    let done = stage.over().await;
    assert_eq!(stage.env("POSTHOG_FALLBACK").await["value"], "true");
    assert_eq!(stage.act(&mut rui, &format!("remove/{}", done.id), &[]).await.status, StatusCode::SEE_OTHER);
    stage.over().await;
    assert!(stage.env("POSTHOG_FALLBACK").await.is_null());
}

/// When the key in use was written as the list says, and by whom.
fn written(list: &str) -> (DateTime<Utc>, &str) {
    assert!(list.contains(">Written</th>"), "{list}");
    let row = list.split("data-key=\"posthog-credentials/api-key\"").nth(1);
    let row = row.and_then(|rest| rest.split("</tr>").next()).unwrap_or_else(|| panic!("{list}"));
    let at = row.split("datetime=\"").nth(1).and_then(|rest| rest.split('"').next()).unwrap();
    let by = row.rsplit("</time> by ").next().and_then(|rest| rest.split('<').next()).unwrap();
    (at.parse().unwrap(), by)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_is_replaced_alone_pods_restart_with_it_and_it_is_seen_nowhere() {
    let stage = Stage::set().await;
    let mut rui = stage.rui().await;
    stage.switch(json!({ "key_revoked": true })).await;
    let list = plain(&rui.get(&format!("{}/actions", stage.path)).await.body);
    assert!(list.contains("posthog-credentials / api-key") && list.contains("sha256:"), "{list}");
    let (first, manager) = written(&list);
    assert_eq!(manager, "kubectl-client-side-apply");
    // The cluster stamps in whole seconds: within the same one nobody could tell the next writing by its time.
    let clock = &stage.world.running.app.clock;
    eventually("the second is over", WITHIN, || async { clock.now() - first > TimeDelta::seconds(1) }).await;
    let page = stage.rehearse(&mut rui, "replace-key").await;
    assert!(page.body.contains("type=\"password\""), "{}", page.body);

    let empty = stage.act(&mut rui, "replace-key", &[("password", "")]).await;
    assert_eq!(empty.status, StatusCode::UNPROCESSABLE_ENTITY);
    let same = stage.act(&mut rui, "replace-key", &[("password", "phc_sandbox_project_key")]).await;
    assert!(same.body.contains("holds already"), "{}", same.body);
    assert!(!same.body.contains("phc_sandbox_project_key"), "{}", same.body);

    let answer = stage.act(&mut rui, "replace-key", &[("password", NEW_KEY)]).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.body);
    let done = stage.over().await;
    assert!(matches!(done.phase, Phase::Done { .. }), "{done:?}");
    let list = plain(&rui.get(&format!("{}/actions", stage.path)).await.body);
    let (renewed, manager) = written(&list);
    assert!(renewed > first && renewed <= clock.now(), "{first} {renewed}");
    assert_eq!(manager, "gantry-key-api-key");
    let found = stage.cluster.secret("integrations", "posthog-credentials").await.unwrap();
    assert_eq!(found["api-key"].expose_secret(), NEW_KEY);
    assert_eq!(
        found["webhook-secret"].expose_secret(),
        "whsec_sandbox",
        "nothing else of the Secret is touched"
    );
    let secret = "/api/v1/namespaces/integrations/secrets/posthog-credentials";
    let secret = reqwest::get(format!("{}{secret}", stage.sandbox.urls().kube)).await.unwrap();
    let secret: Value = serde_json::from_str(&secret.text().await.unwrap()).unwrap();
    let owners = secret["metadata"]["managedFields"].as_array().unwrap();
    let ours = owners.iter().find(|owner| owner["manager"] == "gantry-key-api-key").unwrap();
    assert_eq!(ours["operation"], "Apply", "{ours}");
    assert_eq!(ours["fieldsV1"], json!({ "f:data": { "f:api-key": {} } }), "{ours}");
    assert!(!stage.database_holds("canary_7f3a").await);
    for page in ["actions", "triage", "postmortem", "postmortem.md", "evidence"] {
        let body = rui.get(&format!("{}/{page}", stage.path)).await.body;
        assert!(!body.contains("canary_7f3a"), "{page}");
    }
    let health = format!("{}/services/integrations/{DEPLOYMENT}/health", stage.sandbox.urls().services);
    let health = reqwest::get(health).await.unwrap().text().await.unwrap();
    assert!(health.contains("\"connected\":true"), "what helps in the world helps here: {health}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restart_replaces_every_pod() {
    let stage = Stage::set().await;
    let mut rui = stage.rui().await;
    let names = || async {
        let snapshot = stage.snapshot().await;
        snapshot.pods.iter().map(|pod| pod["metadata"]["name"].to_string()).collect::<Vec<_>>()
    };
    let before = names().await;
    assert_eq!(stage.act(&mut rui, "restart", &[]).await.status, StatusCode::SEE_OTHER);
    let done = stage.over().await;
    assert!(matches!(done.phase, Phase::Done { .. }), "{done:?}");
    assert!(names().await.iter().all(|name| !before.contains(name)));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_forbidden_verb_is_named_with_whom_to_ask_and_nothing_is_half_done() {
    let stage = Stage::set().await;
    let mut rui = stage.rui().await;
    stage.switch(json!({ "cluster": { "forbidden": [{ "verb": "patch", "resource": "secrets" }] } })).await;
    let page = plain(&stage.rehearse(&mut rui, "replace-key").await.body);
    assert!(page.contains("“patch” on secrets") && page.contains("Ask an admin of the cluster"), "{page}");
    assert!(!page.contains("type=\"password\""), "a key is not asked for in vain");
    stage
        .switch(json!({ "cluster": { "forbidden": [{ "verb": "patch", "resource": "deployments" }] } }))
        .await;
    let page = plain(&stage.rehearse(&mut rui, "restart").await.body);
    assert!(page.contains("“patch” on deployments.apps in namespace integrations"), "{page}");

    // Taken away between the rehearsal and the write: whoever writes cannot take the lease meanwhile.
    stage.switch(json!({ "cluster": null })).await;
    let page = stage.rehearse(&mut rui, "rate-limit").await;
    let mark = super::stage::hidden(&page.body, "mark");
    let held = Held::new(stage.world.database.url(), "leases").await;
    let answer = rui.post(&format!("{}/actions/rate-limit", stage.path), &[("mark", &mark)]).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.body);
    let strikes = json!([{ "verb": "patch", "resource": "deployments", "status": 403, "times": 1 }]);
    stage.switch(json!({ "cluster": { "strikes": strikes } })).await;
    held.free().await;
    let end = stage.over().await;
    let Phase::Failed { written: false, why, .. } = &end.phase else { panic!("{end:?}") };
    assert!(why.contains("“patch” on deployments.apps"), "{why}");
    assert_eq!(stage.env("RATE_LIMIT_MODE").await["value"], "reject");
    assert!(stage.timeline().await.contains("forbids"));
}

#[tokio::test(flavor = "multi_thread")]
async fn another_change_than_the_one_shown_is_not_made() {
    let stage = Stage::set().await;
    let mut rui = stage.rui().await;
    let answer = rui.post(&format!("{}/actions/rate-limit", stage.path), &[("mark", "somethingelse")]).await;
    assert_eq!(answer.status, StatusCode::CONFLICT);
    assert!(plain(&answer.body).contains("no longer what the page showed"), "{}", answer.body);
    assert!(stage.actions().await.is_empty());
    let mut sam = stage.world.signed_in("sam").await;
    assert_eq!(stage.rehearse(&mut sam, "rate-limit").await.status, StatusCode::FORBIDDEN);
}

async fn plant(db: &Db, row: Mitigation) {
    db.tx(move |tx| Box::pin(async move { mitigations::add(tx, &row).await })).await.unwrap();
}

/// The row as a program left it that was killed between storing the intent and writing.
#[tokio::test(flavor = "multi_thread")]
async fn an_intent_left_by_a_killed_program_is_carried_out_once() {
    let stage = Stage::set().await;
    let target =
        Workload { namespace: "integrations".into(), deployment: DEPLOYMENT.into(), container: "app".into() };
    let act = Act::Restart { stamp: "2026-11-21T10:00:00.000Z".into() };
    let now = stage.world.running.app.clock.now();
    plant(
        &stage.world.running.app.db,
        Mitigation::asked(Uuid::now_v7(), stage.id, target, act, "Rui Matos".into(), now),
    )
    .await;
    let done = stage.over().await;
    assert!(matches!(done.phase, Phase::Done { .. }), "{done:?}");
    let snapshot = stage.snapshot().await;
    assert!(snapshot.deployment["spec"]["template"].to_string().contains("2026-11-21T10:00:00.000Z"));
    let timeline = stage.timeline().await;
    assert_eq!(timeline.matches("written; waiting for the pods").count(), 1, "{timeline}");
}

/// The row as a program left it that was killed while it held a key in memory.
#[tokio::test(flavor = "multi_thread")]
async fn a_key_that_was_never_written_is_said_to_be_so() {
    let stage = Stage::set().await;
    let target =
        Workload { namespace: "integrations".into(), deployment: DEPLOYMENT.into(), container: "app".into() };
    let act = Act::ReplaceKey {
        secret: "posthog-credentials".into(),
        key: "api-key".into(),
        before: None,
        after: "sha256:000000000000".into(),
        stamp: "s".into(),
    };
    let long_ago = stage.world.running.app.clock.now() - Duration::from_mins(1);
    plant(
        &stage.world.running.app.db,
        Mitigation::asked(Uuid::now_v7(), stage.id, target, act, "Rui Matos".into(), long_ago),
    )
    .await;
    let end = stage.over().await;
    assert!(matches!(end.phase, Phase::Failed { written: false, .. }), "{end:?}");
    assert!(stage.timeline().await.contains("type the key again"));
}

#[tokio::test(flavor = "multi_thread")]
async fn rolling_back_from_the_incident_returns_to_the_stable_version_and_keeps_what_stands() {
    let stage = Stage::set().await;
    let mut rui = stage.rui().await;
    let none = plain(&stage.rehearse(&mut rui, "roll-back").await.body);
    assert!(none.contains("No rollout of this Deployment is known"), "{none}");
    stage.roll_out().await;
    assert_eq!(stage.act(&mut rui, "rate-limit", &[]).await.status, StatusCode::SEE_OTHER);
    assert!(matches!(stage.over().await.phase, Phase::Done { .. }));

    let page = plain(&stage.rehearse(&mut rui, "roll-back").await.body);
    assert!(
        page.contains("Kept: RATE_LIMIT_MODE.") && page.contains("v2.5.0") && page.contains("v2.4.1"),
        "{page}"
    );
    assert_eq!(stage.act(&mut rui, "roll-back", &[]).await.status, StatusCode::SEE_OTHER);
    stage.rolled_back().await;
    assert_eq!(stage.env("RATE_LIMIT_MODE").await["value"], "queue");
    let snapshot = stage.snapshot().await;
    let image = &snapshot.deployment["spec"]["template"]["spec"]["containers"][0]["image"];
    assert_eq!(image, "registry.example/posthog-integration:v2.4.1");
    assert!(stage.timeline().await.contains("Roll back: asked for"));
}
