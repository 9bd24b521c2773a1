//! A workload with two keys: each is replaced by itself, and none that is not the vendor's or not in use.

use gantry_domain::mitigation::{Act, Phase};
use reqwest::StatusCode;
use secrecy::ExposeSecret as _;
use serde_json::{Value, json};

use super::marks::settled;
use super::stage::{Stage, hidden, plain};
use crate::world::Browser;

const NEW_KEY: &str = "phx_canary_51c8_never_shown_anywhere";
const CANARY: &str = "canary_51c8";

/// A production that takes a second key from the Secret, and the preset's first one after it.
async fn two_keys() -> Stage {
    let stage = Stage::set().await;
    let secret = "/api/v1/namespaces/integrations/secrets/posthog-credentials";
    stage.patch(secret, json!({ "stringData": { "personal": "phx_until_today" } })).await;
    stage.set_env(json!({ "name": "POSTHOG_API_KEY", "$patch": "delete" })).await;
    for (name, key) in [("POSTHOG_PERSONAL_API_KEY", "personal"), ("POSTHOG_API_KEY", "api-key")] {
        let from = json!({ "secretKeyRef": { "name": "posthog-credentials", "key": key } });
        stage.set_env(json!({ "name": name, "valueFrom": from })).await;
    }
    settled(&stage).await;
    let env = deployment(&stage).await["spec"]["template"]["spec"]["containers"][0]["env"].clone();
    let place = |name: &str| env.as_array().unwrap().iter().position(|one| one["name"] == name).unwrap();
    assert!(place("POSTHOG_PERSONAL_API_KEY") < place("POSTHOG_API_KEY"), "{env}");
    stage
}

async fn deployment(stage: &Stage) -> Value {
    stage.snapshot().await.deployment
}

/// What a Secret holds, as the cluster tells it.
async fn data(stage: &Stage, secret: &str) -> Value {
    let kube = &stage.sandbox.urls().kube;
    let address = format!("{kube}/api/v1/namespaces/integrations/secrets/{secret}");
    let found: Value = reqwest::get(address).await.unwrap().json().await.unwrap();
    assert!(found["data"].is_object(), "{found}");
    found["data"].clone()
}

