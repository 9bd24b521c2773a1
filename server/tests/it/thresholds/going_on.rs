//! What goes on firing although its incident was resolved, or its threshold changed.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use chrono::TimeDelta;
use gantry_domain::alert::State;
use gantry_domain::incident::{self, Command};
use gantry_server::clock::Clock;
use gantry_server::services::incidents::Desk as Going;
use gantry_server::services::incidents::acting::{self, Ask};

use super::support::{Desk, Says, caller};

#[tokio::test]
async fn what_was_resolved_and_still_fires_after_ten_minutes_is_open_again() {
    let desk = Desk::set().await;
    let passed = Arc::new(AtomicI64::new(0));
    let clock = {
        let passed = Arc::clone(&passed);
        Clock::new(move || Clock::system().now() + TimeDelta::minutes(passed.load(Ordering::Relaxed)))
    };
    let mut evaluator = desk.evaluator_at(clock);
    desk.fake.say("5..", Says::Value("42"));
    evaluator.round().await.unwrap().unwrap();
    let id: uuid::Uuid = sqlx::query_scalar("select id from incidents where threshold = 'api-down'")
        .fetch_one(desk.db.pool())
        .await
        .unwrap();
    let resolve = Command::Become { to: incident::State::Resolved, note: "should be fine".into() };
    let going = Going::default();
    acting::act(&desk.db, &going, caller(&desk.rui), id.into(), Ask::Command(resolve), 1).await.unwrap();
    let states = "select count(*) from incidents where threshold = 'api-down' and open";
    passed.store(9, Ordering::Relaxed);
    evaluator.round().await.unwrap().unwrap();
    assert_eq!(desk.count(states).await, 0, "what was done has had no time to show");
    passed.store(11, Ordering::Relaxed);
    evaluator.round().await.unwrap().unwrap();
    assert_eq!(desk.count(states).await, 1, "it went quiet");
    evaluator.round().await.unwrap().unwrap();
    let all = "select count(*) from incidents where threshold = 'api-down'";
    let said = "select count(*) from incident_entries where text like 'Still so: API down is 42%'";
    assert_eq!((desk.count(said).await, desk.count(all).await), (1, 1));
}

#[tokio::test]
async fn a_threshold_that_fires_and_is_made_to_open_incidents_opens_one() {
    let desk = Desk::set().await;
    desk.version("rate-limited", 2, r#"{"on_firing": "show"}"#).await;
    desk.fake.say("429", Says::Value("99"));
    let mut evaluator = desk.evaluator();
    evaluator.round().await.unwrap().unwrap();
    assert_eq!(desk.standing("rate-limited").await.state, State::Firing);
    assert_eq!(desk.count("select count(*) from incidents").await, 0);
    desk.version("rate-limited", 3, r#"{"on_firing": "incident"}"#).await;
    evaluator.round().await.unwrap().unwrap();
    assert_eq!(desk.count("select count(*) from incidents where threshold = 'rate-limited'").await, 1);
    evaluator.round().await.unwrap().unwrap();
    assert_eq!(desk.count("select count(*) from incident_entries where text like 'Opened as%'").await, 1);
}
