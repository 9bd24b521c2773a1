//! Going on: which pods a phase waits for, when a soak is over, and what comes after.

use chrono::{DateTime, TimeDelta, Utc};

use super::advance::Tick;
use super::phase::{Held, Outcome, Phase};
use super::{DeploymentSeen, Side, words};
use crate::canary::{
    Amount, DEFAULT_PROGRESS_DEADLINE_SECONDS, Template, finish, guard, held_at, restored, surge, trim,
};
use crate::judge::Overall;
use crate::plan::{Basis, pods_for};

/// Judging periods at the start of a soak in which missing data is not yet a reason to hold: new pods are
/// not scraped at once. It never passes, it only does not hold yet.
const GRACE_PERIODS: i32 = 4;

impl Tick {
    /// Goes to `step`, counting from the pods that are there.
    pub(super) fn enter_step(&mut self, step: usize) {
        let (now, replicas) = (self.now, self.next.seen.replicas);
        let percent = self.next.plan.steps.get(step).map_or(100, |s| s.percent);
        if percent >= 100 {
            self.next.wanted = finish(&self.next.originals);
            self.next.phase = Phase::Finishing { since: now };
            self.say(
                format!("Step {}: 100 % ({replicas} of {replicas} pods)", step + 1),
                "Kubernetes goes on to all pods by itself, never below the replica count",
            );
            return;
        }
        let from = self.next.seen.tally(Side::New).desired;
        let to = pods_for(percent, replicas, self.next.basis).max(from);
        if from < to {
            self.next.wanted = surge(from, to);
            self.next.phase = Phase::Surging { step, to, since: now };
        } else {
            self.next.wanted = trim(self.held_amount(step, to));
            self.next.phase = Phase::Trimming { step, to, since: now };
        }
        self.say(
            format!("Step {}: {percent} % ({to} of {replicas} pods)", step + 1),
            format!(
                "{} new pods are added first, then as many old ones removed; until the end Kubernetes does not count \
                 the new pods as available, so alerts on available pods will fire",
                to - from
            ),
        );
    }

    fn held_amount(&self, step: usize, to: u32) -> Amount {
        let percent = self.next.plan.steps.get(step).map_or(100, |s| s.percent);
        held_at(to, percent, self.next.basis)
    }

    /// What the phase waits for, in words; `None` when it is there.
    pub(super) fn waiting(&self, phase: &Phase, seen: &DeploymentSeen) -> Option<String> {
        let pods = &seen.pods;
        if !seen.settled {
            return Some("Kubernetes has not taken the last change up yet".into());
        }
        let (new, all, current) = (pods.tally(Side::New), pods.all(), pods.current());
        // With an autoscaler the pods of a step follow the replicas.
        let target = |step: &usize, to: &u32| match self.next.basis {
            Basis::Pods => *to,
            Basis::Percent => {
                let percent = self.next.plan.steps.get(*step).map_or(100, |s| s.percent);
                pods_for(percent, pods.replicas, Basis::Percent).min(*to)
            }
        };
        match phase {
            Phase::Surging { step, to, .. } => {
                let to = target(step, to);
                (new.ready < to).then(|| format!("{} of {to} new pods are ready", new.ready))
            }
            Phase::Trimming { step, to, .. } => {
                let to = target(step, to);
                let gone = all.desired == pods.replicas && all.pods == pods.replicas;
                (!gone || new.ready < to).then(|| {
                    format!(
                        "{} new pods are ready, {} pods run where {} are wanted",
                        new.ready, all.pods, pods.replicas
                    )
                })
            }
            Phase::Finishing { .. } | Phase::RollingBack { .. } => {
                // What was not ready before the rollout need not become so by taking it back.
                let enough = match phase {
                    Phase::RollingBack { .. } => self.next.ready_floor(pods.replicas),
                    _ => pods.replicas,
                };
                let there = current.desired == pods.replicas && current.ready >= enough;
                let gone = all.desired == current.desired && all.pods == current.pods;
                (!there || !gone).then(|| {
                    format!(
                        "{} of {} pods are ready, {} others still run",
                        current.ready,
                        pods.replicas,
                        all.pods.saturating_sub(current.pods)
                    )
                })
            }
            Phase::Starting
            | Phase::Soaking { .. }
            | Phase::RestoringStrategy { .. }
            | Phase::Verifying { .. }
            | Phase::Held { .. }
            | Phase::RolledBack { .. }
            | Phase::Complete
            | Phase::Aborted { .. } => None,
        }
    }

