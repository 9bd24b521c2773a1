//! A rollout: the row that holds the intent, what is observed, and what may come of the two.
//!
//! [`advance`] is the heart: a function of the row and the observed cluster, so that a crash anywhere is safe.
//! This module does no IO, reads no clock and knows no Kubernetes client.

mod advance;
mod drift;
mod intent;
mod kubectl;
mod news;
mod phase;
mod progress;
mod pushed_again;
mod shown;
mod words;

#[cfg(test)]
mod model;
#[cfg(test)]
mod model_world;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod tests_asked;
#[cfg(test)]
mod tests_by_hand;
#[cfg(test)]
mod tests_killed;
#[cfg(test)]
mod tests_meddled;
#[cfg(test)]
mod tests_shown;
#[cfg(test)]
mod tests_unready;

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

use crate::canary::{Originals, Shape, Steering, Template, restored};
use crate::id::{GoLiveId, RolloutId};
use crate::judge::{OverSince, Reading, Sample};
use crate::plan::{Basis, Plan};

pub use advance::advance;
pub use drift::Difference;
pub use intent::{Ask, Intent, Refused, asks, can_roll_back, intend};
pub use kubectl::{ByHand, kubectl_for_ask};
pub use news::news;
pub use phase::{Held, Outcome, Phase, WhyRollBack};
pub use shown::Shown;
pub use words::LogLine;

/// How often thresholds are judged unless configured otherwise, in seconds.
pub const JUDGE_PERIOD_SECONDS: u32 = 5;

/// Which Deployment is rolled out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Target {
    /// Kubernetes namespace.
    pub namespace: String,
    /// Name of the Deployment.
    pub deployment: String,
    /// Name of the container whose image changes.
    pub container: String,
    /// UID of the Deployment: another Deployment of the same name is another one.
    pub uid: String,
}

/// The version to return to. Recorded before the first write; "the previous revision" is never used.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stable {
    /// The image of the target's container.
    pub image: String,
    /// `pod-template-hash` of its ReplicaSet.
    pub template_hash: String,
    /// UID of its ReplicaSet.
    pub replica_set_uid: String,
    /// Its revision at the start, where the Deployment has one.
    pub revision: Option<i64>,
    /// The whole pod template as JSON.
    pub template: String,
}

/// One rollout, as it is stored.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Rollout {
    /// Its id.
    pub id: RolloutId,
    /// The go-live that it belongs to.
    pub golive_id: GoLiveId,
    /// What is rolled out on.
    pub target: Target,
    /// The plan, with the versions of the thresholds that judge.
    pub plan: Plan,
    /// Whether steps are kept in pods or in percent.
    pub basis: Basis,
    /// Replicas as known: a change by others is drift, except where an autoscaler makes it.
    pub replicas: u32,
    /// Where a rollback returns to.
    pub stable: Stable,
    /// The image that is rolled out.
    pub new_image: String,
    /// The steering fields to restore in the end.
    pub originals: Originals,
    /// Where it stands.
    pub phase: Phase,
    /// The shape that the Deployment shall have. Written here before it is written to the cluster.
    pub wanted: Shape,
    /// The shape last known to be the Deployment's. Anything else than this or `wanted` is someone else's doing.
    /// `None`: whatever is there may be overwritten (a rollback, or a person accepted a difference).
    pub confirmed: Option<Shape>,
    /// A person asked to go on without waiting for the soak or the readings.
    pub go_on: bool,
    /// Breaches that a person has waved through, by threshold key.
    pub accepted: Vec<String>,
    /// Environment variables set as an incident's mitigation: a rollback carries them over.
    pub mitigations: Vec<String>,
    /// How many pods were not ready when it began: the way back does without as many, however many there are by then.
    #[serde(default)]
    pub unready_before: u32,
    /// How often thresholds are judged, in seconds.
    pub judge_period_seconds: u32,
    /// The last reading of each threshold.
    pub readings: Vec<Reading>,
    /// Since when limits are broken.
    pub over_since: OverSince,
    /// What was last seen of the pods.
    pub seen: Seen,
    /// Name of who started it.
    pub started_by: String,
    /// When it was started.
    pub started_at: DateTime<Utc>,
    /// When it ended.
    pub ended_at: Option<DateTime<Utc>>,
}

/// What [`Rollout::start`] needs to know.
#[derive(Debug, Clone, PartialEq)]
pub struct Start {
    /// Id of the new rollout.
    pub id: RolloutId,
    /// The go-live.
    pub golive_id: GoLiveId,
    /// The Deployment.
    pub target: Target,
    /// The plan, already checked.
    pub plan: Plan,
    /// The version that runs now.
    pub stable: Stable,
    /// The image to roll out.
    pub new_image: String,
    /// The steering fields as they are now.
    pub originals: Originals,
    /// Replicas now.
    pub replicas: u32,
    /// Whether an autoscaler is attached.
    pub autoscaled: bool,
    /// Name of who starts it.
    pub by: String,
}

impl Rollout {
    /// A new rollout that has written nothing yet.
    pub fn start(start: Start, now: DateTime<Utc>) -> Self {
        let before = restored(Template::Stable, &start.originals);
        Self {
            id: start.id,
            golive_id: start.golive_id,
            target: start.target,
            plan: start.plan,
            basis: if start.autoscaled { Basis::Percent } else { Basis::Pods },
            replicas: start.replicas,
            stable: start.stable,
            new_image: start.new_image,
            originals: start.originals,
            phase: Phase::Starting,
            wanted: before,
            confirmed: Some(before),
            go_on: false,
            accepted: Vec::new(),
            mitigations: Vec::new(),
            unready_before: 0,
            judge_period_seconds: JUDGE_PERIOD_SECONDS,
            readings: Vec::new(),
            over_since: OverSince::new(),
            seen: Seen::default(),
            started_by: start.by,
            started_at: now,
            ended_at: None,
        }
    }

