//! Judging: measured values in, verdicts out.
//!
//! Three verdicts: pass, breach, inconclusive. What could not be measured is inconclusive, and so is a
//! latency or an error rate that no request stands behind: it never passes and it never fails. This module
//! asks nobody anything; the samples and `now` are parameters.

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

use crate::plan::{BreachAction, Plan};
use crate::preset::Severity;
use crate::threshold::{Threshold, number, with_source};

/// What was measured for one threshold, as it came in. Not stored: what is kept is the [`Reading`].
#[derive(Debug, Clone, PartialEq)]
pub struct Sample {
    /// The threshold's key.
    pub key: String,
    /// The threshold's version.
    pub version: u32,
    /// The value of the query, which may be NaN or infinite.
    pub value: Result<f64, Problem>,
    /// What Prometheus warned of beside the values.
    pub warnings: Vec<String>,
    /// Whether the backup answered, because the first source did not.
    pub from_backup: bool,
    /// When it was measured.
    pub taken_at: DateTime<Utc>,
}

/// Why there is no value.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(rename_all = "snake_case")]
pub enum Problem {
    /// The query answered with nothing.
    #[error("no data")]
    NoData,
    /// The query answered with several series where one number is needed.
    #[error("the query gives {0} values where one is needed")]
    ManyValues(usize),
    /// It could not be asked or answered.
    #[error("{0}")]
    Failed(String),
}

/// Why a reading says nothing.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, thiserror::Error)]
#[serde(rename_all = "snake_case")]
pub enum Inconclusive {
    /// There is no reading for the threshold at all.
    #[error("not measured yet")]
    NotMeasured,
    /// The value could not be had.
    #[error("{0}")]
    Problem(Problem),
    /// The value is not a number: a latency of nothing, because no request reached the pods that are judged.
    #[error("not a number: no requests reached the pods that are judged")]
    NotANumber,
    /// The value is infinite.
    #[error("the value is infinite")]
    Infinite,
    /// Prometheus answered with a warning, so the value may be partial.
    #[error("Prometheus warns: {0}")]
    Warned(String),
    /// The reading is older than two periods.
    #[error("the reading is {age_seconds} s old")]
    TooOld {
        /// Its age.
        age_seconds: i64,
    },
    /// Judged by another version of the threshold.
    #[error("judged by version {read} of the threshold, the rollout uses {wanted}")]
    OtherVersion {
        /// The version of the reading.
        read: u32,
        /// The version in the plan.
        wanted: u32,
    },
    /// Over the limit, but not for as long as the threshold asks. Not a reason to hold, nor one to go on.
    #[error("over the limit since {}, a breach after {for_seconds} s", .since.format("%H:%M:%S"))]
    Pending {
        /// Over the limit since.
        since: DateTime<Utc>,
        /// How long it must last.
        for_seconds: u32,
    },
}

/// What a reading says.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// Measured, and within the limit.
    Pass,
    /// Measured, and over the limit for long enough.
    Breach,
    /// Says nothing, and why.
    Inconclusive(Inconclusive),
}

/// One judged measurement.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Reading {
    /// The threshold's key.
    pub key: String,
    /// The threshold's name.
    pub name: String,
    /// The version of the threshold that judged.
    pub version: u32,
    /// The value, where it is a finite number.
    pub value: Option<f64>,
    /// The limit that it was held against.
    pub limit: f64,
    /// The unit of both.
    pub unit: String,
    /// How bad a breach is.
    pub severity: Severity,
    /// When it was measured; `None` if never.
    pub taken_at: Option<DateTime<Utc>>,
    /// Whether the backup gave it, because the first source did not answer.
    #[serde(default)]
    pub from_backup: bool,
    /// What it says.
    pub verdict: Verdict,
}

impl Reading {
    /// The reading in one line: `API down (5xx) is 14 per minute, limit 10`.
    pub fn words(&self) -> String {
        let words = match (&self.verdict, self.value) {
            (Verdict::Inconclusive(why), _) => format!("{}: {why}", self.name),
            (Verdict::Pass | Verdict::Breach, Some(value)) => {
                format!("{} is {} {}, limit {}", self.name, number(value), self.unit, number(self.limit))
            }
            (Verdict::Pass | Verdict::Breach, None) => self.name.clone(),
        };
        with_source(words, self.from_backup)
    }
}

/// Since when each threshold's limit has been broken without a pause, by key.
pub type OverSince = BTreeMap<String, DateTime<Utc>>;

/// Judges one sample. `over_since` is when the limit began to be broken, if it was at the reading before.
pub fn judge(
    threshold: &Threshold,
    sample: Option<&Sample>,
    over_since: Option<DateTime<Utc>>,
    period: TimeDelta,
    now: DateTime<Utc>,
) -> Reading {
    let verdict = verdict(threshold, sample, over_since, period, now);
    Reading {
        key: threshold.key().to_owned(),
        name: threshold.spec.name.clone(),
        version: threshold.version,
        value: sample.and_then(|s| s.value.as_ref().ok().copied()).filter(|v| v.is_finite()),
        limit: threshold.spec.limit,
        unit: threshold.spec.unit.clone(),
        severity: threshold.spec.severity,
        taken_at: sample.map(|s| s.taken_at),
        from_backup: sample.is_some_and(|s| s.from_backup),
        verdict,
    }
}

