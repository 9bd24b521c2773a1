//! A small model of a cluster with a Deployment controller, for the tests; the panel that drives it stands beside it.
//!
//! The controller's arithmetic follows Kubernetes' own (`NewRSNewReplicas`, `cleanupUnhealthyReplicas`,
//! `scaleDownOldReplicaSetsForRollingUpdate`): it stops where the real one stops and runs on where that runs on.

use super::*;
use crate::canary::Strategy;

pub(super) use super::model_world::World;

pub(super) const STABLE: u8 = 0;
pub(super) const NEW: u8 = 1;
pub(super) const THIRD: u8 = 2;

/// One ReplicaSet; each pod is its age in seconds.
#[derive(Debug, Clone)]
pub(super) struct Set {
    pub(super) template: u8,
    pub(super) desired: u32,
    min_ready: i32,
    pods: Vec<i32>,
}

#[derive(Debug, Clone)]
pub(super) struct Cluster {
    pub(super) uid: String,
    pub(super) replicas: u32,
    /// The replicas that the controller has spread over its sets.
    spread: u32,
    pub(super) template: u8,
    pub(super) steering: Steering,
    pub(super) driver: Option<Driver>,
    pub(super) autoscaler: Option<String>,
    pub(super) sets: Vec<Set>,
    pub(super) version: u64,
    /// Seconds until a pod is ready; a pod of a template above this count never is.
    pub(super) boot: i32,
    pub(super) broken: Option<u8>,
    /// Of that template no more than so many pods are ever ready at once.
    pub(super) ailing: Option<(u8, u32)>,
}

impl Cluster {
    pub(super) fn new(replicas: u32) -> Self {
        let pods = (0..replicas).map(|_| 1000).collect();
        Self {
            uid: "uid-1".into(),
            replicas,
            spread: replicas,
            template: STABLE,
            steering: Steering {
                strategy: Strategy::DEFAULT,
                min_ready_seconds: 0,
                progress_deadline_seconds: 600,
                paused: false,
            },
            driver: None,
            autoscaler: None,
            sets: vec![Set { template: STABLE, desired: replicas, min_ready: 0, pods }],
            version: 1,
            boot: 2,
            broken: None,
            ailing: None,
        }
    }

    fn is_ready(&self, set: &Set, age: i32) -> bool {
        age >= self.boot && self.broken != Some(set.template)
    }

    /// The most pods of a set that are ready at once.
    fn most_ready(&self, set: &Set) -> u32 {
        self.ailing.filter(|(template, _)| *template == set.template).map_or(u32::MAX, |(_, most)| most)
    }

    fn available(&self, set: &Set) -> u32 {
        let old_enough = |age: i32| age - self.boot >= set.min_ready;
        let pods = count(set.pods.iter().filter(|&&age| self.is_ready(set, age) && old_enough(age)));
        pods.min(self.most_ready(set))
    }

    pub(super) fn ready(&self) -> u32 {
        let ready = |s: &Set| count(s.pods.iter().filter(|&&age| self.is_ready(s, age)));
        self.sets.iter().map(|s| ready(s).min(self.most_ready(s))).sum()
    }

    pub(super) fn desired(&self, template: u8) -> u32 {
        self.sets.iter().filter(|s| s.template == template).map(|s| s.desired).sum()
    }

    /// A second passes for the pods.
    pub(super) fn age(&mut self) {
        for age in self.sets.iter_mut().flat_map(|s| &mut s.pods) {
            *age = age.saturating_add(1);
        }
        self.version += 1;
    }

    /// One pass of the Deployment controller and of the ReplicaSet controller.
    pub(super) fn reconcile(&mut self) {
        self.deployment();
        for set in &mut self.sets {
            // The ReplicaSet controller removes the youngest first, which are the unready ones.
            while count(set.pods.iter()) > set.desired {
                let youngest = (0..set.pods.len()).min_by_key(|&i| set.pods[i]);
                youngest.map(|i| set.pods.swap_remove(i));
            }
            while count(set.pods.iter()) < set.desired {
                set.pods.push(0);
            }
        }
        self.version += 1;
    }

