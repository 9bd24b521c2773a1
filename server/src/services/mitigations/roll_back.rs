//! Rolling back from an incident: asked of the rollout and said on the timeline in one transaction, so that neither is
//! there without the other.

use gantry_domain::actor::Role;
use gantry_domain::incident::entry::EntryKind;
use gantry_domain::preset::Workload;
use gantry_domain::rollout::{Ask, Rollout, WhyRollBack};
use serde_json::json;

use super::{announce, changed, plan};
use crate::services::Caller;
use crate::services::response::{ResponseError, Said, Scene, say, sentence};
use crate::services::rollouts::{self as releases, AskError};
use crate::store::{Db, rollouts};

/// Asks the last rollout to return to its stable version; switches that stand are kept by it.
pub(super) async fn ask(db: &Db, scene: &Scene, caller: Caller, mark: &str) -> Result<(), ResponseError> {
    let workload = scene.workload().ok_or(ResponseError::NotFound)?;
    let latest = latest(db, workload).await?;
    let (id, mark, go_live) = (scene.incident.id, mark.to_owned(), latest.golive_id);
    db.tx(move |tx| {
        Box::pin(async move {
            let wish = Ask::RollBack { reason: WhyRollBack::words_from(id) };
            let Some(taken) = releases::take(tx, &caller, go_live, wish).await.map_err(refused)? else {
                return Ok(());
            };
            // Only what the page showed.
            let rollout = &taken.before;
            if plan::rollback_mark(rollout) != mark {
                return Err(changed());
            }
            announce(tx, id);
            let said = Said {
                kind: EntryKind::Action,
                by: Some(caller.actor.person.clone()),
                text: format!("Roll back: asked for. {} → {}", rollout.new_image, rollout.stable.image),
                detail: json!({
                    "rollout": rollout.id, "go_live": rollout.golive_id, "kept": rollout.mitigations,
                }),
                at: caller.now,
            };
            say(tx, id, said).await?;
            Ok(taken.record(tx, &caller).await?)
        })
    })
    .await
}

/// The rollout that a rollback is of: the last one of this Deployment.
pub(super) async fn latest(db: &Db, workload: &Workload) -> Result<Rollout, ResponseError> {
    let latest = db.read(rollouts::latest_on(db.pool(), workload)).await?;
    latest.map(|stored| stored.rollout).ok_or_else(|| {
        ResponseError::not_now(
            "No rollout of this Deployment is known.",
            "Return to a version with kubectl rollout undo.",
        )
    })
}

fn refused(why: AskError) -> ResponseError {
    match why {
        AskError::Store(error) => error.into(),
        AskError::NotAllowed => ResponseError::NotAllowed(Role::ReleaseManager),
        why @ (AskError::NoRollout | AskError::Refused(_) | AskError::Superseded) => {
            ResponseError::not_now(sentence(&why.to_string()), "Look at the rollout on its launch console.")
        }
    }
}
