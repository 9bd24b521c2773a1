//! Which thresholds judge a rollout is said in its plan.

use gantry_domain::plan::Plan;
use gantry_domain::preflight::{Check, Outcome};
use gantry_domain::threshold::Threshold;
use gantry_server::services::console;
use gantry_server::store::preflights;
use reqwest::StatusCode;

use super::metrics::Says;
use super::pages::Place;
use super::stage::Stage;

fn keys(plan: &Plan) -> Vec<&str> {
    plan.thresholds.iter().map(Threshold::key).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_exporter_that_nobody_has_holds_nothing_once_its_threshold_is_left_out() {
    let stage = Stage::set(2, &[(50, 1), (100, 0)]).await;
    stage.metrics.say(Says::Missing("histogram_quantile"));
    stage.change_plan(|usual| Plan { left_out: vec!["high-latency".parse().unwrap()], ..usual }).await;
    let presets = &stage.around.presets;
    let plan = console::plan(&stage.db, &stage.go_live().await, presets).await.unwrap().0;
    assert_eq!(keys(&plan), ["api-down", "rate-limited", "auth-failures"]);

    stage.start().await;
    let findings = preflights::of(stage.db.pool(), stage.id).await.unwrap().unwrap().findings;
    let metrics = findings.iter().find(|finding| finding.check == Check::Metrics).unwrap();
    assert_eq!((metrics.outcome, metrics.found.as_str()), (Outcome::Pass, "3 queries, each with a value"));
    let engine = stage.engine();
    stage.complete().await;
    engine.kill().await;
    let row = stage.row().await;
    assert_eq!(keys(&row.plan), ["api-down", "rate-limited", "auth-failures"]);
    assert!(row.readings.iter().all(|reading| reading.key != "high-latency"), "{:?}", row.readings);
    let log = stage.log().await;
    assert!(!log.iter().any(|line| line.why.contains("no data")), "{log:#?}");
    let started = log.iter().find(|line| line.what.starts_with("Started")).unwrap();
    assert!(started.why.contains("the plan leaves out high-latency"), "{}", started.why);
    stage.done().await;
}

const ALL: &str = "api-down high-latency rate-limited auth-failures";
const PLAN: [(&str, &str); 6] = [
    ("percent-1", "10"),
    ("soak-1", "1 h"),
    ("percent-2", "100"),
    ("soak-2", ""),
    ("on-p1", "roll-back"),
    ("on-p2", "hold"),
];
const THREE: [(&str, &str); 4] = [
    ("offered", ALL),
    ("judges-api-down", "on"),
    ("judges-rate-limited", "on"),
    ("judges-auth-failures", "on"),
];

/// Whether the box of a threshold is ticked on the page.
fn ticked(page: &str, key: &str) -> bool {
    let name = format!("name=\"judges-{key}\"");
    let fields = page.split("<input").filter_map(|field| field.split('>').next());
    fields.filter(|field| field.contains(&name)).any(|field| field.contains(" checked"))
}

#[tokio::test(flavor = "multi_thread")]
async fn what_has_no_tick_is_left_out_of_the_plan_its_record_and_the_next_start() {
    let place = Place::new().await;
    let mut rui = place.world.signed_in("rui").await;
    let mut ana = place.world.signed_in("ana").await;

    // A plan that is refused keeps the ticks as they were sent.
    let nonsense = [&[("percent-1", "200")][..], &PLAN[1..], &THREE].concat();
    let answer = place.post(&mut rui, "plan", &nonsense).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(ticked(&answer.body, "api-down") && !ticked(&answer.body, "high-latency"), "{}", answer.body);
    assert!(ticked(&rui.get(&place.path).await.body, "high-latency"), "nothing was saved");

    // All of them may be left out; the page says what that means.
    let nothing = "No threshold is judged: only a person can stop this rollout.";
    let none = [&PLAN[..], &[("offered", ALL)]].concat();
    assert_eq!(place.post(&mut rui, "plan", &none).await.status, StatusCode::SEE_OTHER);
    assert!(rui.get(&place.path).await.body.contains(nothing));

    let three = [&PLAN[..], &THREE].concat();
    assert_eq!(place.post(&mut rui, "plan", &three).await.status, StatusCode::SEE_OTHER);
    let page = rui.get(&place.path).await.body;
    assert!(ticked(&page, "api-down") && !ticked(&page, "high-latency") && !page.contains(nothing), "{page}");
    let recorded = "select count(*) from audit_log where action = 'go-live.plan-changed'
        and detail::jsonb -> 'left_out' = '[\"high-latency\"]'::jsonb";
    assert_eq!(place.world.count(recorded).await, 1);

    // A form that does not offer the choice, as one from before it, leaves it as it is.
    assert_eq!(place.post(&mut rui, "plan", &PLAN).await.status, StatusCode::SEE_OTHER);
    assert!(!ticked(&rui.get(&place.path).await.body, "high-latency"));

    let reason = [("reason", "the checklist is worked through on paper")];
    assert_eq!(place.post(&mut ana, "override", &reason).await.status, StatusCode::SEE_OTHER);
    let started = place.post(&mut rui, "start", &[]).await;
    assert_eq!(started.status, StatusCode::SEE_OTHER, "{}", started.body);
    assert_eq!(keys(&place.row().await.plan), ["api-down", "rate-limited", "auth-failures"]);
}
