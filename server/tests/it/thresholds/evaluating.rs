//! What the evaluator makes of what Prometheus says.

use std::collections::BTreeSet;

use gantry_domain::alert::State;
use gantry_server::services::thresholds::editing;
use gantry_server::store::{alert_states, integrations, thresholds};

use super::support::{Desk, Says, caller};

#[tokio::test]
async fn a_breach_fires_opens_one_incident_and_clears() {
    let desk = Desk::set().await;
    let mut evaluator = desk.evaluator();
    evaluator.round().await.unwrap().unwrap();
    let calm = desk.standing("api-down").await;
    assert_eq!((calm.state, calm.value, calm.version), (State::Ok, Some(0.0), 1));
    desk.fake.say("5..", Says::Value("42"));
    for _ in 0..2 {
        evaluator.round().await.unwrap().unwrap();
    }
    let firing = desk.standing("api-down").await;
    assert_eq!((firing.state, firing.value), (State::Firing, Some(42.0)));
    assert_eq!(desk.count("select count(*) from incidents where threshold = 'api-down'").await, 1);
    desk.fake.say("5..", Says::Value("1"));
    evaluator.round().await.unwrap().unwrap();
    assert_eq!(desk.standing("api-down").await.state, State::Ok);
    let changes = alert_states::transitions(desk.db.pool(), desk.id("api-down").await, 9).await.unwrap();
    let steps: Vec<_> = changes.iter().rev().map(|one| format!("{} → {}", one.from, one.to)).collect();
    assert_eq!(steps, ["unknown → ok", "ok → firing", "firing → ok"]);
    assert_eq!(changes[1].sentence, "API down is 42 per minute, limit 10");
    let samples =
        alert_states::samples_of(desk.db.pool(), desk.id("api-down").await, chrono::DateTime::UNIX_EPOCH);
    assert!(
        samples.await.unwrap().iter().any(|(_, worst)| (*worst - 42.0).abs() < f64::EPSILON),
        "the worst is kept"
    );
}

#[tokio::test]
async fn the_timeline_is_told_when_it_gets_worse_and_when_nobody_can_tell() {
    let desk = Desk::set().await;
    let mut evaluator = desk.evaluator();
    let mut round = async |says| {
        desk.fake.say("5..", says);
        evaluator.round().await.unwrap().unwrap();
    };
    // Twice each: what is so still is not told again.
    for says in [Says::Value("12"), Says::Value("42"), Says::Nothing, Says::Value("42")] {
        round(says.clone()).await;
        round(says).await;
    }
    let told: Vec<String> =
        sqlx::query_scalar("select text from incident_entries where kind = 'reading' order by seq")
            .fetch_all(desk.db.pool())
            .await
            .unwrap();
    assert_eq!(
        told,
        [
            "Worse: API down is 42 per minute, limit 10",
            "No reading, so whether it still fires is unknown. API down: no data",
            "There are readings again: API down is 42 per minute, limit 10",
        ]
    );
}

