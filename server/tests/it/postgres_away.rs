//! Postgres away: calm answers, no false success, recovery without anybody's help.

use std::time::{Duration, Instant};

use gantry_local::{Postgres, PostgresOptions};
use gantry_server::services::people::{self, Newcomer};
use gantry_server::store;
use reqwest::StatusCode;

use crate::world::{Browser, PASSWORD, config, eventually, start};

#[tokio::test]
async fn while_it_is_away_pages_say_so_and_afterwards_everything_works_again() {
    let dir = tempfile::tempdir().unwrap();
    let postgres = Postgres::start(dir.path(), &PostgresOptions::default()).await.unwrap();
    postgres.create_database("gantry").await.unwrap();
    let url = postgres.url("gantry");
    store::migrate(&url).await.unwrap();
    let running = start(&config(&url)).await;
    let newcomer = Newcomer {
        login: "rui".into(),
        name: "Rui Matos".into(),
        role: gantry_domain::actor::Role::ReleaseManager,
        password: PASSWORD.into(),
    };
    people::add(&running.app.db, newcomer, None, running.app.clock.now()).await.unwrap();
    let mut rui = Browser::new(&running);
    rui.sign_in("rui", PASSWORD).await;
    let opened = rui.post("/go-lives", &[("preset", "posthog"), ("image", "posthog:1")]).await;
    let page = opened.location().to_owned();
    assert_eq!(rui.get(&page).await.status, StatusCode::OK);

    postgres.stop().await;
    for (number, path) in [page.as_str(), "/go-lives", "/readyz", "/sign-in"].iter().enumerate() {
        let asked = Instant::now();
        let answer = rui.get(path).await;
        assert!(asked.elapsed() < Duration::from_secs(6), "{path} took {:?}", asked.elapsed());
        assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE, "{number} {path}");
        if *path != "/readyz" {
            assert!(answer.retry_after(), "{path}");
            assert!(answer.body.contains("database"), "{path}: {}", answer.body);
        }
    }
    assert_eq!(rui.get("/livez").await.status, StatusCode::OK);
    let posted = rui.post("/go-lives", &[("preset", "clay"), ("image", "clay:1")]).await;
    assert_eq!(posted.status, StatusCode::SERVICE_UNAVAILABLE);

    let postgres = Postgres::start(dir.path(), &PostgresOptions::default()).await.unwrap();
    let back = Instant::now();
    eventually("the page is back", Duration::from_secs(10), || {
        let (mut rui, page) = (rui.clone(), page.clone());
        async move { rui.get(&page).await.status == StatusCode::OK }
    })
    .await;
    for _ in 0..20 {
        assert_eq!(rui.get(&page).await.status, StatusCode::OK, "unsteady after {:?}", back.elapsed());
    }
    let again = rui.post("/go-lives", &[("preset", "clay"), ("image", "clay:1")]).await;
    assert_eq!(again.status, StatusCode::SEE_OTHER);
    running.stop().await;
    postgres.stop().await;
}
