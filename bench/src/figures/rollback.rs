//! The way back from 50 %: from the form's post to the last old pod being ready, against the time that a pod takes to
//! become ready in the same run; and the lowest number of ready pods on the way, from the cluster's own watch.

use std::time::{Duration, Instant};

use gantry_domain::rollout::Phase;

use super::{Found, SCRAPE};
use crate::{
    Options,
    client::Browser,
    cluster::{self, Watch},
    fail::Fail,
    golive::{GoLive, IMAGE},
    place::Place,
    report::table,
    stats::{Stats, millis, ms},
    world::{Needs, World},
};

/// The most beyond a pod's own start, in milliseconds.
const MOST: f64 = 1000.0;
/// How long one rollback may take before something is wrong.
const BOUND: Duration = Duration::from_mins(2);

struct Run {
    took: Duration,
    pod: Duration,
    lowest: u32,
    replicas: u32,
}

impl Run {
    fn beyond(&self) -> f64 {
        millis(self.took) - millis(self.pod)
    }
}

pub(super) async fn measure(place: &Place, options: &Options) -> Result<Found, Fail> {
    let world = World::start(place, Needs { prometheus: Some(SCRAPE), ..Needs::default() }).await?;
    let found = with(&world, options.runs).await;
    world.stop().await;
    found
}

async fn with(world: &World, runs: usize) -> Result<Found, Fail> {
    let mut browser = world.admin().await?;
    let mut all = Vec::new();
    for run in 0..runs.max(1) {
        all.push(once(world, &mut browser, run).await?);
    }
    let beyond = Stats::of(&all.iter().map(Run::beyond).collect::<Vec<_>>());
    let pod = Stats::of_times(&all.iter().map(|run| run.pod).collect::<Vec<_>>());
    let never_below = all.iter().all(|run| run.lowest >= run.replicas);
    let lowest = all.iter().map(|run| run.lowest).min().unwrap_or_default();
    let replicas = all.first().map(|run| run.replicas).unwrap_or_default();
    let rows: Vec<_> = all
        .iter()
        .enumerate()
        .map(|(number, run)| {
            vec![
                (number + 1).to_string(),
                ms(millis(run.took)),
                ms(millis(run.pod)),
                ms(run.beyond()),
                format!("{} of {}", run.lowest, run.replicas),
            ]
        })
        .collect();
    Ok(Found {
        measured: format!("{} beyond / lowest {lowest} of {replicas}", ms(beyond.p50)),
        floor: format!("one pod's start {}", ms(pod.p50)),
        met: Some(beyond.max <= MOST && never_below),
        details: format!(
            "{}\nFrom the post of the form to the last old pod ready; the target holds for the slowest run. The floor is the \
             slowest start of a pod in the same rollback.",
            table(&["run", "all old pods ready", "slowest pod's own start", "beyond", "lowest ready"], &rows)
        ),
    })
}

async fn once(world: &World, browser: &mut Browser, run: usize) -> Result<Run, Fail> {
    let go_live = GoLive::open(browser, &format!("v3.0.{run}")).await?;
    go_live.roll_out(browser, world.pool(), &[("10", ""), ("50", "30 min"), ("100", "")]).await?;
    let half = |phase: &Phase| match phase {
        Phase::Soaking { step: 1, .. } => true,
        Phase::Held { from, .. } => matches!(**from, Phase::Soaking { step: 1, .. }),
        _ => false,
    };
    let rollout = go_live.until(world.pool(), BOUND, |rollout| half(&rollout.phase)).await?;
    let mut watch = cluster::watch(world.kube()?).await?;
    let from = Instant::now();
    go_live.roll_back(browser).await?;
    let new = format!("{IMAGE}:v3.0.{run}");
    let seen = back(&mut watch, &new, &rollout.stable.image, rollout.replicas).await?;
    let (at, pod, lowest) = seen;
    go_live.until(world.pool(), BOUND, |rollout| rollout.phase.is_over()).await?;
    Ok(Run { took: at - from, pod, lowest, replicas: rollout.replicas })
}

/// Follows the pods until all old ones are ready and no new one is left.
async fn back(
    watch: &mut Watch,
    new: &str,
    stable: &str,
    replicas: u32,
) -> Result<(Instant, Duration, u32), Fail> {
    let (mut lowest, mut slowest, mut ready_at) = (u32::MAX, Duration::ZERO, None);
    let follow = async {
        while let Some(moment) = watch.moments.recv().await {
            lowest = lowest.min(moment.ready());
            slowest = slowest.max(moment.started_in.unwrap_or_default());
            let old = moment.of(stable);
            if old.ready >= replicas && ready_at.is_none() {
                ready_at = Some(moment.at);
            }
            if ready_at.is_some() && moment.of(new).pods == 0 {
                return;
            }
        }
    };
    let ended = tokio::time::timeout(BOUND, follow).await;
    match (ready_at, ended) {
        (Some(at), Ok(())) => Ok((at, slowest, lowest)),
        _ => Err(Fail::said("the old pods did not all come back")),
    }
}
