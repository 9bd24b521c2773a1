//! The page of an incident with two thousand entries: how long the server takes for it when nothing kept is good, and what its
//! first load weighs.

use std::time::{Duration, Instant};

use tokio::time::sleep;
use uuid::Uuid;

use super::{Found, first_load::own_files};
use crate::{
    client::Browser,
    fail::Fail,
    place::Place,
    stats::{Stats, kb, ms},
    world::{Needs, World},
};

/// Entries of the timeline.
const ENTRIES: i32 = 2_000;
/// Pages that are timed.
const PAGES: u32 = 100;
/// The time that a page may take, in milliseconds.
const LONGEST: f64 = 50.0;
/// Bytes that the first load may have.
const MOST: usize = 150_000;

pub(super) async fn measure(place: &Place) -> Result<Found, Fail> {
    let world = World::start(place, Needs::default()).await?;
    let found = with(&world).await;
    world.stop().await;
    found
}

async fn with(world: &World) -> Result<Found, Fail> {
    let mut browser = world.admin().await?;
    let path = open(world, &mut browser).await?;
    let id: Uuid =
        path.rsplit('/').next().unwrap_or_default().parse().map_err(|_| Fail::said("no incident"))?;
    fill(world, id).await?;
    let (mut anew, mut again) = (Vec::new(), Vec::new());
    for _ in 0..PAGES {
        // Any change makes what was kept worthless; it is heard within a moment.
        sqlx::query("select pg_notify('gantry', 'incidents')").execute(world.pool()).await?;
        sleep(Duration::from_millis(20)).await;
        anew.push(timed(&mut browser, &path).await?);
        again.push(timed(&mut browser, &path).await?);
    }
    let (anew, again) = (Stats::of_times(&anew), Stats::of_times(&again));
    let page = browser.page(&path).await?;
    let text = page.text();
    let mut sum = browser.get(&path, Some("br")).await?.body.len();
    let mut files = own_files(&text);
    files.sort();
    files.dedup();
    for file in &files {
        sum += browser.get(file, Some("br")).await?.body.len();
    }
    let shown = text.matches("id=\"entry-").count();
    Ok(Found {
        measured: format!("{} / {}", ms(anew.p50), kb(sum)),
        floor: format!("the same page from memory {}", ms(again.p50)),
        met: Some(anew.p50 <= LONGEST && sum <= MOST),
        details: format!(
            "{ENTRIES} entries, of which a page shows {shown} and leads to the rest; {} uncompressed. Read and rendered anew: \
             {}. From memory: {}. Each is one request of one browser, answer included. The first load is the page and {} files, \
             all with brotli.",
            kb(page.body.len()),
            anew.words(),
            again.words(),
            files.len()
        ),
    })
}

async fn timed(browser: &mut Browser, path: &str) -> Result<Duration, Fail> {
    let before = Instant::now();
    browser.page(path).await?;
    Ok(before.elapsed())
}

/// An incident about the demo's integration; its address.
pub(super) async fn open(world: &World, browser: &mut Browser) -> Result<String, Fail> {
    let integration: Uuid =
        sqlx::query_scalar("select id from integrations order by workload is null limit 1")
            .fetch_one(world.pool())
            .await?;
    let integration = integration.to_string();
    let fields = [
        ("integration", integration.as_str()),
        ("severity", "p2"),
        ("title", "Measured"),
        ("sentence", "Opened for measuring"),
    ];
    browser.form("/incidents", &fields).await
}

async fn fill(world: &World, id: Uuid) -> Result<(), Fail> {
    sqlx::query(
        "insert into incident_entries (id, incident_id, kind, happened_at, recorded_at, actor_name, text, detail, public)
         select gen_random_uuid(), $1, (array['threshold', 'reading', 'action', 'note', 'message'])[1 + n % 5],
             now() - n * interval '7 seconds', now() - n * interval '5 seconds', null,
             'Entry ' || n || ': 5xx is ' || n % 40 || ' per minute, above the limit of 10', '{}', false
         from generate_series(1, $2) as n",
    )
    .bind(id)
    .bind(ENTRIES)
    .execute(world.pool())
    .await?;
    Ok(())
}
