//! The rehearsal: the action is sent to Kubernetes with everything but the storing, and what would change is shown.

use chrono::{DateTime, SecondsFormat, Utc};
use gantry_domain::id::MitigationId;
use gantry_domain::mitigation::{Act, Env, Offer, Purpose, Write, before_after, kubectl, title};
use gantry_domain::preset::Workload;
use gantry_domain::probe::{looks_like_credential, without_credentials};
use gantry_domain::rollout::{Ask, ClusterWrite, Rollout, kubectl_for_ask};
use gantry_domain::text::inert_line;
use secrecy::SecretString;
use serde_json::Value;
use sha2::{Digest as _, Sha256};

use super::facts::KeyFacts;
use crate::outside::cluster::{Cluster, ClusterError, Mode, Snapshot, env_of, facts, patch_for, write_patch};
use crate::services::probes::keys::fingerprint;
use crate::services::response::{Responding, ResponseError, Scene, sentence};
use crate::store::{Db, mitigations, rollouts};

/// What is wished for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wish {
    /// One of the offers.
    Offer(Offer),
    /// A switch removed.
    Remove(MitigationId),
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
        return roll_back(db, around, scene).await;
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
    let (cluster, workload, snapshot) = read(around, scene).await?;
    ready_for(db, &snapshot, workload).await?;
    let mut key = None;
    let act = match wish {
        Wish::Offer(Offer::RateLimit) => {
            set(scene, &snapshot, workload, Offer::RateLimit, Purpose::RateLimit)?
        }
        Wish::Offer(Offer::Fallback) => set(scene, &snapshot, workload, Offer::Fallback, Purpose::Fallback)?,
        Wish::Offer(Offer::ReplaceKey) => {
            let facts = key_to_replace(cluster, scene, &snapshot, workload).await?;
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
            tried.await.map_err(|error| refused(&error))?;
            key = Some(facts);
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
    let after = cluster.write(&snapshot, &patch, Mode::Rehearse).await.map_err(|error| refused(&error))?;
    let lines = difference(&snapshot.deployment, &after);
    let rehearsal = Rehearsal {
        title: title(&act),
        change: before_after(&act),
        lines,
        kubectl: kubectl(workload, &act),
        pods: facts(&snapshot, &workload.container).replicas,
        notes: notes(&act, key.as_ref()),
        mark: mark(&act, &snapshot),
        key,
    };
    Ok(Prepared { rehearsal, act, target: workload.clone() })
}

async fn read<'a>(
    around: &'a Responding,
    scene: &'a Scene,
) -> Result<(&'a Cluster, &'a Workload, Snapshot), ResponseError> {
    let cluster = around.cluster.as_ref().ok_or_else(|| {
        ResponseError::not_now(
            "No cluster is configured.",
            "Give the panel a kubeconfig, or use the kubectl line.",
        )
    })?;
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
        Err(error) => Err(refused(&error)),
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
    let preset = scene.preset.as_ref();
    let setting =
        preset.and_then(|preset| offer.setting(&preset.mitigations)).ok_or(ResponseError::NotFound)?;
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
) -> Result<KeyFacts, ResponseError> {
    let vendor =
        scene.preset.as_ref().and_then(|preset| preset.vendor.as_ref()).ok_or(ResponseError::NotFound)?;
    let keys = super::facts::keys(cluster, snapshot, &workload.namespace, vendor).await;
    let first = keys.into_iter().next().ok_or_else(|| {
        ResponseError::not_now(
            format!("The Deployment takes none of {} from a Secret.", vendor.key_names.join(", ")),
            "Put the key into a Secret first; see the checklist's configuration items.",
        )
    })?;
    match &first.problem {
        None => Ok(first),
        Some(problem) => Err(ResponseError::not_now(sentence(problem), "Then look again.")),
    }
}

