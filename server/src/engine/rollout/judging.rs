//! Measuring the thresholds of a rollout beside its driver, so that a slow Prometheus never delays a rollback.
//!
//! Only measures; judging is the domain's.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use chrono::{DateTime, Utc};
use gantry_domain::judge::{Problem, Sample};
use gantry_domain::preset::Workload;
use gantry_domain::rollout::{Rollout, Side};
use gantry_domain::threshold::Threshold;
use tokio::sync::Notify;
use tokio::task::JoinHandle;

use crate::outside::prometheus::Prometheus;

/// The latest samples, and the measurement that is under way.
#[derive(Debug, Default)]
pub(super) struct Judging {
    samples: Arc<Mutex<Vec<Sample>>>,
    fresh: Arc<Notify>,
    begun: Option<tokio::time::Instant>,
    task: Option<JoinHandle<()>>,
}

impl Judging {
    /// The latest samples.
    pub(super) fn samples(&self) -> Vec<Sample> {
        self.samples.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Waits for samples that were not there before.
    pub(super) async fn fresh(&self) {
        self.fresh.notified().await;
    }

    /// Begins to measure if it is time to and there is something to measure.
    pub(super) fn begin(&mut self, prometheus: Option<&Prometheus>, rollout: &Rollout, now: DateTime<Utc>) {
        let period = Duration::from_secs(u64::from(rollout.judge_period_seconds.max(1)));
        if !rollout.phase.is_judged() || self.begun.is_some_and(|begun| begun.elapsed() < period) {
            return;
        }
        if self.task.as_ref().is_some_and(|task| !task.is_finished()) {
            return;
        }
        let Some(hash) = new_template_hash(rollout) else { return };
        self.begun = Some(tokio::time::Instant::now());
        let target = &rollout.target;
        let workload = Workload {
            namespace: target.namespace.clone(),
            deployment: target.deployment.clone(),
            container: target.container.clone(),
        };
        let measured = measure(prometheus.cloned(), rollout.plan.thresholds.clone(), workload, hash, now);
        let (samples, fresh) = (Arc::clone(&self.samples), Arc::clone(&self.fresh));
        self.task = Some(tokio::spawn(async move {
            let new = measured.await;
            *samples.lock().unwrap_or_else(PoisonError::into_inner) = new;
            fresh.notify_one();
        }));
    }
}

impl Drop for Judging {
    fn drop(&mut self) {
        if let Some(task) = &self.task {
            task.abort();
        }
    }
}

/// The pods that are judged: those of the new version.
fn new_template_hash(rollout: &Rollout) -> Option<String> {
    let sets = rollout.seen.replica_sets.iter().filter(|set| set.side == Side::New);
    sets.max_by_key(|set| set.current).map(|set| set.template_hash.clone())
}

async fn measure(
    prometheus: Option<Prometheus>,
    thresholds: Vec<Threshold>,
    workload: Workload,
    hash: String,
    now: DateTime<Utc>,
) -> Vec<Sample> {
    let ask = |threshold: Threshold| {
        let query = threshold.spec.query(&workload, Some(&hash));
        let prometheus = prometheus.clone();
        async move {
            let answer = match prometheus {
                None => Err(Problem::Failed("no Prometheus is configured".into())),
                Some(prometheus) => {
                    prometheus.query(&query).await.map_err(|error| Problem::Failed(error.to_string()))
                }
            };
            let from_backup = answer.as_ref().is_ok_and(|answer| answer.from_backup);
            let warnings = answer.as_ref().map(|answer| answer.warnings.clone()).unwrap_or_default();
            Sample {
                key: threshold.key().to_owned(),
                version: threshold.version,
                value: answer.and_then(|answer| answer.number()),
                warnings,
                from_backup,
                // The time before the question: the answer is no newer than that.
                taken_at: now,
            }
        }
    };
    futures_util::future::join_all(thresholds.into_iter().map(ask)).await
}
