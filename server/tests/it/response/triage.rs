//! The four looks where the outside does not answer as it should, within their time, and overruled.

use std::time::{Duration, Instant};

use gantry_domain::triage::{Look, Standing};
use gantry_server::store::triages;
use reqwest::StatusCode;
use serde_json::json;
use tokio::net::TcpListener;

use super::stage::Stage;
use crate::rollout::metrics::Says;

#[tokio::test(flavor = "multi_thread")]
async fn crash_looping_pods_are_our_infrastructure_and_are_named() {
    let stage = Stage::set().await;
    let mut rui = stage.rui().await;
    stage.measure("no such query", "0");
    stage.switch(json!({ "all_versions": { "crashing_percent": 100 } })).await;
    crate::world::eventually("pods crash", super::stage::WITHIN, || async {
        let snapshot = stage.snapshot().await;
        snapshot.pods.iter().any(|pod| pod.to_string().contains("CrashLoopBackOff"))
    })
    .await;
    let html = stage.look(&mut rui).await;
    assert!(html.contains("<span>Our infrastructure</span>") && html.contains("CrashLoopBackOff"), "{html}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_does_not_answer_is_unknown_with_where_to_look_instead() {
    let stage = Stage::set().await;
    let mut rui = stage.rui().await;
    stage.metrics.say(Says::Unavailable);
    stage.switch(json!({ "status_page": "missing", "cluster": { "latency_ms": 20000 } })).await;
    let html = stage.look(&mut rui).await;
    // Status page, error rate, logs: three of four.
    assert_eq!(html.matches("class=\"look unknown\"").count(), 3, "{html}");
    assert!(html.contains("Look instead: "), "{html}");
    // The health document alone says that the vendor is connected.
    assert!(html.contains("The metrics are missing, but our health document says"), "{html}");
    stage.metrics.say(Says::All("NaN"));
    let html = stage.look(&mut rui).await;
    assert!(html.contains("not a number"), "a value that is none is no zero: {html}");
}

/// Somebody who takes every question and answers none.
async fn silent() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        // Kept: a connection that is closed would be an answer of a kind.
        let mut kept = Vec::new();
        while let Ok((stream, _)) = listener.accept().await {
            kept.push(stream);
        }
    });
    address
}

/// Promised for all of it. The looks give themselves half a second less, for what is done around them.
const PROMISED: Duration = Duration::from_secs(5);
/// What a machine that runs other tests at the same time may take beyond it.
const LOADED: Duration = Duration::from_millis(1500);