    fn deployment(&mut self) {
        if self.replicas != self.spread {
            self.scale();
            return;
        }
        if self.steering.paused {
            return;
        }
        if !self.sets.iter().any(|s| s.template == self.template) {
            self.sets.push(Set { template: self.template, desired: 0, min_ready: 0, pods: vec![] });
        }
        for set in &mut self.sets {
            if set.template == self.template {
                set.min_ready = self.steering.min_ready_seconds;
            }
        }
        let (surge, mut unavailable) = match self.steering.strategy {
            Strategy::Recreate => (0, self.replicas),
            Strategy::RollingUpdate { max_surge, max_unavailable } => {
                (max_surge.rounded_up(self.replicas), max_unavailable.rounded_down(self.replicas))
            }
        };
        if surge == 0 && unavailable == 0 {
            unavailable = 1;
        }
        let all: u32 = self.sets.iter().map(|s| s.desired).sum();
        let new = self.desired(self.template);
        let room = (self.replicas + surge).saturating_sub(all).min(self.replicas.saturating_sub(new));
        if room > 0 || new > self.replicas {
            let replicas = self.replicas;
            for set in self.sets.iter_mut().filter(|s| s.template == self.template) {
                set.desired = (set.desired + room).min(replicas);
            }
            return;
        }
        let available: Vec<u32> = self.sets.iter().map(|s| self.available(s)).collect();
        let new_available: u32 = self
            .sets
            .iter()
            .zip(&available)
            .filter(|(s, _)| s.template == self.template)
            .map(|(_, a)| a)
            .sum();
        let min_available = self.replicas.saturating_sub(unavailable);
        let mut may_go = all.saturating_sub(min_available).saturating_sub(new.saturating_sub(new_available));
        let healthy: u32 = available.iter().sum();
        let template = self.template;
        for (set, available) in self.sets.iter_mut().zip(&available).filter(|(s, _)| s.template != template) {
            let go = set.desired.saturating_sub(*available).min(may_go);
            set.desired -= go;
            may_go -= go;
        }
        let mut surplus = healthy.saturating_sub(min_available).min(may_go);
        for set in self.sets.iter_mut().filter(|s| s.template != template) {
            let go = set.desired.min(surplus);
            set.desired -= go;
            surplus -= go;
        }
    }

    /// A scaling event is spread over the sets in proportion; the largest takes what rounding leaves.
    fn scale(&mut self) {
        let (before, after) = (self.spread.max(1), self.replicas);
        let all: u32 = self.sets.iter().map(|s| s.desired).sum();
        let wanted = all + after - self.spread.min(all + after);
        for set in &mut self.sets {
            set.desired = set.desired * after / before;
        }
        let now: u32 = self.sets.iter().map(|s| s.desired).sum();
        if let Some(largest) = self.sets.iter_mut().max_by_key(|s| s.desired) {
            largest.desired += wanted.saturating_sub(now);
        }
        self.spread = after;
    }

    fn sees(template: u8) -> TemplateSeen {
        match template {
            STABLE => TemplateSeen::Stable,
            NEW => TemplateSeen::New,
            _ => TemplateSeen::Foreign { image: "app:v3".into(), differs: String::new() },
        }
    }

    pub(super) fn seen(&self) -> DeploymentSeen {
        let pods = |s: &Set| {
            let mut left = self.most_ready(s);
            let pod = |(i, &age): (usize, &i32)| {
                let ready = left > 0 && self.is_ready(s, age);
                left -= u32::from(ready);
                PodSeen {
                    name: format!("app-{}-{i}", s.template),
                    ready,
                    terminating: false,
                    problem: None,
                    digest: None,
                }
            };
            s.pods.iter().enumerate().map(pod).collect::<Vec<_>>()
        };
        let set = |s: &Set| ReplicaSetSeen {
            name: format!("app-{}", s.template),
            template_hash: format!("hash{}", s.template),
            image: format!("app:v{}", s.template + 1),
            side: [Side::Old, Side::New, Side::Other][usize::from(s.template)],
            current: s.template == self.template,
            desired: s.desired,
            pods: pods(s),
        };
        DeploymentSeen {
            uid: self.uid.clone(),
            template: Self::sees(self.template),
            steering: self.steering,
            driver: self.driver,
            settled: self.replicas == self.spread,
            pods: Seen {
                replicas: self.replicas,
                replica_sets: self.sets.iter().map(set).collect(),
                autoscaler: self.autoscaler.clone(),
            },
        }
    }

    /// Performs a write that was decided on `version`; `false` is a 409.
    pub(super) fn apply(&mut self, write: &ClusterWrite, version: u64) -> bool {
        if version != self.version {
            return false;
        }
        self.version += 1;
        match write {
            ClusterWrite::Fence { driver, .. } => self.driver = Some(*driver),
            ClusterWrite::Shape { shape, release, .. } => {
                self.steering = shape.steering;
                self.template = match shape.template {
                    Template::Stable => STABLE,
                    Template::New => NEW,
                };
                if *release {
                    self.driver = None;
                }
            }
        }
        true
    }
}
