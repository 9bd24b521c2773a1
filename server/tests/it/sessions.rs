//! Sessions end when they should, and stay ended.

use reqwest::StatusCode;

use std::time::Duration;

use crate::world::{Browser, World, eventually};

/// Much longer than an announcement takes, much shorter than anything is believed without one.
const MOMENT: Duration = Duration::from_secs(2);

async fn soon_leads_to_sign_in(browser: &Browser) {
    eventually("the session ends", MOMENT, || {
        let mut browser = browser.clone();
        async move { browser.get("/go-lives").await.location().starts_with("/sign-in") }
    })
    .await;
}

#[tokio::test]
async fn a_new_password_ends_all_sessions_of_the_person_and_of_nobody_else() {
    let world = World::start().await;
    let (mut here, mut there, mut ana) =
        (world.signed_in("rui").await, world.signed_in("rui").await, world.signed_in("ana").await);
    assert_eq!(here.get("/go-lives").await.status, StatusCode::OK);
    world.sql("update users set password_hash = 'other' where login = 'rui'").await.unwrap();
    // From outside the program it takes as long as the announcement.
    soon_leads_to_sign_in(&here).await;
    assert!(there.get("/go-lives").await.location().starts_with("/sign-in"));
    assert_eq!(ana.get("/go-lives").await.status, StatusCode::OK);
}

#[tokio::test]
async fn a_role_taken_away_counts_at_once() {
    let world = World::start().await;
    let mut rui = world.signed_in("rui").await;
    assert_eq!(rui.get("/go-lives/new").await.status, StatusCode::OK);
    world.sql("update users set role = 'stakeholder' where login = 'rui'").await.unwrap();
    eventually("the role counts", MOMENT, || {
        let mut rui = rui.clone();
        async move { rui.get("/go-lives/new").await.status == StatusCode::FORBIDDEN }
    })
    .await;
    world.sql("update users set disabled_at = now() where login = 'rui'").await.unwrap();
    soon_leads_to_sign_in(&rui).await;
}

#[tokio::test]
async fn saving_does_not_bring_back_a_session_that_was_ended_meanwhile() {
    use tower_sessions::SessionStore as _;

    let world = World::start().await;
    let rui = world.signed_in("rui").await;
    let id = rui.cookie.clone().unwrap().split_once('=').unwrap().1.parse().unwrap();
    let sessions = gantry_server::auth::Sessions::new(world.running.app.db.clone());
    let under_way = sessions.load(&id).await.unwrap().unwrap();
    rui.clone().post("/sign-out", &[]).await;
    sessions.save(&under_way).await.unwrap();
    assert!(sessions.load(&id).await.unwrap().is_none());
    assert!(rui.clone().get("/go-lives").await.location().starts_with("/sign-in"));
}

#[tokio::test]
async fn a_session_survives_a_restart_and_an_invented_one_is_nobodys() {
    let world = World::start().await;
    let rui = world.signed_in("rui").await;
    let world = world.restart().await;
    let mut again = world.browser();
    again.cookie = rui.cookie;
    assert_eq!(again.get("/go-lives").await.status, StatusCode::OK);
    for invented in ["gantry=AAAAAAAAAAAAAAAAAAAAAA", "gantry=1; gantry=2", "gantry=../../etc"] {
        again.cookie = Some(invented.to_owned());
        assert!(again.get("/go-lives").await.location().starts_with("/sign-in"), "{invented}");
    }
}
