//! Replaying seven days at one minute for one rule, from the form to the drawn page, with Prometheus' answers made on this
//! machine; beside it those answers alone. Meanwhile another person's page is asked for again and again.

use std::time::{Duration, Instant};

use tokio::time::sleep;

use super::{Found, first_load::demo};
use crate::{
    Options,
    client::{Browser, keyed},
    fail::Fail,
    metrics,
    place::Place,
    report::table,
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
    let prometheus = metrics::serve().await?;
    world.watch_with(&format!("http://{prometheus}"));
    world.stop_panel().await;
    world.start_panel()?;
    world.until_ready().await?;
    let mut browser = world.admin().await?;
    let console = demo(world).await?.path();
    let id: String = sqlx::query_scalar("select id::text from thresholds where key = 'api-down' limit 1")
        .fetch_one(world.pool())
        .await?;
    let path = format!("/thresholds/{id}");
    let fields = [
        ("seen", "1"),
        ("name", "API down"),
        ("promql", "sum(other{ {{selector}} })"),
        ("comparator", ">"),
        ("limit", "50"),
        ("unit", "per minute"),
        ("window", "1 min"),
        ("for", "2 min"),
        ("severity", "p1"),
        ("no-data", "unknown"),
        ("on-firing", "incident"),
        ("why", ""),
        ("do", "replay-7d"),
    ];
    let (mut ours, mut floors, mut others, mut rows) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for run in 0..=runs.max(1) {
        let other = tokio::spawn(pages(browser.again(), console.clone()));
        let begun = Instant::now();
        let answer = browser.post_once(&path, &keyed(&fields)).await?;
        let took = begun.elapsed();
        let worst = other.await.map_err(|error| Fail::said(error.to_string()))??;
        if !answer.text().contains("minute by minute") {
            return Err(Fail::said(format!("the replay answers {} without a drawing", answer.status)));
        }
        let begun = Instant::now();
        // The rule asks for two queries: the present one and the wanted one.
        let mut bare = Browser::new(prometheus);
        bare.page("/api/v1/query_range").await?;
        bare.page("/api/v1/query_range").await?;
        let floor = begun.elapsed();
        // The first warms up and does not count.
        if run > 0 {
            rows.push(vec![
                run.to_string(),
                format!("{took:.1?}"),
                format!("{floor:.1?}"),
                format!("{worst:.1?}"),
            ]);
            ours.push(took);
            floors.push(floor);
            others.push(worst);
        }
    }
    let (ours, floor, others) = (Stats::of_times(&ours), Stats::of_times(&floors), Stats::of_times(&others));
    Ok(Found {
        measured: format!("{}; another page meanwhile {}", ms(ours.p50), ms(others.p50)),
        floor: format!("the two answers alone {}", ms(floor.p50)),
        met: Some(ours.p50 <= MOST),
        details: format!(
            "{}\nFrom posting the form to the last byte of the page with the drawing: the query checked, two ranges of 10,081 values \
             asked for, both rules replayed minute by minute, everything drawn. The last column is the slowest of the console \
             pages that somebody else asked for during it.",
            table(&["run", "replay", "answers alone", "another page, worst"], &rows)
        ),
    })
}

/// Somebody else's pages for a fifth of a second; the slowest of them.
async fn pages(mut browser: Browser, path: String) -> Result<Duration, Fail> {
    let (begun, mut worst) = (Instant::now(), Duration::ZERO);
    while begun.elapsed() < Duration::from_millis(200) {
        let asked = Instant::now();
        browser.page(&path).await?;
        worst = worst.max(asked.elapsed());
        sleep(Duration::from_millis(5)).await;
    }
    Ok(worst)
}
