//! Actions on an incident's workload: what is offered, the rehearsal with the exact change, and asking for it.
//!
//! Asking stores the intent; the engine writes it and watches the pods. A new key alone is written by the request that
//! carries it, because it is kept nowhere: should that be interrupted, the engine sees by the fingerprint how far it got.

mod asking;
mod facts;
mod marks;
mod plan;
mod roll_back;

pub use asking::{ask_admin, asked};
pub use facts::{KeyFacts, keys};
pub(crate) use facts::{pods_of, secret_fingerprint};
pub use marks::{Looked, WITHIN, deployment};
pub use plan::{Line, Prepared, Rehearsal, Wish, rehearse};

use std::time::Instant;

use chrono::TimeDelta;
use gantry_domain::actor::Role;
use gantry_domain::id::IncidentId;
use gantry_domain::incident::entry::EntryKind;
use gantry_domain::mitigation::{Act, Marked, Mitigation, Offer, Phase, before_after, title};
use gantry_domain::rollout::{Rollout, can_roll_back};
use gantry_domain::triage::ErrorType;
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::json;
use uuid::Uuid;

use super::Caller;
use super::response::{Responding, ResponseError, Said, Scene, say, scene};
use crate::live::topics;
use crate::outside::cluster::{ClusterError, Mode};
use crate::store::{Constraint, Db, Once, StoreError, Tx, audit, idempotency, mitigations, rollouts};

/// The longest key taken, in characters.
const LONGEST_KEY: usize = 4096;

/// What there is about actions of an incident.
#[derive(Debug, Clone)]
pub struct Seen {
    /// What can be done, in order; what helps most is marked.
    pub offers: Vec<Offered>,
    /// Every action, newest first.
    pub all: Vec<Mitigation>,
    /// Switches that are marked as set on the workload, whichever incident set them, with how each stands now.
    pub standing: Vec<Marked>,
}

/// An action as it is offered.
#[derive(Debug, Clone)]
pub struct Offered {
    /// Which.
    pub offer: Offer,
    /// Whether it is the thing to do about the errors that there are.
    pub helps: bool,
    /// Why it cannot be done now.
    pub not_now: Option<String>,
    /// What exactly: "RATE_LIMIT_MODE=queue".
    pub what: Option<String>,
}

/// The actions of an incident and what can be done. The Deployment is `looked` at where a switch is marked as set.
pub async fn see(
    db: &Db,
    looked: impl Future<Output = Looked>,
    scene: &Scene,
    kind: Option<ErrorType>,
) -> Result<Seen, ResponseError> {
    let all: Vec<Mitigation> = db
        .read(mitigations::of(db.pool(), scene.incident.id))
        .await?
        .into_iter()
        .map(|stored| stored.mitigation)
        .collect();
    let Some(workload) = scene.workload() else {
        return Ok(Seen { offers: Vec::new(), all, standing: Vec::new() });
    };
    let standing = marks::on(db, looked, workload).await?;
    let rollout = db.read(rollouts::latest_on(db.pool(), workload)).await?.map(|stored| stored.rollout);
    let offers = Offer::ALL
        .into_iter()
        .filter_map(|offer| offered(scene, offer, kind, &standing, &all, rollout.as_ref()))
        .collect();
    Ok(Seen { offers, all, standing })
}

fn offered(
    scene: &Scene,
    offer: Offer,
    kind: Option<ErrorType>,
    standing: &[Marked],
    all: &[Mitigation],
    rollout: Option<&Rollout>,
) -> Option<Offered> {
    let preset = scene.preset.as_ref();
    let setting = scene.setting(offer);
    let running = rollout.is_some_and(|rollout| !rollout.phase.is_over());
    let busy = all.iter().any(|one| !one.phase.is_over());
    let not_now = match offer {
        // An integration without such a switch is not offered one.
        Offer::RateLimit | Offer::Fallback if setting.is_none() => return None,
        Offer::ReplaceKey if preset.is_none_or(|preset| preset.vendor.is_none()) => return None,
        Offer::RollBack => match rollout {
            None => Some(
                "No rollout of this Deployment is known, so there is no recorded version to return to."
                    .to_owned(),
            ),
            Some(rollout) if !can_roll_back(rollout) => {
                Some("The last rollout is already back on its stable version.".to_owned())
            }
            Some(_) => None,
        },
        _ if busy => Some("Another action is still under way; wait until its pods are ready.".to_owned()),
        _ if running => {
            Some("A rollout is under way on this Deployment: let it end or roll it back first.".to_owned())
        }
        Offer::RateLimit | Offer::Fallback => {
            let name = setting.map(|setting| setting.name.as_str());
            let mut marked = standing.iter().filter(|one| one.mitigation.variable() == name);
            marked.find_map(|one| one.holds.in_the_way())
        }
        Offer::ReplaceKey | Offer::Restart => None,
    };
    let what = match offer {
        Offer::RollBack => rollout.map(|rollout| format!("to {}", rollout.stable.image)),
        Offer::RateLimit | Offer::Fallback | Offer::ReplaceKey | Offer::Restart => {
            setting.map(|setting| format!("{}={}", setting.name, setting.value))
        }
    };
    Some(Offered { offer, helps: kind.is_some_and(|kind| offer.helps(kind)), not_now, what })
}

