//! What the evaluator and the pages make of a Prometheus that is away, with another one as its backup.

use std::time::Duration;

use gantry_domain::alert::State;
use gantry_domain::preset;
use gantry_server::clock::Clock;
use gantry_server::engine::alerts::Evaluator;
use gantry_server::live::Hub;
use gantry_server::outside::prometheus::Prometheus;
use gantry_server::store::alert_states;

use super::pages::{Shown, fields};
use super::support::{Desk, Fake, Says};
use crate::world::{World, config, database, eventually};

/// An evaluator that asks `first`, and the desk's own where that does not answer.
fn evaluator(desk: &Desk, first: &str) -> Evaluator {
    let prometheus = Prometheus::new(first).unwrap().with_backup(&desk.fake.url).unwrap();
    let presets = preset::builtin().unwrap().into();
    Evaluator::new(desk.db.clone(), Hub::default(), Some(prometheus), presets, Clock::system())
}

#[tokio::test]
async fn what_the_first_does_not_answer_the_backup_is_asked_and_the_standing_says_so() {
    let desk = Desk::set().await;
    let first = Fake::start().await;
    let mut evaluator = evaluator(&desk, &first.url);
    evaluator.round().await.unwrap().unwrap();
    assert!(!desk.standing("api-down").await.from_backup);
    assert_eq!(desk.fake.asked(), Vec::<String>::new(), "nobody asks the backup while the first answers");

    first.say("", Says::Unavailable);
    desk.fake.say("5..", Says::Value("42"));
    let round = evaluator.round().await.unwrap().unwrap();
    assert_eq!((round.failed, round.problem), (0, None));
    let firing = desk.standing("api-down").await;
    assert_eq!((firing.state, firing.value, firing.from_backup), (State::Firing, Some(42.0), true));
    let changes = alert_states::transitions(desk.db.pool(), desk.id("api-down").await, 1).await.unwrap();
    assert_eq!(changes[0].sentence, "API down is 42 per minute, limit 10 (backup metrics)");

    first.say("", Says::Value("0"));
    evaluator.round().await.unwrap().unwrap();
    let calm = desk.standing("api-down").await;
    assert_eq!((calm.state, calm.from_backup), (State::Ok, false));
}

#[tokio::test]
async fn a_query_that_the_first_refuses_and_one_without_data_are_not_taken_to_the_backup() {
    let desk = Desk::set().await;
    let first = Fake::start().await;
    let mut evaluator = evaluator(&desk, &first.url);
    for (says, why) in [(Says::Bad, "refuses the query"), (Says::Nothing, "no data")] {
        first.say("", says);
        evaluator.round().await.unwrap().unwrap();
        let standing = desk.standing("api-down").await;
        assert_eq!(standing.state, State::Unknown);
        assert!(standing.why.clone().unwrap().contains(why), "{standing:?}");
        assert_eq!(desk.fake.asked(), Vec::<String>::new(), "{why}");
    }
}

#[tokio::test]
async fn where_neither_answers_a_threshold_is_unknown_and_says_why_of_both() {
    let desk = Desk::set().await;
    desk.fake.say("", Says::Unavailable);
    let round = evaluator(&desk, "http://127.0.0.1:9").round().await.unwrap().unwrap();
    assert_eq!(round.failed, round.queries);
    let standing = desk.standing("api-down").await;
    assert_eq!((standing.state, standing.value), (State::Unknown, None));
    let why = standing.why.unwrap();
    assert!(why.contains("the backup has no answer either: Prometheus answered 503"), "{why}");
}

#[tokio::test]
async fn the_page_names_backup_metrics_and_health_shows_a_light_for_each_of_the_two() {
    let fake = Fake::start().await;
    let database = database().await;
    let mut config = config(database.url());
    config.prometheus_url = Some("http://127.0.0.1:9".to_owned());
    config.prometheus_backup_url = Some(fake.url.clone());
    let world = World::with(database, &config).await;
    world.go_live().await;
    let shown = Shown { world, fake };
    let sam = shown.world.signed_in("sam").await;
    shown.shows(&sam, "/thresholds", &["backup metrics"]).await;
    let path = shown.path("api-down").await;
    shown.shows(&sam, &path, &["backup metrics"]).await;
    let mut ana = shown.world.signed_in("ana").await;
    let replay = fields(&[("seen", "1"), ("do", "replay-24h")]);
    let replayed = ana.post(&path, &replay).await.body;
    assert!(replayed.contains("This is of the backup metrics"), "{replayed}");
    eventually("each has its light", Duration::from_secs(20), || async {
        let page = sam.clone().get("/health").await.body;
        let says = |name: &str, words: &str| {
            let part = page.split(&format!("data-key=\"{name}\"")).nth(1).unwrap_or_default();
            part.split("</li>").next().unwrap_or_default().contains(words)
        };
        says("Prometheus", "Prometheus cannot be reached") && says("Backup metrics", "it answers")
    })
    .await;
}

#[tokio::test]
async fn without_the_setting_nobody_speaks_of_a_backup() {
    let shown = Shown::start().await;
    let sam = shown.world.signed_in("sam").await;
    shown.shows(&sam, "/health", &["data-key=\"Prometheus\""]).await;
    for path in ["/health", "/thresholds"] {
        let page = sam.clone().get(path).await.body;
        assert!(!page.to_lowercase().contains("backup metrics"), "{path}: {page}");
    }
}
