//! The buttons of the outside world that make an incident: each takes its own way through the triage, to its own end.

use std::collections::BTreeSet;

use gantry_domain::triage::Verdict;
use reqwest::StatusCode;
use serde_json::json;

use super::stage::{Stage, WITHIN};
use crate::world::eventually;

/// A button and where it leads.
struct Way {
    button: &'static str,
    /// The status that pods answer from then on.
    counts: &'static str,
    /// What is measured of that: a part of the query, and its value.
    measured: (&'static str, &'static str),
    verdict: Verdict,
    /// What the page says besides.
    says: &'static [&'static str],
}

const NOTHING: (&str, &str) = ("no such query", "0");

static WAYS: [Way; 6] = [
    Way {
        button: "incident-outage-announced",
        counts: "503",
        measured: ("code=~\"5", "90"),
        verdict: Verdict::Vendor,
        says: &["500/503", "Event ingestion is failing"],
    },
    Way {
        button: "incident-outage-silent",
        counts: "503",
        measured: ("code=~\"5", "90"),
        verdict: Verdict::Integration,
        says: &["500/503", "It shows no incident"],
    },
    Way {
        button: "incident-key-revoked",
        counts: "401",
        measured: ("401|403", "3000"),
        verdict: Verdict::Integration,
        says: &["401/403", "actions/replace-key"],
    },
    Way {
        button: "incident-rate-limited",
        counts: "429",
        measured: ("429", "600"),
        verdict: Verdict::Integration,
        says: &["429", "actions/rate-limit"],
    },
    Way {
        button: "incident-slow",
        counts: "200",
        measured: NOTHING,
        verdict: Verdict::Infrastructure,
        says: &["No errors among"],
    },
    // Whatever was wrong before is over.
    Way {
        button: "incident-over",
        counts: "200",
        measured: NOTHING,
        verdict: Verdict::Intermittent,
        says: &["No errors among"],
    },
];

/// Presses a button of the outside world's own page.
async fn press(stage: &Stage, button: &str) {
    let url = format!("{}/scenario/{button}", stage.sandbox.urls().control);
    let client = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build().unwrap();
    let answer = client.post(url).send().await.unwrap();
    assert_eq!(answer.status(), StatusCode::SEE_OTHER, "{button}");
}

/// How many answers of a status a pod has counted.
async fn counted(stage: &Stage, pod: &str, status: &str) -> f64 {
    let url = format!("{}/pods/integrations/{pod}/metrics", stage.sandbox.urls().services);
    let text = reqwest::get(url).await.unwrap().text().await.unwrap();
    let name = format!("http_requests_total{{code=\"{status}\",");
    let line = text.lines().find(|line| line.starts_with(&name)).unwrap_or_else(|| panic!("{text}"));
    line.rsplit(' ').next().unwrap().parse().unwrap()
}

/// Whether a page of the triage came to this end.
fn ends_at(html: &str, verdict: Verdict) -> bool {
    html.replace("&#x27;", "'").contains(&format!("<span>{}</span>", verdict.title()))
}

#[tokio::test(flavor = "multi_thread")]
async fn each_button_ends_in_its_own_branch_of_the_tree() {
    let stage = Stage::set().await;
    let mut rui = stage.rui().await;
    let snapshot = stage.snapshot().await;
    let pod = snapshot.pods[0]["metadata"]["name"].as_str().unwrap();
    for way in &WAYS {
        let before = counted(&stage, pod, way.counts).await;
        press(&stage, way.button).await;
        let what = format!("pods answer {} after {}", way.counts, way.button);
        eventually(&what, WITHIN, || async { counted(&stage, pod, way.counts).await > before }).await;
        stage.measure(way.measured.0, way.measured.1);
        let html = stage.look(&mut rui).await;
        assert!(ends_at(&html, way.verdict), "{}: {html}", way.button);
        for says in way.says {
            assert!(html.contains(says), "{}: {says}: {html}", way.button);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_button_that_has_some_pods_crash_ends_at_our_infrastructure_although_the_others_serve() {
    let stage = Stage::set().await;
    let mut rui = stage.rui().await;
    stage.measure(NOTHING.0, NOTHING.1);
    // Of forty a third is enough for both: some crash, and the rest serves.
    stage.meddle(json!({ "spec": { "replicas": 40 } })).await;
    press(&stage, "incident-crashing").await;
    eventually("some pods crash and the others serve", WITHIN, || async {
        let snapshot = stage.snapshot().await;
        let ready = snapshot.deployment["status"]["readyReplicas"].as_u64().unwrap_or_default();
        ready > 10 && snapshot.pods.iter().any(|pod| pod.to_string().contains("CrashLoopBackOff"))
    })
    .await;
    let html = stage.look(&mut rui).await;
    assert!(ends_at(&html, Verdict::Infrastructure), "{html}");
    assert!(html.contains(" of 40 pods are ready") && html.contains("CrashLoopBackOff"), "{html}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_button_that_takes_the_metrics_away_leaves_the_answer_to_the_health_document() {
    let stage = Stage::set().await;
    let mut rui = stage.rui().await;
    press(&stage, "incident-metrics-gone").await;
    let html = stage.look(&mut rui).await;
    assert_eq!(html.matches("class=\"look unknown\"").count(), 1, "{html}");
    assert!(html.contains("It could not be measured: Prometheus"), "{html}");
    assert!(html.contains("The metrics are missing, but our health document says"), "{html}");
    assert!(ends_at(&html, Verdict::Intermittent), "{html}");
}

#[tokio::test(flavor = "multi_thread")]
async fn no_button_of_an_incident_is_without_its_way_here() {
    let stage = Stage::set().await;
    let page = reqwest::get(stage.sandbox.urls().control.as_str()).await.unwrap().text().await.unwrap();
    let offered: BTreeSet<_> = page
        .split("action=\"/scenario/")
        .skip(1)
        .filter_map(|rest| rest.split('"').next())
        .filter(|button| button.starts_with("incident-"))
        .collect();
    let known = WAYS.iter().map(|way| way.button).chain(["incident-crashing", "incident-metrics-gone"]);
    assert_eq!(offered, known.collect::<BTreeSet<_>>());
}
