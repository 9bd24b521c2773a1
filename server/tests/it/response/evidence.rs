//! The evidence bundle: complete, honest about what is missing, resumable, and without a secret.

use std::io::{Cursor, Read as _};

use chrono::{DateTime, Utc};
use gantry_server::request::RequestId;
use gantry_server::services::Caller;
use gantry_server::services::thresholds::editing;
use gantry_server::store::{evidence, thresholds};
use reqwest::StatusCode;
use serde_json::json;
use sha2::{Digest as _, Sha256};

use super::stage::{Stage, WITHIN, plain};
use crate::rollout::metrics::Says;
use crate::world::{Browser, eventually};

/// Stands in the Secret, in logs and in metrics: it must not get into the bundle.
const CANARY: &str = "canary-9d41-whoever-reads-this-leaked-it";

async fn collected(stage: &Stage) -> evidence::Bundle {
    let newest = || async {
        let all = evidence::of(stage.world.running.app.db.pool(), stage.id).await.unwrap();
        all.into_iter().next()
    };
    eventually("the bundle is collected", WITHIN, || async {
        newest().await.is_some_and(|bundle| bundle.finished_at.is_some())
    })
    .await;
    newest().await.unwrap()
}

async fn files(stage: &Stage, who: &mut Browser, bundle: &evidence::Bundle) -> Vec<(String, Vec<u8>)> {
    let path = format!("{}{}/evidence/{}/bundle.zip", who.base, stage.path, bundle.id);
    let request = who.client.get(path).header("cookie", who.cookie.clone().unwrap());
    let answer = request.send().await.unwrap();
    assert_eq!(answer.headers()["content-type"], "application/zip");
    let bytes = answer.bytes().await.unwrap();
    let mut archive = zip::ZipArchive::new(Cursor::new(bytes.to_vec())).unwrap();
    let mut files = Vec::new();
    for at in 0..archive.len() {
        let mut file = archive.by_index(at).unwrap();
        let mut content = Vec::new();
        file.read_to_end(&mut content).unwrap();
        let name = file.name().unwrap().into_owned();
        files.push((name, content));
    }
    files
}

/// Has a bundle collected, and gives its files.
pub(super) async fn bundled(stage: &Stage, who: &mut Browser) -> Vec<(String, Vec<u8>)> {
    let asked = who.post(&format!("{}/evidence", stage.path), &[]).await;
    assert_eq!(asked.status, StatusCode::SEE_OTHER, "{}", asked.body);
    let bundle = collected(stage).await;
    files(stage, who, &bundle).await
}

/// What the manifest says of a file.
fn line(name: &str, content: &[u8]) -> String {
    let sum: Vec<String> = Sha256::digest(content).iter().map(|byte| format!("{byte:02x}")).collect();
    format!("{}  {name}\n", sum.concat())
}

/// Makes a second version of a threshold, with a lower limit.
async fn lower_the_limit_of_api_down(stage: &Stage) {
    use sqlx::Row as _;

    let db = &stage.world.running.app.db;
    let threshold = "select t.id from thresholds t join integrations i on i.id = t.integration_id
        where i.preset = 'posthog' and t.key = 'api-down'";
    let threshold: uuid::Uuid = stage.world.sql(threshold).await.unwrap()[0].get(0);
    let mut rule = thresholds::find(db.pool(), threshold.into()).await.unwrap().unwrap().version.rule;
    rule.spec.limit = 3.0;
    let request = RequestId::new(stage.world.ana.person.id, "/", uuid::Uuid::new_v4().as_bytes());
    let now = stage.world.running.app.clock.now();
    let ana = Caller { actor: stage.world.ana.clone(), request, now };
    editing::save(db, ana, threshold.into(), 1, rule, String::new()).await.unwrap();
}

