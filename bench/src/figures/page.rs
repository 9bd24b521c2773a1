//! Console pages per second, signed in, against a bare axum handler that sends the same bytes from a process of its own;
//! in turns, with the same load.

use std::{net::SocketAddr, time::Duration};

use super::{Found, first_load::demo};
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
const LEAST: f64 = 0.25;

pub(super) async fn measure(place: &Place, options: &Options) -> Result<Found, Fail> {
    let world = World::start(place, Needs::default()).await?;
    let found = with(&world, options.runs).await;
    world.stop().await;
    found
}

async fn with(world: &World, runs: usize) -> Result<Found, Fail> {
    let mut browser = world.admin().await?;
    let path = demo(world).await?.path();
    let page = browser.page(&path).await?.body;
    let (bare, port) = bare::start(world, &page).await?;
    let bare_address = SocketAddr::from(([127, 0, 0, 1], port));
    let mut warm = (Vec::new(), Vec::new());
    // The first turn of each warms up and does not count.
    for turn in 0..=runs {
        let ours = load::rate(&browser, browser.address(), &path, TURN).await?;
        let floor = load::rate(&browser, bare_address, "/page", TURN).await?;
        if turn > 0 {
            warm.0.push(ours);
            warm.1.push(floor);
        }
    }
    bare.stop(Duration::from_secs(5)).await;
    let pairs: Vec<f64> = warm.0.iter().zip(&warm.1).map(|(ours, floor)| ours / floor).collect();
    let (ours, floor, ratio) = (Stats::of(&warm.0), Stats::of(&warm.1), Stats::of(&pairs));
    let rows = warm.0.iter().zip(&warm.1).zip(&pairs).enumerate();
    let rows: Vec<_> = rows
        .map(|(turn, ((ours, floor), ratio))| {
            vec![(turn + 1).to_string(), format!("{ours:.0}"), format!("{floor:.0}"), format!("{ratio:.3}×")]
        })
        .collect();
    Ok(Found {
        measured: format!("{:.3}× ({:.0}/s)", ratio.p50, ours.p50),
        floor: format!("bare handler {:.0}/s", floor.p50),
        met: Some(ratio.p50 >= LEAST),
        details: format!(
            "{}\nMedian of the pairs; {} connections, {} s each, {}. The page has {} uncompressed; each is read from the \
             database (session, person, go-live with its history, findings, presence) and rendered anew.",
            table(&["turn", "console page/s", "bare handler/s", "ratio"], &rows),
            load::CONNECTIONS,
            TURN.as_secs(),
            load::generator(),
            kb(page.len())
        ),
    })
}
