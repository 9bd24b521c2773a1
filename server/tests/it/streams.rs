//! Event streams: a change reaches them at once, only those who may listen do, and they end with the session.

use std::time::Duration;

use reqwest::StatusCode;

use crate::world::{Browser, World, eventually, signable};

/// An open stream; what arrives is collected.
pub(crate) struct Stream {
    heard: std::sync::Arc<std::sync::Mutex<String>>,
    task: tokio::task::JoinHandle<()>,
}

impl Stream {
    pub(crate) async fn open(browser: &Browser, topics: &str) -> Self {
        let response = browser
            .client
            .get(format!("{}/events?topics={topics}", browser.base))
            .header("cookie", browser.cookie.clone().unwrap())
            .timeout(Duration::from_mins(2))
            .send()
            .await
            .unwrap();
        assert_eq!(response.status(), StatusCode::OK);
        assert_eq!(response.headers()["content-type"], "text/event-stream");
        let heard = std::sync::Arc::new(std::sync::Mutex::new(String::new()));
        let into = heard.clone();
        let mut response = response;
        let task = tokio::spawn(async move {
            while let Ok(Some(bytes)) = response.chunk().await {
                into.lock().unwrap().push_str(&String::from_utf8_lossy(&bytes));
            }
        });
        let stream = Self { heard, task };
        stream.hears(": listening").await;
        stream
    }

    async fn hears(&self, what: &str) {
        eventually(what, Duration::from_secs(10), || async { self.heard.lock().unwrap().contains(what) })
            .await;
    }

    /// What arrived and was not taken before.
    pub(crate) fn take(&self) -> String {
        std::mem::take(&mut *self.heard.lock().unwrap())
    }

    /// Whether this arrived since something was last taken.
    pub(crate) fn has_heard(&self, what: &str) -> bool {
        self.heard.lock().unwrap().contains(what)
    }
}

#[tokio::test]
async fn a_tick_reaches_every_open_page_of_that_go_live_and_no_other() {
    let world = World::start().await;
    let (id, other) = (world.go_live().await, world.go_live().await);
    let item = signable(&world, id).await;
    let sam = world.signed_in("sam").await;
    let here = Stream::open(&sam, &format!("golive:{id}")).await;
    let elsewhere = Stream::open(&sam, &format!("golive:{other}")).await;
    let mut rui = world.signed_in("rui").await;
    let done = rui.post(&format!("/go-lives/{id}/items/{item}/tick"), &[("seen", "0")]).await;
    assert_eq!(done.status, StatusCode::SEE_OTHER, "{}", done.body);
    here.hears(&format!("event: change\ndata: golive:{id}\n\n")).await;
    assert!(!elsewhere.heard.lock().unwrap().contains(&format!("golive:{id}")));
}

#[tokio::test]
async fn what_changed_between_a_page_and_its_stream_is_told_first_and_nothing_otherwise() {
    let world = World::start().await;
    let id = world.go_live().await;
    let item = signable(&world, id).await;
    let mut sam = world.signed_in("sam").await;
    let mut rui = world.signed_in("rui").await;
    let page = sam.get(&format!("/go-lives/{id}")).await.body;
    let seen = page.split_once("data-seen=\"").unwrap().1.split('"').next().unwrap().to_owned();
    let topics = format!("golive:{id}&seen={seen}");
    let changes = world.running.app.db.changes().clone();
    if changes.mark().as_ref() == Some(&seen) {
        let quiet = Stream::open(&sam, &topics).await;
        assert!(!quiet.heard.lock().unwrap().contains("data: *"), "told of a change that was none");
    }
    rui.post(&format!("/go-lives/{id}/items/{item}/tick"), &[("seen", "0")]).await;
    Stream::open(&sam, &topics).await.hears("event: change\ndata: *\n\n").await;
}

#[tokio::test]
async fn signing_out_ends_the_streams_of_the_session() {
    let world = World::start().await;
    let id = world.go_live().await;
    let mut rui = world.signed_in("rui").await;
    let stream = Stream::open(&rui, &format!("golive:{id}")).await;
    let kept = Stream::open(&world.signed_in("rui").await, &format!("golive:{id}")).await;
    rui.post("/sign-out", &[]).await;
    eventually("the stream ends", Duration::from_secs(10), || async { stream.task.is_finished() }).await;
    assert!(!kept.task.is_finished(), "another session of the same person ended too");
}

#[tokio::test]
async fn a_closed_stream_is_forgotten_and_invented_topics_are_ignored() {
    let world = World::start().await;
    let id = world.go_live().await;
    let topic = format!("golive:{id}");
    let rui = world.signed_in("rui").await;
    let hub = world.running.app.hub.clone();
    let many = (0..40).map(|_| topic.as_str()).collect::<Vec<_>>().join(",");
    let stream = Stream::open(&rui, &format!("{many},user:{},secrets,golive:x", world.ana.person.id)).await;
    assert_eq!(hub.listeners(&format!("user:{}", world.ana.person.id)), 0);
    assert!(hub.listeners(&topic) > 0);
    stream.task.abort();
    eventually("it is forgotten", Duration::from_secs(10), || async { hub.listeners(&topic) == 0 }).await;
}

#[tokio::test]
async fn who_has_the_page_open_is_shown_to_the_others_until_they_leave() {
    let world = World::start().await;
    let id = world.go_live().await;
    let topic = format!("golive:{id}");
    let (sam, mut ana) = (world.signed_in("sam").await, world.signed_in("ana").await);
    let anas = Stream::open(&ana, &topic).await;
    let sams = Stream::open(&sam, &topic).await;
    let shown = |wanted: bool| {
        let (mut ana, page) = (ana.clone(), format!("/go-lives/{id}"));
        async move { ana.get(&page).await.body.contains("Sam Okafor") == wanted }
    };
    eventually("Sam is shown", Duration::from_secs(10), || shown(true)).await;
    anas.hears("event: change").await;
    sams.task.abort();
    eventually("Sam is gone", Duration::from_secs(15), || shown(false)).await;
    assert_eq!(ana.get(&format!("/go-lives/{id}")).await.status, StatusCode::OK);
}
