//! Replaying seven days at one minute for one rule, with Prometheus' answers made on this machine; beside it those answers
//! alone. Once in the reader's own page, in a real Chromium, from the click to the drawing, and whether the page stays free
//! meanwhile; once without a browser, from the form to the answer's last byte, while another person's page is asked for again
//! and again.

use std::{
    net::SocketAddr,
    time::{Duration, Instant},
};

use serde::Deserialize;
use serde_json::json;
use tokio::time::sleep;

use super::{Found, first_load::demo, visible::script};
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

/// The most from the click to the drawing, in milliseconds.
const MOST: f64 = 1000.0;
/// The longest that the page may be busy at a time, in milliseconds: what answers within a tenth of a second seems to answer at
/// once, and whoever clicks or types during a task waits for its end at most.
const LONGEST: f64 = 100.0;
/// Chromium tells of no task that is shorter, in milliseconds.
const SHORTEST_TOLD: f64 = 50.0;

/// What is typed in place of the rule's own.
const PROMQL: &str = "sum(other{ {{selector}} })";
const LIMIT: &str = "50";
const FOR: &str = "2 min";

/// One replay as the reader's page saw it, in milliseconds.
#[derive(Deserialize)]
struct Seen {
    /// From the click until the drawing was painted.
    drawn: f64,
    /// The longest task of the page meanwhile; zero where none was long enough to be told of.
    longest: f64,
}

/// What it took without a browser.
struct Served {
    ours: Stats,
    floor: Stats,
    others: Stats,
    rows: Vec<Vec<String>>,
}

pub(super) async fn measure(place: &Place, options: &Options) -> Result<Found, Fail> {
    let mut world = World::start(place, Needs::default()).await?;
    let found = with(place, &mut world, options.runs.max(1)).await;
    world.stop().await;
    found
}

async fn with(place: &Place, world: &mut World, runs: usize) -> Result<Found, Fail> {
    let prometheus = metrics::serve().await?;
    world.watch_with(&format!("http://{prometheus}"));
    world.stop_panel().await;
    world.start_panel()?;
    world.until_ready().await?;
    let id: String = sqlx::query_scalar("select id::text from thresholds where key = 'api-down' limit 1")
        .fetch_one(world.pool())
        .await?;
    let path = format!("/thresholds/{id}");
    let served = served(world, prometheus, &path, runs).await?;
    let typed = json!({ "promql": PROMQL, "limit": LIMIT, "for": FOR });
    let told = json!({ "path": path, "typed": typed, "samples": runs });
    let seen: Vec<Seen> = serde_json::from_value(script(place, world, "replay.mjs", &told).await?)?;
    let drawn = Stats::of_each(&seen, |one| one.drawn);
    let longest = Stats::of_each(&seen, |one| one.longest);
    let in_page = |(run, one): (usize, &Seen)| vec![(run + 1).to_string(), ms(one.drawn), task(one.longest)];
    let in_page: Vec<_> = seen.iter().enumerate().map(in_page).collect();
    Ok(Found {
        measured: format!(
            "{} from the click until drawn, longest task {}; the server alone {}, another page meanwhile {}",
            ms(drawn.p50),
            task(longest.p50),
            ms(served.ours.p50),
            ms(served.others.p50)
        ),
        floor: format!("the two answers alone {}", ms(served.floor.p50)),
        met: Some(is_met(drawn.p50, longest.p50)),
        details: format!(
            "{}\nThe reader's own page in Chromium: from the click on the button until two frames after the whole drawing stood in \
             the document; the longest task of the page from the click until the answer was drawn and listened for changes. A task \
             of at most {} counts as not blocking: what answers within a tenth of a second seems to answer at once, and whoever \
             clicks or types meanwhile waits for the end of one task at most. Chromium tells of tasks from {} on.\n\n{}\n\
             The same without a browser, from posting the form to the last byte of the page with the drawing: the query checked, \
             two ranges of 10,081 values asked for, both rules replayed minute by minute, everything drawn. The last column is the \
             slowest of the console pages that somebody else asked for during it.",
            table(&["run", "click to drawing", "longest task"], &in_page),
            ms(LONGEST),
            ms(SHORTEST_TOLD),
            table(&["run", "replay", "answers alone", "another page, worst"], &served.rows)
        ),
    })
}

/// Whether it was drawn soon enough, without blocking the page.
fn is_met(drawn: f64, longest: f64) -> bool {
    drawn <= MOST && longest <= LONGEST
}

/// The longest task in words.
fn task(longest: f64) -> String {
    if longest < SHORTEST_TOLD { format!("below {}", ms(SHORTEST_TOLD)) } else { ms(longest) }
}

/// The answer alone, beside the same ranges asked without Gantry.
async fn served(world: &World, prometheus: SocketAddr, path: &str, runs: usize) -> Result<Served, Fail> {
    let mut browser = world.admin().await?;
    let console = demo(world).await?.path();
    let fields = [
        ("seen", "1"),
        ("name", "API down"),
        ("promql", PROMQL),
        ("comparator", ">"),
        ("limit", LIMIT),
        ("unit", "per minute"),
        ("window", "1 min"),
        ("for", FOR),
        ("severity", "p1"),
        ("no-data", "unknown"),
        ("on-firing", "incident"),
        ("why", ""),
        ("do", "replay-7d"),
    ];
    let (mut ours, mut floors, mut others, mut rows) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for run in 0..=runs {
        let other = tokio::spawn(pages(browser.again(), console.clone()));
        let begun = Instant::now();
        let answer = browser.post_once(path, &keyed(&fields)).await?;
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
    Ok(Served { ours, floor, others, rows })
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_replay_that_is_drawn_late_or_blocks_the_page_misses_its_target() {
        assert!(is_met(1000.0, 0.0) && is_met(90.0, 100.0));
        assert!(!is_met(1000.1, 0.0), "too late");
        assert!(!is_met(90.0, 100.1), "the page was blocked");
    }

    #[test]
    fn a_task_that_the_browser_does_not_tell_of_is_not_said_to_take_no_time() {
        assert_eq!([0.0, 50.0, 123.0].map(task), ["below 50.0 ms", "50.0 ms", "123 ms"]);
    }
}
