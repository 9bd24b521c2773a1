//! Counts pods against what the rollout's row allows. The row is written before the cluster, so a row that is read after
//! a pod was seen must allow it.

use std::collections::HashMap;

use gantry_domain::rollout::Rollout;
use sqlx::{PgPool, types::Json};
use tokio::sync::watch;

use crate::{
    cluster::{Moment, Watch},
    fail::Fail,
    golive::most_new,
};

/// What was seen of the pods.
#[derive(Debug)]
pub(super) struct Guarded {
    /// More new pods than allowed, in words.
    pub(super) overshoots: Vec<String>,
    /// The fewest ready pods there were.
    pub(super) lowest_ready: u32,
    /// The replicas at the start.
    pub(super) replicas: u32,
    /// How many changes of pods were looked at.
    pub(super) moments: usize,
}

/// Looks at every change until told to stop.
pub(super) async fn stand(
    mut watch: Watch,
    pool: PgPool,
    mut stopped: watch::Receiver<bool>,
) -> Result<Guarded, Fail> {
    let first = watch.moments.recv().await.ok_or_else(|| Fail::said("nothing is to be seen of the pods"))?;
    let replicas = first.ready();
    // The pods that stood there before everything are as many as they are.
    let mut allowed: HashMap<String, u32> =
        first.images.keys().map(|image| (image.clone(), u32::MAX)).collect();
    let mut guarded = Guarded { overshoots: Vec::new(), lowest_ready: replicas, replicas, moments: 0 };
    loop {
        let moment = tokio::select! {
            moment = watch.moments.recv() => moment,
            _ = stopped.changed() => None,
        };
        let Some(moment) = moment else { return Ok(guarded) };
        guarded.moments += 1;
        guarded.lowest_ready = guarded.lowest_ready.min(moment.ready());
        look(&moment, &mut allowed, &pool, &mut guarded).await?;
    }
}

async fn look(
    moment: &Moment,
    allowed: &mut HashMap<String, u32>,
    pool: &PgPool,
    guarded: &mut Guarded,
) -> Result<(), Fail> {
    for (image, tally) in &moment.images {
        if tally.pods <= allowed.get(image).copied().unwrap_or_default() {
            continue;
        }
        let row = row(pool, image).await?;
        let most =
            row.as_ref().and_then(|rollout| most_new(&rollout.phase, rollout.replicas)).unwrap_or_default();
        let known = allowed.entry(image.clone()).or_default();
        *known = most.max(*known);
        if tally.pods > *known {
            let phase = row.map_or("in no rollout", |rollout| rollout.phase.label());
            guarded.overshoots.push(format!("{} of {image} while {phase}, {known} allowed", tally.pods));
            // Once is enough to be told.
            *known = tally.pods;
        }
    }
    Ok(())
}

/// The newest rollout of the image.
async fn row(pool: &PgPool, image: &str) -> Result<Option<Rollout>, Fail> {
    let state: Option<Json<Rollout>> = sqlx::query_scalar(
        "select state from rollouts where state->>'new_image' = $1 order by started_at desc limit 1",
    )
    .bind(image)
    .fetch_optional(pool)
    .await?;
    Ok(state.map(|state| state.0))
}
