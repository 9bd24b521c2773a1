//! The past of a threshold is there at once: asked of Prometheus once, and never in place of what was measured here.

use chrono::{DateTime, Utc};
use gantry_domain::preset;
use gantry_server::clock::Clock;
use gantry_server::engine::pasts::Pasts;
use gantry_server::live::Hub;
use gantry_server::services::thresholds::{bucket, editing, samples_from};
use gantry_server::store::{alert_states, thresholds};
use uuid::Uuid;

use super::support::{Desk, Says, caller};

fn engine(desk: &Desk) -> Pasts {
    Pasts {
        db: desk.db.clone(),
        hub: Hub::default(),
        prometheus: desk.fake.client(),
        presets: preset::builtin().unwrap().into(),
        clock: Clock::system(),
        holder: Uuid::new_v4(),
    }
}

async fn curve(desk: &Desk, key: &str) -> Vec<(DateTime<Utc>, f64)> {
    let from = samples_from(Clock::system().now());
    alert_states::samples_of(desk.db.pool(), desk.id(key).await, from).await.unwrap()
}

#[tokio::test]
async fn a_new_threshold_shows_the_last_six_hours_at_once_and_they_are_asked_for_once() {
    let desk = Desk::set().await;
    // Twelve minutes of every hour at 30.
    desk.fake.say("5..", Says::Spikes(12, "30", "1"));
    let engine = engine(&desk);
    engine.round().await.unwrap();
    let asked = desk.fake.asked();
    assert_eq!(asked.len(), 12, "one question for each of the thresholds: {asked:?}");
    let values = curve(&desk, "api-down").await;
    let high = values.iter().filter(|(_, worst)| (*worst - 30.0).abs() < f64::EPSILON).count();
    // Six whole hours but the ten minutes that run; two pieces of each hour hold the spike.
    assert!((34..=36).contains(&values.len()) && (10..=12).contains(&high), "{values:?}");
    assert!(values.iter().all(|(at, _)| *at < bucket(Clock::system().now())));
    engine.round().await.unwrap();
    assert_eq!(desk.fake.asked(), Vec::<String>::new(), "asked again");
}

#[tokio::test]
async fn what_was_measured_here_stays_and_another_query_has_a_past_of_its_own() {
    let desk = Desk::set().await;
    let id = desk.id("api-down").await;
    let piece = bucket(Clock::system().now()) - chrono::TimeDelta::minutes(10);
    sqlx::query("insert into threshold_samples (threshold_id, at, worst) values ($1, $2, 77)")
        .bind(id.0)
        .bind(piece)
        .execute(desk.db.pool())
        .await
        .unwrap();
    desk.fake.say("5..", Says::Value("3"));
    let engine = engine(&desk);
    engine.round().await.unwrap();
    assert!(
        curve(&desk, "api-down").await.contains(&(piece, 77.0)),
        "overwritten by what Prometheus remembers"
    );
    let mut rule = thresholds::find(desk.db.pool(), id).await.unwrap().unwrap().version.rule;
    rule.spec.promql = "sum(another_total)".to_owned();
    rule.spec.limit = 5.0;
    let why = "Another count".to_owned();
    editing::save(&desk.db, caller(&desk.ana), id, 1, rule, why.clone()).await.unwrap();
    let proposal = thresholds::proposal(desk.db.pool(), id).await.unwrap();
    if let Some(proposal) = proposal {
        editing::approve(&desk.db, caller(&desk.bea), id, proposal.id).await.unwrap();
    }
    desk.fake.say("another_total", Says::Value("8"));
    engine.round().await.unwrap();
    let values = curve(&desk, "api-down").await;
    assert!(
        values.len() >= 34 && values.iter().all(|(_, worst)| (*worst - 8.0).abs() < f64::EPSILON),
        "{values:?}"
    );
}

#[tokio::test]
async fn a_past_that_is_not_to_be_had_is_asked_for_a_few_times_and_no_more() {
    let desk = Desk::set().await;
    desk.fake.say("", Says::Unavailable);
    let engine = engine(&desk);
    for _ in 0..5 {
        assert!(!engine.round().await.unwrap());
    }
    assert!(curve(&desk, "api-down").await.is_empty());
    assert_eq!(
        desk.count("select count(*) from threshold_pasts where tries = 3 and filled_at is null").await,
        12
    );
    // Nobody is kept from changing a threshold meanwhile, and then it is asked for again.
    let id = desk.id("high-latency").await;
    let mut rule = thresholds::find(desk.db.pool(), id).await.unwrap().unwrap().version.rule;
    rule.spec.limit = 4000.0;
    editing::save(&desk.db, caller(&desk.ana), id, 1, rule, String::new()).await.unwrap();
    desk.fake.say("", Says::Value("9"));
    engine.round().await.unwrap();
    assert!(!curve(&desk, "high-latency").await.is_empty());
}
