//! Everything that the first visit to the launch console transfers, body bytes as they travel with brotli; once by
//! following what the page refers to, once as Chromium counts it.

use std::collections::BTreeSet;

use serde::Deserialize;

use super::{Found, visible};
use crate::{
    client::Browser,
    fail::Fail,
    golive::GoLive,
    place::Place,
    report::table,
    stats::kb,
    world::{Needs, World},
};

/// Bytes that the first load may have.
const MOST: usize = 125_000;

/// What Chromium says about one request.
#[derive(Deserialize)]
struct Loaded {
    url: String,
    bytes: usize,
}

pub(super) async fn measure(place: &Place) -> Result<Found, Fail> {
    let world = World::start(place, Needs::default()).await?;
    let found = with(place, &world).await;
    world.stop().await;
    found
}

async fn with(place: &Place, world: &World) -> Result<Found, Fail> {
    let mut browser = world.admin().await?;
    let path = demo(world).await?.path();
    let html = browser.page(&path).await?.text();
    let mut seen: BTreeSet<String> = own_files(&html).into_iter().collect();
    let mut foreign = third_parties(&html, &world.listen().to_string());
    let mut rows = Vec::new();
    let mut sum = transferred(&mut browser, &path, "the page", html.len(), &mut rows).await?;
    let mut open: Vec<String> = seen.iter().cloned().collect();
    while let Some(file) = open.pop() {
        let plain = browser.page(&file).await?;
        sum += transferred(&mut browser, &file, &file, plain.body.len(), &mut rows).await?;
        let is_text = std::str::from_utf8(&plain.body).is_ok();
        if is_text {
            let text = plain.text();
            foreign.extend(third_parties(&text, &world.listen().to_string()));
            open.extend(own_files(&text).into_iter().filter(|file| seen.insert(file.clone())));
        }
    }
    rows.push(vec!["**all**".into(), String::new(), sum.to_string()]);
    let chromium = in_chromium(place, world, &path).await?;
    let own = format!("http://{}", world.listen());
    let others =
        chromium.iter().filter(|loaded| !loaded.url.starts_with(&own) && !loaded.url.starts_with("data:"));
    foreign.extend(others.map(|loaded| loaded.url.clone()));
    let counted: usize = chromium.iter().map(|loaded| loaded.bytes).sum();
    let parties = if foreign.is_empty() { "none".to_owned() } else { foreign.join(", ") };
    let requests: Vec<_> = chromium
        .iter()
        .map(|loaded| vec![format!("`{}`", loaded.url.trim_start_matches(&own)), loaded.bytes.to_string()])
        .collect();
    let details = format!(
        "{}\nWhat Chromium asked for until a second after it listened for changes, {} of bodies in all (an event stream is \
         open-ended and counts as nothing). Requests to other hosts: {parties}.\n\n{}",
        table(&["file", "bytes", "transferred"], &rows),
        kb(counted),
        table(&["request", "body bytes"], &requests)
    );
    Ok(Found {
        measured: format!("{}, third parties: {parties}", kb(sum)),
        floor: format!("Chromium counts {}", kb(counted)),
        met: Some(sum.max(counted) <= MOST && foreign.is_empty()),
        details,
    })
}

/// The demo's own go-live: half done, as a console usually is.
pub(super) async fn demo(world: &World) -> Result<GoLive, Fail> {
    let id = sqlx::query_scalar("select id from go_lives order by created_at limit 1")
        .fetch_one(world.pool())
        .await?;
    Ok(GoLive { id })
}

async fn transferred(
    browser: &mut Browser,
    path: &str,
    name: &str,
    plain: usize,
    rows: &mut Vec<Vec<String>>,
) -> Result<usize, Fail> {
    let answer = browser.get(path, Some("br")).await?;
    let bytes = answer.body.len();
    rows.push(vec![name.to_owned(), plain.to_string(), bytes.to_string()]);
    Ok(bytes)
}

async fn in_chromium(place: &Place, world: &World, path: &str) -> Result<Vec<Loaded>, Fail> {
    let said = visible::script(place, world, "first-load.mjs", &serde_json::json!({ "path": path })).await?;
    Ok(serde_json::from_value(said)?)
}

/// The addresses of our own files that a text names.
pub(super) fn own_files(text: &str) -> Vec<String> {
    let rests = text.split("/assets/").skip(1);
    let names = rests.map(|rest| {
        let end = rest.find(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_')));
        &rest[..end.unwrap_or(rest.len())]
    });
    names.filter(|name| name.contains('.')).map(|name| format!("/assets/{name}")).collect()
}

/// The addresses on other hosts that a page or a style would load.
fn third_parties(text: &str, own: &str) -> Vec<String> {
    let marks = ["src=\"", "srcset=\"", "url(", "url(\"", "@import \""];
    let mut found = Vec::new();
    let mut look = |rest: &str| {
        let address = rest.split(['"', ')', '\'', ' ']).next().unwrap_or_default();
        let host = ["https://", "http://", "//"].iter().find_map(|scheme| address.strip_prefix(scheme));
        if host.is_some_and(|host| !host.starts_with(own)) {
            found.push(address.to_owned());
        }
    };
    for mark in marks {
        text.split(mark).skip(1).for_each(&mut look);
    }
    for link in text.split("<link ").skip(1) {
        let tag = link.split('>').next().unwrap_or_default();
        tag.split("href=\"").skip(1).for_each(&mut look);
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_found_wherever_they_are_named() {
        let html =
            r#"<link href="/assets/a-1.css"><script>import x from '/assets/b.js';init('/assets/c_bg.wasm')"#;
        assert_eq!(own_files(html), ["/assets/a-1.css", "/assets/b.js", "/assets/c_bg.wasm"]);
    }

    #[test]
    fn only_what_would_be_loaded_from_elsewhere_is_a_third_party() {
        let html = r#"<a href="https://ci.example/1">x</a><link rel="x" href="https://fonts.example/f">
            <img src="//cdn.example/i.png"><script src="/assets/a.js"></script><img src="http://127.0.0.1:3000/x">"#;
        let found = third_parties(html, "127.0.0.1:3000");
        assert_eq!(found, ["//cdn.example/i.png", "https://fonts.example/f"]);
    }
}