/// That the new key stands in no table and on no page of the incident.
async fn seen_nowhere(stage: &Stage, who: &mut Browser) {
    assert!(!stage.database_holds(CANARY).await);
    for page in ["actions", "triage", "postmortem", "postmortem.md", "evidence", "timeline.json"] {
        let answer = who.get(&format!("{}/{page}", stage.path)).await;
        assert!(answer.status == StatusCode::OK && !answer.body.contains(CANARY), "{page}: {}", answer.body);
    }
    assert!(!deployment(stage).await.to_string().contains(CANARY));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_second_key_is_replaced_and_the_first_stays_as_it_is() {
    let stage = two_keys().await;
    let mut rui = stage.rui().await;
    let what = "replace-key/posthog-credentials/personal";
    let list = plain(&rui.get(&format!("{}/actions", stage.path)).await.body);
    let row = |key: &str| list.find(&format!("data-key=\"posthog-credentials/{key}\"")).unwrap();
    assert!(row("api-key") < row("personal"), "in the order of the preset: {list}");
    let address = format!("{}/actions/{what}", stage.path);
    assert!(list.contains(&format!("href=\"{address}\"")), "{list}");

    let page = plain(&stage.rehearse(&mut rui, what).await.body);
    for words in [
        "<code>personal</code> of Secret <code>posthog-credentials</code>",
        "read as <code>POSTHOG_PERSONAL_API_KEY</code>",
        "Not replaced: POSTHOG_API_KEY (posthog-credentials / api-key).",
        "--from-file=personal=/dev/stdin",
        "Replace key personal of Secret posthog-credentials now",
        &format!("action=\"{address}\""),
    ] {
        assert!(page.contains(words), "{words}: {page}");
    }

    let before = data(&stage, "posthog-credentials").await;
    let refused = stage.act(&mut rui, what, &[("password", "two words")]).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(refused.body.contains(&format!("action=\"{address}\"")), "still that key: {}", refused.body);
    let answer = stage.act(&mut rui, what, &[("password", NEW_KEY)]).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.body);
    let done = stage.over().await;
    assert!(matches!(done.phase, Phase::Done { .. }), "{done:?}");
    let Act::ReplaceKey { secret, key, .. } = &done.act else { panic!("{done:?}") };
    assert_eq!((secret.as_str(), key.as_str()), ("posthog-credentials", "personal"));

    let mut after = data(&stage, "posthog-credentials").await;
    assert_ne!(after["personal"], before["personal"]);
    after["personal"] = before["personal"].clone();
    assert_eq!(after, before, "no other byte of the Secret is touched");
    let found = stage.cluster.secret("integrations", "posthog-credentials").await.unwrap();
    assert_eq!(found["personal"].expose_secret(), NEW_KEY);
    assert_eq!(found["api-key"].expose_secret(), "phc_sandbox_project_key");
    let timeline = stage.timeline().await;
    assert!(timeline.contains("Replace key personal of Secret posthog-credentials"), "{timeline}");
    seen_nowhere(&stage, &mut rui).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_choice_it_is_the_key_that_the_preset_names_first() {
    let stage = two_keys().await;
    let mut rui = stage.rui().await;
    let page = plain(&stage.rehearse(&mut rui, "replace-key").await.body);
    for words in [
        "read as <code>POSTHOG_API_KEY</code>",
        "Not replaced: POSTHOG_PERSONAL_API_KEY (posthog-credentials / personal).",
        // The form names what the page shows.
        &format!("action=\"{}/actions/replace-key/posthog-credentials/api-key\"", stage.path),
    ] {
        assert!(page.contains(words), "{words}: {page}");
    }
    let before = data(&stage, "posthog-credentials").await;
    let answer = stage.act(&mut rui, "replace-key", &[("password", NEW_KEY)]).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.body);
    assert!(matches!(stage.over().await.phase, Phase::Done { .. }));
    let after = data(&stage, "posthog-credentials").await;
    assert_ne!(after["api-key"], before["api-key"]);
    assert_eq!(after["personal"], before["personal"]);
    seen_nowhere(&stage, &mut rui).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_that_is_unknown_or_of_somebody_else_is_refused_with_what_to_do() {
    let stage = two_keys().await;
    let mut rui = stage.rui().await;
    let before = (data(&stage, "posthog-credentials").await, data(&stage, "clay-credentials").await);
    let mark = hidden(&stage.rehearse(&mut rui, "replace-key").await.body, "mark");
    for other in [
        "posthog-credentials/no-such-key",
        // The container takes it, and the preset does not name its variable.
        "posthog-credentials/webhook-secret",
        "clay-credentials/api-key",
    ] {
        let what = format!("replace-key/{other}");
        let page = plain(&stage.rehearse(&mut rui, &what).await.body);
        assert!(page.contains("that the Deployment takes from a Secret, so nothing was done"), "{page}");
        assert!(page.contains("Choose one under “Keys in use”"), "{page}");
        assert!(page.contains("POSTHOG_PERSONAL_API_KEY (posthog-credentials / personal)"), "{page}");
        assert!(!page.contains("type=\"password\""), "a key is not asked for in vain");
        let fields = [("password", NEW_KEY), ("mark", mark.as_str())];
        let answer = rui.post(&format!("{}/actions/{what}", stage.path), &fields).await;
        assert_eq!(answer.status, StatusCode::CONFLICT, "{other}: {}", answer.body);
        assert!(plain(&answer.body).contains("Choose one under") && !answer.body.contains(CANARY));
    }
    // What was shown of one key confirms nothing of another.
    let path = format!("{}/actions/replace-key/posthog-credentials/personal", stage.path);
    let answer = rui.post(&path, &[("password", NEW_KEY), ("mark", &mark)]).await;
    assert_eq!(answer.status, StatusCode::CONFLICT);
    assert!(plain(&answer.body).contains("no longer what the page showed"), "{}", answer.body);

    assert!(stage.actions().await.is_empty());
    let after = (data(&stage, "posthog-credentials").await, data(&stage, "clay-credentials").await);
    assert_eq!(after, before);
    seen_nowhere(&stage, &mut rui).await;
}
