//! The rehearsal: the action is sent to Kubernetes with everything but the storing, and what would change is shown.

mod by_hand;
mod difference;
mod roll_back;

use chrono::{DateTime, SecondsFormat, Utc};
use gantry_domain::digest::hex;
use gantry_domain::id::MitigationId;
use gantry_domain::mitigation::{
    Act, Env, KeyInUse, NoKey, Offer, Purpose, Write, before_after, kubectl, one_key, title,
};
use gantry_domain::preset::{Vendor, Workload};
use secrecy::SecretString;
use serde_json::Value;
use sha2::{Digest as _, Sha256};

use self::difference::difference;
pub(super) use self::roll_back::rollback_mark;
use super::facts::{KeyFacts, in_use, known, secret_fingerprint};
use crate::outside::cluster::{Cluster, ClusterError, Mode, Snapshot, env_of, facts, write_patch};
use crate::services::response::{Responding, ResponseError, Scene, sentence};
use crate::store::{Db, mitigations, rollouts};

/// What is wished for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Wish {
    /// One of the offers. Of several keys it replaces the one that the preset names first.
    Offer(Offer),
    /// This key replaced.
    ReplaceKey {
        /// The Secret.
        secret: String,
        /// The key within it.
        key: String,
    },
    /// A switch removed.
    Remove(MitigationId),
}

impl Wish {
    /// Secret and key of the key that it names.
    fn key(&self) -> Option<(&str, &str)> {
        match self {
            Self::ReplaceKey { secret, key } => Some((secret.as_str(), key.as_str())),
            Self::Offer(_) | Self::Remove(_) => None,
        }
    }
}

/// One line of the exact change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// Where.
    pub path: String,
    /// What stands there.
    pub before: Option<String>,
    /// What shall stand there.
    pub after: Option<String>,
}

/// An action as it would go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rehearsal {
    /// In a few words.
    pub title: String,
    /// What was and what will be.
    pub change: String,
    /// The exact change of the Deployment, as Kubernetes answered.
    pub lines: Vec<Line>,
    /// What a person could type instead.
    pub kubectl: String,
    /// Pods that are replaced.
    pub pods: u32,
    /// The key that is replaced, where one is.
    pub key: Option<KeyFacts>,
    /// What else to know before confirming.
    pub notes: Vec<String>,
    /// Stands for exactly this change.
    pub mark: String,
}

/// A rehearsal with what it takes to do it.
#[derive(Debug)]
pub struct Prepared {
    /// As it is shown.
    pub rehearsal: Rehearsal,
    /// What to do.
    pub act: Act,
    /// On what.
    pub target: Workload,
}

/// Rehearses.
pub async fn rehearse(
    db: &Db,
    around: &Responding,
    scene: &Scene,
    wish: &Wish,
    now: DateTime<Utc>,
) -> Result<Rehearsal, ResponseError> {
    if *wish == Wish::Offer(Offer::RollBack) {
        return roll_back::rehearse(db, around, scene).await;
    }
    Ok(prepare(db, around, scene, wish, now).await?.rehearsal)
}

/// Reads, decides what would be written, and has Kubernetes rehearse it.
pub(super) async fn prepare(
    db: &Db,
    around: &Responding,
    scene: &Scene,
    wish: &Wish,
    now: DateTime<Utc>,
) -> Result<Prepared, ResponseError> {
    let (cluster, workload, snapshot) = read(db, around, scene, wish).await?;
    ready_for(db, &snapshot, workload).await?;
    let (mut key, mut others) = (None, Vec::new());
    let act = match wish {
        Wish::Offer(Offer::RateLimit) => {
            set(scene, &snapshot, workload, Offer::RateLimit, Purpose::RateLimit)?
        }
        Wish::Offer(Offer::Fallback) => set(scene, &snapshot, workload, Offer::Fallback, Purpose::Fallback)?,
        Wish::Offer(Offer::ReplaceKey) | Wish::ReplaceKey { .. } => {
            let (facts, beside) = key_to_replace(&cluster, scene, &snapshot, workload, wish.key()).await?;
            let act = Act::ReplaceKey {
                secret: facts.secret.clone(),
                key: facts.key.clone(),
                before: facts.fingerprint.clone(),
                after: "the fingerprint of what you type".into(),
                stamp: stamp(now),
            };
            // Whether it would be accepted: with a value that is no key, and stored nowhere.
            let nothing = SecretString::from("rehearsal");
            let tried =
                cluster.apply_key(&workload.namespace, &facts.secret, &facts.key, &nothing, Mode::Rehearse);
            tried.await.map_err(|error| refused(&error, Some(kubectl(workload, &act))))?;
            (key, others) = (Some(facts), beside);
            act
        }
        Wish::Offer(Offer::Restart | Offer::RollBack) => Act::Restart { stamp: stamp(now) },
        Wish::Remove(id) => remove(db, scene, *id).await?,
    };
    let write = match &act {
        Act::Set { name, value, .. } => Write::Env { name: name.clone(), to: Env::Value(value.clone()) },
        Act::Remove { name, to, .. } => Write::Env { name: name.clone(), to: to.clone() },
        Act::Restart { stamp } | Act::ReplaceKey { stamp, .. } => Write::Stamp(stamp.clone()),
    };
    let patch = write_patch(&snapshot, &workload.container, &write).ok_or_else(|| {
        ResponseError::not_now(
            format!("The Deployment has no container “{}”.", workload.container),
            "Correct the container's name on the go-live.",
        )
    })?;
    let tried = cluster.write(&snapshot, &patch, Mode::Rehearse).await;
    let after = tried.map_err(|error| refused(&error, Some(kubectl(workload, &act))))?;
    let lines = difference(&snapshot.deployment, &after);
    let rehearsal = Rehearsal {
        title: title(&act),
        change: before_after(&act),
        lines,
        kubectl: kubectl(workload, &act),
        pods: facts(&snapshot, &workload.container).replicas,
        notes: notes(&act, key.as_ref(), &others),
        mark: mark(&act, &snapshot),
        key,
    };
    Ok(Prepared { rehearsal, act, target: workload.clone() })
}

