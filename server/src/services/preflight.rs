//! Pre-flight: looking at everything that has to be right before a start, all at once and within bounds.
//!
//! Which findings block is decided by the domain.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use futures_util::future::BoxFuture;
use gantry_domain::actor::Role;
use gantry_domain::gate::gate;
use gantry_domain::golive::GoLive;
use gantry_domain::id::GoLiveId;
use gantry_domain::plan::Plan;
use gantry_domain::preflight::{self, Answered, Check, Finding, Found, Outcome};
use gantry_domain::preset::Preset;
use gantry_domain::release::Running;
use gantry_domain::text::inert;
use serde_json::json;

use super::rollouts::gate_finding;
use super::{Caller, console, running};
use crate::live::topics;
use crate::outside::cluster::{Cluster, ClusterError, Facts, facts, fingerprint};
use crate::outside::prometheus::Prometheus;
use crate::store::go_lives::Stored;
use crate::store::{Db, Once, StoreError, Tx, audit, go_lives, preflights, rollouts};

/// The shortest reason for an override, in characters.
pub const SHORTEST_REASON: usize = 15;
/// The longest, in characters.
pub const LONGEST_REASON: usize = 2000;

/// Looks at staging and at the vendor's status page; gives their two findings.
pub type Neighbours = Arc<dyn Fn(GoLive) -> BoxFuture<'static, Vec<Finding>> + Send + Sync>;

/// What is around a go-live.
#[derive(Clone)]
pub struct Surroundings {
    /// The presets, for the thresholds.
    pub presets: Arc<Vec<Preset>>,
    /// The cluster, where one is configured.
    pub cluster: Option<Cluster>,
    /// Prometheus, where one is configured.
    pub prometheus: Option<Prometheus>,
    /// Staging and the vendor; their checks are unknown where nobody looks.
    pub neighbours: Option<Neighbours>,
}

impl Surroundings {
    /// The same for whoever is about to do something: the cluster is asked whatever happened before.
    #[must_use]
    pub fn driving(&self) -> Self {
        Self { cluster: self.cluster.as_ref().map(Cluster::driving), ..self.clone() }
    }
}

impl std::fmt::Debug for Surroundings {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Surroundings")
    }
}

