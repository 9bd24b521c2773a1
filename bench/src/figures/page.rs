//! Console pages per second, signed in, against a bare axum handler that sends the same bytes from a process of its own;
//! in turns, with the same load.

use std::{
    net::SocketAddr,
    time::{Duration, Instant},
};

use tokio::time::{interval, sleep};

use super::{Found, first_load::demo};
use crate::{
    Options, bare,
    client::Browser,
    fail::Fail,
    load,
    place::Place,
    report::table,
    stats::{Stats, kb},
    world::{Needs, World},
};

/// Each turn's time.
const TURN: Duration = Duration::from_secs(4);
/// Changes a second that are announced in the busy turns.
const CHANGES: u32 = 20;
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
    let (mut kept, mut floors, mut busy) = (Vec::new(), Vec::new(), Vec::new());
    // The first turn of each warms up and does not count.
    for turn in 0..=runs.max(1) {
        let ours = load::rate(&browser, browser.address(), &path, TURN).await?;
        let floor = load::rate(&browser, bare_address, "/page", TURN).await?;
        let changing = while_changing(world, load::rate(&browser, browser.address(), &path, TURN)).await?;
        if turn > 0 {
            kept.push(ours);
            floors.push(floor);
            busy.push(changing);
        }
    }
    bare.stop(Duration::from_secs(5)).await;
    let anew = anew(world, &mut browser, &path).await?;
    let against = |rates: &[f64]| {
        let pairs: Vec<f64> = rates.iter().zip(&floors).map(|(rate, floor)| rate / floor).collect();
        Stats::of(&pairs).p50
    };
    let (ratio, ratio_busy) = (against(&kept), against(&busy));
    let rows: Vec<_> = kept
        .iter()
        .zip(&floors)
        .zip(&busy)
        .enumerate()
        .map(|(turn, ((ours, floor), busy))| {
            let ratio = |rate: &f64| format!("{:.3}×", rate / floor);
            let number = |rate: &f64| format!("{rate:.0}");
            vec![(turn + 1).to_string(), number(ours), number(floor), ratio(ours), number(busy), ratio(busy)]
        })
        .collect();
    let head = ["turn", "console page/s", "bare handler/s", "ratio", "while changes are heard/s", "ratio"];
    Ok(Found {
        measured: format!(
            "{ratio:.3}× ({:.0}/s); {ratio_busy:.3}× while {CHANGES} changes a second are heard",
            Stats::of(&kept).p50
        ),
        floor: format!("bare handler {:.0}/s", Stats::of(&floors).p50),
        met: Some(ratio >= LEAST),
        details: format!(
            "{}\nMedian of the pairs; {} connections, {} s each, {}. The page has {} uncompressed. The panel keeps a rendered \
             page for the person it was made for until it hears of any change, for a second at most; so the first rate \
             is mostly of pages from memory, each with the session looked at and a nonce of its own, and the last is with \
             {CHANGES} changes a second that make it read and render again. One page read and rendered anew: {}.",
            table(&head, &rows),
            load::CONNECTIONS,
            TURN.as_secs(),
            load::generator(),
            kb(page.len()),
            anew.words()
        ),
    })
}

/// Does the work while changes are announced.
async fn while_changing<T>(world: &World, work: impl Future<Output = Result<T, Fail>>) -> Result<T, Fail> {
    let mut beat = interval(Duration::from_secs(1) / CHANGES);
    let changing = async {
        loop {
            beat.tick().await;
            if let Err(fail) = announce(world).await {
                return fail;
            }
        }
    };
    tokio::select! {
        done = work => done,
        fail = changing => Err(fail),
    }
}

/// Says that something changed, as any transaction does.
async fn announce(world: &World) -> Result<(), Fail> {
    sqlx::query("select pg_notify('gantry', 'golives')").execute(world.pool()).await?;
    Ok(())
}

/// The time of a page right after a change, when nothing kept is good.
async fn anew(world: &World, browser: &mut Browser, path: &str) -> Result<Stats, Fail> {
    let mut times = Vec::new();
    for _ in 0..100 {
        announce(world).await?;
        // Until it was heard.
        sleep(Duration::from_millis(20)).await;
        let before = Instant::now();
        browser.page(path).await?;
        times.push(before.elapsed());
    }
    Ok(Stats::of_times(&times))
}
