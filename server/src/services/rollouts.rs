//! Starting a rollout, asking something of it, and what the page shows of it.
//!
//! Every call is authorised here again. What follows is decided by the domain and done by the engine.

use chrono::{DateTime, Utc};
use gantry_domain::actor::Role;
use gantry_domain::gate::{Gate, gate};
use gantry_domain::id::{GoLiveId, RolloutId, ThresholdKey};
use gantry_domain::plan::Plan;
use gantry_domain::preflight::{self, Blocked, Check, Finding, Outcome};
use gantry_domain::rollout::{Ask, Intent, LogLine, Refused, Rollout, Start, Target, intend, news};
use serde_json::json;
use uuid::Uuid;

use super::incidents::timeline;
use super::preflight::{Looked, Surroundings, look};
use super::{Caller, console};
use crate::live::topics;
use crate::outside::cluster::Facts;
use crate::store::go_lives::Stored;
use crate::store::rollouts::Point;
use crate::store::{
    Constraint, Db, Once, StoreError, Tx, audit, go_lives, mitigations, preflights, rollouts,
};

/// Why a rollout was not started.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// There is no such go-live.
    #[error("there is no such go-live")]
    NoSuchGoLive,
    /// Release managers and admins start rollouts.
    #[error("starting a rollout needs a release manager")]
    NotAllowed,
    /// The exact list of what stands in the way.
    #[error(transparent)]
    Blocked(#[from] Blocked),
    /// The Deployment has one that is not over.
    #[error("this Deployment has a rollout that is not over")]
    Running,
    /// The go-live changed since the page was read.
    #[error("the go-live changed while this page was open")]
    Changed,
    /// The cluster runs with another configuration than was known, and no statement is bound to that one.
    #[error("the configuration in the cluster changed")]
    Reconfigured,
    /// Postgres.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Why a rollout was not asked.
#[derive(Debug, thiserror::Error)]
pub enum AskError {
    /// This go-live has none.
    #[error("this go-live has no rollout")]
    NoRollout,
    /// Release managers and admins ask.
    #[error("asking something of a rollout needs a release manager")]
    NotAllowed,
    /// It makes no sense now.
    #[error(transparent)]
    Refused(#[from] Refused),
    /// A later rollout has changed the Deployment since.
    #[error("a later rollout has changed this Deployment since; start one to the version you want")]
    Superseded,
    /// Postgres.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Looks at everything again, and starts if nothing stands in the way.
pub async fn start(
    db: &Db,
    around: &Surroundings,
    caller: Caller,
    id: GoLiveId,
    seen: i64,
) -> Result<(), StartError> {
    if !caller.actor.may_act_as(Role::ReleaseManager) {
        return Err(StartError::NotAllowed);
    }
    let stored = db.read(go_lives::find(db.pool(), id)).await?.ok_or(StartError::NoSuchGoLive)?;
    let (plan, preset) = console::plan(db, &stored, &around.presets).await?;
    let Looked { findings, facts, running, changed } =
        look(&around.driving(), db, &stored, &plan, preset.as_ref(), caller.now, true).await?;
    // Kept also when the start is refused: the page then shows what stands in the way.
    let kept = findings.clone();
    db.tx(move |tx| {
        Box::pin(async move { super::preflight::keep(tx, id, kept).await.map_err(StartError::from) })
    })
    .await?;
    db.tx(move |tx| {
        Box::pin(async move {
            if tx.once(&caller.request, "").await? != Once::New {
                return Ok(());
            }
            let locked = go_lives::lock(tx, id).await?.ok_or(StartError::NoSuchGoLive)?;
            // What was looked at must be what is started.
            let (now, then) = (&locked.go_live, &stored.go_live);
            let kept = now.running.as_ref().map(|running| &running.fingerprint);
            let same = now.release.binding() == then.release.binding()
                && locked.plan == stored.plan
                && (running.is_none() || running.as_ref() == kept);
            // What the look itself noticed is refused below by what it made stale, and not for having been written down.
            if !same || seen + i64::from(changed) != now.version - 1 {
                return Err(StartError::Changed);
            }
            // Where it made nothing stale, because all was stated before the cluster was known, nobody has heard of it yet.
            if changed && gate(now).is_open() {
                return Err(StartError::Reconfigured);
            }
            let rollout = Box::pin(begin(tx, &caller, &locked, plan, findings, facts)).await?;
            record(tx, &caller, &rollout).await
        })
    })
    .await
}

/// Checks once more under the lock of the go-live, and stores the new rollout.
async fn begin(
    tx: &mut Tx,
    caller: &Caller,
    locked: &Stored,
    plan: Plan,
    mut findings: Vec<Finding>,
    facts: Option<Facts>,
) -> Result<Rollout, StartError> {
    let go_live = &locked.go_live;
    // The checklist may have changed while the rest was looked at.
    findings.retain(|finding| finding.check != Check::Gate);
    findings.push(gate_finding(&gate(go_live)));
    let waved = preflights::overridden(&mut **tx, go_live.id, &go_live.binding()).await?;
    preflight::may_start(&findings, &waved)?;
    let unreadable = || Blocked(vec![Finding::new(Check::Access, Outcome::Unknown, "it could not be read")]);
    let facts = facts.ok_or_else(unreadable)?;
    let stable = facts.stable.ok_or_else(unreadable)?;
    let workload = &go_live.workload;
    let standing = mitigations::standing_on(&mut **tx, workload).await?;
    let mut rollout = Rollout::start(
        Start {
            id: RolloutId(Uuid::now_v7()),
            golive_id: go_live.id,
            target: Target {
                namespace: workload.namespace.clone(),
                deployment: workload.deployment.clone(),
                container: workload.container.clone(),
                uid: facts.uid,
            },
            plan,
            stable,
            new_image: super::preflight::image(go_live),
            originals: facts.steering,
            replicas: facts.replicas,
            autoscaled: facts.autoscaler.is_some(),
            by: caller.actor.person.name.clone(),
        },
        rollouts::now(&mut **tx).await?,
    );
    // What stands because of an incident stays as it stands, whichever version runs.
    rollout.mitigations = standing.iter().filter_map(|one| one.variable().map(str::to_owned)).collect();
    rollout.unready_before = facts.replicas.saturating_sub(facts.ready);
    match rollouts::add(tx, &rollout).await {
        Err(StoreError::Conflict(Constraint::RolloutRunning)) => Err(StartError::Running),
        other => Ok(other.map(|()| rollout)?),
    }
}

async fn record(tx: &mut Tx, caller: &Caller, rollout: &Rollout) -> Result<(), StartError> {
    let mut why = caller.actor.person.name.clone();
    if rollout.unready_before > 0 {
        let (ready, all) = (rollout.ready_floor(rollout.replicas), rollout.replicas);
        why = format!("{why}; {ready} of {all} pods were ready, and the way back asks for no more");
    }
    if !rollout.plan.left_out.is_empty() {
        let keys: Vec<&str> = rollout.plan.left_out.iter().map(ThresholdKey::as_str).collect();
        why = format!("{why}; the plan leaves out {}", keys.join(", "));
    }
    let what = format!("Started: {} → {}", rollout.stable.image, rollout.new_image);
    let line = LogLine { at: rollout.started_at, what, why };
    rollouts::log(tx, rollout.id, &[line]).await?;
    tx.announce(topics::go_live(rollout.golive_id));
    tx.announce(topics::GO_LIVES);
    tx.announce(topics::ROLLOUTS);
    tx.audit(&audit::New {
        at: rollout.started_at,
        actor: Some(&caller.actor.person),
        action: "rollout.started",
        subject: &format!("go-lives/{}/rollouts/{}", rollout.golive_id, rollout.id),
        detail: json!({
            "from": rollout.stable.image,
            "to": rollout.new_image,
            "plan": rollout.plan,
            "replicas": rollout.replicas,
        }),
    })
    .await?;
    Ok(())
}

/// The finding about the checklist's gate.
pub(super) fn gate_finding(gate: &Gate) -> Finding {
    let outcome = if gate.is_open() { Outcome::Pass } else { Outcome::Fail };
    let mut words = gate.text();
    if let Gate::Closed { open } = gate {
        let titles: Vec<_> =
            open.iter().map(|item| format!("{} ({})", item.title, item.why.text())).collect();
        words = format!("{words}: {}", titles.join("; "));
    }
    Finding::new(Check::Gate, outcome, words)
}

/// Asks something of the newest rollout of a go-live.
pub async fn ask(db: &Db, caller: Caller, id: GoLiveId, ask: Ask) -> Result<(), AskError> {
    db.tx(move |tx| {
        Box::pin(async move {
            match take(tx, &caller, id, ask).await? {
                Some(taken) => Ok(taken.record(tx, &caller).await?),
                None => Ok(()),
            }
        })
    })
    .await
}

/// Something that was asked of a rollout and stored, but is not in the audit log yet.
#[derive(Debug)]
pub(super) struct Taken {
    /// The rollout as it stood.
    pub(super) before: Rollout,
    next: Rollout,
    ask: Ask,
    at: DateTime<Utc>,
}

/// Stores what is asked, within a transaction that goes on: for whoever has to say more about it. `None`: this very request
/// was stored before.
pub(super) async fn take(
    tx: &mut Tx,
    caller: &Caller,
    id: GoLiveId,
    ask: Ask,
) -> Result<Option<Taken>, AskError> {
    if !caller.actor.may_act_as(Role::ReleaseManager) {
        return Err(AskError::NotAllowed);
    }
    if tx.once(&caller.request, "").await? != Once::New {
        return Ok(None);
    }
    let newest = rollouts::latest(&mut **tx, id).await?.ok_or(AskError::NoRollout)?;
    let stored = rollouts::lock(tx, newest.rollout.id).await?.ok_or(AskError::NoRollout)?;
    let intent = Intent { by: caller.actor.person.name.clone(), ask };
    let (next, line) = intend(&stored.rollout, &intent, stored.now)?;
    if stored.rollout.phase.is_over() && !rollouts::is_last_on(tx, &next).await? {
        return Err(AskError::Superseded);
    }
    match rollouts::put(tx, &next).await {
        Err(StoreError::Conflict(Constraint::RolloutRunning)) => return Err(AskError::Superseded),
        other => other?,
    }
    rollouts::log(tx, next.id, std::slice::from_ref(&line)).await?;
    if let Some(told) = news(&stored.rollout.phase, &next) {
        timeline::tell_of_rollout(tx, &next, &told, stored.now).await?;
    }
    tx.announce(topics::go_live(id));
    tx.announce(topics::rollout(next.id));
    tx.announce(topics::ROLLOUTS);
    Ok(Some(Taken { before: stored.rollout, next, ask: intent.ask, at: stored.now }))
}

impl Taken {
    /// Puts it into the audit log. Last of all: everybody who writes waits from here on.
    pub(super) async fn record(self, tx: &mut Tx, caller: &Caller) -> Result<(), StoreError> {
        let Self { before, next, ask, at } = self;
        tx.audit(&audit::New {
            at,
            actor: Some(&caller.actor.person),
            action: &format!("rollout.{}", ask.word()),
            subject: &format!("go-lives/{}/rollouts/{}", next.golive_id, next.id),
            detail: json!({ "ask": ask, "from": before.phase.label(), "to": next.phase.label() }),
        })
        .await
    }
}

/// The newest rollout of a go-live with its log and curves.
#[derive(Debug, Clone)]
pub struct Seen {
    /// The rollout.
    pub stored: rollouts::Stored,
    /// The decisions, newest first.
    pub log: rollouts::Log,
    /// Those with which steps began, oldest first.
    pub steps: Vec<LogLine>,
    /// What was measured.
    pub points: Vec<Point>,
}

/// The most values of one curve.
const POINTS: i64 = 240;
/// The most decisions that stand on a page.
const SHOWN: i64 = 500;
/// The most decisions of a rollout in a document: more than a day of holding and resuming every ten seconds.
pub const WHOLE_LOG: i64 = 20_000;

/// All rollouts of a go-live with their logs, oldest first, without curves.
pub async fn all(db: &Db, id: GoLiveId) -> Result<Vec<Seen>, StoreError> {
    let mut all = Vec::new();
    for stored in db.read(rollouts::of(db.pool(), id)).await?.into_iter().rev() {
        let log = db.read(rollouts::log_of(db.pool(), stored.rollout.id, WHOLE_LOG)).await?;
        all.push(Seen { stored, log, steps: Vec::new(), points: Vec::new() });
    }
    Ok(all)
}

/// Reads it; none where there was never one.
pub async fn see(db: &Db, id: GoLiveId) -> Result<Option<Seen>, StoreError> {
    let pool = db.pool();
    let Some(stored) = db.read(rollouts::latest(pool, id)).await? else { return Ok(None) };
    let rollout = stored.rollout.id;
    let (log, steps, points) = db
        .read(async {
            tokio::try_join!(
                rollouts::log_of(pool, rollout, SHOWN),
                rollouts::steps_of(pool, rollout),
                rollouts::curve(pool, rollout, POINTS)
            )
        })
        .await?;
    Ok(Some(Seen { stored, log, steps, points }))
}
