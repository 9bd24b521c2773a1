//! One tick: the row and what was observed in, the next row and at most one write out.
//!
//! The row is saved before the write is performed, and every tick compares the cluster with the row again,
//! so a crash before, between or after the two leads to the same place. Nothing here waits or retries.

use chrono::{DateTime, TimeDelta, Utc};

use super::drift::{Difference, differences, shape_of};
use super::phase::{Held, Outcome, Phase, WhyRollBack};
use super::words;
use super::{ClusterWrite, Decision, DeploymentSeen, Driver, LogLine, Observation, Rollout, Side};
use crate::canary::{
    DEFAULT_PROGRESS_DEADLINE_SECONDS, Template, finish, guard, held_at, restored, roll_back, surge, trim,
};
use crate::judge::{Judgement, Overall, judge_all};
use crate::plan::{Basis, BreachAction, pods_for};

/// Soon again: something was just written, or pods are on the move.
const SOON: TimeDelta = TimeDelta::milliseconds(250);
/// The ordinary pace.
const CALM: TimeDelta = TimeDelta::milliseconds(1000);
/// Judging periods at the start of a soak in which missing data is not yet a reason to hold: new pods are
/// not scraped at once. It never passes, it only does not hold yet.
const GRACE_PERIODS: i32 = 4;

/// Decides what comes next.
pub fn advance(rollout: &Rollout, observation: &Observation, now: DateTime<Utc>) -> Decision {
    let idle = Decision { next: rollout.clone(), write: None, log: Vec::new(), requeue: None };
    if rollout.phase.is_over() {
        return idle;
    }
    let mut tick = Tick { next: rollout.clone(), log: Vec::new(), now, hands_off: false };
    let Some(seen) = &observation.deployment else {
        tick.drifted(vec![Difference::Deleted]);
        return tick.decision(None, CALM);
    };
    let us = Driver { rollout: rollout.id, epoch: observation.epoch };
    if seen.driver.is_some_and(|driver| driver.rollout == us.rollout && driver.epoch > us.epoch) {
        // Somebody with a newer lease drives. Not a word, not a write.
        return idle;
    }
    tick.next.seen = seen.pods.clone();
    let judgement = tick.judge(observation);
    tick.decide(seen, &judgement);
    let write = tick.write(seen, us);
    let pace = if write.is_some() || tick.is_moving() { SOON } else { CALM };
    tick.decision(write, pace)
}

struct Tick {
    next: Rollout,
    log: Vec<LogLine>,
    now: DateTime<Utc>,
    /// Nothing may be written in this tick: what is there is not understood yet.
    hands_off: bool,
}

impl Tick {
    fn decision(self, write: Option<ClusterWrite>, pace: TimeDelta) -> Decision {
        let requeue = (!self.next.phase.is_over()).then_some(pace);
        Decision { next: self.next, write, log: self.log, requeue }
    }

    fn say(&mut self, what: impl Into<String>, why: impl Into<String>) {
        self.log.push(LogLine { at: self.now, what: what.into(), why: why.into() });
    }

    fn is_moving(&self) -> bool {
        matches!(
            self.next.phase,
            Phase::Starting
                | Phase::Surging { .. }
                | Phase::Trimming { .. }
                | Phase::Finishing { .. }
                | Phase::RestoringStrategy { .. }
                | Phase::RollingBack { .. }
        )
    }

    fn judge(&mut self, observation: &Observation) -> Judgement {
        if !self.next.phase.is_judged() {
            return Judgement::default();
        }
        let judgement = judge_all(
            &self.next.plan,
            &observation.samples,
            &self.next.over_since,
            self.next.judge_period(),
            self.now,
        );
        self.next.readings.clone_from(&judgement.readings);
        self.next.over_since.clone_from(&judgement.over_since);
        judgement
    }

    fn decide(&mut self, seen: &DeploymentSeen, judgement: &Judgement) {
        if self.next.confirmed.is_none() && !self.next.phase.is_returning() && !self.is_held() {
            if !seen.settled {
                // Kubernetes has yet to spread the new replicas over both sides.
                self.hands_off = true;
                return;
            }
            self.adopt(seen);
        }
        let differences = differences(&self.next, seen);
        let overall = judgement.overall(&self.next.plan, &self.next.accepted);
        if self.next.phase.is_judged()
            && differences.iter().all(Difference::can_be_accepted)
            && let Overall::Breach { reading, action: BreachAction::RollBack } = &overall
        {
            let why = WhyRollBack::Breach {
                key: reading.key.clone(),
                severity: reading.severity,
                reading: reading.words(),
            };
            self.start_rollback(why);
            return;
        }
        if self.is_held() {
            self.while_held(seen, differences, &overall);
            return;
        }
        if !differences.is_empty() {
            self.drifted(differences);
            return;
        }
        if self.next.phase.is_judged()
            && let Overall::Breach { reading, action: BreachAction::Hold } = &overall
        {
            self.hold(Held::Breach {
                key: reading.key.clone(),
                severity: reading.severity,
                reading: reading.words(),
            });
            return;
        }
        if shape_of(seen) == Some(self.next.wanted) {
            self.next.confirmed = Some(self.next.wanted);
            self.progress(seen, &overall);
        }
    }

    /// The one write that the row asks for, if the cluster has not got it.
    fn write(&self, seen: &DeploymentSeen, us: Driver) -> Option<ClusterWrite> {
        let observed = shape_of(seen);
        if self.hands_off || self.next.phase.is_over() || observed == Some(self.next.wanted) {
            return None;
        }
        if let Phase::Held { why, from, .. } = &self.next.phase {
            // Held means hands off, but for the guard of a soak that was recorded and not yet written.
            let guard_is_due = matches!(**from, Phase::Soaking { .. })
                && !matches!(why, Held::Drift { .. })
                && observed == self.next.confirmed;
            if !guard_is_due {
                return None;
            }
        }
        if seen.driver != Some(us) {
            return Some(ClusterWrite::Fence { driver: us, originals: self.next.originals });
        }
        Some(ClusterWrite::Shape {
            shape: self.next.wanted,
            carry: self.next.mitigations.clone(),
            release: matches!(self.next.phase, Phase::RestoringStrategy { .. }),
        })
    }