/// The cluster as it stands. Somebody is about to act on it, so it is asked whatever happened before.
async fn read<'a>(
    db: &Db,
    around: &Responding,
    scene: &'a Scene,
    wish: &Wish,
) -> Result<(Cluster, &'a Workload, Snapshot), ResponseError> {
    let Some(cluster) = around.cluster.as_ref() else {
        let refused = ResponseError::not_now("No cluster is configured.", "Give the panel a kubeconfig.");
        return Err(refused.or_by_hand(by_hand::line(db, scene, wish).await));
    };
    let cluster = cluster.driving();
    let workload = scene.workload().ok_or_else(|| {
        ResponseError::not_now(
            "This incident has no workload to act on.",
            "Act on the platform with its own tools.",
        )
    })?;
    match cluster.read(&workload.namespace, &workload.deployment).await {
        Ok(Some(snapshot)) => Ok((cluster, workload, snapshot)),
        Ok(None) => Err(ResponseError::not_now(
            format!("There is no Deployment {} in {}.", workload.deployment, workload.namespace),
            "Correct the workload on the newest go-live.",
        )),
        Err(error) => Err(refused(&error, by_hand::line(db, scene, wish).await)),
    }
}

/// Whether anything may be written to the Deployment now.
async fn ready_for(db: &Db, snapshot: &Snapshot, workload: &Workload) -> Result<(), ResponseError> {
    let facts = facts(snapshot, &workload.container);
    if facts.driver.is_some() || db.read(rollouts::running_on(db.pool(), workload)).await? {
        return Err(ResponseError::not_now(
            "A rollout is under way on this Deployment, and steers its pods.",
            "Roll it back – that is offered below – or let it end. What is set after that is kept by any rollback.",
        ));
    }
    if facts.steering.paused {
        return Err(ResponseError::not_now(
            "The Deployment is paused: whatever is written now would reach no pod.",
            "Find out who paused it, and resume it with kubectl rollout resume.",
        ));
    }
    Ok(())
}

fn set(
    scene: &Scene,
    snapshot: &Snapshot,
    workload: &Workload,
    offer: Offer,
    purpose: Purpose,
) -> Result<Act, ResponseError> {
    let setting = scene.setting(offer).ok_or(ResponseError::NotFound)?;
    let before = env_of(&snapshot.deployment, &workload.container, &setting.name);
    if before == Env::Value(setting.value.clone()) {
        return Err(ResponseError::not_now(
            format!("{} is “{}” already.", setting.name, setting.value),
            "Nothing needs to be done; if it does not help, look at the logs again.",
        ));
    }
    Ok(Act::Set { purpose, name: setting.name.clone(), value: setting.value.clone(), before })
}

async fn remove(db: &Db, scene: &Scene, id: MitigationId) -> Result<Act, ResponseError> {
    let workload = scene.workload().ok_or(ResponseError::NotFound)?;
    let standing = db.read(mitigations::standing_on(db.pool(), workload)).await?;
    let found = standing.into_iter().find(|one| one.id == id).ok_or_else(|| {
        ResponseError::not_now("This switch does not stand any more.", "Nothing needs to be removed.")
    })?;
    let Act::Set { name, value, before, .. } = found.act else { return Err(ResponseError::NotFound) };
    Ok(Act::Remove { of: id, name, value, to: before })
}

