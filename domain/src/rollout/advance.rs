//! One tick: the row and what was observed in, the next row and at most one write out.
//!
//! The row is saved before the write is performed, and every tick compares the cluster with the row again,
//! so a crash before, between or after the two leads to the same place. Nothing here waits or retries.

use chrono::{DateTime, TimeDelta, Utc};

use super::drift::{Difference, differences, shape_of};
use super::phase::{Held, Phase, WhyRollBack};
use super::words;
use super::{ClusterWrite, Decision, DeploymentSeen, Driver, LogLine, Observation, Rollout};
use crate::canary::{Shape, roll_back};
use crate::judge::{Judgement, Overall, judge_all};
use crate::plan::{Basis, BreachAction};

/// Soon again: something was just written, or pods are on the move.
const SOON: TimeDelta = TimeDelta::milliseconds(250);
/// The ordinary pace.
const CALM: TimeDelta = TimeDelta::milliseconds(1000);
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

pub(super) struct Tick {
    pub(super) next: Rollout,
    log: Vec<LogLine>,
    pub(super) now: DateTime<Utc>,
    /// Nothing may be written in this tick: what is there is not understood yet.
    hands_off: bool,
}

impl Tick {
    fn decision(self, write: Option<ClusterWrite>, pace: TimeDelta) -> Decision {
        let requeue = (!self.next.phase.is_over()).then_some(pace);
        Decision { next: self.next, write, log: self.log, requeue }
    }

    pub(super) fn say(&mut self, what: impl Into<String>, why: impl Into<String>) {
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
    pub(super) fn hold(&mut self, why: Held) {
        let words = words::held(&why);
        // Whoever asked to go on had not seen this.
        self.next.go_on = false;
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

    /// How many of so many replicas have to be ready on the way back and at its end: all of them but for as many as were not
    /// when the rollout began.
    pub fn ready_floor(&self, replicas: u32) -> u32 {
        replicas.saturating_sub(self.unready_before)
    }

    /// The shape that brings the stable version back.
    pub fn way_back(&self) -> Shape {
        roll_back(&self.originals, self.unready_before)
    }

    /// Turns back to the stable version, whatever the Deployment looks like now.
    pub(super) fn turn_back(&mut self, why: WhyRollBack, now: DateTime<Utc>) {
        self.wanted = self.way_back();
        self.confirmed = None;
        self.go_on = false;
        self.ended_at = None;
        self.phase = Phase::RollingBack { why, since: now };
    }
}
