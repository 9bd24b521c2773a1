//! Status pages per second, for readers who are not signed in, against a bare axum handler that sends the same bytes from a
//! process of its own; in turns, with the same load.

use std::{net::SocketAddr, time::Duration};

use super::{Found, incident_page};
use crate::{
    Options, bare,
    fail::Fail,
    load,
    place::Place,
    report::table,
    stats::{Stats, kb},
    world::{Needs, World},
};

/// Each turn's time.
const TURN: Duration = Duration::from_secs(4);
/// The least part of the bare handler's rate.
const LEAST: f64 = 0.5;

pub(super) async fn measure(place: &Place, options: &Options) -> Result<Found, Fail> {
    let world = World::start(place, Needs::default()).await?;
    let found = with(&world, options.runs).await;
    world.stop().await;
    found
}

async fn with(world: &World, runs: usize) -> Result<Found, Fail> {
    let mut browser = world.admin().await?;
    let path = incident_page::open(world, &mut browser).await?;
    browser.form(&format!("{path}/notes"), &[("text", "We look into it."), ("public", "on")]).await?;
    tokio::time::sleep(Duration::from_secs(3)).await;
    let page = browser.page("/status").await?.body;
    let (bare, port) = bare::start(world, &page).await?;
    let bare_address = SocketAddr::from(([127, 0, 0, 1], port));
    let (mut ours, mut floors) = (Vec::new(), Vec::new());
    // The first turn of each warms up and does not count.
    for turn in 0..=runs.max(1) {
        let rate = load::rate(&browser, browser.address(), "/status", TURN).await?;
        let floor = load::rate(&browser, bare_address, "/page", TURN).await?;
        if turn > 0 {
            ours.push(rate);
            floors.push(floor);
        }
    }
    bare.stop(Duration::from_secs(5)).await;
    let ratios: Vec<f64> = ours.iter().zip(&floors).map(|(rate, floor)| rate / floor).collect();
    let rows: Vec<_> = ours
        .iter()
        .zip(&floors)
        .enumerate()
        .map(|(turn, (rate, floor))| {
            vec![
                (turn + 1).to_string(),
                format!("{rate:.0}"),
                format!("{floor:.0}"),
                format!("{:.3}×", rate / floor),
            ]
        })
        .collect();
    let ratio = Stats::of(&ratios).p50;
    Ok(Found {
        measured: format!("{ratio:.3}× ({:.0}/s)", Stats::of(&ours).p50),
        floor: format!("bare handler {:.0}/s", Stats::of(&floors).p50),
        met: Some(ratio >= LEAST),
        details: format!(
            "{}\nMedian of the pairs; {} connections, {} s each, {}. The page has {} uncompressed and is rendered once in two \
             seconds, however many read it.",
            table(&["turn", "status page/s", "bare handler/s", "ratio"], &rows),
            load::CONNECTIONS,
            TURN.as_secs(),
            load::generator(),
            kb(page.len())
        ),
    })
}