async fn key_to_replace(
    cluster: &Cluster,
    scene: &Scene,
    snapshot: &Snapshot,
    workload: &Workload,
    wished: Option<(&str, &str)>,
) -> Result<(KeyFacts, Vec<KeyInUse>), ResponseError> {
    let vendor =
        scene.preset.as_ref().and_then(|preset| preset.vendor.as_ref()).ok_or(ResponseError::NotFound)?;
    let one = one_key(in_use(snapshot, workload, vendor), wished).map_err(|why| no_key(&why, vendor))?;
    let facts = known(cluster, workload, one.key).await;
    match &facts.problem {
        None => Ok((facts, one.others)),
        Some(problem) => {
            let refused = ResponseError::not_now(sentence(problem), "Then look again.");
            Err(refused.lacking(facts.missing.clone()))
        }
    }
}

fn no_key(why: &NoKey, vendor: &Vendor) -> ResponseError {
    match why {
        NoKey::NoneInUse => ResponseError::not_now(
            format!("The Deployment takes none of {} from a Secret.", vendor.key_names.join(", ")),
            "Put the key into a Secret first; see the checklist's configuration items.",
        ),
        NoKey::NotInUse(keys) => ResponseError::not_now(
            "This is none of the vendor's keys that the Deployment takes from a Secret, so nothing was done.",
            format!("Choose one under “Keys in use”, on the page of all actions: {}.", in_words(keys)),
        ),
    }
}

fn in_words(keys: &[KeyInUse]) -> String {
    keys.iter().map(KeyInUse::words).collect::<Vec<_>>().join(", ")
}

/// The act with what is known of the new key: its fingerprint.
pub(super) fn with_key(act: Act, value: Option<&SecretString>) -> Act {
    match (act, value) {
        (Act::ReplaceKey { secret, key, before, stamp, .. }, Some(value)) => {
            Act::ReplaceKey { secret, key, before, after: secret_fingerprint(value), stamp }
        }
        (act, _) => act,
    }
}

fn notes(act: &Act, key: Option<&KeyFacts>, others: &[KeyInUse]) -> Vec<String> {
    let mut notes = Vec::new();
    if let Some(manager) = key.and_then(|key| key.manager.as_ref()) {
        notes.push(format!(
            "“{manager}” wrote this key last. If it writes the Secret again, for example from a repository, the old key comes back: change it there as well."
        ));
    }
    match act {
        Act::Set { before, .. } => notes.push(format!(
            "It stands until somebody removes it; then the variable is {} again.",
            before.words()
        )),
        Act::Remove { .. } => notes.push("The service then does as it did before the incident.".into()),
        Act::Restart { .. } => {
            notes.push("Pods are replaced a few at a time, as the Deployment's strategy says.".into());
        }
        Act::ReplaceKey { .. } => {
            notes
                .push("Only this one key of the Secret is written, under a field manager of its own.".into());
            if !others.is_empty() {
                notes.push(format!(
                    "Not replaced: {}. For another key take “Replace…” beside it under “Keys in use”, on the page of all actions.",
                    in_words(others)
                ));
            }
        }
    }
    notes
}

fn stamp(now: DateTime<Utc>) -> String {
    now.to_rfc3339_opts(SecondsFormat::Millis, true)
}

/// Stands for a change, whenever it is made.
fn mark(act: &Act, snapshot: &Snapshot) -> String {
    let what = match act {
        Act::Restart { .. } => "restart".to_owned(),
        Act::Set { .. } | Act::Remove { .. } => before_after(act),
        // Keys of two Secrets can have one name.
        Act::ReplaceKey { .. } => format!("{} {}", title(act), before_after(act)),
    };
    let uid = snapshot.deployment.pointer("/metadata/uid").and_then(Value::as_str).unwrap_or_default();
    hashed(&format!("{uid} {what}"))
}

fn hashed(what: &str) -> String {
    hex(Sha256::digest(what).iter().take(8))
}

/// What Kubernetes, or the way to it, has against it; with the `line` that does it by hand, where nothing but the panel's own
/// way is wrong.
fn refused(error: &ClusterError, line: Option<String>) -> ResponseError {
    let next = match error {
        ClusterError::Forbidden(_) => {
            "Ask an admin of the cluster to add it to the Role “gantry” of that namespace."
        }
        ClusterError::LoginExpired => "Renew the panel's login to the cluster, then look again.",
        ClusterError::Conflict | ClusterError::Gone => "Somebody changes it at this moment; look again.",
        ClusterError::Unreachable(_)
        | ClusterError::Throttled
        | ClusterError::TooLarge(_)
        | ClusterError::Resting
        | ClusterError::Crowded => "Look again in a moment.",
        ClusterError::Config(_)
        | ClusterError::BadName(_)
        | ClusterError::NotFound(_)
        | ClusterError::Invalid(_) => "Look at the workload's names on the newest go-live.",
    };
    let line = line.filter(|_| error.keeps_us_out());
    ResponseError::not_now(sentence(&error.to_string()), next).lacking(error.missing()).or_by_hand(line)
}
