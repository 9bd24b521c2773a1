//! From starting the panel's process to having its first console page, with database and files in the cache; beside it
//! the least that starting that program takes.

use std::time::Instant;

use super::{Found, first_load::demo};
use crate::{
    Options,
    fail::Fail,
    place::Place,
    stats::{Stats, ms},
    world::{Needs, World},
};

/// The most, in milliseconds.
const MOST: f64 = 1000.0;

pub(super) async fn measure(place: &Place, options: &Options) -> Result<Found, Fail> {
    let mut world = World::start(place, Needs::default()).await?;
    let found = with(&mut world, options.runs).await;
    world.stop().await;
    found
}

async fn with(world: &mut World, runs: usize) -> Result<Found, Fail> {
    let signed_in = world.admin().await?;
    let path = demo(world).await?.path();
    let (mut firsts, mut floors) = (Vec::new(), Vec::new());
    for _ in 0..runs.max(1) {
        world.stop_panel().await;
        let before = Instant::now();
        world.command(&["--version"]).await?;
        floors.push(before.elapsed());
        let started = world.start_panel()?;
        world.until_listening().await?;
        let mut browser = signed_in.again();
        browser.page(&path).await?;
        firsts.push(started.elapsed());
    }
    let (first, floor) = (Stats::of_times(&firsts), Stats::of_times(&floors));
    Ok(Found {
        measured: ms(first.p50),
        floor: format!("`gantry --version` {}", ms(floor.p50)),
        met: Some(first.p50 <= MOST),
        details: format!(
            "{}. The page is the whole launch console for somebody whose session is older than the process; the floor is \
             starting the same program and ending it.",
            first.words()
        ),
    })
}
