//! A panel that is killed with `kill -9` at random moments while it rolls out, rolls back and takes sign-offs. Three look
//! on, each by itself: the cluster's watch counts pods, the database tells who drives, and every sign-off that was
//! answered is looked for in the end.

mod guard;
mod releases;
mod signer;

use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};

use gantry_domain::rollout::Rollout;
use rand::Rng as _;
use sqlx::types::Json;
use tokio::{sync::watch, time::sleep};
use uuid::Uuid;

use super::{Found, SCRAPE};
use crate::{
    Options, cluster,
    fail::Fail,
    golive::GoLive,
    place::Place,
    report::table,
    stats::{Stats, ms},
    world::{Needs, World},
};

/// The longest until the rollout is driven again, in milliseconds.
const MOST: f64 = 25_000.0;
/// How long it is waited for, so that a slow one is seen as what it is.
const BOUND: Duration = Duration::from_secs(90);
/// The longest that the panel is left alone after it drives again.
const LONGEST_REST: u64 = 3000;
/// The longest after a change of phase for those kills that are to come close to one, in milliseconds.
const CLOSE: u64 = 400;
/// One of this many kills comes before the panel drives again.
const EARLY: u32 = 8;

/// Starts and resumptions that were seen.
#[derive(Debug, Default)]
struct Resumed {
    times: Vec<Duration>,
    /// Killed again before it drove.
    cut_short: usize,
    /// Killed when the rollout had just come to its end.
    over: usize,
    /// The phases in which it was killed.
    phases: BTreeMap<&'static str, usize>,
}

/// How the database says that a rollout is driven: under which lease, and when it was last observed (microseconds).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Driven {
    epoch: i64,
    observed: i64,
}

pub(super) async fn measure(place: &Place, options: &Options) -> Result<Found, Fail> {
    let needs = Needs { pod_start_ms: 300, pod_stop_ms: 150, prometheus: Some(SCRAPE) };
    let mut world = World::start(place, needs).await?;
    let found = with(&mut world, options.kills).await;
    world.stop().await;
    found
}

async fn with(world: &mut World, kills: usize) -> Result<Found, Fail> {
    let began = Instant::now();
    let mut browser = world.admin().await?;
    let checklist = GoLive::open_plain(&mut browser, 5).await?;
    let pool = world.pool().clone();
    let (stop, stopped) = watch::channel(false);
    let (dismiss, dismissed) = watch::channel(false);
    let pods = cluster::watch(world.kube()?).await?;
    let guard = tokio::spawn(guard::stand(pods, pool.clone(), dismissed));
    let signing = signer::sign(browser.again(), pool.clone(), checklist.clone(), stopped.clone());
    let signing = tokio::spawn(signing);
    let releasing = tokio::spawn(releases::release(browser.again(), pool.clone(), stopped));

    let killed = kill(world, kills).await;
    let _both_failed = stop.send(true);
    let resumed = match killed {
        Ok(resumed) => resumed,
        Err(fail) if releasing.is_finished() => {
            let why =
                releasing.await.map_err(Fail::from)?.err().map(|why| why.to_string()).unwrap_or_default();
            return Err(Fail::said(format!("{fail}\nThe rollouts ended: {why}")));
        }
        Err(fail) => return Err(fail),
    };
    let signatures = signing.await.map_err(Fail::from)??;
    let released = releasing.await.map_err(Fail::from)??;
    let _it_failed = dismiss.send(true);
    let guarded = guard.await.map_err(Fail::from)??;
    let signed = signer::check(&pool, &checklist, &signatures).await?;
    let verified = world.command(&["audit", "verify"]).await?;

    let stats = Stats::of_times(&resumed.times);
    let met = guarded.overshoots.is_empty()
        && signed.lost == 0
        && signed.repeated == 0
        && stats.max <= MOST
        && released.surprises.is_empty();
    let phases: Vec<_> = resumed.phases.iter().map(|(phase, count)| format!("{phase} {count}")).collect();
    let mut rows = vec![
        vec![
            "kills".into(),
            format!(
                "{kills}: {} in a rollout that then went on, {} before that, {} when it had just ended",
                resumed.times.len(),
                resumed.cut_short,
                resumed.over
            ),
        ],
        vec!["killed while".into(), phases.join(", ")],
        vec!["restart → driven again".into(), stats.words()],
        vec!["rollouts".into(), released.words()],
        vec![
            "overshoots".into(),
            format!("{} in {} changes of pods", guarded.overshoots.len(), guarded.moments),
        ],
        vec!["lowest ready".into(), format!("{} of {}", guarded.lowest_ready, guarded.replicas)],
        vec![
            "sign-offs".into(),
            format!(
                "{} answered, {} lost, {} repeated, {} sent again",
                signatures.notes.len(),
                signed.lost,
                signed.repeated,
                signatures.sent_again
            ),
        ],
        vec!["audit log".into(), verified.trim().replace('\n', " ")],
        vec!["took".into(), format!("{:.0} min", began.elapsed().as_secs_f64() / 60.0)],
    ];
    rows.extend(guarded.overshoots.iter().take(5).map(|what| vec!["overshoot".into(), what.clone()]));
    rows.extend(released.surprises.iter().take(5).map(|what| vec!["surprise".into(), what.clone()]));
    Ok(Found {
        measured: format!(
            "{kills} kills: {} overshoots, {} lost, {} repeated, resumes p50 {}, worst {} ({} of {kills} timed)",
            guarded.overshoots.len(),
            signed.lost,
            signed.repeated,
            ms(stats.p50),
            ms(stats.max),
            resumed.times.len()
        ),
        floor: format!("lowest ready {} of {}", guarded.lowest_ready, guarded.replicas),
        met: Some(met),
        details: format!(
            "{}\nAn overshoot is a moment with more new pods than the step in the database's row allows. Driven again means: \
             a new lease, and the row observed under it. Soaks of 2 to 3 s, pods ready after 0.3 s, judged by a real \
             Prometheus; half of the kills within 0.4 s of a change of phase; every third rollout is taken back from 50 %.",
            table(&["", ""], &rows)
        ),
    })
}

