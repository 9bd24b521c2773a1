//! The kubectl line for when the panel does not get through to the cluster: what can be said without it.

use gantry_domain::mitigation::{Act, Env, Offer, Purpose, kubectl};
use gantry_domain::preset::Workload;
use gantry_domain::rollout::{Ask, Rollout, kubectl_for_ask};

use super::{Wish, remove};
use crate::services::mitigations::roll_back::latest;
use crate::services::response::Scene;
use crate::store::Db;

/// The line that does what is wished for. None for a key: which ones are in use only the cluster can tell, and a line for
/// another would replace what nobody meant.
pub(super) async fn line(db: &Db, scene: &Scene, wish: &Wish) -> Option<String> {
    let workload = scene.workload()?;
    let act = match wish {
        Wish::Offer(Offer::RateLimit) => set(scene, Offer::RateLimit, Purpose::RateLimit)?,
        Wish::Offer(Offer::Fallback) => set(scene, Offer::Fallback, Purpose::Fallback)?,
        Wish::Offer(Offer::Restart) => Act::Restart { stamp: String::new() },
        Wish::Offer(Offer::RollBack) => return Some(of_way_back(&latest(db, workload).await.ok()?)),
        Wish::Remove(id) => remove(db, scene, *id).await.ok()?,
        Wish::Offer(Offer::ReplaceKey) | Wish::ReplaceKey { .. } => return None,
    };
    Some(kubectl(workload, &act))
}

/// The lines that replace a key which is in use.
pub(super) fn of_key(workload: &Workload, secret: &str, key: &str) -> String {
    let (secret, key) = (secret.to_owned(), key.to_owned());
    let act = Act::ReplaceKey { secret, key, before: None, after: String::new(), stamp: String::new() };
    kubectl(workload, &act)
}

/// The lines that return to the version before.
pub(super) fn of_way_back(rollout: &Rollout) -> String {
    kubectl_for_ask(rollout, &Ask::RollBack { reason: String::new() }).into_text()
}

fn set(scene: &Scene, offer: Offer, purpose: Purpose) -> Option<Act> {
    let setting = offer.setting(&scene.preset.as_ref()?.mitigations)?;
    let (name, value) = (setting.name.clone(), setting.value.clone());
    Some(Act::Set { purpose, name, value, before: Env::Absent })
}