/// Does what was rehearsed and shown. `mark` is the rehearsal's: another change than the one shown is not made.
pub async fn act(
    db: &Db,
    around: &Responding,
    caller: Caller,
    id: IncidentId,
    wish: Wish,
    mark: &str,
    key: Option<SecretString>,
) -> Result<(), ResponseError> {
    if !caller.actor.may_act_as(Role::ReleaseManager) {
        return Err(ResponseError::NotAllowed(Role::ReleaseManager));
    }
    let begun = Instant::now();
    let scene = scene(db, &around.presets, id).await?;
    if let Wish::Offer(Offer::RollBack) = wish {
        return roll_back::ask(db, &scene, caller, mark).await;
    }
    // A form that is sent again after it took effect: what it has changed must not stand in its own way.
    if db.read(idempotency::took_effect(db.pool(), &caller.request)).await? {
        return Ok(());
    }
    let key = match (&wish, key) {
        (Wish::Offer(Offer::ReplaceKey) | Wish::ReplaceKey { .. }, key) => Some(checked(key)?),
        _ => None,
    };
    let prepared = plan::prepare(db, around, &scene, &wish, caller.now).await?;
    if prepared.rehearsal.mark != mark {
        return Err(changed());
    }
    let act = plan::with_key(prepared.act, key.as_ref());
    if let Act::ReplaceKey { before: Some(before), after, .. } = &act
        && before == after
    {
        return Err(ResponseError::wrong(
            "password",
            "This is the key that the Secret holds already.",
            "Create a new key at the vendor, and type that. Where the pods do not have this one yet, restart them.",
        ));
    }
    let person = caller.actor.person.clone();
    // Looking at a slow cluster takes its time; who waits for a key that is written by this request counts from here.
    let asked_at = caller.now + TimeDelta::from_std(begun.elapsed()).unwrap_or_default();
    let row = Mitigation::asked(Uuid::now_v7(), id, prepared.target, act, person.name, asked_at);
    if !store(db, caller, row.clone()).await? {
        return Ok(());
    }
    if let (Some(value), Act::ReplaceKey { secret, key, .. }) = (key, &row.act) {
        write_key(db, around, &row, (secret.as_str(), key.as_str()), value).await?;
    }
    Ok(())
}

fn changed() -> ResponseError {
    ResponseError::not_now(
        "What would be changed is no longer what the page showed, so nothing was done.",
        "Look at the change as it is now, then confirm it.",
    )
}

fn checked(key: Option<SecretString>) -> Result<SecretString, ResponseError> {
    let key = key.map(|key| SecretString::from(key.expose_secret().trim())).unwrap_or_default();
    let value = key.expose_secret();
    let wrong = |what: &str| {
        Err(ResponseError::wrong("password", what, "It is kept nowhere, so it has to be typed again."))
    };
    if value.is_empty() {
        return wrong("Type the new key.");
    }
    if value.chars().count() > LONGEST_KEY {
        return wrong("A key has at most 4096 characters.");
    }
    if value.chars().any(|c| c.is_control() || c.is_whitespace()) {
        return wrong("A key has no spaces or line breaks in it.");
    }
    Ok(key)
}