#[tokio::test]
async fn a_threshold_that_is_only_shown_opens_no_incident() {
    let desk = Desk::set().await;
    desk.version("rate-limited", 2, r#"{"on_firing": "show"}"#).await;
    desk.fake.say("429", Says::Value("99"));
    desk.evaluator().round().await.unwrap().unwrap();
    assert_eq!(desk.standing("rate-limited").await.state, State::Firing);
    assert_eq!(desk.count("select count(*) from incidents").await, 0);
}

/// A thousand thresholds beside those of the preset, each with the query for its number.
async fn a_thousand(desk: &Desk, promql: impl Fn(usize) -> String) {
    let posthog = thresholds::of(desk.db.pool(), desk.integration).await.unwrap().remove(0).version.rule;
    let rules = (0..1000).map(|n| {
        let mut rule = posthog.clone();
        rule.spec.key = format!("many-{n}").parse().unwrap();
        rule.spec.promql = promql(n);
        rule
    });
    let why = "a thousand to try".to_owned();
    editing::import(&desk.db, caller(&desk.ana), desk.integration, rules.collect(), why).await.unwrap();
    desk.fake.asked();
}

#[tokio::test]
async fn a_thousand_thresholds_take_one_question_per_distinct_query() {
    let desk = Desk::set().await;
    a_thousand(&desk, |n| format!("sum(metric_{})", n % 25)).await;
    let round = desk.evaluator().round().await.unwrap().unwrap();
    let asked = desk.fake.asked();
    let distinct: BTreeSet<_> = asked.iter().collect();
    assert_eq!(asked.len(), distinct.len(), "a query was asked twice");
    assert_eq!(asked.iter().filter(|query| query.contains("metric_")).count(), 25);
    assert!(round.thresholds >= 1000 && round.failed == 0, "{round:?}");
    assert_eq!(desk.standing("many-999").await.state, State::Ok);
}

#[tokio::test]
async fn a_thousand_queries_of_their_own_are_all_known_before_the_next_round_is_due() {
    let desk = Desk::set().await;
    a_thousand(&desk, |n| format!("sum(metric_{n})")).await;
    let round = desk.evaluator().round().await.unwrap().unwrap();
    assert_eq!(desk.fake.asked().iter().filter(|query| query.contains("metric_")).count(), 1000);
    assert!(round.queries >= 1000 && round.failed == 0, "{round:?}");
    // A query for which a round had no time left would leave its threshold unknown.
    let standings = alert_states::all(desk.db.pool()).await.unwrap();
    let known = standings.iter().filter(|(_, standing)| standing.state != State::Unknown).count();
    assert_eq!(known, usize::try_from(round.thresholds).unwrap());
    assert_eq!(round.period_seconds, 15);
    assert!(round.took_ms < round.period_seconds * 1000, "{round:?}");
}

#[tokio::test]
async fn one_replica_evaluates_at_a_time_and_another_takes_over() {
    let desk = Desk::set().await;
    let (mut first, mut second) = (desk.evaluator(), desk.evaluator());
    assert!(first.round().await.unwrap().is_some());
    assert!(second.round().await.unwrap().is_none());
    sqlx::query("update leases set expires_at = '-infinity' where name = 'alerts'")
        .execute(desk.db.pool())
        .await
        .unwrap();
    assert!(second.round().await.unwrap().is_some());
    assert!(first.round().await.unwrap().is_none(), "the former holder must not write any more");
}

#[tokio::test]
async fn without_prometheus_everything_is_unknown_nothing_clears_and_the_round_says_so() {
    let desk = Desk::set().await;
    let mut evaluator = desk.evaluator();
    desk.fake.say("5..", Says::Value("42"));
    evaluator.round().await.unwrap().unwrap();
    desk.fake.say("", Says::Unavailable);
    let round = evaluator.round().await.unwrap().unwrap();
    assert!(round.failed == round.queries && round.queries > 0);
    assert!(round.problem.unwrap().contains("503"));
    let standing = desk.standing("api-down").await;
    assert_eq!(standing.state, State::Unknown);
    assert!(standing.fired_at.is_some(), "what fired has not ended");
    assert!(standing.why.unwrap().contains("overloaded"));
    assert_eq!(alert_states::round(desk.db.pool()).await.unwrap().unwrap().failed, round.failed);
}

#[tokio::test]
async fn a_silent_or_huge_answer_costs_its_own_threshold_and_no_other() {
    let desk = Desk::set().await;
    desk.fake.say("5..", Says::Silence);
    desk.fake.say("429", Says::Huge);
    desk.fake.say("401|403", Says::Nothing);
    let begun = std::time::Instant::now();
    desk.evaluator().round().await.unwrap().unwrap();
    assert!(begun.elapsed() < std::time::Duration::from_secs(12), "a round ends before the next is due");
    for (key, why) in
        [("api-down", "timed out"), ("rate-limited", "larger than 1 MiB"), ("auth-failures", "no data")]
    {
        let standing = desk.standing(key).await;
        assert_eq!(standing.state, State::Unknown);
        assert!(standing.why.clone().unwrap().contains(why), "{key}: {standing:?}");
    }
    assert_eq!(desk.standing("high-latency").await.state, State::Ok);
}

#[tokio::test]
async fn every_preset_in_an_environment_has_its_thresholds_and_the_platform_its_own() {
    let desk = Desk::set().await;
    let all = integrations::all(desk.db.pool()).await.unwrap();
    let places: Vec<_> = all.iter().map(|one| format!("{}/{}", one.preset, one.environment)).collect();
    assert_eq!(places, ["platform/platform", "posthog/production"]);
    assert_eq!(thresholds::of(desk.db.pool(), all[0].id).await.unwrap().len(), 8);
    let posthog = thresholds::of(desk.db.pool(), all[1].id).await.unwrap();
    assert_eq!(posthog.len(), 4);
    assert!(posthog.iter().all(|one| one.version.number == 1 && one.version.by.is_none()));
}
