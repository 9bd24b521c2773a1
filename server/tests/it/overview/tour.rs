//! The guided tour: only where a world is configured, walked by what really happens, each person's own, and put away.

use gantry_domain::id::{IncidentId, IntegrationId};
use gantry_domain::incident::opening::Recurrence;
use gantry_domain::mitigation::{Act, Mitigation, Phase};
use gantry_domain::preset::{Severity, Workload};
use gantry_server::services::incidents::Desk;
use gantry_server::services::incidents::opening::{self, Cleared, Fired};
use gantry_server::store::{integrations, mitigations};
use reqwest::StatusCode;
use uuid::Uuid;

use crate::world::{Browser, World, config, database};

const WORLD: &str = "http://127.0.0.1:4105";

async fn toured() -> World {
    let database = database().await;
    let mut config = config(database.url());
    config.tour = Some(WORLD.to_owned());
    let world = World::with(database, &config).await;
    world.go_live().await;
    world
}

async fn posthog(world: &World) -> IntegrationId {
    let pool = world.running.app.db.pool();
    integrations::of(pool, &"posthog".parse().unwrap(), "production").await.unwrap().unwrap().id
}

async fn fire(world: &World) -> IncidentId {
    let fired = Fired {
        integration: posthog(world).await,
        preset: "posthog".parse().unwrap(),
        threshold_key: "auth-failures".parse().unwrap(),
        threshold_name: "Authentication failures".into(),
        version: 1,
        severity: Severity::P1,
        value: Some(12.0),
        sentence: "401/403 is 12 per minute, above 0".into(),
        at: world.running.app.clock.now(),
    };
    let db = &world.running.app.db;
    db.tx(move |tx| {
        Box::pin(
            async move { opening::threshold_fires(tx, &Desk::default(), &fired, Recurrence::CameBack).await },
        )
    })
    .await
    .unwrap()
    .unwrap()
}

async fn clear(world: &World) {
    let cleared = Cleared {
        integration: posthog(world).await,
        threshold_key: "auth-failures".parse().unwrap(),
        sentence: "401/403 is 0 per minute".into(),
        at: world.running.app.clock.now(),
    };
    let db = &world.running.app.db;
    db.tx(move |tx| Box::pin(async move { opening::threshold_cleared(tx, &cleared).await })).await.unwrap();
}

/// An action of the incident that is done.
async fn act(world: &World, incident: IncidentId) {
    let now = world.running.app.clock.now();
    let target = Workload {
        namespace: "integrations".into(),
        deployment: "posthog-integration".into(),
        container: "app".into(),
    };
    let act = Act::Restart { stamp: "now".into() };
    let asked = Mitigation::asked(Uuid::now_v7(), incident, target, act, "Rui Matos".into(), now);
    let done = Mitigation { phase: Phase::Done { at: now }, ..asked };
    let db = &world.running.app.db;
    db.tx(move |tx| {
        Box::pin(async move {
            // As whoever acts does.
            tx.announce(format!("incident:{incident}"));
            mitigations::add(tx, &done).await
        })
    })
    .await
    .unwrap();
}

async fn ask(who: &mut Browser, what: &str, back: &str) {
    let answer = who.post("/tour", &[("do", what), ("back", back)]).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.body);
}

/// Whether the page asks for this now, with so many steps done.
async fn shows(who: &mut Browser, path: &str, done: usize, title: &str) {
    let page = who.get(path).await.body.replace("<!>", "");
    assert!(page.contains(&format!("{done} of 7 done")), "{done}: {page}");
    assert!(page.contains(title), "{title}: {page}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tour_ticks_itself_off_from_the_spike_to_the_resolved_incident_whoever_acts() {
    let world = toured().await;
    let (mut rui, mut sam) = (world.signed_in("rui").await, world.signed_in("sam").await);
    assert!(rui.get("/").await.body.contains("Begin the tour"));
    assert!(!rui.get("/go-lives").await.body.contains("Begin the tour"), "asked on the first page alone");
    ask(&mut rui, "begin", "/").await;
    ask(&mut sam, "begin", "/").await;
    shows(&mut rui, "/", 0, "Make a spike").await;
    assert!(rui.get("/go-lives").await.body.contains(WORLD), "the strip goes along, with the way there");

    let incident = fire(&world).await;
    let path = format!("/incidents/{incident}");
    shows(&mut rui, "/thresholds", 2, "Take command").await;
    shows(&mut sam, "/", 2, "See who takes command").await;
    assert!(rui.get("/").await.body.contains(&format!("href=\"{path}\"")), "the step links to its place");

    let answer = rui.post(&format!("{path}/acknowledge"), &[("seen", "1")]).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.body);
    shows(&mut rui, &path, 3, "Find out what it is").await;
    assert_eq!(rui.post(&format!("{path}/triage"), &[]).await.status, StatusCode::SEE_OTHER);
    shows(&mut rui, &path, 4, "Do what it says").await;
    act(&world, incident).await;
    shows(&mut rui, &path, 5, "See it calm down").await;
    clear(&world).await;
    shows(&mut rui, &path, 6, "Resolve it").await;
    shows(&mut sam, &path, 6, "See it resolved").await;
    let answer = rui.post(&format!("{path}/state"), &[("seen", "2"), ("to", "resolved"), ("note", "")]).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.body);
    for who in [&mut rui, &mut sam] {
        shows(who, "/", 7, "From the spike to the resolved incident in").await;
    }
}

#[tokio::test]
async fn it_is_put_away_and_taken_up_again_by_each_person_for_themselves() {
    let world = toured().await;
    let (mut rui, mut sam) = (world.signed_in("rui").await, world.signed_in("sam").await);
    ask(&mut sam, "begin", "/go-lives").await;
    ask(&mut rui, "put-away", "/").await;
    assert!(!rui.get("/go-lives").await.body.contains("aria-label=\"Guided tour\""));
    let first = rui.get("/").await.body;
    assert!(first.contains("Take it up again") && !first.contains("Begin the tour"), "{first}");
    shows(&mut sam, "/go-lives", 0, "Make a spike").await;
    ask(&mut rui, "resume", "/").await;
    shows(&mut rui, "/go-lives", 0, "Make a spike").await;
    // A form that is sent once more does not begin it once more.
    let key = [("do", "begin"), ("back", "//evil.example"), ("key", "one-and-the-same")];
    assert_eq!(rui.post_as_is("/tour", &key).await.location(), "/");
    let began = "select max(extract(epoch from began_at) * 1000000)::bigint from tours";
    let first = world.count(began).await;
    rui.post_as_is("/tour", &key).await;
    assert_eq!(world.count(began).await, first);
    assert_eq!(rui.post("/tour", &[("do", "fly")]).await.status, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn without_a_configured_world_there_is_no_tour() {
    let world = World::start().await;
    let mut rui = world.signed_in("rui").await;
    let page = rui.get("/").await.body;
    assert!(!page.contains("uided tour"), "{page}");
    assert_eq!(rui.post("/tour", &[("do", "begin")]).await.status, StatusCode::NOT_FOUND);
}
