//! The kubectl line for when the panel does not get through to the cluster: what can be said without it.

use gantry_domain::mitigation::{Act, Env, Offer, Purpose, kubectl};
use gantry_domain::rollout::{Ask, Rollout, can_roll_back, kubectl_for_ask};

use super::{Wish, remove};
use crate::services::mitigations::roll_back::latest;
use crate::services::response::Scene;
use crate::store::{Db, rollouts};

/// The line that does what is wished for. None for a key: which ones are in use, and whether they are there, only the cluster
/// can tell, and a line for another would replace what nobody meant. And none where the panel itself would refuse it.
pub(super) async fn line(db: &Db, scene: &Scene, wish: &Wish) -> Option<String> {
    let workload = scene.workload()?;
    if *wish == Wish::Offer(Offer::RollBack) {
        return of_way_back(&latest(db, workload).await.ok()?);
    }
    if db.read(rollouts::running_on(db.pool(), workload)).await.ok()? {
        return None;
    }
    let act = match wish {
        Wish::Offer(Offer::RateLimit) => set(scene, Offer::RateLimit, Purpose::RateLimit)?,
        Wish::Offer(Offer::Fallback) => set(scene, Offer::Fallback, Purpose::Fallback)?,
        Wish::Offer(Offer::Restart) => Act::Restart { stamp: String::new() },
        Wish::Remove(id) => remove(db, scene, *id).await.ok()?,
        Wish::Offer(Offer::RollBack | Offer::ReplaceKey) | Wish::ReplaceKey { .. } => return None,
    };
    Some(kubectl(workload, &act))
}

/// The lines that return to the version before, where that can be asked for.
pub(super) fn of_way_back(rollout: &Rollout) -> Option<String> {
    can_roll_back(rollout)
        .then(|| kubectl_for_ask(rollout, &Ask::RollBack { reason: String::new() }).into_text())
}

fn set(scene: &Scene, offer: Offer, purpose: Purpose) -> Option<Act> {
    let setting = scene.setting(offer)?;
    let (name, value) = (setting.name.clone(), setting.value.clone());
    Some(Act::Set { purpose, name, value, before: Env::Absent })
}