/// Stores the intent; `false` when this very request was stored before.
async fn store(db: &Db, caller: Caller, row: Mitigation) -> Result<bool, ResponseError> {
    db.tx(move |tx| {
        Box::pin(async move {
            if tx.once(&caller.request, "").await? != Once::New {
                return Ok(false);
            }
            match mitigations::add(tx, &row).await {
                Err(StoreError::Conflict(Constraint::MitigationRunning)) => {
                    return Err(ResponseError::not_now(
                        "Another action on this Deployment is still under way.",
                        "Wait until its pods are ready, then ask again.",
                    ));
                }
                other => other?,
            }
            // Before the cluster is changed: a rollback that comes at any moment after this keeps it.
            if let Some(name) = row.variable() {
                mitigations::kept_by_rollouts(tx, &row.target, name).await?;
            }
            let text = format!("{}: asked for. {}", title(&row.act), before_after(&row.act));
            announce(tx, row.incident);
            let said = Said {
                kind: EntryKind::Action,
                by: Some(caller.actor.person.clone()),
                text,
                detail: json!({ "mitigation": row.id, "act": row.act }),
                at: caller.now,
            };
            say(tx, row.incident, said).await?;
            tx.audit(&audit::New {
                at: caller.now,
                actor: Some(&caller.actor.person),
                action: "incident.action",
                subject: &format!("incidents/{}/actions/{}", row.incident, row.id),
                detail: json!({ "act": row.act, "target": row.target }),
            })
            .await?;
            Ok(true)
        })
    })
    .await
}

/// Has the engine and the pages look.
pub(crate) fn announce(tx: &mut Tx, id: IncidentId) {
    tx.announce(topics::MITIGATIONS);
    tx.announce(topics::incident(id));
}

/// Writes the new key in a task of its own: a request that hangs up does not stop it half way. What comes after is the
/// engine's.
async fn write_key(
    db: &Db,
    around: &Responding,
    row: &Mitigation,
    (secret, key): (&str, &str),
    value: SecretString,
) -> Result<(), ResponseError> {
    let Some(cluster) = around.cluster.clone() else { return Ok(()) };
    let (db, row, secret, key) = (db.clone(), row.clone(), secret.to_owned(), key.to_owned());
    let task = tokio::spawn(async move {
        let cluster = cluster.driving();
        let applied = cluster.apply_key(&row.target.namespace, &secret, &key, &value, Mode::Do).await;
        match applied {
            Ok(()) => db.announce(topics::MITIGATIONS.to_owned()).await,
            // It may have happened all the same: the engine sees by the fingerprint.
            Err(error @ (ClusterError::Unreachable(_) | ClusterError::TooLarge(_))) => {
                tracing::warn!(mitigation = %row.id, %error, "whether the key was written is not known yet");
                Ok(())
            }
            Err(error) => refused(&db, row, &error).await,
        }
    });
    task.await.map_err(|error| StoreError::Away(error.into()))??;
    Ok(())
}

async fn refused(db: &Db, mut row: Mitigation, error: &ClusterError) -> Result<(), StoreError> {
    let at = row.asked_at;
    let why = format!("{error}, so the Secret still holds the old key{}", whom_to_ask(error));
    row.phase = Phase::Failed { at, why: why.clone(), written: false };
    db.tx(move |tx| {
        Box::pin(async move {
            if mitigations::put(tx, &row, 1).await? {
                announce(tx, row.incident);
                let text = format!("{}: {why}", title(&row.act));
                let detail = json!({ "mitigation": row.id });
                say(tx, row.incident, Said { kind: EntryKind::Action, by: None, text, detail, at }).await?;
            }
            Ok(())
        })
    })
    .await
}

/// What to ask for where the cluster forbids something.
pub(crate) fn whom_to_ask(error: &ClusterError) -> &'static str {
    match error {
        ClusterError::Forbidden(_) => {
            "; ask an admin of the cluster to add it to the Role “gantry” of that namespace"
        }
        ClusterError::LoginExpired => "; renew the panel's login to the cluster",
        ClusterError::Config(_)
        | ClusterError::BadName(_)
        | ClusterError::NotFound(_)
        | ClusterError::Conflict
        | ClusterError::Gone
        | ClusterError::Invalid(_)
        | ClusterError::Throttled
        | ClusterError::Unreachable(_)
        | ClusterError::TooLarge(_)
        | ClusterError::Resting
        | ClusterError::Crowded => "",
    }
}