    fn is_held(&self) -> bool {
        matches!(self.next.phase, Phase::Held { .. })
    }

    /// A person accepted what others changed: take it as given and work the step out anew.
    fn adopt(&mut self, seen: &DeploymentSeen) {
        let unacceptable: Vec<_> =
            differences(&self.next, seen).into_iter().filter(|d| !d.can_be_accepted()).collect();
        if !unacceptable.is_empty() {
            self.drifted(unacceptable);
            return;
        }
        self.next.confirmed = shape_of(seen);
        self.next.replicas = seen.pods.replicas;
        if seen.pods.autoscaler.is_some() {
            self.next.basis = Basis::Percent;
        }
        if let Some(step) = self.next.phase.step() {
            self.enter_step(step);
        }
    }

    fn drifted(&mut self, differences: Vec<Difference>) {
        if matches!(self.next.phase, Phase::Starting) {
            let why = words::list(&differences);
            self.say("Stopped before anything was changed", why.clone());
            self.next.phase = Phase::Aborted { why };
            self.next.ended_at = Some(self.now);
            return;
        }
        self.hold(Held::Drift { differences });
    }

    /// Stands still; says so once per reason.
    fn hold(&mut self, why: Held) {
        let words = words::held(&why);
        match &mut self.next.phase {
            Phase::Held { why: before, .. } if *before == why => return,
            Phase::Held { why: before, .. } => *before = why,
            other => {
                let from = Box::new(other.clone());
                *other = Phase::Held { why, since: self.now, from };
            }
        }
        self.say("Held", words);
    }

    fn while_held(&mut self, seen: &DeploymentSeen, differences: Vec<Difference>, overall: &Overall) {
        let Phase::Held { why, from, .. } = self.next.phase.clone() else { return };
        if !differences.is_empty() || matches!(&why, Held::Drift { differences } if !differences.is_empty()) {
            self.hold(Held::Drift { differences });
            return;
        }
        match why {
            Held::Inconclusive { .. } => match overall {
                Overall::Inconclusive(reading) => {
                    self.next_inconclusive(reading.key.clone(), reading.words());
                }
                Overall::Breach { .. } | Overall::Pass | Overall::Wait => {
                    self.resume("everything can be measured again");
                }
            },
            Held::NotReady { .. } => {
                if self.waiting(&from, seen).is_none() {
                    self.resume("the pods are ready");
                }
            }
            Held::Person { .. } | Held::Breach { .. } | Held::Drift { .. } => {}
        }
    }

    /// Another reading is missing now: shown, but not a line in the log for every flicker.
    fn next_inconclusive(&mut self, key: String, reading: String) {
        if let Phase::Held { why, .. } = &mut self.next.phase {
            *why = Held::Inconclusive { key, reading };
        }
    }

    fn resume(&mut self, why: &str) {
        if self.next.go_on_from_hold(self.now) {
            self.say("Resumed by itself", why);
        }
    }

    fn start_rollback(&mut self, why: WhyRollBack) {
        self.say(format!("Rolling back to {}", self.next.stable.image), words::why_roll_back(&why));
        self.next.turn_back(why, self.now);
    }

    /// Goes to `step`, counting from the pods that are there.
    fn enter_step(&mut self, step: usize) {
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
            format!("{} new pods are added first, then as many old ones removed", to - from),
        );
    }

    fn held_amount(&self, step: usize, to: u32) -> crate::canary::Amount {
        let percent = self.next.plan.steps.get(step).map_or(100, |s| s.percent);
        held_at(to, percent, self.next.basis)
    }

    /// What the phase waits for, in words; `None` when it is there.
    fn waiting(&self, phase: &Phase, seen: &DeploymentSeen) -> Option<String> {
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
                let there = current.desired == pods.replicas && current.ready >= pods.replicas;
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
    fn progress(&mut self, seen: &DeploymentSeen, overall: &Overall) {
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
                self.say(
                    "All pods run the stable version",
                    "the original strategy is put back, which moves no pod",
                );
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

impl Rollout {
    /// Leaves a hold for where it came from; what was left of a soak is left still. `false` if it is not held.
    pub(super) fn go_on_from_hold(&mut self, now: DateTime<Utc>) -> bool {
        let Phase::Held { since: held_since, from, .. } = &self.phase else { return false };
        let stood = (now - *held_since).max(TimeDelta::zero());
        let mut from = (**from).clone();
        match &mut from {
            Phase::Soaking { ends_at, .. } | Phase::Verifying { ends_at, .. } => *ends_at += stood,
            Phase::Surging { since, .. }
            | Phase::Trimming { since, .. }
            | Phase::Finishing { since }
            | Phase::RollingBack { since, .. }
            | Phase::RestoringStrategy { since, .. } => *since = now,
            Phase::Starting
            | Phase::Held { .. }
            | Phase::RolledBack { .. }
            | Phase::Complete
            | Phase::Aborted { .. } => {}
        }
        self.phase = from;
        true
    }

    /// Turns back to the stable version, whatever the Deployment looks like now.
    pub(super) fn turn_back(&mut self, why: WhyRollBack, now: DateTime<Utc>) {
        self.wanted = roll_back(&self.originals);
        self.confirmed = None;
        self.go_on = false;
        self.ended_at = None;
        self.phase = Phase::RollingBack { why, since: now };
    }
}
