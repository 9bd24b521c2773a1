//! Drift: what of the Deployment is neither what the rollout wrote nor what it is about to write, in words.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::phase::Phase;
use super::{DeploymentSeen, Rollout, Side, TemplateSeen};
use crate::canary::{Shape, Steering, Strategy, Template};
use crate::plan::Basis;

/// One difference between the Deployment as it is and as the rollout left it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Difference {
    /// The Deployment is gone.
    Deleted,
    /// Another Deployment has its name.
    Recreated,
    /// Another rollout drives it.
    OtherDriver,
    /// Somebody set another pod template.
    OtherTemplate {
        /// Its image.
        image: String,
        /// What else differs, in words.
        differs: String,
    },
    /// Somebody went back to the stable template.
    BackOnStable,
    /// Somebody set the new template again during the rollback.
    BackOnNew,
    /// Pods of a version that is neither.
    ThirdVersion {
        /// The ReplicaSet.
        replica_set: String,
        /// Its image.
        image: String,
        /// How many pods it has.
        pods: u32,
    },
    /// Somebody scaled it.
    Replicas {
        /// As the rollout knows it.
        was: u32,
        /// As it is.
        now: u32,
    },
    /// More pods of the new version than the step has.
    TooManyNew {
        /// What the step has.
        expected: u32,
        /// What there are.
        found: u32,
    },
    /// Somebody attached an autoscaler.
    Autoscaler {
        /// Its name.
        name: String,
    },
    /// `spec.paused` is not what it was.
    Paused {
        /// As it is.
        now: bool,
    },
    /// The update strategy is not what it was.
    Strategy {
        /// As the rollout left it.
        was: Strategy,
        /// As it is.
        now: Strategy,
    },
    /// `minReadySeconds` is not what it was.
    MinReadySeconds {
        /// As the rollout left it.
        was: i32,
        /// As it is.
        now: i32,
    },
    /// `progressDeadlineSeconds` is not what it was.
    ProgressDeadline {
        /// As the rollout left it.
        was: i32,
        /// As it is.
        now: i32,
    },
}

impl Difference {
    /// Whether the rollout can take it as given and go on, once a person says so. What cannot be accepted
    /// leaves two ways: put it back, or roll back.
    pub const fn can_be_accepted(&self) -> bool {
        match self {
            Self::Deleted
            | Self::Recreated
            | Self::OtherDriver
            | Self::OtherTemplate { .. }
            | Self::ThirdVersion { .. } => false,
            Self::BackOnStable
            | Self::BackOnNew
            | Self::Replicas { .. }
            | Self::TooManyNew { .. }
            | Self::Autoscaler { .. }
            | Self::Paused { .. }
            | Self::Strategy { .. }
            | Self::MinReadySeconds { .. }
            | Self::ProgressDeadline { .. } => true,
        }
    }

    /// Whether there is no Deployment of ours left to return to.
    pub const fn is_final(&self) -> bool {
        matches!(self, Self::Deleted | Self::Recreated)
    }
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Deleted => f.write_str("the Deployment was deleted"),
            Self::Recreated => f.write_str("the Deployment was deleted and made again under the same name"),
            Self::OtherDriver => f.write_str("another rollout has taken the Deployment over"),
            Self::OtherTemplate { image, differs } => {
                write!(f, "somebody set another pod template: image {image}")?;
                if differs.is_empty() { Ok(()) } else { write!(f, "; {differs}") }
            }
            Self::BackOnStable => {
                f.write_str("somebody set the stable template again (kubectl rollout undo?)")
            }
            Self::BackOnNew => f.write_str("somebody set the new template again"),
            Self::ThirdVersion { replica_set, image, pods } => {
                write!(f, "{pods} pods of a third version run: {image} (ReplicaSet {replica_set})")
            }
            Self::Replicas { was, now } => write!(f, "somebody scaled from {was} to {now} replicas"),
            Self::TooManyNew { expected, found } => {
                write!(f, "{found} pods of the new version where the step has {expected}")
            }
            Self::Autoscaler { name } => write!(f, "an autoscaler was attached: {name}"),
            Self::Paused { now: false } => f.write_str("somebody lifted the pause (spec.paused is false)"),
            Self::Paused { now: true } => f.write_str("somebody paused the Deployment (spec.paused is true)"),
            Self::Strategy { was, now } => write!(f, "the strategy was changed from {was} to {now}"),
            Self::MinReadySeconds { was, now } => {
                write!(f, "minReadySeconds was changed from {was} to {now}")
            }
            Self::ProgressDeadline { was, now } => {
                write!(f, "progressDeadlineSeconds was changed from {was} to {now}")
            }
        }
    }
}

