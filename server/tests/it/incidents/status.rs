//! The status page: everybody may read it, it says nothing that was not meant for everybody, and it costs little.

use reqwest::{Method, StatusCode};

use super::acting::open;
use crate::world::{World, config, database, eventually};

#[tokio::test]
async fn everybody_reads_public_entries_and_nothing_else() {
    let world = World::start().await;
    world.go_live().await;
    let path = open(&world, "p1").await;
    let mut rui = world.signed_in("rui").await;
    rui.post(&format!("{path}/notes"), &[("text", "the key in the vault is wrong")]).await;
    let mut anybody = world.browser();
    let silent = anybody.get("/status").await;
    assert_eq!(silent.status, StatusCode::OK);
    assert!(
        silent.body.contains("We are looking into something; no incident is announced yet"),
        "{}",
        silent.body
    );
    let data: serde_json::Value = serde_json::from_str(&anybody.get("/status.json").await.body).unwrap();
    assert_eq!((&data["status"], data["open"].as_array().unwrap().len()), (&"warning".into(), 0));
    for page in ["/status", "/status.json", "/status.atom"] {
        let body = anybody.get(page).await.body;
        for inside in ["complete outage", "P1", "p1", "Webhooks are late", "vault"] {
            assert!(!body.contains(inside), "{page} tells of what was not announced: {inside}");
        }
    }
    rui.post(&format!("{path}/notes"), &[("text", "We look into late <webhooks>"), ("public", "on")]).await;
    let shows = |path: &'static str, words: &'static str| {
        let mut browser = world.browser();
        async move { browser.get(path).await.body.contains(words) }
    };
    eventually("it is published", std::time::Duration::from_secs(10), || async {
        shows("/status", "We look into late &lt;webhooks&gt;").await
    })
    .await;
    for page in ["/status", "/status.json", "/status.atom"] {
        eventually(page, std::time::Duration::from_secs(10), || shows(page, "We look into late")).await;
        let answer = anybody.get(page).await;
        for internal in ["Webhooks are late", "the key in the vault", "Rui", "Ana", "registry.example"] {
            assert!(!answer.body.contains(internal), "{page} tells everybody: {internal}");
        }
        assert!(answer.headers["cache-control"].to_str().unwrap().starts_with("public"));
    }
    let page = anybody.get("/status").await;
    assert!(page.body.contains("1 incident is open: complete outage") && page.body.contains("As of "));
    assert!(!page.body.contains("<script"), "it would not be the same for everybody");
    let json: serde_json::Value = serde_json::from_str(&anybody.get("/status.json").await.body).unwrap();
    assert_eq!(json["integrations"][0]["lights"].as_array().unwrap().len(), 3);
    assert_eq!(json["integrations"][0]["days"].as_array().unwrap().len(), 90);
    assert_eq!(json["integrations"][0]["lights"][0]["state"], "unknown", "nobody has looked yet");
    // Made internal again, it is gone: the page is made of what is so.
    let note = world.sql("select id::text from incident_entries where public").await.unwrap();
    let note: String = sqlx::Row::get(&note[0], 0);
    let edited =
        rui.post(&format!("{path}/notes/{note}"), &[("seen", "0"), ("text", "We look into it")]).await;
    assert_eq!(edited.status, StatusCode::SEE_OTHER, "{}", edited.body);
    eventually("it is not told any more", std::time::Duration::from_secs(10), || async {
        shows("/status", "no incident is announced yet").await
    })
    .await;
}

#[tokio::test]
async fn a_thousand_readers_cost_one_rendering_and_get_it_compressed() {
    let world = World::start().await;
    // Browsers that share one client: making a thousand of those is most of the work otherwise.
    let anybody = world.browser();
    let reads = (0..1000).map(|_| {
        let mut browser = anybody.clone();
        async move { browser.send(Method::GET, "/status.json", None, &[]).await.body }
    });
    let before = std::time::Instant::now();
    let bodies: std::collections::BTreeSet<_> = {
        use futures_util::StreamExt as _;
        futures_util::stream::iter(reads).buffer_unordered(64).collect::<Vec<_>>().await.into_iter().collect()
    };
    // Each rendering says when it was made; one is good for two seconds.
    let most = before.elapsed().as_secs() / 2 + 2;
    assert!(bodies.len() as u64 <= most, "{} renderings", bodies.len());
    let packed = world.browser().send(Method::HEAD, "/status", None, &[("accept-encoding", "br")]).await;
    assert_eq!(packed.headers["content-encoding"], "br");
}

#[tokio::test]
async fn switched_off_it_is_not_there() {
    let database = database().await;
    let mut config = config(database.url());
    config.incidents.status_page = false;
    let world = World::with(database, &config).await;
    for path in ["/status", "/status.json", "/status.atom"] {
        assert_eq!(world.browser().get(path).await.status, StatusCode::NOT_FOUND, "{path}");
    }
    // And nobody is sent there, or writes for it.
    let path = open(&world, "p2").await;
    let mut rui = world.signed_in("rui").await;
    for page in ["/", &path, &format!("{path}/update")] {
        let body = rui.get(page).await.body;
        assert!(!body.contains("href=\"/status\"") && !body.contains("on the status page"), "{page}: {body}");
    }
}

#[tokio::test]
async fn a_day_is_as_bad_as_its_incident_ever_was_also_once_it_was_lowered() {
    let world = World::start().await;
    let path = open(&world, "p3").await;
    let mut rui = world.signed_in("rui").await;
    // Somebody has answered: from then on no clock tells how bad it became.
    let acts: [(&str, &[(&str, &str)]); 5] = [
        ("acknowledge", &[("seen", "1")]),
        ("severity", &[("seen", "2"), ("to", "p1"), ("reason", "Nothing arrives any more")]),
        ("severity", &[("seen", "3"), ("to", "p4"), ("reason", "It was the chart")]),
        ("notes", &[("text", "Webhooks were late"), ("public", "on")]),
        ("state", &[("seen", "4"), ("to", "resolved")]),
    ];
    for (act, fields) in acts {
        let answer = rui.post(&format!("{path}/{act}"), fields).await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{act}: {}", answer.body);
    }
    let json: serde_json::Value =
        serde_json::from_str(&world.browser().get("/status.json").await.body).unwrap();
    let worst: Vec<_> =
        json["integrations"].as_array().unwrap().iter().map(|one| &one["days"][89]["worst"]).collect();
    assert!(worst.iter().any(|worst| **worst == "p1"), "{json:#}");
    assert_eq!(json["resolved"][0]["severity"], "p4", "as it was in the end");
}
