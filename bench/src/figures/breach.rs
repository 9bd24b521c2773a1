//! From the moment at which Prometheus first tells the evaluator of a breach to the incident in somebody's open list of
//! incidents, in a real Chromium. When the evaluator asks is its period's affair and not counted: it is told to ask at once.

use std::{collections::BTreeMap, time::UNIX_EPOCH};

use axum::{Router, extract::Path, http::StatusCode, routing::post};
use serde::Deserialize;
use serde_json::json;

use super::{Found, visible::script};
use crate::{
    fail::Fail,
    golive::GoLive,
    metrics::{self, Breaches},
    place::Place,
    stats::{Stats, ms},
    world::{Needs, World},
};

/// How many thresholds breach, one after the other.
const SAMPLES: i32 = 20;
/// The most, in milliseconds.
const MOST: f64 = 500.0;

/// What the browser saw.
#[derive(Deserialize)]
struct Seen {
    /// When each incident stood in the page, in milliseconds since 1970, by the metric's name.
    shown: BTreeMap<String, f64>,
    /// How long the same page takes to fetch the list itself, in milliseconds.
    fetched: Vec<f64>,
}

pub(super) async fn measure(place: &Place) -> Result<Found, Fail> {
    let mut world = World::start(place, Needs::default()).await?;
    let found = with(place, &mut world).await;
    world.stop().await;
    found
}

async fn with(place: &Place, world: &mut World) -> Result<Found, Fail> {
    GoLive::open(&mut world.admin().await?, "v2.5.0").await?;
    fill(world).await?;
    let breaches = Breaches::default();
    let (begins, pool) = (breaches.clone(), world.pool().clone());
    let switch = post(async move |Path(metric): Path<String>| {
        begins.begin(&metric);
        let asked = sqlx::query("select pg_notify('gantry', 'threshold-edits')").execute(&pool).await;
        if asked.is_ok() { StatusCode::NO_CONTENT } else { StatusCode::SERVICE_UNAVAILABLE }
    });
    let prometheus =
        metrics::serve_with(breaches.clone(), Router::new().route("/breach/{metric}", switch)).await?;
    world.watch_with(&format!("http://{prometheus}"));
    world.stop_panel().await;
    world.start_panel()?;
    world.until_ready().await?;
    let told = json!({ "breach": format!("http://{prometheus}/breach"), "samples": SAMPLES });
    let seen: Seen = serde_json::from_value(script(place, world, "breach.mjs", &told).await?)?;
    let mut times = Vec::new();
    for (metric, shown) in &seen.shown {
        let told = breaches.told_at(metric).and_then(|at| at.duration_since(UNIX_EPOCH).ok());
        let told = told.ok_or_else(|| Fail::said(format!("{metric} was never asked for")))?;
        times.push(shown - told.as_secs_f64() * 1000.0);
    }
    let (times, fetched) = (Stats::of(&times), Stats::of(&seen.fetched));
    Ok(Found {
        measured: ms(times.p50),
        floor: format!("the same page's own fetch of the list {}", ms(fetched.p50)),
        met: Some(times.p50 <= MOST),
        details: format!(
            "{}. From Prometheus' first answer above the limit, by this program's clock, to the incident's line in the list that \
             somebody has open, by Chromium's clock on the same machine. Each of {SAMPLES} thresholds breaches once; each opens \
             an incident of its own, with its timeline, its messages and its first clock. The evaluator is told to ask when the \
             metric rises, as after an edit, so that its period of 15 s does not count.",
            times.words()
        ),
    })
}

/// Thresholds that have nothing to do with each other.
async fn fill(world: &World) -> Result<(), Fail> {
    sqlx::query(
        "insert into thresholds (id, integration_id, key, position, version, created_at)
         select gen_random_uuid(), (select id from integrations where preset = 'posthog' limit 1), 'breach-' || n, 100 + n, 1, now()
         from generate_series(1, $1) n",
    )
    .bind(SAMPLES)
    .execute(world.pool())
    .await?;
    sqlx::query(
        "insert into threshold_versions (threshold_id, number, rule, at, why)
         select id, 1, jsonb_build_object('key', key, 'name', 'Measured ' || key, 'promql',
             'sum(breach_' || (position - 100) || '_x)', 'comparator', 'above', 'limit', 10, 'unit', '', 'window_seconds', 60,
             'for_seconds', 0, 'severity', 'p1'), now(), 'measured'
         from thresholds where key like 'breach-%'",
    )
    .execute(world.pool())
    .await?;
    Ok(())
}