/// The act with what is known of the new key: its fingerprint.
pub(super) fn with_key(act: Act, value: Option<&SecretString>) -> Act {
    match (act, value) {
        (Act::ReplaceKey { secret, key, before, stamp, .. }, Some(value)) => {
            Act::ReplaceKey { secret, key, before, after: fingerprint(value), stamp }
        }
        (act, _) => act,
    }
}

async fn roll_back(db: &Db, around: &Responding, scene: &Scene) -> Result<Rehearsal, ResponseError> {
    let (cluster, workload, snapshot) = read(around, scene).await?;
    let latest = db.read(rollouts::latest_on(db.pool(), workload)).await?.ok_or_else(|| {
        ResponseError::not_now(
            "No rollout of this Deployment is known.",
            "Return to a version with kubectl rollout undo.",
        )
    })?;
    let rollout = latest.rollout;
    let shape = gantry_domain::canary::roll_back(&rollout.originals);
    let write = ClusterWrite::Shape { shape, carry: rollout.mitigations.clone(), release: false };
    let patch = patch_for(&snapshot, &rollout, &write);
    let after = cluster.write(&snapshot, &patch, Mode::Rehearse).await.map_err(|error| refused(&error))?;
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
        kubectl: kubectl_for_ask(&rollout, &Ask::RollBack { reason: String::new() }),
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

fn notes(act: &Act, key: Option<&KeyFacts>) -> Vec<String> {
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
        }
    }
    notes
}

/// Stands for returning from this rollout's version to its stable one.
pub(super) fn rollback_mark(rollout: &Rollout) -> String {
    hashed(&format!("{} {} → {}", rollout.id, rollout.new_image, rollout.stable.image))
}

fn stamp(now: DateTime<Utc>) -> String {
    now.to_rfc3339_opts(SecondsFormat::Millis, true)
}

/// Stands for a change, whenever it is made.
fn mark(act: &Act, snapshot: &Snapshot) -> String {
    let what = match act {
        Act::Restart { .. } => "restart".to_owned(),
        Act::Set { .. } | Act::Remove { .. } | Act::ReplaceKey { .. } => before_after(act),
    };
    let uid = snapshot.deployment.pointer("/metadata/uid").and_then(Value::as_str).unwrap_or_default();
    hashed(&format!("{uid} {what}"))
}

fn hashed(what: &str) -> String {
    let hex: Vec<String> = Sha256::digest(what).iter().take(8).map(|byte| format!("{byte:02x}")).collect();
    hex.concat()
}

/// What Kubernetes, or the way to it, has against it.
pub(super) fn refused(error: &ClusterError) -> ResponseError {
    let next = match error {
        ClusterError::Forbidden(_) => {
            "Ask an admin of the cluster to add it to the Role “gantry” of that namespace; or use the kubectl line with a login of your own."
        }
        ClusterError::LoginExpired => "Renew the panel's login to the cluster, then look again.",
        ClusterError::Conflict | ClusterError::Gone => "Somebody changes it at this moment; look again.",
        ClusterError::Unreachable(_) | ClusterError::Throttled => {
            "Look again in a moment; meanwhile the kubectl line does the same from elsewhere."
        }
        ClusterError::Config(_)
        | ClusterError::BadName(_)
        | ClusterError::NotFound(_)
        | ClusterError::Invalid(_) => "Look at the workload's names on the newest go-live.",
    };
    ResponseError::not_now(sentence(&error.to_string()), next)
}

/// Every place of the specification where two Deployments differ, with its values.
fn difference(before: &Value, after: &Value) -> Vec<Line> {
    let mut lines = Vec::new();
    let spec = |object: &Value| object.get("spec").cloned().unwrap_or_default();
    walk(&spec(before), &spec(after), "spec", &mut lines);
    lines.truncate(40);
    lines
}