#[tokio::test(flavor = "multi_thread")]
async fn four_looks_of_which_none_is_answered_end_within_five_seconds() {
    let (page, health) = (silent().await, silent().await);
    let stage = Stage::with(|config| {
        config.vendor.status = Some(page);
        config.health_url = Some(format!("{health}/services/{{namespace}}/{{deployment}}"));
    })
    .await;
    let mut rui = stage.rui().await;
    stage.metrics.say(Says::Hangs);
    stage.switch(json!({ "cluster": { "latency_ms": 20000 } })).await;
    let path = format!("{}/triage", stage.path);
    let begun = Instant::now();
    let answer = rui.post(&path, &[]).await;
    let took = begun.elapsed();
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.body);
    assert!(took < PROMISED + LOADED, "{took:?}");
    let taken = triages::of(stage.world.running.app.db.pool(), stage.id, 1).await.unwrap().remove(0);
    assert_eq!(taken.findings.texts.len(), Look::ALL.len());
    for finding in &taken.findings.texts {
        assert_eq!(finding.standing, Standing::Unknown, "{finding:?}");
        // Each was waited for, and none for longer than there is for all of them together.
        let took = Duration::from_millis(finding.took_ms.into());
        assert!(took > Duration::from_secs(1) && took <= PROMISED, "{finding:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_overrules_an_answer_and_the_walk_stays_on_the_timeline() {
    let stage = Stage::set().await;
    let mut rui = stage.rui().await;
    stage.switch(json!({ "vendor": "outage_without_notice" })).await;
    stage.measure("code=~\"5", "90");
    assert!(stage.look(&mut rui).await.contains("<span>Our integration</span>"));
    let path = format!("{}/triage/announced", stage.path);
    let short = rui.post(&path, &[("answer", "yes"), ("reason", " ")]).await;
    assert_eq!(short.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(short.body.contains("what you know that the findings do not"), "{}", short.body);
    let told =
        rui.post(&path, &[("answer", "yes"), ("reason", "their support confirmed it on the phone")]).await;
    assert_eq!(told.status, StatusCode::SEE_OTHER, "{}", told.body);
    let html = super::stage::plain(&rui.get(&format!("{}/triage", stage.path)).await.body);
    assert!(
        html.contains("their support confirmed it on the phone") && html.contains("the findings say no"),
        "{html}"
    );
    let timeline = stage.timeline().await;
    assert!(
        timeline.contains("their support confirmed it") && timeline.contains("\"verdict\": \"vendor\""),
        "{timeline}"
    );
    let mut sam = stage.world.signed_in("sam").await;
    assert_eq!(
        sam.post(&path, &[("answer", "no"), ("reason", "because")]).await.status,
        StatusCode::FORBIDDEN
    );
    assert_eq!(sam.get(&format!("{}/triage", stage.path)).await.status, StatusCode::OK);
}

#[tokio::test(flavor = "multi_thread")]
async fn hostile_log_lines_are_inert_and_secrets_in_them_are_hidden() {
    let stage = Stage::set().await;
    let mut rui = stage.rui().await;
    let line =
        "level=error msg=\"</code><script>alert(1)</script> phc_sandbox_project_key refused\" status=401";
    stage.switch(json!({ "log_line": line })).await;
    let html = stage.look(&mut rui).await;
    assert!(!html.contains("<script>alert") && html.contains("&lt;script&gt;alert"), "{html}");
    assert!(!html.contains("phc_sandbox_project_key"), "{html}");
    assert!(!stage.database_holds("phc_sandbox_project_key").await);
}

#[tokio::test(flavor = "multi_thread")]
async fn where_nothing_of_ours_runs_the_looks_say_so_and_people_answer_the_tree() {
    let mut stage = Stage::set().await;
    stage.turn_to_the_platform().await;
    let mut rui = stage.rui().await;
    let html = stage.look(&mut rui).await;
    assert_eq!(html.matches("class=\"look unknown\"").count(), 4, "{html}");
    assert!(html.contains("the platform has no workload of its own"), "{html}");
    assert!(html.contains("Decision tree") && html.contains("Not decided"), "{html}");
    for question in ["vendor-errors", "announced"] {
        let fields = [("answer", "yes"), ("reason", "their support confirmed it on the phone")];
        let told = rui.post(&format!("{}/triage/{question}", stage.path), &fields).await;
        assert_eq!(told.status, StatusCode::SEE_OTHER, "{}", told.body);
    }
    let timeline = stage.timeline().await;
    assert!(timeline.contains("\"verdict\": \"vendor\""), "{timeline}");
}

#[tokio::test(flavor = "multi_thread")]
async fn while_prometheus_is_away_the_error_rate_is_of_the_backup_metrics_and_says_so() {
    let stage = Stage::with(|config| {
        let backup = config.prometheus_url.replace("http://127.0.0.1:9".to_owned());
        config.prometheus_backup_url = backup;
    })
    .await;
    let mut rui = stage.rui().await;
    stage.measure("code=~\"5", "90");
    let html = stage.look(&mut rui).await;
    assert!(html.contains("90 × 5xx a minute") && html.contains("(backup metrics)"), "{html}");
    stage.metrics.say(Says::Unavailable);
    let html = stage.look(&mut rui).await;
    assert!(html.contains("the backup has no answer either"), "{html}");
}

#[tokio::test(flavor = "multi_thread")]
async fn requests_that_could_not_be_counted_are_said_to_be_unknown() {
    let stage = Stage::set().await;
    let mut rui = stage.rui().await;
    stage.metrics.say(Says::Missing("60 * sum(rate(http_requests_total"));
    let html = stage.look(&mut rui).await;
    assert!(html.contains("No errors were counted, of an unknown number of requests"), "{html}");
}

#[tokio::test(flavor = "multi_thread")]
async fn each_look_shows_what_its_own_source_said_and_the_error_rate_that_of_five_minutes() {
    let stage = Stage::set().await;
    let mut rui = stage.rui().await;
    let line = "level=error msg=\"the line itself\" error=DeliveryError status=500";
    stage.switch(json!({ "log_line": line })).await;
    // What is asked about any other time is answered with none.
    stage.measure("[300s]", "7");
    let html = stage.look(&mut rui).await;
    assert_eq!(html.matches("<summary>Evidence</summary>").count(), Look::ALL.len(), "{html}");
    let taken = triages::of(stage.world.running.app.db.pool(), stage.id, 1).await.unwrap().remove(0);
    for (look, said) in [
        (Look::StatusPage, "No unresolved incident, every component operational"),
        (Look::Health, "HTTP 200"),
        (Look::Health, "\"connected\":true"),
        (Look::ErrorRate, "over the last 300 s"),
        (Look::ErrorRate, "5xx: 7.00"),
        (Look::ErrorRate, "http_requests_total"),
        (Look::Logs, "the line itself"),
    ] {
        let finding = taken.findings.of(look).unwrap();
        assert!(finding.evidence.contains(said), "{said}: {finding:?}");
    }
}
