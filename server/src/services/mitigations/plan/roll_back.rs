//! The rehearsal of a rollback: what it would return to, and what it keeps.

use gantry_domain::mitigation::Offer;
use gantry_domain::rollout::{ClusterWrite, Rollout};

use super::difference::difference;
use super::{Rehearsal, Wish, by_hand, hashed, read, refused};
use crate::outside::cluster::{Mode, patch_for};
use crate::services::mitigations::roll_back::latest;
use crate::services::response::{Responding, ResponseError, Scene};
use crate::store::{Db, mitigations};

/// Rehearses it: the write that a rollback begins with.
pub(super) async fn rehearse(
    db: &Db,
    around: &Responding,
    scene: &Scene,
) -> Result<Rehearsal, ResponseError> {
    let (cluster, workload, snapshot) = read(db, around, scene, &Wish::Offer(Offer::RollBack)).await?;
    let rollout = latest(db, workload).await?;
    let by_hand = by_hand::of_way_back(&rollout).ok_or_else(|| {
        ResponseError::not_now(
            "The last rollout cannot be rolled back as it stands.",
            "Look at it on its launch console.",
        )
    })?;
    let shape = rollout.way_back();
    let write = ClusterWrite::Shape { shape, carry: rollout.mitigations.clone(), release: false };
    let patch = patch_for(&snapshot, &rollout, &write);
    let tried = cluster.write(&snapshot, &patch, Mode::Rehearse).await;
    let after = tried.map_err(|error| refused(&error, Some(by_hand.clone())))?;
    let kept: Vec<String> = db
        .read(mitigations::standing_on(db.pool(), workload))
        .await?
        .iter()
        .filter_map(|one| one.variable().map(str::to_owned))
        .collect();
    let kept =
        if kept.is_empty() { "No switch stands.".to_owned() } else { format!("Kept: {}.", kept.join(", ")) };
    let change = format!("{} → {}", rollout.new_image, rollout.stable.image);
    Ok(Rehearsal {
        title: format!("Roll back to {}", rollout.stable.image),
        lines: difference(&snapshot.deployment, &after),
        kubectl: by_hand,
        pods: rollout.replicas,
        key: None,
        notes: vec![
            kept,
            "It is done by the rollout itself, step by step; its launch console shows how far it is.".into(),
        ],
        mark: rollback_mark(&rollout),
        change,
    })
}

/// Stands for returning from this rollout's version to its stable one.
pub(in crate::services::mitigations) fn rollback_mark(rollout: &Rollout) -> String {
    hashed(&format!("{} {} → {}", rollout.id, rollout.new_image, rollout.stable.image))
}