fn verdict(
    threshold: &Threshold,
    sample: Option<&Sample>,
    over_since: Option<DateTime<Utc>>,
    period: TimeDelta,
    now: DateTime<Utc>,
) -> Verdict {
    let value = match measured(threshold, sample, period, now) {
        Ok(value) => value,
        Err(why) => return Verdict::Inconclusive(why),
    };
    if !threshold.spec.comparator.breached(value, threshold.spec.limit) {
        return Verdict::Pass;
    }
    let since = over_since.unwrap_or(now);
    if now - since < TimeDelta::seconds(i64::from(threshold.spec.for_seconds)) {
        return Verdict::Inconclusive(Inconclusive::Pending {
            since,
            for_seconds: threshold.spec.for_seconds,
        });
    }
    Verdict::Breach
}

/// The value, if it can be relied on.
fn measured(
    threshold: &Threshold,
    sample: Option<&Sample>,
    period: TimeDelta,
    now: DateTime<Utc>,
) -> Result<f64, Inconclusive> {
    let sample = sample.ok_or(Inconclusive::NotMeasured)?;
    if sample.version != threshold.version {
        return Err(Inconclusive::OtherVersion { read: sample.version, wanted: threshold.version });
    }
    let age = now - sample.taken_at;
    if age > period * 2 {
        return Err(Inconclusive::TooOld { age_seconds: age.num_seconds() });
    }
    let value = sample.value.clone().map_err(Inconclusive::Problem)?;
    if value.is_nan() {
        return Err(Inconclusive::NotANumber);
    }
    if value.is_infinite() {
        return Err(Inconclusive::Infinite);
    }
    match sample.warnings.first() {
        Some(warning) => Err(Inconclusive::Warned(warning.clone())),
        None => Ok(value),
    }
}

/// All thresholds of a plan, judged at one moment.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Judgement {
    /// One reading per threshold, in the plan's order.
    pub readings: Vec<Reading>,
    /// Since when limits are broken, for the next judgement.
    pub over_since: OverSince,
}

/// What the readings come to.
#[derive(Debug, Clone, PartialEq)]
pub enum Overall {
    /// All were measured and within their limits.
    Pass,
    /// Something is over its limit, though not for long enough: wait.
    Wait,
    /// A breach that asks for an action: the worst, and what the plan says.
    Breach {
        /// The worst reading.
        reading: Reading,
        /// What the plan says for its severity.
        action: BreachAction,
    },
    /// Something that a breach would act on could not be measured: the first such reading.
    Inconclusive(Reading),
}

/// Judges all thresholds of `plan`. A breach that is only inconclusive for one reading keeps its start.
pub fn judge_all(
    plan: &Plan,
    samples: &[Sample],
    before: &OverSince,
    period: TimeDelta,
    now: DateTime<Utc>,
) -> Judgement {
    let mut out = Judgement::default();
    for threshold in &plan.thresholds {
        let key = threshold.key();
        let sample = samples.iter().rev().find(|s| s.key == key);
        let since = before.get(key).copied();
        let reading = judge(threshold, sample, since, period, now);
        match &reading.verdict {
            Verdict::Pass => {}
            Verdict::Breach => {
                out.over_since.insert(key.to_owned(), since.unwrap_or(now));
            }
            Verdict::Inconclusive(Inconclusive::Pending { since, .. }) => {
                out.over_since.insert(key.to_owned(), *since);
            }
            Verdict::Inconclusive(_) => {
                if let Some(since) = since {
                    out.over_since.insert(key.to_owned(), since);
                }
            }
        }
        out.readings.push(reading);
    }
    out
}

impl Judgement {
    /// The worst that the readings say. Breaches in `accepted` (by key), which a person has waved through, do not count.
    pub fn overall(&self, plan: &Plan, accepted: &[String]) -> Overall {
        let breach = self
            .readings
            .iter()
            .filter(|r| r.verdict == Verdict::Breach && !accepted.contains(&r.key))
            .filter_map(|r| plan.action(r.severity).map(|action| (r, action)))
            .min_by_key(|(r, action)| (*action != BreachAction::RollBack, r.severity));
        if let Some((reading, action)) = breach {
            return Overall::Breach { reading: reading.clone(), action };
        }
        // What is only recorded stops nothing when it is broken, so neither does it when nobody can tell.
        let mut acting = self.readings.iter().filter(|r| plan.action(r.severity).is_some());
        let pending = |r: &Reading| matches!(r.verdict, Verdict::Inconclusive(Inconclusive::Pending { .. }));
        let unknown = |r: &&Reading| matches!(&r.verdict, Verdict::Inconclusive(why) if !matches!(why, Inconclusive::Pending { .. }));
        if let Some(reading) = acting.clone().find(unknown) {
            return Overall::Inconclusive(reading.clone());
        }
        let waits = acting.any(|r| pending(r) && !accepted.contains(&r.key));
        if waits { Overall::Wait } else { Overall::Pass }
    }
}

#[cfg(test)]
#[path = "judge_unknown_tests.rs"]
mod unknown_tests;

#[cfg(test)]
#[path = "judge_tests.rs"]
mod tests;
