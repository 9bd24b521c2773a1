//! Triage: taking the four looks, overruling an answer, and the walk that follows from both.

use chrono::{DateTime, Utc};
use futures_util::FutureExt as _;
use gantry_domain::actor::{Person, Role};
use gantry_domain::id::IncidentId;
use gantry_domain::incident::entry::EntryKind;
use gantry_domain::text::inert_line;
use gantry_domain::triage::{self, Answer, Findings, Overrule, Question, RefusedOverrule, Walk};
use serde_json::json;
use uuid::Uuid;

use super::Caller;
use super::response::{Responding, ResponseError, Said, Scene, say, scene};
use crate::clock::Clock;
use crate::store::triages::Triage;
use crate::store::{Db, Once, Tx, audit, first_looks, triages};

/// The most triages of one incident that a page shows.
const MOST: i64 = 20;

/// A triage with the walk that follows from it.
#[derive(Debug, Clone, PartialEq)]
pub struct Walked {
    /// What was found and overruled.
    pub triage: Triage,
    /// The walk.
    pub walk: Walk,
}

impl From<Triage> for Walked {
    fn from(triage: Triage) -> Self {
        let walk = triage::walk(&triage.findings, &triage.overruled);
        Self { triage, walk }
    }
}

/// The triages of an incident, newest first.
pub async fn see(db: &Db, id: IncidentId) -> Result<Vec<Walked>, ResponseError> {
    let all = db.read(triages::of(db.pool(), id, MOST)).await?;
    Ok(all.into_iter().map(Walked::from).collect())
}

/// Takes the four looks and keeps what was found. Takes at most five seconds.
pub async fn take(
    db: &Db,
    around: &Responding,
    caller: Caller,
    id: IncidentId,
    clock: &Clock,
) -> Result<(), ResponseError> {
    if !caller.actor.may_act_as(Role::ReleaseManager) {
        return Err(ResponseError::NotAllowed(Role::ReleaseManager));
    }
    let scene = scene(db, &around.presets, id).await?;
    let findings = look(around, &scene, clock).await;
    let taken_at = clock.now();
    db.tx(move |tx| {
        Box::pin(async move {
            if tx.once(&caller.request, "").await? != Once::New {
                return Ok(());
            }
            let triage = Triage {
                id: Uuid::now_v7(),
                taken_at,
                by: caller.actor.person.name.clone(),
                findings,
                overruled: Vec::new(),
                version: 1,
            };
            triages::add(tx, id, &triage).await?;
            let walk = Walked::from(triage).walk;
            let text = format!("Triage: {}", words(&walk));
            note(tx, Some(&caller.actor.person), id, ("triage.taken", text), &walk, taken_at).await
        })
    })
    .await
}

/// Takes the looks that there are. The platform runs as nothing in particular: then most stay unknown and say why, and
/// people answer the tree's questions.
async fn look(around: &Responding, scene: &Scene, clock: &Clock) -> Findings {
    let preset = scene.preset.as_ref();
    match scene.workload() {
        Some(workload) => around.looks.four(preset, workload, clock.now()).boxed().await,
        None => around.looks.without_workload(preset, clock.now()).boxed().await,
    }
}

/// Takes the first triage of an incident that opened by itself, unless somebody looked before or it is over. Done once,
/// however often it is begun.
pub async fn take_first(
    db: &Db,
    around: &Responding,
    id: IncidentId,
    clock: &Clock,
) -> Result<(), ResponseError> {
    let scene = scene(db, &around.presets, id).await?;
    let looked = !db.read(triages::of(db.pool(), id, 1)).await?.is_empty();
    let findings =
        if scene.incident.is_open() && !looked { Some(look(around, &scene, clock).await) } else { None };
    let taken_at = clock.now();
    db.tx(move |tx| {
        Box::pin(async move {
            if !first_looks::settle(tx, id, taken_at).await? {
                return Ok(());
            }
            let Some(findings) = findings else { return Ok(()) };
            // Somebody may have looked meanwhile; then this is no first look.
            if triages::lock_newest(tx, id).await?.is_some() {
                return Ok(());
            }
            let by = triages::BY_ITSELF.to_owned();
            let triage =
                Triage { id: Uuid::now_v7(), taken_at, by, findings, overruled: Vec::new(), version: 1 };
            triages::add(tx, id, &triage).await?;
            let walk = Walked::from(triage).walk;
            let text = format!("First triage, taken automatically: {}", words(&walk));
            note(tx, None, id, ("triage.taken", text), &walk, taken_at).await
        })
    })
    .await
}