/// Kills and starts the panel, each time at a random moment of a running rollout.
async fn kill(world: &mut World, kills: usize) -> Result<Resumed, Fail> {
    let mut resumed = Resumed::default();
    for number in 1..=kills {
        sleep(random(0..LONGEST_REST)).await;
        if rand::rng().random_bool(0.5) {
            // Most of the time is spent in soaks; half of the kills are close to a write.
            until_phase_changes(world).await?;
            sleep(random(0..CLOSE)).await;
        }
        let (id, phase) = running(world).await?;
        *resumed.phases.entry(phase).or_default() += 1;
        world.kill_panel().await;
        // What was sent to Postgres before the end may still be committed.
        sleep(Duration::from_millis(30)).await;
        let before = driven(world, id).await?;
        let is_over = !is_active(world, id).await?;
        let started = world.start_panel()?;
        if number % 20 == 0 {
            eprintln!("  {number} of {kills} kills");
        }
        if is_over {
            // Its last write was through: there is nothing to resume.
            resumed.over += 1;
            continue;
        }
        if rand::rng().random_ratio(1, EARLY) {
            sleep(random(0..1500)).await;
            if driven(world, id).await? == before {
                resumed.cut_short += 1;
                continue;
            }
        }
        resumed.times.push(driven_again(world, id, before, started).await?);
    }
    world.until_ready().await?;
    Ok(resumed)
}

fn random(range: std::ops::Range<u64>) -> Duration {
    Duration::from_millis(rand::rng().random_range(range))
}

/// Waits until a rollout is running: which, and its phase.
async fn running(world: &World) -> Result<(Uuid, &'static str), Fail> {
    let deadline = Instant::now() + BOUND;
    loop {
        let found: Option<(Uuid, Json<Rollout>)> =
            sqlx::query_as("select id, state from rollouts where active limit 1")
                .fetch_optional(world.pool())
                .await?;
        if let Some((id, state)) = found {
            return Ok((id, state.0.phase.label()));
        }
        if Instant::now() > deadline {
            return Err(Fail::said("no rollout was started for a long time"));
        }
        sleep(Duration::from_millis(10)).await;
    }
}

/// Waits until the running rollout's phase is another one, or for some seconds.
async fn until_phase_changes(world: &World) -> Result<(), Fail> {
    let (before, deadline) = (running(world).await?, Instant::now() + Duration::from_secs(8));
    while running(world).await? == before && Instant::now() < deadline {
        sleep(Duration::from_millis(10)).await;
    }
    Ok(())
}

async fn is_active(world: &World, id: Uuid) -> Result<bool, Fail> {
    Ok(sqlx::query_scalar("select active from rollouts where id = $1")
        .bind(id)
        .fetch_one(world.pool())
        .await?)
}

async fn driven(world: &World, id: Uuid) -> Result<Driven, Fail> {
    let (epoch, observed): (i64, i64) = sqlx::query_as(
        "select coalesce((select epoch from leases where name = 'rollout:' || r.id), 0),
             coalesce((extract(epoch from r.observed_at) * 1000000)::bigint, 0)
         from rollouts r where r.id = $1",
    )
    .bind(id)
    .fetch_one(world.pool())
    .await?;
    Ok(Driven { epoch, observed })
}

/// Waits until a new lease was taken and the rollout was observed under it.
async fn driven_again(world: &World, id: Uuid, before: Driven, started: Instant) -> Result<Duration, Fail> {
    loop {
        let now = driven(world, id).await?;
        if now.epoch > before.epoch && now.observed > before.observed {
            return Ok(started.elapsed());
        }
        if let Some(status) = world.panel().status() {
            let log = world.panel().last_lines(20);
            return Err(Fail::said(format!("the panel ended by itself ({status}):\n{log}")));
        }
        if started.elapsed() > BOUND {
            let log = world.panel().last_lines(20);
            return Err(Fail::said(format!(
                "not driven again after {} s; the panel says:\n{log}",
                BOUND.as_secs()
            )));
        }
        sleep(Duration::from_millis(10)).await;
    }
}
