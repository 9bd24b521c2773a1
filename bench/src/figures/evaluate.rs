//! A round of the evaluator over a thousand thresholds, each with a query of its own, answered at once on this machine, and
//! how long it is until that round is stored; beside it the same thousand queries asked without Gantry.

use std::{net::SocketAddr, time::Duration};

use chrono::{DateTime, Utc};
use sqlx::postgres::PgListener;
use tokio::{
    task::JoinSet,
    time::{Instant, sleep, timeout_at},
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
    stats::{Stats, millis, ms},
    world::{Needs, World},
};

/// How many thresholds.
const MANY: i32 = 1000;
/// How many queries Gantry asks at the same time; the floor does the same.
const AT_ONCE: usize = 16;
/// The most for a round, stored, and for Gantry's own part of it, in milliseconds.
const MOST: (f64, f64) = (2000.0, 20.0);
/// How long a round is waited for before it is asked for again.
const PATIENCE: Duration = Duration::from_secs(10);
/// How long is left after a round for what follows it: pages are told, and a round that the period began meanwhile ends.
const CALM: Duration = Duration::from_millis(500);

pub(super) async fn measure(place: &Place, options: &Options) -> Result<Found, Fail> {
    let mut world = World::start(place, Needs::default()).await?;
    let found = with(&mut world, options.runs.max(3)).await;
    world.stop().await;
    found
}

/// One round, in milliseconds.
struct Round {
    /// From the first question to the last verdict, as the panel counts.
    took: f64,
    /// What of that is its own work, as the panel counts.
    own: f64,
    /// From the first question until Postgres says that the round is stored, as we see it.
    stored: f64,
}

async fn with(world: &mut World, runs: usize) -> Result<Found, Fail> {
    GoLive::open(&mut world.admin().await?, "v2.5.0").await?;
    fill(world).await?;
    let prometheus = metrics::serve().await?;
    world.watch_with(&format!("http://{prometheus}"));
    world.stop_panel().await;
    world.start_panel()?;
    world.until_ready().await?;
    until_pasts_are_known(world).await?;
    let mut told = PgListener::connect_with(world.pool()).await?;
    told.listen("gantry").await?;
    round(world, &mut told).await?;
    let (mut rounds, mut floors, mut rows) = (Vec::new(), Vec::new(), Vec::new());
    for run in 1..=runs {
        let ours = round(world, &mut told).await?;
        let floor = floor(prometheus).await?;
        rows.push(vec![run.to_string(), ms(ours.took), ms(ours.own), ms(ours.stored), ms(floor)]);
        rounds.push(ours);
        floors.push(floor);
    }
    let took = Stats::of_each(&rounds, |one| one.took);
    let own = Stats::of_each(&rounds, |one| one.own);
    let stored = Stats::of_each(&rounds, |one| one.stored);
    let floor = Stats::of(&floors);
    Ok(Found {
        measured: format!("{} / {} / {}", ms(took.p50), ms(own.p50), ms(stored.p50)),
        floor: format!("the same {MANY} queries asked alone {}", ms(floor.p50)),
        // Nothing is stored before it is judged: where the third number is within the limit, so is the first.
        met: Some(stored.p50 <= MOST.0 && own.p50 <= MOST.1),
        details: format!(
            "{}\n{MANY} thresholds with {MANY} distinct queries, {AT_ONCE} asked at the same time. The first number is a round \
             from the first question to the last verdict; the second is what of that is Gantry's own: choosing what to ask and \
             judging every answer, without HTTP and without Postgres. Neither has the writing in it. The third is from the same \
             first question until Postgres tells a listener that the round's one transaction is committed, with how each of the \
             thresholds stands now; the 2 s are kept only where that is below them, too. The panel says the first two of itself, in \
             whole milliseconds and in microseconds; the third is seen from outside, by the clock of the same machine. \
             The curves of the new thresholds have got their past before.",
            table(&["run", "round", "own part", "stored after", "floor"], &rows)
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

/// Waits until the panel has asked what was before the thresholds: that is done once, and would go on beside the first rounds.
async fn until_pasts_are_known(world: &World) -> Result<(), Fail> {
    let deadline = Instant::now() + Duration::from_mins(2);
    while Instant::now() < deadline {
        let known: i64 = sqlx::query_scalar(
            "select count(*) from threshold_pasts p join thresholds t on t.id = p.threshold_id
             where t.key like 'many-%' and p.filled_at is not null",
        )
        .fetch_one(world.pool())
        .await?;
        if known >= i64::from(MANY) {
            return Ok(());
        }
        sleep(Duration::from_millis(200)).await;
    }
    Err(Fail::said("the curves of the thresholds do not get their past"))
}

/// Has everything evaluated now and waits until that round is stored.
async fn round(world: &World, told: &mut PgListener) -> Result<Round, Fail> {
    let before: Option<DateTime<Utc>> =
        sqlx::query_scalar("select began_at from evaluator").fetch_optional(world.pool()).await?;
    let deadline = Instant::now() + Duration::from_mins(1);
    while Instant::now() < deadline {
        sqlx::query("select pg_notify('gantry', 'threshold-edits')").execute(world.pool()).await?;
        // Others say the same, and what was said before is heard first: the row tells whether it is a new round.
        while let Some(at) = next_told(told).await? {
            let row: Option<(DateTime<Utc>, i32, i32, i32)> =
                sqlx::query_as("select began_at, took_ms, own_us, thresholds from evaluator")
                    .fetch_optional(world.pool())
                    .await?;
            if let Some((began, took, own, thresholds)) = row
                && Some(began) != before
                && thresholds >= MANY
            {
                let stored = (at - began)
                    .to_std()
                    .map_err(|_| Fail::said("the machine's clock was set back during a round"))?;
                sleep(CALM).await;
                return Ok(Round {
                    took: f64::from(took),
                    own: f64::from(own) / 1000.0,
                    stored: millis(stored),
                });
            }
        }
    }
    Err(Fail::said("the evaluator does not run"))
}

/// When Postgres next tells of a change to the thresholds, which it does as soon as that is committed; none where it tells
/// of none for a while.
async fn next_told(told: &mut PgListener) -> Result<Option<DateTime<Utc>>, Fail> {
    let deadline = Instant::now() + PATIENCE;
    while let Ok(heard) = timeout_at(deadline, told.recv()).await {
        if heard?.payload() == "thresholds" {
            return Ok(Some(Utc::now()));
        }
    }
    Ok(None)
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
