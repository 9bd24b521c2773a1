//! The first triage of an incident that opened by itself: taken by itself, once, whatever happens on the way.

use std::sync::Arc;
use std::time::Duration;

use gantry_domain::id::IncidentId;
use gantry_domain::preset;
use gantry_server::clock::Clock;
use gantry_server::engine::first_looks::FirstLooks;
use gantry_server::live::Hub;
use gantry_server::services::probes::addresses::{Addresses, Hosts};
use gantry_server::services::probes::{Looks, Surroundings};
use gantry_server::services::response::Responding;
use gantry_server::services::triage;
use uuid::Uuid;

use super::support::{Desk, Says};

/// What takes first looks; everything outside but Prometheus is closed.
fn engine(desk: &Desk) -> FirstLooks {
    let mut presets = preset::builtin().unwrap();
    let closed = || Some("http://127.0.0.1:9".to_owned());
    Hosts { api: closed(), capture: closed(), status_page: closed() }.put(&mut presets, "posthog");
    let outside = Surroundings {
        cluster: None,
        prometheus: Some((desk.fake.client(), desk.fake.url.clone())),
        addresses: Addresses::default(),
        personal_key: None,
    };
    let looks = Arc::new(Looks::new(outside, 30).unwrap());
    let around = Responding { looks, cluster: None, prometheus: None, presets: Arc::new(presets) };
    FirstLooks {
        db: desk.db.clone(),
        hub: Hub::default(),
        around,
        clock: Clock::system(),
        holder: Uuid::new_v4(),
    }
}

/// A threshold fires.
async fn fires(desk: &Desk) -> IncidentId {
    desk.fake.say("5..", Says::Value("42"));
    desk.evaluator().round().await.unwrap().unwrap();
    let id: Uuid = sqlx::query_scalar("select id from incidents").fetch_one(desk.db.pool()).await.unwrap();
    id.into()
}

const TAKEN: &str = "select count(*) from triages";
const SAID: &str = "select count(*) from incident_entries
    where kind = 'triage' and actor_id is null and text like 'First triage, taken automatically: %'";

#[tokio::test]
async fn an_incident_that_a_threshold_opened_is_looked_at_once_without_anybody_asking() {
    let desk = Desk::set().await;
    let id = fires(&desk).await;
    let engine = engine(&desk);
    assert_eq!(engine.round().await.unwrap(), 1);
    assert_eq!((desk.count(TAKEN).await, desk.count(SAID).await), (1, 1));
    let by: String =
        sqlx::query_scalar("select by_name from triages").fetch_one(desk.db.pool()).await.unwrap();
    assert_eq!(by, "Gantry, automatically");
    assert_eq!(
        desk.count("select count(*) from audit_log where action = 'triage.taken' and actor_id is null").await,
        1
    );
    // Neither later rounds nor the same threshold again make it another first look.
    let mut evaluator = desk.evaluator();
    sqlx::query("update leases set expires_at = '-infinity'").execute(desk.db.pool()).await.unwrap();
    desk.fake.say("5..", Says::Value("1"));
    evaluator.round().await.unwrap().unwrap();
    desk.fake.say("5..", Says::Value("42"));
    evaluator.round().await.unwrap().unwrap();
    assert_eq!(engine.round().await.unwrap(), 0);
    triage::take_first(&desk.db, &engine.around, id, &engine.clock).await.unwrap();
    assert_eq!((desk.count(TAKEN).await, desk.count(SAID).await), (1, 1));
}

#[tokio::test]
async fn a_kill_in_the_middle_of_the_first_look_neither_loses_nor_doubles_it() {
    let desk = Desk::set().await;
    let id = fires(&desk).await;
    let engine = engine(&desk);
    desk.fake.say("", Says::Silence);
    let begun = "select count(*) from first_looks where tries = 1";
    let killed = tokio::time::timeout(Duration::from_secs(20), async {
        tokio::select! {
            _ = engine.round() => false,
            () = async {
                while desk.count(begun).await == 0 {
                    tokio::time::sleep(Duration::from_millis(5)).await;
                }
            } => true,
        }
    });
    assert!(killed.await.unwrap(), "it was over before it could be killed");
    assert_eq!((desk.count(TAKEN).await, desk.count(SAID).await), (0, 0));
    // Whoever comes next takes it, also where two come at once.
    desk.fake.say("", Says::Value("0"));
    let take = || triage::take_first(&desk.db, &engine.around, id, &engine.clock);
    let both = tokio::join!(take(), take());
    both.0.unwrap();
    both.1.unwrap();
    assert_eq!((desk.count(TAKEN).await, desk.count(SAID).await), (1, 1));
    assert_eq!(engine.round().await.unwrap(), 0);
}

#[tokio::test]
async fn a_look_that_was_begun_too_often_is_given_up_and_the_timeline_says_so() {
    let desk = Desk::set().await;
    fires(&desk).await;
    sqlx::query("update first_looks set tries = 3").execute(desk.db.pool()).await.unwrap();
    let engine = engine(&desk);
    assert_eq!(engine.round().await.unwrap(), 1);
    assert_eq!(engine.round().await.unwrap(), 0);
    assert_eq!(desk.count(TAKEN).await, 0);
    let said = "select count(*) from incident_entries where text like 'The first triage could not be taken%'";
    assert_eq!(desk.count(said).await, 1);
}

#[tokio::test]
async fn an_incident_of_the_platform_gets_its_first_triage_too_and_it_says_what_cannot_be_looked_at() {
    let desk = Desk::set().await;
    // Without the minute that it takes to fire.
    desk.version("error-rate", 2, r#"{"for_seconds": 0}"#).await;
    desk.fake.say("deployment=\"analytics-gateway\"", Says::Value("42"));
    desk.evaluator().round().await.unwrap().unwrap();
    assert_eq!(desk.count("select count(*) from incidents where threshold = 'error-rate'").await, 1);
    assert_eq!(engine(&desk).round().await.unwrap(), 1);
    assert_eq!((desk.count(TAKEN).await, desk.count(SAID).await), (1, 1));
    let said = "select count(*) from triages where findings::text like '%has no workload of its own%'";
    assert_eq!(desk.count(said).await, 1);
}