fn walk(before: &Value, after: &Value, path: &str, lines: &mut Vec<Line>) {
    match (before, after) {
        (Value::Object(a), Value::Object(b)) => {
            let names: std::collections::BTreeSet<&String> = a.keys().chain(b.keys()).collect();
            for name in names {
                let (a, b) = (a.get(name).unwrap_or(&Value::Null), b.get(name).unwrap_or(&Value::Null));
                walk(a, b, &format!("{path}.{name}"), lines);
            }
        }
        // Also where all of it is new or gone: what is in it is judged by its own name.
        (Value::Array(_) | Value::Null, Value::Array(_) | Value::Null) if named(before) && named(after) => {
            let (a, b) = (parts(before), parts(after));
            let find = |list: &[Value], name: &str| {
                list.iter().find(|one| one["name"] == name).cloned().unwrap_or_default()
            };
            let mut names: Vec<&str> = a.iter().chain(b).filter_map(|one| one["name"].as_str()).collect();
            names.dedup();
            let mut seen: Vec<&str> = Vec::new();
            for name in names {
                if !seen.contains(&name) {
                    seen.push(name);
                    walk(&find(a, name), &find(b, name), &format!("{path}[{name}]"), lines);
                }
            }
        }
        (a, b) if a == b => {}
        (a, b) => lines.push(Line { path: path.to_owned(), before: shown(path, a), after: shown(path, b) }),
    }
}

/// The parts of a list.
fn parts(list: &Value) -> &[Value] {
    list.as_array().map_or(&[], Vec::as_slice)
}

/// Whether the parts of a list, if any, have names of their own.
fn named(list: &Value) -> bool {
    parts(list).iter().all(|one| one["name"].is_string())
}

/// A value of the template for people; nothing that looks like a credential.
fn shown(path: &str, value: &Value) -> Option<String> {
    let text = match value {
        Value::Null => return None,
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    let name =
        path.rsplit(['[', ']', '.']).find(|part| !part.is_empty() && *part != "value").unwrap_or_default();
    Some(if looks_like_credential(name, &text) {
        "[hidden]".to_owned()
    } else {
        inert_line(&without_credentials(&text), 200)
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn deployment(env: Value, stamp: Option<&str>) -> Value {
        let mut one = json!({ "metadata": { "generation": 1 }, "spec": { "template": { "spec": {
            "containers": [{ "name": "app", "env": env }] } } } });
        if let Some(stamp) = stamp {
            one["spec"]["template"]["metadata"]["annotations"]["restartedAt"] = json!(stamp);
        }
        one
    }

    #[test]
    fn the_exact_change_names_the_place_and_both_values() {
        let before =
            deployment(json!([{ "name": "A", "value": "1" }, { "name": "MODE", "value": "reject" }]), None);
        let after = deployment(
            json!([{ "name": "A", "value": "1" }, { "name": "MODE", "value": "queue" }]),
            Some("now"),
        );
        let lines = difference(&before, &after);
        let path = "spec.template.spec.containers[app].env[MODE].value";
        let mode = lines.iter().find(|line| line.path == path);
        assert_eq!(mode.and_then(|line| line.before.as_deref()), Some("reject"));
        assert_eq!(mode.and_then(|line| line.after.as_deref()), Some("queue"));
        assert_eq!(lines.len(), 2, "{lines:?}");
        assert!(difference(&before, &before).is_empty());
    }

    #[test]
    fn what_looks_like_a_credential_is_not_shown() {
        let before = deployment(json!([]), None);
        let secret = "phc_abcdefghijklmnopqrstuvwxyz0123456789ABCD";
        let after = deployment(json!([{ "name": "API_KEY", "value": secret }]), None);
        assert!(!format!("{:?}", difference(&before, &after)).contains(secret));
        let bare = json!({ "spec": { "template": { "spec": { "containers": [{ "name": "app" }] } } } });
        let password = deployment(json!([{ "name": "DB_PASSWORD", "value": "hunter2" }]), None);
        for before in [&bare, &before] {
            let lines = difference(before, &password);
            assert!(!lines.is_empty() && !format!("{lines:?}").contains("hunter2"), "{lines:?}");
        }
        let odd = json!({ "spec": { "template": { "spec": { "args": ["--key", secret] } } } });
        assert!(!format!("{:?}", difference(&bare, &odd)).contains(secret));
    }
}
