//! One rollout after the other, so that there is always one to be killed in. Every third is taken back from 50 %.

use std::time::Duration;

use gantry_domain::rollout::{Held, Phase};
use sqlx::PgPool;
use tokio::{
    sync::watch,
    time::{Instant, sleep},
};

use crate::{client::Browser, fail::Fail, golive::GoLive};

/// How long one rollout may take, with all its kills, before it counts as stuck.
const BOUND: Duration = Duration::from_mins(10);

/// How they ended.
#[derive(Debug, Default)]
pub(super) struct Released {
    complete: usize,
    taken_back: usize,
    /// What nobody asked for, in words.
    pub(super) surprises: Vec<String>,
}

impl Released {
    /// For the table.
    pub(super) fn words(&self) -> String {
        format!("{} complete, {} taken back", self.complete, self.taken_back)
    }
}

/// Releases until told to stop, and brings the last one to its end.
pub(super) async fn release(
    mut browser: Browser,
    pool: PgPool,
    stopped: watch::Receiver<bool>,
) -> Result<Released, Fail> {
    let mut released = Released::default();
    let mut number = 0;
    while !*stopped.borrow() {
        number += 1;
        let go_live = GoLive::open(&mut browser, &format!("v4.0.{number}")).await?;
        go_live.roll_out(&mut browser, &pool, &[("10", "2 s"), ("50", "3 s"), ("100", "")]).await?;
        follow(&go_live, &mut browser, &pool, number % 3 == 0, &mut released).await?;
    }
    Ok(released)
}

async fn follow(
    go_live: &GoLive,
    browser: &mut Browser,
    pool: &PgPool,
    take_back: bool,
    released: &mut Released,
) -> Result<(), Fail> {
    let deadline = Instant::now() + BOUND;
    let mut asked = false;
    loop {
        let Some(rollout) = go_live.rollout(pool).await? else {
            return Err(Fail::said("a rollout that was started is not in the database"));
        };
        match &rollout.phase {
            Phase::Complete => released.complete += 1,
            Phase::RolledBack { .. } if asked => released.taken_back += 1,
            Phase::RolledBack { why } => released.surprises.push(format!("rolled back: {why:?}")),
            Phase::Aborted { why } => released.surprises.push(format!("aborted: {why}")),
            Phase::Soaking { step: 1, .. } if take_back && !asked => {
                asked = true;
                go_live.roll_back(browser).await?;
            }
            Phase::Held {
                why: why @ (Held::Drift { .. } | Held::Breach { .. } | Held::Person { .. }),
                ..
            } if !asked => {
                released.surprises.push(format!("held: {why:?}"));
                asked = true;
                go_live.roll_back(browser).await?;
            }
            phase if Instant::now() > deadline => {
                return Err(Fail::said(format!("a rollout is stuck: {phase:?}")));
            }
            _ => {}
        }
        if rollout.phase.is_over() {
            return Ok(());
        }
        sleep(Duration::from_millis(50)).await;
    }
}