    /// The cluster has the wanted shape: see whether its pods have followed, and go on if so.
    pub(super) fn progress(&mut self, seen: &DeploymentSeen, overall: &Overall) {
        let phase = self.next.phase.clone();
        if let Some(waiting) = self.waiting(&phase, seen) {
            self.hold_if_overdue(&phase, waiting);
            return;
        }
        let now = self.now;
        match phase {
            Phase::Starting => self.enter_step(0),
            Phase::Surging { step, to, .. } => {
                self.next.wanted = trim(self.held_amount(step, to));
                self.next.phase = Phase::Trimming { step, to, since: now };
            }
            Phase::Trimming { step, to, .. } => {
                self.next.replicas = seen.pods.replicas;
                self.next.wanted = guard(self.held_amount(step, to));
                let soak = self.next.plan.steps.get(step).map_or(0, |s| s.soak_seconds);
                let ends_at = now + TimeDelta::seconds(i64::from(soak));
                self.next.phase = Phase::Soaking { step, to, since: now, ends_at };
                self.say(
                    format!("Step {} stands: {} of {} pods are new", step + 1, to, seen.pods.replicas),
                    format!(
                        "soaking for {}, judged every {} s",
                        words::span(soak),
                        self.next.judge_period_seconds
                    ),
                );
            }
            Phase::Soaking { step, since, ends_at, .. } => {
                if let Some(why) = self.soak_is_over(since, ends_at, overall) {
                    self.say(format!("Step {} passed", step + 1), why);
                    self.enter_step(step + 1);
                }
            }
            Phase::Finishing { .. } => {
                self.next.wanted = restored(Template::New, &self.next.originals);
                self.next.phase = Phase::RestoringStrategy { outcome: Outcome::Released, since: now };
                self.say(
                    "All pods run the new version",
                    "the original strategy is put back, which moves no pod",
                );
            }
            Phase::RollingBack { why, .. } => {
                self.next.wanted = restored(Template::Stable, &self.next.originals);
                self.next.phase = Phase::RestoringStrategy { outcome: Outcome::RolledBack(why), since: now };
                let ready = seen.pods.current().ready;
                self.say("All pods run the stable version", words::back(ready, seen.pods.replicas));
            }
            Phase::RestoringStrategy { outcome: Outcome::Released, .. } => {
                self.next.replicas = seen.pods.replicas;
                let soak = self.next.plan.steps.last().map_or(0, |s| s.soak_seconds);
                if soak == 0 {
                    self.complete("the last step has no soak");
                } else {
                    let ends_at = now + TimeDelta::seconds(i64::from(soak));
                    self.next.phase = Phase::Verifying { since: now, ends_at };
                    self.say("Verifying", format!("the last step is judged for {}", words::span(soak)));
                }
            }
            Phase::RestoringStrategy { outcome: Outcome::RolledBack(why), .. } => {
                self.say(format!("Rolled back to {}", self.next.stable.image), words::why_roll_back(&why));
                self.next.phase = Phase::RolledBack { why };
                self.next.ended_at = Some(now);
            }
            Phase::Verifying { since, ends_at } => {
                if let Some(why) = self.soak_is_over(since, ends_at, overall) {
                    self.complete(&why);
                }
            }
            Phase::Held { .. } | Phase::RolledBack { .. } | Phase::Complete | Phase::Aborted { .. } => {}
        }
    }

    fn complete(&mut self, why: &str) {
        self.say(format!("Complete: {} is everywhere", self.next.new_image), why);
        self.next.phase = Phase::Complete;
        self.next.ended_at = Some(self.now);
    }

    /// Why the soak is over; `None` while it is not. Holds where nothing can be said.
    fn soak_is_over(
        &mut self,
        since: DateTime<Utc>,
        ends_at: DateTime<Utc>,
        overall: &Overall,
    ) -> Option<String> {
        if std::mem::take(&mut self.next.go_on) {
            return Some("a person asked to go on".into());
        }
        let ended = self.now >= ends_at;
        match overall {
            Overall::Pass => {
                // A reading from before the step says nothing about it.
                let fresh = self.next.readings.iter().all(|r| r.taken_at.is_some_and(|at| at >= since));
                (ended && fresh).then(|| words::passed(&self.next.readings))
            }
            Overall::Inconclusive(reading) => {
                let grace = self.next.judge_period() * GRACE_PERIODS;
                if ended || self.now - since >= grace {
                    self.hold(Held::Inconclusive { key: reading.key.clone(), reading: reading.words() });
                }
                None
            }
            Overall::Wait | Overall::Breach { .. } => None,
        }
    }

    fn hold_if_overdue(&mut self, phase: &Phase, waiting: String) {
        let (Phase::Surging { since, .. }
        | Phase::Trimming { since, .. }
        | Phase::Finishing { since }
        | Phase::RollingBack { since, .. }) = phase
        else {
            return;
        };
        let deadline = match self.next.originals.progress_deadline_seconds {
            // "Never" is no deadline for people.
            seconds @ 1..=86_400 => seconds,
            _ => DEFAULT_PROGRESS_DEADLINE_SECONDS,
        };
        if self.now - *since > TimeDelta::seconds(i64::from(deadline)) {
            self.hold(Held::NotReady { waiting });
        }
    }
}
