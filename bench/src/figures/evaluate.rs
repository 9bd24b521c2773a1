//! A round of the evaluator over a thousand thresholds, each with a query of its own, answered at once on this machine;
//! beside it the same thousand queries asked without Gantry.

use std::{net::SocketAddr, time::Duration};

use tokio::{
    task::JoinSet,
    time::{Instant, sleep},
};

use super::Found;
use crate::{
    Options,
    client::Browser,
    fail::Fail,
    golive::GoLive,
    metrics,
    place::Place,
    report::table,
    stats::{Stats, ms},
    world::{Needs, World},
};

/// How many thresholds.
const MANY: i32 = 1000;
/// How many queries Gantry asks at the same time; the floor does the same.
const AT_ONCE: usize = 16;
/// The most for a round, and for Gantry's own part of it, in milliseconds.
const MOST: (f64, f64) = (2000.0, 20.0);

pub(super) async fn measure(place: &Place, options: &Options) -> Result<Found, Fail> {
    let mut world = World::start(place, Needs::default()).await?;
    let found = with(&mut world, options.runs.max(3)).await;
    world.stop().await;
    found
}

/// One round as the panel stored it, in milliseconds.
struct Round {
    took: f64,
    own: f64,
}

async fn with(world: &mut World, runs: usize) -> Result<Found, Fail> {
    GoLive::open(&mut world.admin().await?, "v2.5.0").await?;
    fill(world).await?;
    let prometheus = metrics::serve().await?;
    world.watch_with(&format!("http://{prometheus}"));
    world.stop_panel().await;
    world.start_panel()?;
    world.until_ready().await?;
    round(world).await?;
    let (mut took, mut own, mut floors, mut rows) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for run in 1..=runs {
        let ours = round(world).await?;
        let floor = floor(prometheus).await?;
        rows.push(vec![run.to_string(), ms(ours.took), ms(ours.own), ms(floor)]);
        took.push(ours.took);
        own.push(ours.own);
        floors.push(floor);
    }
    let (took, own, floor) = (Stats::of(&took), Stats::of(&own), Stats::of(&floors));
    Ok(Found {
        measured: format!("{} / {}", ms(took.p50), ms(own.p50)),
        floor: format!("the same {MANY} queries asked alone {}", ms(floor.p50)),
        met: Some(took.p50 <= MOST.0 && own.p50 <= MOST.1),
        details: format!(
            "{}\n{MANY} thresholds with {MANY} distinct queries, {AT_ONCE} asked at the same time. A round is from the first \
             question to the last verdict; its own part is choosing what to ask and judging every answer, without HTTP, and \
             without Postgres, which stores the round in one transaction.",
            table(&["run", "round", "own part", "floor"], &rows)
        ),
    })
}

async fn fill(world: &World) -> Result<(), Fail> {
    sqlx::query(
        "insert into thresholds (id, integration_id, key, position, version, created_at)
         select gen_random_uuid(), (select id from integrations where preset = 'posthog' limit 1), 'many-' || n, 100 + n, 1, now()
         from generate_series(1, $1) n",
    )
    .bind(MANY)
    .execute(world.pool())
    .await?;
    sqlx::query(
        "insert into threshold_versions (threshold_id, number, rule, at, why)
         select id, 1, jsonb_build_object('key', key, 'name', key, 'promql', 'sum(metric_' || position || ')', 'comparator',
             'above', 'limit', 10, 'unit', '', 'window_seconds', 60, 'for_seconds', 0, 'severity', 'p3'), now(), 'measured'
         from thresholds where key like 'many-%'",
    )
    .execute(world.pool())
    .await?;
    Ok(())
}

/// Has everything evaluated now and waits for that round.
async fn round(world: &World) -> Result<Round, Fail> {
    let before: Option<String> =
        sqlx::query_scalar("select began_at::text from evaluator").fetch_optional(world.pool()).await?;
    let deadline = Instant::now() + Duration::from_mins(1);
    while Instant::now() < deadline {
        sqlx::query("select pg_notify('gantry', 'threshold-edits')").execute(world.pool()).await?;
        sleep(Duration::from_millis(500)).await;
        let row: Option<(String, i32, i32, i32)> =
            sqlx::query_as("select began_at::text, took_ms, own_us, thresholds from evaluator")
                .fetch_optional(world.pool())
                .await?;
        if let Some((began, took, own, thresholds)) = row
            && Some(&began) != before.as_ref()
            && thresholds >= MANY
        {
            return Ok(Round { took: f64::from(took), own: f64::from(own) / 1000.0 });
        }
    }
    Err(Fail::said("the evaluator does not run"))
}

/// The same number of questions, as many at the same time, on kept connections.
async fn floor(prometheus: SocketAddr) -> Result<f64, Fail> {
    let share = usize::try_from(MANY).unwrap_or(0) / AT_ONCE;
    let begun = Instant::now();
    let mut asking = JoinSet::new();
    for _ in 0..AT_ONCE {
        asking.spawn(async move {
            let mut browser = Browser::new(prometheus);
            for _ in 0..share {
                browser.post_once("/api/v1/query", "query=sum%28metric%29").await?;
            }
            Ok::<_, Fail>(())
        });
    }
    while let Some(asked) = asking.join_next().await {
        asked.map_err(|error| Fail::said(error.to_string()))??;
    }
    Ok(begun.elapsed().as_secs_f64() * 1000.0)
}