    /// The judging period.
    pub fn judge_period(&self) -> TimeDelta {
        TimeDelta::seconds(i64::from(self.judge_period_seconds.max(1)))
    }
}

/// What a ReplicaSet is to the rollout.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Side {
    /// The stable version, with or without mitigations.
    Old,
    /// The new version, with or without mitigations.
    New,
    /// Neither: somebody else's.
    Other,
}

/// One pod as it was seen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PodSeen {
    /// Its name.
    pub name: String,
    /// Whether it is ready.
    pub ready: bool,
    /// Whether it is being deleted; such a pod no longer counts.
    pub terminating: bool,
    /// Why it does not become ready, where Kubernetes says so (`CrashLoopBackOff`).
    pub problem: Option<String>,
    /// The digest of the image that it runs, where its node says so.
    pub digest: Option<String>,
}

/// One ReplicaSet as it was seen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReplicaSetSeen {
    /// Its name.
    pub name: String,
    /// Its `pod-template-hash`.
    pub template_hash: String,
    /// The image of the target's container.
    pub image: String,
    /// What it is to the rollout.
    pub side: Side,
    /// Whether its template is the Deployment's current one.
    pub current: bool,
    /// How many pods Kubernetes wants of it.
    pub desired: u32,
    /// Its pods.
    pub pods: Vec<PodSeen>,
}

impl ReplicaSetSeen {
    /// Pods that are not going away.
    pub fn count(&self) -> u32 {
        count(self.pods.iter().filter(|p| !p.terminating))
    }

    /// Pods that serve.
    pub fn ready(&self) -> u32 {
        count(self.pods.iter().filter(|p| p.ready && !p.terminating))
    }
}

fn count<T>(items: impl Iterator<Item = T>) -> u32 {
    u32::try_from(items.count()).unwrap_or(u32::MAX)
}

/// Pods of one side.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Tally {
    /// How many pods Kubernetes wants.
    pub desired: u32,
    /// How many there are, without those that are going away.
    pub pods: u32,
    /// How many of them are ready.
    pub ready: u32,
}

/// What was last seen of the pods, for the page.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Seen {
    /// Replicas of the Deployment.
    pub replicas: u32,
    /// Its ReplicaSets that have or want pods.
    pub replica_sets: Vec<ReplicaSetSeen>,
    /// Name of the autoscaler attached to it.
    pub autoscaler: Option<String>,
}

impl Seen {
    /// The pods of one side.
    pub fn tally(&self, side: Side) -> Tally {
        self.sum(|set| set.side == side)
    }

    /// The pods of the Deployment's current template.
    pub fn current(&self) -> Tally {
        self.sum(|set| set.current)
    }

    /// All pods.
    pub fn all(&self) -> Tally {
        self.sum(|_| true)
    }

    fn sum(&self, which: impl Fn(&ReplicaSetSeen) -> bool) -> Tally {
        self.replica_sets.iter().filter(|set| which(set)).fold(Tally::default(), |sum, set| Tally {
            desired: sum.desired + set.desired,
            pods: sum.pods + set.count(),
            ready: sum.ready + set.ready(),
        })
    }
}

/// What the Deployment's pod template turned out to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TemplateSeen {
    /// The recorded stable one, mitigations aside.
    Stable,
    /// The stable one with the new image, mitigations aside.
    New,
    /// Another one: its image, and in words what else differs.
    Foreign {
        /// The image of the target's container.
        image: String,
        /// What differs from the template that was expected.
        differs: String,
    },
}

/// Who drives the Deployment, by the annotation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Driver {
    /// The rollout.
    pub rollout: RolloutId,
    /// The epoch of the lease of its driver.
    pub epoch: i64,
}

/// The Deployment as it was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeploymentSeen {
    /// Its UID.
    pub uid: String,
    /// Its pod template.
    pub template: TemplateSeen,
    /// Its steering fields.
    pub steering: Steering,
    /// Who drives it.
    pub driver: Option<Driver>,
    /// Whether Kubernetes has seen its latest specification; before that the pods say nothing about it.
    pub settled: bool,
    /// Its pods.
    pub pods: Seen,
}

/// Everything observed in one tick.
#[derive(Debug, Clone, PartialEq)]
pub struct Observation {
    /// The Deployment; `None` when it is gone.
    pub deployment: Option<DeploymentSeen>,
    /// The latest sample of each threshold.
    pub samples: Vec<Sample>,
    /// The epoch of our own lease.
    pub epoch: i64,
}

/// One idempotent write to the cluster. It carries the `resourceVersion` that was observed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ClusterWrite {
    /// Says who drives, before anything else is written, so that a former driver's writes fail.
    Fence {
        /// Us.
        driver: Driver,
        /// Kept beside the Deployment too, for people without the panel.
        originals: Originals,
    },
    /// Gives the Deployment a shape. The template is touched only when it is not the shape's already.
    Shape {
        /// The shape.
        shape: Shape,
        /// Environment variables to carry over from the running template.
        carry: Vec<String>,
        /// Whether our annotations go as well.
        release: bool,
    },
}

/// What one tick comes to. The row is saved before the write is performed.
#[derive(Debug, Clone, PartialEq)]
pub struct Decision {
    /// The row to save.
    pub next: Rollout,
    /// At most one write.
    pub write: Option<ClusterWrite>,
    /// Lines for the log.
    pub log: Vec<LogLine>,
    /// When to look again, at the latest; `None`: there is nothing left to do for this driver.
    pub requeue: Option<TimeDelta>,
}
