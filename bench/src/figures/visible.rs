//! From a click on a tick in one browser to the change in another person's page, in a real Chromium. One process holds
//! both pages, so that both read the same clock.

use std::process::Stdio;

use serde::Deserialize;
use serde_json::{Value, json};
use tokio::process::Command;

use super::Found;
use crate::{
    fail::Fail,
    golive::GoLive,
    place::Place,
    stats::{Stats, ms},
    world::{Needs, World},
};

/// How many ticks.
const SAMPLES: usize = 30;
/// The most, in milliseconds.
const MOST: f64 = 100.0;

/// One tick, in milliseconds.
#[derive(Deserialize)]
struct Sample {
    /// From the click to the change of the other page's document.
    seen: f64,
    /// To the first frame after it.
    painted: f64,
    /// From the click to the change of the clicking page's own document.
    own: f64,
}

pub(super) async fn measure(place: &Place) -> Result<Found, Fail> {
    let world = World::start(place, Needs::default()).await?;
    let found = with(place, &world).await;
    world.stop().await;
    found
}

async fn with(place: &Place, world: &World) -> Result<Found, Fail> {
    let mut browser = world.admin().await?;
    // Two of the preset's checklists have more items than samples.
    let mut ticks = Vec::new();
    while ticks.len() < SAMPLES + 1 {
        let go_live = GoLive::open(&mut browser, "v2.5.0").await?;
        let items = go_live.items(world.pool()).await?;
        ticks.extend(items.into_iter().map(|item| json!({ "path": go_live.path(), "item": item })));
    }
    ticks.truncate(SAMPLES + 1);
    let said = script(place, world, "visible.mjs", &json!({ "ticks": ticks })).await?;
    let samples: Vec<Sample> = serde_json::from_value(said)?;
    let seen = Stats::of_each(&samples, |one| one.seen);
    let painted = Stats::of_each(&samples, |one| one.painted);
    let own = Stats::of_each(&samples, |one| one.own);
    Ok(Found {
        measured: ms(seen.p50),
        floor: format!("own page's optimistic answer {}", ms(own.p50)),
        met: Some(seen.p50 <= MOST),
        details: format!(
            "Click to changed document: {}. To the next frame drawn: {}. The clicking page itself shows its tick after: {}. \
             Two people, two contexts of one Chromium; a MutationObserver on the item in the page that only looks on.",
            seen.words(),
            painted.words(),
            own.words()
        ),
    })
}

/// Runs one of the scripts in `end2end/bench` and returns the JSON that it prints.
pub(super) async fn script(place: &Place, world: &World, name: &str, what: &Value) -> Result<Value, Fail> {
    let (actor, onlooker) = (world.person("admin")?, world.person("release")?);
    let sign_in =
        |person: &crate::world::SignIn| json!({ "name": person.login, "password": person.password });
    let mut told = what.clone();
    told["url"] = json!(format!("http://{}", world.listen()));
    told["actor"] = sign_in(actor);
    told["onlooker"] = sign_in(onlooker);
    let home = place.root.join("end2end");
    let mut command = Command::new("node");
    command.arg(format!("bench/{name}")).current_dir(home).env("GANTRY_BENCH", told.to_string());
    command.stdin(Stdio::null()).kill_on_drop(true);
    let output = command.output().await.map_err(Fail::io("start node"))?;
    if output.status.success() {
        return Ok(serde_json::from_slice(&output.stdout)?);
    }
    Err(Fail::said(format!("{name} failed:\n{}", String::from_utf8_lossy(&output.stderr))))
}
