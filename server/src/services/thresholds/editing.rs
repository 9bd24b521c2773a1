//! Changing thresholds: at once where that makes them stricter, by two people where it loosens a P1.

use gantry_domain::actor::Role;
use gantry_domain::alert::change::{self, Outcome, Refused};
use gantry_domain::alert::rule::Mistake;
use gantry_domain::alert::{Rule, Version};
use gantry_domain::id::{IntegrationId, ThresholdId};
use serde_json::json;
use uuid::Uuid;

use crate::live::topics;
use crate::services::Caller;
use crate::store::thresholds::{Proposal, Stored};
use crate::store::{Db, Once, StoreError, Tx, audit, thresholds};

/// Why a threshold was not changed.
#[derive(Debug, thiserror::Error)]
pub enum EditError {
    /// There is no such threshold, version or proposal.
    #[error("There is no such threshold.")]
    NoSuch,
    /// Somebody changed it since the page was read.
    #[error("{by} made version {now} of it while this page was open.")]
    Changed {
        /// Who.
        by: String,
        /// The present version.
        now: u32,
    },
    /// Something is wrong with what was typed.
    #[error("Something is wrong with it.")]
    Mistaken(Vec<Mistake>),
    /// The domain refused.
    #[error(transparent)]
    Refused(#[from] Refused),
    /// Postgres.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Makes `rule` the next version of a threshold, or proposes it where that takes a second person.
pub async fn save(
    db: &Db,
    caller: Caller,
    id: ThresholdId,
    seen: u32,
    rule: Rule,
    why: String,
) -> Result<Outcome, EditError> {
    let mistakes = rule.mistakes();
    if !mistakes.is_empty() {
        return Err(EditError::Mistaken(mistakes));
    }
    db.tx(move |tx| Box::pin(async move { save_in(tx, &caller, id, seen, rule, why).await })).await
}

async fn save_in(
    tx: &mut Tx,
    caller: &Caller,
    id: ThresholdId,
    seen: u32,
    rule: Rule,
    why: String,
) -> Result<Outcome, EditError> {
    if let Once::Repeated(before) = tx.once(&caller.request, "saved").await? {
        return Ok(if before == "saved" { Outcome::Saved } else { Outcome::Proposed(Vec::new()) });
    }
    let stored = thresholds::lock(tx, id).await?.ok_or(EditError::NoSuch)?;
    check_seen(&stored, seen)?;
    let outcome = change::decide(&caller.actor, &stored.version.rule, &rule, &why)?;
    match &outcome {
        Outcome::Saved => {
            let next = next(&stored, caller, rule, why.trim().to_owned());
            put(tx, caller, &stored, &next, "threshold.changed").await?;
        }
        Outcome::Proposed(loosenings) => {
            let proposal = Proposal {
                id: Uuid::now_v7(),
                base_version: stored.version.number,
                rule,
                at: caller.now,
                by: caller.actor.person.clone(),
                why: why.trim().to_owned(),
            };
            thresholds::propose(tx, id, &proposal).await?;
            tx.announce(topics::THRESHOLDS);
            tx.audit(&audit::New {
                at: caller.now,
                actor: Some(&caller.actor.person),
                action: "threshold.proposed",
                subject: &format!("thresholds/{id}"),
                detail: json!({
                    "base": proposal.base_version,
                    "rule": proposal.rule,
                    "why": proposal.why,
                    "loosens": loosenings.iter().map(ToString::to_string).collect::<Vec<_>>(),
                }),
            })
            .await?;
        }
    }
    Ok(outcome)
}

/// The reason that is kept where version `number` is brought back for the reason `why`: one is needed where that loosens a P1,
/// and the number of the version is none.
pub fn restoring(number: u32, why: &str) -> String {
    let why = why.trim();
    if why.is_empty() { String::new() } else { format!("Restores version {number}: {why}") }
}

/// Brings an earlier version back, as the newest one.
pub async fn restore(
    db: &Db,
    caller: Caller,
    id: ThresholdId,
    seen: u32,
    number: u32,
    why: &str,
) -> Result<Outcome, EditError> {
    let versions = db.read(thresholds::versions(db.pool(), id)).await?;
    let version = versions.into_iter().find(|version| version.number == number).ok_or(EditError::NoSuch)?;
    save(db, caller, id, seen, version.rule, restoring(number, why)).await
}

/// Another admin's yes: the proposal becomes the next version.
pub async fn approve(db: &Db, caller: Caller, id: ThresholdId, proposal: Uuid) -> Result<(), EditError> {
    db.tx(move |tx| {
        Box::pin(async move {
            if tx.once(&caller.request, "").await? != Once::New {
                return Ok(());
            }
            let stored = thresholds::lock(tx, id).await?.ok_or(EditError::NoSuch)?;
            let waiting = thresholds::proposal(&mut **tx, id).await?;
            let waiting = waiting.filter(|waiting| waiting.id == proposal).ok_or(EditError::NoSuch)?;
            change::approve(&caller.actor, &waiting.by, waiting.base_version, stored.version.number)?;
            let next = Version {
                number: stored.version.number + 1,
                rule: waiting.rule,
                at: caller.now,
                by: Some(waiting.by),
                approved_by: Some(caller.actor.person.clone()),
                why: waiting.why,
            };
            thresholds::decided(tx, proposal, &caller.actor.person, caller.now, true).await?;
            put(tx, &caller, &stored, &next, "threshold.approved").await
        })
    })
    .await
}

/// Another admin's no, or the proposer's second thought.
pub async fn refuse(db: &Db, caller: Caller, id: ThresholdId, proposal: Uuid) -> Result<(), EditError> {
    if caller.actor.role < Role::Admin {
        return Err(Refused::NotAllowed.into());
    }
    db.tx(move |tx| {
        Box::pin(async move {
            if tx.once(&caller.request, "").await? != Once::New {
                return Ok(());
            }
            thresholds::lock(tx, id).await?.ok_or(EditError::NoSuch)?;
            let waiting = thresholds::proposal(&mut **tx, id).await?;
            let waiting = waiting.filter(|waiting| waiting.id == proposal).ok_or(EditError::NoSuch)?;
            thresholds::decided(tx, proposal, &caller.actor.person, caller.now, false).await?;
            tx.announce(topics::THRESHOLDS);
            tx.audit(&audit::New {
                at: caller.now,
                actor: Some(&caller.actor.person),
                action: "threshold.refused",
                subject: &format!("thresholds/{id}"),
                detail: json!({ "proposed_by": waiting.by.name, "why": waiting.why }),
            })
            .await?;
            Ok(())
        })
    })
    .await
}

/// What an import came to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Taken {
    /// New thresholds.
    pub added: usize,
    /// New versions of thresholds that were there.
    pub changed: usize,
    /// Changes that wait for another admin.
    pub proposed: usize,
    /// Thresholds that were just so already.
    pub same: usize,
}

/// Takes the rules of a file into an integration: new ones are added, others become versions or proposals.
pub async fn import(
    db: &Db,
    caller: Caller,
    integration: IntegrationId,
    rules: Vec<Rule>,
    why: String,
) -> Result<Taken, EditError> {
    if caller.actor.role < Role::Admin {
        return Err(Refused::NotAllowed.into());
    }
    db.tx(move |tx| {
        Box::pin(async move {
            let mut taken = Taken::default();
            if tx.once(&caller.request, "").await? != Once::New {
                return Ok(taken);
            }
            let present = thresholds::of(&mut **tx, integration).await?;
            let mut audited = Vec::new();
            for rule in rules {
                let key = rule.spec.key.clone();
                let Some(stored) = present.iter().find(|one| one.version.rule.spec.key == key) else {
                    let first = Version {
                        number: 1,
                        rule,
                        at: caller.now,
                        by: Some(caller.actor.person.clone()),
                        approved_by: None,
                        why: why.clone(),
                    };
                    // Behind those that were there before.
                    let position = i32::try_from(present.len() + taken.added).unwrap_or(i32::MAX);
                    thresholds::add(tx, integration, position, &first).await?;
                    audited.push(json!({ "key": key, "rule": first.rule }));
                    taken.added += 1;
                    continue;
                };
                match change::decide(&caller.actor, &stored.version.rule, &rule, &why) {
                    Ok(Outcome::Saved) => {
                        let next = next(stored, &caller, rule, why.clone());
                        thresholds::add_version(tx, stored.id, &next).await?;
                        audited.push(json!({ "key": key, "version": next.number, "rule": next.rule }));
                        taken.changed += 1;
                    }
                    Ok(Outcome::Proposed(_)) => {
                        let proposal = Proposal {
                            id: Uuid::now_v7(),
                            base_version: stored.version.number,
                            rule,
                            at: caller.now,
                            by: caller.actor.person.clone(),
                            why: why.clone(),
                        };
                        thresholds::propose(tx, stored.id, &proposal).await?;
                        audited.push(json!({ "key": key, "proposed": proposal.rule }));
                        taken.proposed += 1;
                    }
                    Err(Refused::NothingDiffers) => taken.same += 1,
                    Err(refused) => return Err(refused.into()),
                }
            }
            tx.announce(topics::THRESHOLDS);
            tx.announce(topics::THRESHOLD_EDITS);
            tx.audit(&audit::New {
                at: caller.now,
                actor: Some(&caller.actor.person),
                action: "thresholds.imported",
                subject: &format!("integrations/{integration}"),
                detail: json!({ "why": why, "taken": audited }),
            })
            .await?;
            Ok(taken)
        })
    })
    .await
}

fn next(stored: &Stored, caller: &Caller, rule: Rule, why: String) -> Version {
    Version {
        number: stored.version.number + 1,
        rule,
        at: caller.now,
        by: Some(caller.actor.person.clone()),
        approved_by: None,
        why,
    }
}

fn check_seen(stored: &Stored, seen: u32) -> Result<(), EditError> {
    if stored.version.number == seen {
        return Ok(());
    }
    let by = stored.version.by.as_ref().map_or_else(|| "Somebody".to_owned(), |by| by.name.clone());
    Err(EditError::Changed { by, now: stored.version.number })
}

async fn put(
    tx: &mut Tx,
    caller: &Caller,
    before: &Stored,
    next: &Version,
    action: &str,
) -> Result<(), EditError> {
    thresholds::add_version(tx, before.id, next).await?;
    tx.announce(topics::THRESHOLDS);
    tx.announce(topics::THRESHOLD_EDITS);
    let changes: Vec<_> = change::difference(&before.version.rule, &next.rule)
        .into_iter()
        .map(|change| json!({ "what": change.what, "from": change.from, "to": change.to }))
        .collect();
    tx.audit(&audit::New {
        at: caller.now,
        actor: Some(&caller.actor.person),
        action,
        subject: &format!("thresholds/{}", before.id),
        detail: json!({ "version": next.number, "changes": changes, "why": next.why, "rule": next.rule }),
    })
    .await?;
    Ok(())
}