/// Why a pre-flight was not taken, or not overridden.
#[derive(Debug, thiserror::Error)]
pub enum PreflightError {
    /// There is no such go-live.
    #[error("there is no such go-live")]
    NoSuchGoLive,
    /// Looking needs a release manager, overriding an admin.
    #[error("this needs {}", .0.with_article())]
    NotAllowed(Role),
    /// Too short to explain anything.
    #[error("the reason needs at least {SHORTEST_REASON} characters")]
    ReasonTooShort,
    /// Longer than what is kept.
    #[error("the reason has more than {LONGEST_REASON} characters")]
    ReasonTooLong,
    /// The go-live changed since the page was read.
    #[error("the go-live changed while this page was open")]
    Changed,
    /// None of the checks that were seen to fail can be waved through now.
    #[error("none of the checks that this page showed is in the way now")]
    NothingToOverride,
    /// Postgres.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// The image that a rollout brings: pinned to its digest where one was given.
pub(super) fn image(go_live: &GoLive) -> String {
    let image = &go_live.release.image;
    let pinned = go_live.release.known_digest().and_then(|digest| image.pinned(digest).ok());
    pinned.as_ref().unwrap_or(image).to_string()
}

/// Looks at everything and keeps what was found.
pub async fn take(
    db: &Db,
    around: &Surroundings,
    caller: Caller,
    id: GoLiveId,
) -> Result<(), PreflightError> {
    if !caller.actor.may_act_as(Role::ReleaseManager) {
        return Err(PreflightError::NotAllowed(Role::ReleaseManager));
    }
    let stored = db.read(go_lives::find(db.pool(), id)).await?.ok_or(PreflightError::NoSuchGoLive)?;
    let (plan, preset) = console::plan(db, &stored, &around.presets).await?;
    let Looked { findings, .. } =
        look(around, db, &stored, &plan, preset.as_ref(), caller.now, false).await?;
    db.tx(move |tx| Box::pin(async move { keep(tx, id, findings).await.map_err(PreflightError::from) })).await
}

/// Keeps what was found, for the page.
pub(super) async fn keep(tx: &mut Tx, id: GoLiveId, findings: Vec<Finding>) -> Result<(), StoreError> {
    let taken_at = rollouts::now(&mut **tx).await?;
    preflights::put(tx, id, &preflights::Taken { findings, taken_at }).await?;
    tx.announce(topics::go_live(id));
    Ok(())
}

/// The last one, and the overrides that were given for this release.
pub async fn see(
    db: &Db,
    go_live: &GoLive,
) -> Result<(Option<preflights::Taken>, Vec<preflight::Override>), StoreError> {
    let (pool, binding) = (db.pool(), go_live.binding());
    db.read(async {
        tokio::try_join!(preflights::of(pool, go_live.id), preflights::overridden(pool, go_live.id, &binding))
    })
    .await
}

/// An admin's word that the rollout may start in spite of checks that failed when it was last looked and that the admin was
/// `shown`. It counts for these and no others, and is shown for ever.
pub async fn override_it(
    db: &Db,
    caller: Caller,
    id: GoLiveId,
    reason: &str,
    seen: i64,
    shown: Vec<Check>,
) -> Result<(), PreflightError> {
    if !caller.actor.may_act_as(Role::Admin) {
        return Err(PreflightError::NotAllowed(Role::Admin));
    }
    let reason = reason.trim().to_owned();
    match reason.chars().count() {
        0..SHORTEST_REASON => return Err(PreflightError::ReasonTooShort),
        SHORTEST_REASON..=LONGEST_REASON => {}
        _ => return Err(PreflightError::ReasonTooLong),
    }
    db.tx(move |tx| {
        Box::pin(async move {
            if tx.once(&caller.request, "").await? != Once::New {
                return Ok(());
            }
            let locked = go_lives::lock(tx, id).await?.ok_or(PreflightError::NoSuchGoLive)?;
            if seen != locked.go_live.version - 1 {
                return Err(PreflightError::Changed);
            }
            let binding = locked.go_live.binding();
            let found = preflights::of(&mut **tx, id).await?.map(|taken| taken.findings).unwrap_or_default();
            let waved = preflights::overridden(&mut **tx, id, &binding).await?;
            let mut checks = preflight::to_override(&found, &waved);
            checks.retain(|check| shown.contains(check));
            if checks.is_empty() {
                return Err(PreflightError::NothingToOverride);
            }
            let person = &caller.actor.person;
            preflights::add_override(tx, id, person, &reason, &checks, binding.as_str(), caller.now).await?;
            tx.announce(topics::go_live(id));
            tx.audit(&audit::New {
                at: caller.now,
                actor: Some(person),
                action: "preflight.overridden",
                subject: &format!("go-lives/{id}"),
                detail: json!({ "reason": reason, "checks": checks, "binding": binding }),
            })
            .await?;
            Ok(())
        })
    })
    .await
}

/// What one look came to.
pub(super) struct Looked {
    /// All findings.
    pub(super) findings: Vec<Finding>,
    /// What is known of the Deployment.
    pub(super) facts: Option<Facts>,
    /// Fingerprint of the configuration that runs there.
    pub(super) running: Option<String>,
    /// Whether that is another one than was known: the version of the go-live has grown by one, and statements are stale.
    pub(super) changed: bool,
}

/// Looks at everything; `preset` is the one that the go-live goes by. What is seen to run in the cluster is kept, and the gate
/// is judged by it: always where the look `starts` a rollout, else while that still is about this go-live.
pub(super) async fn look(
    around: &Surroundings,
    db: &Db,
    stored: &Stored,
    plan: &Plan,
    preset: Option<&Preset>,
    now: DateTime<Utc>,
    starts: bool,
) -> Result<Looked, StoreError> {
    let go_live = &stored.go_live;
    let (driven, ours) = tokio::try_join!(
        db.read(rollouts::running_on(db.pool(), &go_live.workload)),
        running::ours(db, &around.presets, preset, &go_live.workload)
    )?;
    let neighbours = async {
        match &around.neighbours {
            Some(look) => look(go_live.clone()).await,
            None => Vec::new(),
        }
    };
    let (beside, (mut findings, seen), metrics) = tokio::join!(
        neighbours,
        cluster(around.cluster.as_ref(), go_live, plan, &ours, driven),
        metrics(around.prometheus.as_ref(), go_live, plan)
    );
    let (facts, fingerprint) = seen.unzip();
    let mut signed = go_live.clone();
    let mut changed = false;
    if let Some(fingerprint) = fingerprint.clone() {
        let seen = Running { fingerprint, noticed_at: now };
        // A start that another rollout will refuse rewrites nothing of that one's record.
        changed = if starts && !driven {
            running::notice(db, go_live, seen.clone()).await?
        } else {
            running::follow(db, go_live, seen.clone()).await?
        };
        if changed {
            signed.running = Some(seen);
        }
    }
    findings.push(gate_finding(&gate(&signed)));
    findings.push(metrics);
    findings.extend(beside);
    for check in [Check::StagingHealth, Check::VendorStatus] {
        if !findings.iter().any(|finding| finding.check == check) {
            findings.push(Finding::new(check, Outcome::Unknown, "nobody has said where to look"));
        }
    }
    findings.sort_by_key(|finding| finding.check);
    Ok(Looked { findings, facts, running: fingerprint, changed })
}

async fn cluster(
    cluster: Option<&Cluster>,
    go_live: &GoLive,
    plan: &Plan,
    ours: &[String],
    driven: bool,
) -> (Vec<Finding>, Option<(Facts, String)>) {
    let Some(cluster) = cluster else {
        return (vec![Finding::new(Check::Access, Outcome::Fail, "no cluster is configured")], None);
    };
    let workload = &go_live.workload;
    let (missing, read) = tokio::join!(
        cluster.missing(&workload.namespace),
        cluster.read(&workload.namespace, &workload.deployment)
    );
    let mut findings = vec![access(missing)];
    let snapshot = match read {
        Ok(Some(snapshot)) => snapshot,
        Ok(None) => {
            let words = format!("there is no Deployment {} in {}", workload.deployment, workload.namespace);
            findings[0] = Finding::new(Check::Access, Outcome::Fail, words);
            return (findings, None);
        }
        Err(error) => {
            findings[0] = Finding::new(Check::Access, Outcome::Fail, error.to_string());
            return (findings, None);
        }
    };
    let facts = facts(&snapshot, &workload.container);
    let found = found(&facts, driven);
    findings.extend([preflight::settled(&found), preflight::pods_ready(&found)]);
    findings.push(preflight::replicas(plan, facts.replicas, facts.autoscaler.is_some()));
    findings.extend(versions(&facts, go_live));
    let fingerprint = fingerprint(&snapshot, &workload.container, ours);
    (findings, Some((facts, fingerprint)))
}

fn access(missing: Result<Vec<crate::outside::cluster::Asked>, ClusterError>) -> Finding {
    match missing {
        Ok(missing) if missing.is_empty() => {
            Finding::new(Check::Access, Outcome::Pass, "every verb that is needed is granted")
        }
        Ok(missing) => {
            let verbs: Vec<_> = missing.iter().map(ToString::to_string).collect();
            Finding::new(Check::Access, Outcome::Fail, format!("the Role lacks {}", verbs.join(", ")))
        }
        Err(error) => Finding::new(Check::Access, Outcome::Unknown, error.to_string()),
    }
}

fn found(facts: &Facts, running: bool) -> Found {
    Found {
        running,
        paused: facts.steering.paused,
        settled: facts.settled,
        others: facts.others,
        ready: facts.ready,
        replicas: facts.replicas,
    }
}

fn versions(facts: &Facts, go_live: &GoLive) -> [Finding; 2] {
    let new = image(go_live);
    let Some(stable) = facts.stable.as_ref().filter(|stable| !stable.image.is_empty()) else {
        let container = &go_live.workload.container;
        let words = format!("no version of container {container} was found running");
        return [
            Finding::new(Check::RollbackTarget, Outcome::Fail, words.clone()),
            Finding::new(Check::NewImage, Outcome::Unknown, words),
        ];
    };
    let revision = stable.revision.map_or(String::new(), |revision| format!(", revision {revision}"));
    let target = format!("{}{revision}", stable.image);
    let another = if stable.image == new {
        Finding::new(Check::NewImage, Outcome::Fail, format!("{new} runs already"))
    } else {
        Finding::new(Check::NewImage, Outcome::Pass, format!("{} → {new}", stable.image))
    };
    // The line that goes back by hand names the image as it is, and has to be one that can be shown.
    let back = if inert(&stable.image, usize::MAX) == stable.image {
        Finding::new(Check::RollbackTarget, Outcome::Pass, target)
    } else {
        let words = format!("the name of the running image holds characters that cannot be shown: {target}");
        Finding::new(Check::RollbackTarget, Outcome::Fail, words)
    };
    [back, another]
}

async fn metrics(prometheus: Option<&Prometheus>, go_live: &GoLive, plan: &Plan) -> Finding {
    let Some(prometheus) = prometheus else {
        return Finding::new(
            Check::Metrics,
            Outcome::Fail,
            "no Prometheus is configured: nothing can be judged",
        );
    };
    let asked = plan.thresholds.iter().map(|threshold| async move {
        let query = threshold.spec.query(&go_live.workload, None);
        let answer = prometheus.query(&query).await;
        let from_backup = answer.as_ref().is_ok_and(|answer| answer.from_backup);
        let answered = match answer.map(|answer| answer.number()) {
            Err(error) => Answered::Failed(error.to_string()),
            Ok(Ok(value)) if value.is_finite() && from_backup => Answered::Backup,
            Ok(Ok(value)) if value.is_finite() => Answered::Value,
            Ok(Ok(_)) => Answered::Empty("not a number".to_owned()),
            Ok(Err(problem)) => Answered::Empty(problem.to_string()),
        };
        (threshold.spec.name.clone(), answered)
    });
    preflight::metrics(&futures_util::future::join_all(asked).await)
}
