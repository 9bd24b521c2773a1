//! What runs in the cluster beside the image. When somebody changes it, statements of the checklist are stale, as they are
//! when another release is chosen. What the panel changes there itself does not count.

use gantry_domain::golive::GoLive;
use gantry_domain::mitigation::variables;
use gantry_domain::preset::{Preset, Workload};
use gantry_domain::release::{Noticed, Running};
use serde_json::json;

use crate::live::topics;
use crate::store::{Db, StoreError, audit, go_lives, mitigations, rollouts};

/// So many of the last actions on a workload are looked through for variables that they set or removed.
const ACTIONS: i64 = 200;

/// Names of the variables of a workload that are the panel's to set. `preset` is the one that its integration goes by;
/// without one they are those of all.
pub async fn ours(
    db: &Db,
    presets: &[Preset],
    preset: Option<&Preset>,
    workload: &Workload,
) -> Result<Vec<String>, StoreError> {
    // Also those that were removed since: what a variable returned to is no change of somebody else.
    let done = db.read(mitigations::lately_on(db.pool(), workload, ACTIONS)).await?;
    Ok(match preset {
        Some(preset) => variables([&preset.mitigations], &done),
        None => variables(presets.iter().map(|preset| &preset.mitigations), &done),
    })
}

/// Keeps what a look at the cluster saw. Whether it is something else than was known: then statements are stale by it.
pub async fn notice(db: &Db, go_live: &GoLive, seen: Running) -> Result<bool, StoreError> {
    let id = go_live.id;
    match Running::notice(go_live.running.as_ref(), &seen) {
        Noticed::Nothing => Ok(false),
        Noticed::First => {
            db.tx(move |tx| Box::pin(async move { go_lives::first_running(tx, id, &seen).await })).await?;
            Ok(false)
        }
        Noticed::Changed { from } => {
            let from = from.clone();
            db.tx(move |tx| {
                Box::pin(async move {
                    // Somebody else noticed something in the meantime; the next look compares with that.
                    if !go_lives::change_running(tx, id, &from, &seen).await? {
                        return Ok(false);
                    }
                    tx.announce(topics::go_live(id));
                    tx.announce(topics::GO_LIVES);
                    tx.audit(&audit::New {
                        at: seen.noticed_at,
                        actor: None,
                        action: "go-live.cluster-configuration-changed",
                        subject: &format!("go-lives/{id}"),
                        detail: json!({ "from": from, "to": seen }),
                    })
                    .await?;
                    Ok(true)
                })
            })
            .await
        }
    }
}

/// The same for a look that starts nothing: only while a change still is about this go-live.
pub async fn follow(db: &Db, go_live: &GoLive, seen: Running) -> Result<bool, StoreError> {
    if Running::notice(go_live.running.as_ref(), &seen) == Noticed::Nothing {
        return Ok(false);
    }
    let newest = db.read(rollouts::latest(db.pool(), go_live.id)).await?;
    if !Running::is_followed(newest.as_ref().map(|stored| &stored.rollout.phase)) {
        return Ok(false);
    }
    notice(db, go_live, seen).await
}
