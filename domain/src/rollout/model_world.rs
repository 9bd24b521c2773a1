//! A panel with its database row that drives the model of a cluster, for the tests.

use chrono::{DateTime, TimeDelta, Utc};
use uuid::Uuid;

use super::model::{Cluster, NEW, STABLE};
use super::*;
use crate::judge::Problem;
use crate::plan::Step;
use crate::threshold::tests::four;

/// A panel with its database row, and the cluster that it drives.
#[derive(Debug, Clone)]
pub(super) struct World {
    pub(super) row: Rollout,
    pub(super) cluster: Option<Cluster>,
    pub(super) now: DateTime<Utc>,
    pub(super) epoch: i64,
    /// What each threshold measures now.
    pub(super) values: Vec<(&'static str, Result<f64, Problem>)>,
    pub(super) log: Vec<LogLine>,
    /// The lowest count of ready pods there ever was.
    pub(super) lowest_ready: u32,
}

pub(super) fn start() -> DateTime<Utc> {
    DateTime::from_timestamp(1_800_000_000, 0).unwrap_or_default()
}

impl World {
    pub(super) fn new(replicas: u32) -> Self {
        Self::with(Cluster::new(replicas))
    }

    pub(super) fn with(cluster: Cluster) -> Self {
        let mut plan = Plan::default_for(four());
        plan.steps[0].soak_seconds = 60;
        plan.steps[1].soak_seconds = 30;
        let target = Target {
            namespace: "shop".into(),
            deployment: "app".into(),
            container: "app".into(),
            uid: cluster.uid.clone(),
        };
        let mut row = Rollout::start(
            Start {
                id: RolloutId(Uuid::from_u128(1)),
                golive_id: GoLiveId(Uuid::from_u128(2)),
                target,
                plan,
                stable: Stable {
                    image: "app:v1".into(),
                    template_hash: "hash0".into(),
                    replica_set_uid: "rs-0".into(),
                    revision: Some(1),
                    template: "{}".into(),
                },
                new_image: "app:v2".into(),
                originals: cluster.steering,
                replicas: cluster.replicas,
                autoscaled: cluster.autoscaler.is_some(),
                by: "Ada".into(),
            },
            start(),
        );
        let values = vec![
            ("api-down", Ok(0.0)),
            ("high-latency", Ok(100.0)),
            ("rate-limited", Ok(0.0)),
            ("auth-failures", Ok(0.0)),
        ];
        let lowest_ready = cluster.ready();
        row.unready_before = cluster.replicas.saturating_sub(lowest_ready);
        Self { row, cluster: Some(cluster), now: start(), epoch: 1, values, log: vec![], lowest_ready }
    }

    pub(super) fn steps(mut self, steps: &[(u32, u32)]) -> Self {
        self.row.plan.steps =
            steps.iter().map(|&(percent, soak_seconds)| Step { percent, soak_seconds }).collect();
        self
    }

    pub(super) fn cluster(&mut self) -> &mut Cluster {
        self.cluster.get_or_insert_with(|| Cluster::new(0))
    }

    pub(super) fn measure(&mut self, key: &str, value: Result<f64, Problem>) {
        if let Some(entry) = self.values.iter_mut().find(|entry| entry.0 == key) {
            entry.1 = value;
        }
    }

    pub(super) fn observe(&self) -> Observation {
        let sample = |(key, value): &(&str, Result<f64, Problem>)| Sample {
            key: (*key).to_owned(),
            version: 1,
            value: value.clone(),
            warnings: vec![],
            from_backup: false,
            taken_at: self.now,
        };
        Observation {
            deployment: self.cluster.as_ref().map(Cluster::seen),
            samples: self.values.iter().map(sample).collect(),
            epoch: self.epoch,
        }
    }

    /// One whole tick: observe, decide, save, write.
    pub(super) fn tick(&mut self) -> Decision {
        let decision = advance(&self.row, &self.observe(), self.now);
        self.save(&decision);
        if let (Some(write), Some(cluster)) = (&decision.write, &mut self.cluster) {
            let version = cluster.version;
            cluster.apply(write, version);
        }
        decision
    }

    pub(super) fn save(&mut self, decision: &Decision) {
        self.row = decision.next.clone();
        self.log.extend(decision.log.iter().cloned());
    }

    /// A second passes in the cluster.
    pub(super) fn second(&mut self) {
        self.now += TimeDelta::seconds(1);
        if let Some(cluster) = &mut self.cluster {
            cluster.age();
            for _ in 0..4 {
                cluster.reconcile();
                self.lowest_ready = self.lowest_ready.min(cluster.ready());
            }
        }
    }

    /// Ticks and seconds until `done`; what it was when patience ran out otherwise.
    pub(super) fn until(&mut self, done: impl Fn(&Self) -> bool) -> Result<(), String> {
        for _ in 0..4000 {
            if done(self) {
                return Ok(());
            }
            self.tick();
            self.tick();
            self.second();
        }
        Err(format!("{:?}\n{:#?}", self.row.phase, self.log))
    }

    pub(super) fn ask(&mut self, ask: Ask) -> Result<(), Refused> {
        let (row, line) = intend(&self.row, &Intent { by: "Ada".into(), ask }, self.now)?;
        self.row = row;
        self.log.push(line);
        Ok(())
    }

    /// Goes on from the step that runs, and from what holds it.
    pub(super) fn go_on(&mut self, reason: &str) -> Result<(), Refused> {
        self.ask(Ask::Continue { seen: Shown::of(&self.row), reason: reason.into() })
    }

    /// Leaves the hold that stands.
    pub(super) fn resume(&mut self) -> Result<(), Refused> {
        self.ask(Ask::Resume { seen: Shown::of(&self.row) })
    }

    pub(super) fn said(&self, words: &str) -> bool {
        self.log.iter().any(|line| line.what.contains(words) || line.why.contains(words))
    }

    pub(super) fn pods(&self) -> (u32, u32) {
        self.cluster.as_ref().map_or((0, 0), |c| (c.desired(STABLE), c.desired(NEW)))
    }
}