/// The versions of a threshold in a bundle, and whether each is in use.
fn versions(content: &[u8]) -> Vec<String> {
    let versions: serde_json::Value = serde_json::from_slice(content).unwrap();
    let versions = versions.as_array().unwrap();
    versions.iter().map(|one| format!("{} {}", one["version"], one["in_force"])).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bundle_holds_everything_with_its_sum_and_no_secret() {
    let stage = Stage::set().await;
    let mut rui = stage.rui().await;
    let secret = "/api/v1/namespaces/integrations/secrets/posthog-credentials";
    stage.patch(secret, json!({ "stringData": { "webhook-secret": CANARY } })).await;
    stage
        .switch(json!({ "log_line": format!("level=error msg=\"bad signature {CANARY}\" status=401") }))
        .await;
    stage.look(&mut rui).await;
    let files = bundled(&stage, &mut rui).await;
    let names: Vec<&str> = files.iter().map(|(name, _)| name.as_str()).collect();
    for start in [
        "MANIFEST",
        "incident/incident.json",
        "incident/timeline.md",
        "triage/",
        "actions/",
        "health/",
        "logs/",
        "metrics/",
        "thresholds/",
    ] {
        assert!(names.iter().any(|name| name.starts_with(start)), "{start}: {names:?}");
    }
    let manifest = String::from_utf8(files[0].1.clone()).unwrap();
    for (name, content) in &files[1..] {
        assert!(manifest.contains(&line(name, content)), "{name}\n{manifest}");
    }
    for (name, content) in &files {
        let text = String::from_utf8_lossy(content).replace('\\', "");
        assert!(!text.contains(CANARY) && !text.contains("phc_sandbox_project_key"), "{name}");
    }
    let logs = files.iter().find(|(name, _)| name.starts_with("logs/")).unwrap();
    assert!(String::from_utf8_lossy(&logs.1).contains("bad signature [hidden]"));
    // There was no rollout, and the bundle says so instead of being silent.
    assert!(manifest.contains("Rollouts and their logs: NOT IN THIS BUNDLE"), "{manifest}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_incident_names_the_version_that_judged_it_on_its_page_in_its_export_and_in_its_evidence() {
    use sqlx::Row as _;

    let mut stage = Stage::set().await;
    let db = stage.world.running.app.db.clone();
    lower_the_limit_of_api_down(&stage).await;
    stage.measure("code=~\"5", "90");
    let opened = "select id::text from incidents where threshold = 'api-down'";
    eventually("it fires", WITHIN, || async {
        // The evaluator looks again whenever somebody changed a threshold.
        db.announce("threshold-edits".to_owned()).await.unwrap();
        !stage.world.sql(opened).await.unwrap().is_empty()
    })
    .await;
    let id: String = stage.world.sql(opened).await.unwrap()[0].get(0);
    (stage.id, stage.path) = (id.parse().unwrap(), format!("/incidents/{id}"));
    let mut rui = stage.rui().await;
    let page = plain(&rui.get(&stage.path).await.body);
    assert!(page.contains("API down, version 2"), "{page}");
    let export = rui.get(&format!("{}/timeline.json", stage.path)).await.body;
    let export: serde_json::Value = serde_json::from_str(&export).unwrap();
    assert_eq!(export["incident"]["source"]["version"], 2);
    assert_eq!(export["entries"][0]["detail"]["version"], 2);
    // Nobody asked for the first triage.
    eventually("it is looked at", WITHIN, || async {
        stage.rui().await.get(&format!("{}/triage", stage.path)).await.body.contains("Gantry, automatically")
    })
    .await;
    let files = bundled(&stage, &mut rui).await;
    let content = |path: &str| &files.iter().find(|(name, _)| name == path).unwrap().1;
    let incident: serde_json::Value = serde_json::from_slice(content("incident/incident.json")).unwrap();
    let incident = incident.to_string();
    assert!(incident.contains("\"version\":2") && incident.contains("\"key\":\"api-down\""), "{incident}");
    assert_eq!(versions(content("thresholds/api-down.json")), ["2 true", "1 false"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bundle_has_the_rollout_that_went_back_and_the_versions_of_the_thresholds_that_judged_it() {
    let stage = Stage::set().await;
    lower_the_limit_of_api_down(&stage).await;
    stage.roll_out().await;
    let mut rui = stage.rui().await;
    assert_eq!(stage.act(&mut rui, "roll-back", &[]).await.status, StatusCode::SEE_OTHER);
    stage.rolled_back().await;
    let id = stage.rollout().await.id.to_string();
    let files = bundled(&stage, &mut rui).await;
    let manifest = String::from_utf8(files[0].1.clone()).unwrap();

    let of_rollouts: Vec<_> = files.iter().filter(|(name, _)| name.starts_with("rollouts/")).collect();
    let [(name, content)] = of_rollouts.as_slice() else { panic!("{manifest}") };
    assert_eq!(*name, format!("rollouts/{id}.json"));
    assert!(manifest.contains("# Rollouts and their logs: 1 files, "), "{manifest}");
    assert!(manifest.contains(&line(name, content)), "{manifest}");
    let kept: serde_json::Value = serde_json::from_slice(content).unwrap();
    assert_eq!(kept["rollout"]["id"], id);
    let judged = kept["rollout"]["plan"]["thresholds"].as_array().unwrap();
    let mut judged: Vec<_> =
        judged.iter().map(|one| format!("{} {}", one["key"].as_str().unwrap(), one["version"])).collect();
    judged.sort();
    assert_eq!(judged, ["api-down 2", "auth-failures 1", "high-latency 1", "rate-limited 1"]);
    let log = kept["log"].as_array().unwrap();
    assert!(log.len() > 2 && log.iter().all(|one| !one["what"].as_str().unwrap().is_empty()), "{kept}");
    // What was in use then is what the versions beside it say.
    let (_, rules) = files.iter().find(|(name, _)| name == "thresholds/api-down.json").unwrap();
    assert_eq!(versions(rules), ["2 true", "1 false"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_missing_is_named_and_can_be_collected_later() {
    let stage = Stage::set().await;
    let mut rui = stage.rui().await;
    stage.metrics.say(Says::Unavailable);
    rui.post(&format!("{}/evidence", stage.path), &[]).await;
    let bundle = collected(&stage).await;
    let page = plain(&rui.get(&format!("{}/evidence", stage.path)).await.body);
    assert!(page.contains("collected, not complete") && page.contains("Prometheus answered 503"), "{page}");
    stage.metrics.say(Says::All("1"));
    let again = rui.post(&format!("{}/evidence/{}/again", stage.path, bundle.id), &[]).await;
    assert_eq!(again.status, StatusCode::SEE_OTHER, "{}", again.body);
    let bundle = collected(&stage).await;
    let names: Vec<_> = files(&stage, &mut rui, &bundle).await.into_iter().map(|(name, _)| name).collect();
    assert!(names.iter().any(|name| name.starts_with("metrics/")), "{names:?}");
    let mut sam = stage.world.signed_in("sam").await;
    assert_eq!(sam.post(&format!("{}/evidence", stage.path), &[]).await.status, StatusCode::FORBIDDEN);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bundle_has_what_an_edited_note_said_before_without_the_secret_that_was_in_it() {
    let stage = Stage::set().await;
    let mut rui = stage.rui().await;
    let notes = format!("{}/notes", stage.path);
    let first = [("text", "They refuse phc_sandbox_project_key since ten")];
    assert_eq!(rui.post(&notes, &first).await.status, StatusCode::SEE_OTHER);
    let note = stage.world.note().await;
    let next = [("seen", "0"), ("text", "They refuse our key since nine")];
    assert_eq!(rui.post(&format!("{notes}/{note}"), &next).await.status, StatusCode::SEE_OTHER);
    let files = bundled(&stage, &mut rui).await;
    let content = |path: &str| {
        let (_, content) = files.iter().find(|(name, _)| name == path).unwrap();
        String::from_utf8(content.clone()).unwrap()
    };
    let timeline: serde_json::Value = serde_json::from_str(&content("incident/timeline.json")).unwrap();
    let note = timeline.as_array().unwrap().iter().find(|entry| entry["kind"] == "note").unwrap();
    assert_eq!(note["text"], "They refuse our key since nine");
    assert_eq!(note["editions"][0]["text"], "They refuse [hidden] since ten", "{note:#}");
    assert_eq!(note["editions"][0]["written_by"], "Rui Matos");
    let markdown = content("incident/timeline.md");
    assert!(markdown.contains("“They refuse \\[hidden\\] since ten” | internal |"), "{markdown}");
    // With the escapes of Markdown in it a key reads differently, and is one all the same.
    assert!(!markdown.replace('\\', "").contains("phc_"), "{markdown}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_metrics_of_the_platform_are_those_that_its_thresholds_are_judged_by() {
    let mut stage = Stage::set().await;
    stage.turn_to_the_platform().await;
    let mut rui = stage.rui().await;
    let files = bundled(&stage, &mut rui).await;
    let names: Vec<&str> = files.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names.iter().filter(|name| name.starts_with("metrics/")).count(), 8, "{names:?}");
    let (_, content) = files.iter().find(|(name, _)| name == "metrics/error-rate.json").unwrap();
    let kept: serde_json::Value = serde_json::from_slice(content).unwrap();
    let query = kept["query"].as_str().unwrap();
    assert!(query.contains("namespace=\"analytics\",deployment=\"analytics-gateway\""), "{query}");
    let at = |key: &str| kept[key].as_str().unwrap().parse::<DateTime<Utc>>().unwrap();
    assert_eq!((at("end") - at("start")).num_seconds(), 7200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bundle_has_the_health_document_the_triage_with_its_verdict_and_what_was_done_with_what_it_was_before()
 {
    let stage = Stage::set().await;
    let mut rui = stage.rui().await;
    assert_eq!(stage.act(&mut rui, "rate-limit", &[]).await.status, StatusCode::SEE_OTHER);
    stage.over().await;
    stage.switch(json!({ "vendor": "outage_without_notice" })).await;
    stage.measure("code=~\"5", "90");
    assert!(stage.look(&mut rui).await.contains("<span>Our integration</span>"));
    let files = bundled(&stage, &mut rui).await;
    let content = |path: &str| -> serde_json::Value {
        let (_, content) = files.iter().find(|(name, _)| name == path).unwrap();
        serde_json::from_slice(content).unwrap()
    };
    let health = content("health/document.json");
    assert_eq!(health["services"]["posthog"]["connected"], false, "{health}");
    let triages = content("triage/triage.json");
    assert_eq!(triages[0]["walk"]["verdict"], "integration", "{triages}");
    let texts = triages[0]["findings"]["texts"].as_array().unwrap();
    let looks: Vec<_> = texts.iter().map(|text| text["look"].as_str().unwrap()).collect();
    assert_eq!(looks, ["status-page", "health", "error-rate", "logs"]);
    let actions = content("actions/actions.json");
    let act = &actions[0]["act"];
    assert_eq!(act["name"], "RATE_LIMIT_MODE", "{actions}");
    assert_eq!((&act["before"]["value"], &act["value"]), (&json!("reject"), &json!("queue")));
}