/// Takes no first triage of an incident, because that did not succeed several times; the timeline says so.
pub async fn give_up_first(db: &Db, id: IncidentId, clock: &Clock) -> Result<(), ResponseError> {
    let at = clock.now();
    db.tx(move |tx| {
        Box::pin(async move {
            if first_looks::settle(tx, id, at).await? {
                let text =
                    "The first triage could not be taken automatically: take the four looks".to_owned();
                let detail = json!({ "automatic": true });
                say(tx, id, Said { kind: EntryKind::Triage, by: None, text, detail, at }).await?;
            }
            Ok(())
        })
    })
    .await
}

/// Answers a question in place of the findings, or with no `answer` takes such an answer back.
pub async fn overrule(
    db: &Db,
    caller: Caller,
    id: IncidentId,
    question: Question,
    answer: Option<Answer>,
    reason: &str,
) -> Result<(), ResponseError> {
    triage::may_overrule(&caller.actor, reason).map_err(|why| match why {
        RefusedOverrule::NotAllowed => ResponseError::NotAllowed(Role::ReleaseManager),
        RefusedOverrule::ReasonMissing | RefusedOverrule::ReasonTooLong => ResponseError::wrong(
            "reason",
            super::response::sentence(&why.to_string()),
            "It stays on the timeline, so that others can follow it later.",
        ),
    })?;
    let reason = inert_line(reason, gantry_domain::checklist::MAX_NOTE);
    db.tx(move |tx| {
        Box::pin(async move {
            if tx.once(&caller.request, "").await? != Once::New {
                return Ok(());
            }
            let mut triage = triages::lock_newest(tx, id).await?.ok_or_else(|| {
                ResponseError::not_now(
                    "Nobody has looked yet, so there is no answer to overrule.",
                    "Take the four looks first.",
                )
            })?;
            triage.overruled.push(Overrule {
                question,
                answer,
                reason: reason.clone(),
                by: caller.actor.person.name.clone(),
                at: caller.now,
            });
            triages::overrule(tx, triage.id, &triage.overruled).await?;
            let walk = Walked::from(triage).walk;
            let said =
                answer.map_or_else(|| "as the findings say".to_owned(), |answer| answer.word().to_owned());
            let text = format!("{} – {said}, because: {reason}. {}", question.text(), words(&walk));
            let by = Some(&caller.actor.person);
            note(tx, by, id, ("triage.overruled", text), &walk, caller.now).await
        })
    })
    .await
}

async fn note(
    tx: &mut Tx,
    by: Option<&Person>,
    id: IncidentId,
    (action, text): (&'static str, String),
    walk: &Walk,
    at: DateTime<Utc>,
) -> Result<(), ResponseError> {
    let detail = json!({ "walk": walk, "automatic": by.is_none() });
    say(tx, id, Said { kind: EntryKind::Triage, by: by.cloned(), text, detail, at }).await?;
    tx.audit(&audit::New {
        at,
        actor: by,
        action,
        subject: &format!("incidents/{id}/triage"),
        detail: json!({ "walk": walk }),
    })
    .await?;
    Ok(())
}

/// Where a walk came to, in a sentence.
pub fn words(walk: &Walk) -> String {
    let kind = walk
        .error_type
        .map(|kind| format!(" Errors: {} – {}.", kind.label(), kind.meaning()))
        .unwrap_or_default();
    match (walk.verdict, walk.steps.last()) {
        (Some(verdict), _) => format!("{}. {}{kind}", verdict.title(), verdict.next_step()),
        (None, Some(step)) => format!("undecided at “{}”.{kind}", step.question.text()),
        (None, None) => format!("undecided.{kind}"),
    }
}