/// The shape that was observed; `None` when the template is somebody else's.
pub(super) fn shape_of(seen: &DeploymentSeen) -> Option<Shape> {
    let template = match seen.template {
        TemplateSeen::Stable => Template::Stable,
        TemplateSeen::New => Template::New,
        TemplateSeen::Foreign { .. } => return None,
    };
    Some(Shape { template, steering: seen.steering })
}

/// All differences, for a Deployment that is still ours.
pub(super) fn differences(rollout: &Rollout, seen: &DeploymentSeen) -> Vec<Difference> {
    let phase = match &rollout.phase {
        Phase::Held { from, .. } => from,
        other => other,
    };
    if seen.uid != rollout.target.uid {
        return vec![Difference::Recreated];
    }
    let mut found = Vec::new();
    if !matches!(phase, Phase::Starting) && seen.driver.is_some_and(|driver| driver.rollout != rollout.id) {
        found.push(Difference::OtherDriver);
    }
    if !phase.is_returning() {
        foreign_versions(seen, &mut found);
    }
    shape(rollout, phase, seen, &mut found);
    if phase.step().is_some() || matches!(phase, Phase::Starting) {
        scale(rollout, phase, seen, &mut found);
    }
    found
}

fn foreign_versions(seen: &DeploymentSeen, found: &mut Vec<Difference>) {
    if let TemplateSeen::Foreign { image, differs } = &seen.template {
        found.push(Difference::OtherTemplate { image: image.clone(), differs: differs.clone() });
        return;
    }
    for set in &seen.pods.replica_sets {
        let pods = set.count().max(set.desired);
        if set.side == Side::Other && pods > 0 {
            found.push(Difference::ThirdVersion {
                replica_set: set.name.clone(),
                image: set.image.clone(),
                pods,
            });
        }
    }
}

fn shape(rollout: &Rollout, phase: &Phase, seen: &DeploymentSeen, found: &mut Vec<Difference>) {
    let wanted = rollout.wanted;
    // Without a confirmed shape anything may be overwritten.
    let Some(confirmed) = rollout.confirmed else { return };
    let observed = shape_of(seen);
    if observed == Some(wanted) || observed == Some(confirmed) {
        return;
    }
    match observed {
        None if phase.is_returning() => {
            if let TemplateSeen::Foreign { image, differs } = &seen.template {
                found.push(Difference::OtherTemplate { image: image.clone(), differs: differs.clone() });
            }
        }
        None => {}
        Some(observed) if observed.template == wanted.template => {
            steering(wanted.steering, observed.steering, found);
        }
        Some(observed) if observed.template == confirmed.template => {
            steering(confirmed.steering, observed.steering, found);
        }
        Some(observed) => found.push(match observed.template {
            Template::Stable => Difference::BackOnStable,
            Template::New => Difference::BackOnNew,
        }),
    }
}

fn steering(was: Steering, now: Steering, found: &mut Vec<Difference>) {
    if was.paused != now.paused {
        found.push(Difference::Paused { now: now.paused });
    }
    if was.strategy != now.strategy {
        found.push(Difference::Strategy { was: was.strategy, now: now.strategy });
    }
    if was.min_ready_seconds != now.min_ready_seconds {
        found.push(Difference::MinReadySeconds { was: was.min_ready_seconds, now: now.min_ready_seconds });
    }
    if was.progress_deadline_seconds != now.progress_deadline_seconds {
        found.push(Difference::ProgressDeadline {
            was: was.progress_deadline_seconds,
            now: now.progress_deadline_seconds,
        });
    }
}

fn scale(rollout: &Rollout, phase: &Phase, seen: &DeploymentSeen, found: &mut Vec<Difference>) {
    let now = seen.pods.replicas;
    match rollout.basis {
        // The autoscaler's doing, except that it never scales to nothing.
        Basis::Percent => {
            if now == 0 {
                found.push(Difference::Replicas { was: rollout.replicas, now });
            }
        }
        Basis::Pods => {
            if let Some(name) = &seen.pods.autoscaler {
                found.push(Difference::Autoscaler { name: name.clone() });
            }
            if now != rollout.replicas {
                found.push(Difference::Replicas { was: rollout.replicas, now });
            }
            let new = seen.pods.tally(Side::New).desired;
            if let Some(expected) = phase.to().filter(|&to| new > to) {
                found.push(Difference::TooManyNew { expected, found: new });
            }
        }
    }
}
