//! What the first page shows, to whom, and that it lives.

use std::time::Duration;

use gantry_app::ui::ways;
use gantry_server::http::routes::TABLE;
use reqwest::StatusCode;

use crate::world::{World, eventually};

#[tokio::test]
async fn the_first_page_after_signing_in_says_what_is_open_and_whose_it_is() {
    let world = World::start().await;
    let mut rui = world.browser();
    let answer = rui.post("/sign-in", &[("name", "rui"), ("password", crate::world::PASSWORD)]).await;
    assert_eq!((answer.status, answer.location()), (StatusCode::SEE_OTHER, "/"));
    let empty = rui.get("/").await;
    assert_eq!(empty.status, StatusCode::OK, "{}", empty.body);
    assert!(empty.body.contains("Nothing needs you") && empty.body.contains("Open the first go-live"));

    let id = world.go_live().await;
    let page = rui.get("/").await.body;
    for text in ["One thing needs you", "v2.5.0 to sign", "PostHog", "for you", "version unknown"] {
        assert!(page.contains(text), "{text}: {page}");
    }
    assert!(page.contains(&format!("/go-lives/{id}?show=mine")));
    assert!(page.contains("unknown") && !page.contains("headline panel good"), "unknown lights are not fine");

    let mut sam = world.signed_in("sam").await;
    let page = sam.get("/").await.body;
    assert!(!page.contains("One thing needs you") && !page.contains("for you"), "{page}");
    assert!(page.contains(&format!("href=\"/go-lives/{id}\"")));
}

#[tokio::test]
async fn the_first_page_hears_of_what_it_shows() {
    let world = World::start().await;
    let rui = world.signed_in("rui").await;
    let address = format!("{}/events?topics=overview", rui.base);
    let request = rui.client.get(address).header("cookie", rui.cookie.clone().unwrap_or_default());
    let mut stream = request.header("accept", "text/event-stream").send().await.unwrap();
    assert_eq!(stream.status(), StatusCode::OK);
    let hub = world.running.app.hub.clone();
    eventually("it listens", Duration::from_secs(5), || async { hub.listeners("overview") == 1 }).await;
    world.go_live().await;
    let heard = tokio::time::timeout(Duration::from_secs(10), async {
        let mut text = String::new();
        while !text.contains("data: overview") {
            match stream.chunk().await.unwrap() {
                Some(chunk) => text.push_str(&String::from_utf8_lossy(&chunk)),
                None => break,
            }
        }
        text
    });
    assert!(heard.await.unwrap().contains("event: change\ndata: overview"));
}

#[tokio::test]
async fn every_way_in_the_rail_leads_somewhere_for_everybody_who_sees_it() {
    let world = World::start().await;
    for way in ways::MAIN.iter().chain(ways::MORE) {
        assert!(TABLE.iter().any(|route| route.path == way.address), "{way:?} is not in the table");
    }
    for login in ["sam", "rui", "ana"] {
        let mut browser = world.signed_in(login).await;
        let page = browser.get("/").await.body;
        for way in ways::MAIN.iter().chain(ways::MORE) {
            if page.contains(&format!("href=\"{}\"", way.address)) {
                assert_eq!(browser.get(way.address).await.status, StatusCode::OK, "{login} {way:?}");
            }
        }
    }
}
